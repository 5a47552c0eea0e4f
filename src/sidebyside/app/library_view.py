"""The library as HTML: the table of artifacts, one artifact's page, and what adding pages did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidebyside.app.markup import clean, message_html
from sidebyside.app.sides_view import capability_list_html

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sidebyside.app.adding import Added, Progress
    from sidebyside.library.diff import CapabilityChange, FactChange, LibraryDiff
    from sidebyside.records import Artifact, BuildReport, Conflict, Fact, Library

RANK = "UnfragileRank"
STAGES = {
    "read": "Reading pages",
    "embed": "Understanding new sentences",
    "store": "Publishing the new index",
}
COLUMNS = ("Name", "Type", RANK, "Pricing", "Capabilities", "Pages")


def library_html(library: Library) -> str:
    """The table; filter and sort work in the browser."""
    if not library.artifacts:
        return '<p class="hint" role="status">There are no artifacts yet. Drop comparison pages above.</p>'
    disputed = {conflict.artifact for conflict in library.conflicts()}
    heads = "".join(
        f'<th scope="col"{" aria-sort=ascending" if not place else ""}>'
        f'<button type="button" data-action="sort" data-column="{place}">{name}</button></th>'
        for place, name in enumerate(COLUMNS)
    )
    ordered = sorted(library.artifacts, key=lambda artifact: artifact.label.casefold())
    rows = "".join(_row_html(artifact, artifact.id in disputed) for artifact in ordered)
    count = len(library.artifacts)
    return (
        '<div class="library"><label class="filter">Filter <input type="search" data-action="filter" '
        'autocomplete="off"></label>'
        f'<p class="count" role="status" data-total="{count}">{count:,} artifacts</p>'
        '<div class="table-scroll" tabindex="0" role="region" aria-label="Artifacts"><table class="facts artifacts">'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div></div>"
    )


def _row_html(artifact: Artifact, disputed: bool) -> str:
    mark = ' <span class="flag" title="Pages disagree">conflict</span>' if disputed else ""
    described = artifact.described
    total = artifact.capabilities_total or described
    cells = "".join(
        f"<td>{clean(text)}</td>"
        for text in (
            artifact.type,
            _values(artifact.values(RANK)),
            _values(artifact.values("Pricing")),
            f"{described} of {total}",
            str(len(artifact.sources)),
        )
    )
    return (
        f'<tr><th scope="row"><button type="button" data-action="open" data-id="{clean(artifact.id)}" dir="auto">'
        f"{clean(artifact.label)}</button>{mark}</th>{cells}</tr>"
    )


def _values(facts: Sequence[Fact]) -> str:
    return " / ".join(dict.fromkeys(fact.value for fact in facts))


def artifact_html(artifact: Artifact, library: Library) -> str:
    """Everything the pages say about one artifact, with the place of each statement."""
    disputed = {conflict.label for conflict in library.conflicts() if conflict.artifact == artifact.id}
    rows = "".join(
        f'<tr class="{"differs" if fact.label in disputed else "same"}"><th scope="row">{clean(fact.label)}</th>'
        f'<td>{clean(fact.value)} <span class="where">{clean(fact.source.file)} characters '
        f"{fact.source.start:,}–{fact.source.end:,}</span></td></tr>"
        for fact in artifact.facts
    )
    sources = "".join(f"<li>{clean(source)}</li>" for source in artifact.sources)
    known = f'<p class="hint">Also called {clean(", ".join(artifact.aliases))}.</p>' if artifact.aliases else ""
    return (
        f'<article class="artifact" aria-labelledby="artifact-name"><h2 id="artifact-name" tabindex="-1" dir="auto">'
        f"{clean(artifact.label)}</h2>{known}{_dispute_html(disputed)}"
        '<div class="table-scroll" tabindex="0" role="region" aria-label="Facts"><table class="facts">'
        f"<tbody>{rows}</tbody></table></div>"
        f"<h3>What it does</h3>{capability_list_html(artifact)}<h3>Pages</h3><ul>{sources}</ul>"
        f'<p><button type="button" class="small" data-action="back" data-id="{clean(artifact.id)}">Back to the list'
        "</button></p></article>"
    )


def _dispute_html(labels: Iterable[str]) -> str:
    names = ", ".join(sorted(labels))
    return f'<p class="note">Its pages disagree about: {clean(names)}. All values are shown.</p>' if names else ""


def progress_html(step: Progress) -> str:
    """A progress bar that screen readers can follow."""
    name = STAGES.get(step.stage, step.stage)
    total = max(step.total, 1)
    return (
        f'<div class="adding" role="status"><label>{clean(name)}: {step.done:,} of {step.total:,}'
        f'<progress value="{step.done}" max="{total}"></progress></label>'
        "<p>The chat goes on answering from the present index.</p></div>"
    )


def added_html(added: Added) -> str:
    """The report: what was taken in, what was not and why, what changed, and where pages disagree."""
    parts = ['<div class="report" role="status">']
    if added.error:
        parts.append(f'<p class="problem failed">{message_html(added.error)}</p>')
    if added.report is not None:
        parts.append(f"<p>{_built(added.report)}</p>")
    parts.append(_skipped_html(added.skipped))
    if added.diff is not None and added.report is not None and added.report.published:
        parts.append(diff_html(added.diff))
    if added.library is not None:
        parts.append(conflicts_html(added.library))
    return "".join(parts) + "</div>"


def _built(report: BuildReport) -> str:
    if not report.published:
        return "<b>Nothing was added.</b> The library is as it was."
    return (
        f"<b>The library is up to date.</b> {report.artifacts:,} artifacts from {report.pages:,} pages, "
        f"built in {report.seconds:.1f} s."
    )


def _skipped_html(skipped: Sequence[tuple[str, str]]) -> str:
    items = "".join(f"<li><b>{clean(path)}</b> {clean(reason)}</li>" for path, reason in skipped)
    return f"<h3>Not taken in</h3><ul>{items}</ul>" if items else ""


def diff_html(diff: LibraryDiff) -> str:
    """What changed in the library."""
    items = [f"<li>New: <b>{clean(name)}</b></li>" for name in diff.artifacts_added]
    items += [f"<li>Gone: <b>{clean(name)}</b></li>" for name in diff.artifacts_removed]
    items += [f"<li>{_fact_change(change)}</li>" for change in diff.facts]
    # The capabilities of a new artifact are all new: naming the artifact says it.
    known = [change for change in diff.capabilities if change.artifact not in diff.artifacts_added]
    items += [f"<li><b>{clean(change.artifact)}</b>, {_capability_change(change)}</li>" for change in known]
    return f"<h3>What changed</h3><ul>{''.join(items)}</ul>" if items else "<p>The library says the same as before.</p>"


def _fact_change(change: FactChange) -> str:
    before, after = (" / ".join(values) or "not stated" for values in (change.before, change.after))
    return f"<b>{clean(change.artifact)}</b>, {clean(change.label)}: {clean(before)} → {clean(after)}"


def _capability_change(change: CapabilityChange) -> str:
    if not change.before:
        return f"new capability: {clean(change.after)}"
    if not change.after:
        return f"no longer described: {clean(change.before)}"
    return f"worded differently: {clean(change.after)}"


def conflicts_html(library: Library) -> str:
    """Every label for which pages give different values, with the pages."""
    items = "".join(_conflict_html(conflict, library) for conflict in library.conflicts())
    return f"<h3>Pages disagree</h3><ul>{items}</ul>" if items else ""


def _conflict_html(conflict: Conflict, library: Library) -> str:
    told = "; ".join(f"{fact.value} ({fact.source.file})" for fact in conflict.facts)
    return f"<li><b>{clean(library.get(conflict.artifact).label)}</b>, {clean(conflict.label)}: {clean(told)}</li>"
