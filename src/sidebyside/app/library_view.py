"""The library as HTML: the table of artifacts, one artifact's page, and what adding pages did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidebyside.app.graph_view import met_html, met_row_html
from sidebyside.app.markup import clean, message_html
from sidebyside.app.sides_view import capability_list_html
from sidebyside.records.schema import CAPABILITIES, PRICING, RANK, TIMES_MATCHED, TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sidebyside.app.adding import Added
    from sidebyside.library.diff import CapabilityChange, FactChange, LibraryDiff
    from sidebyside.records import Artifact, BuildReport, Conflict, Fact, Library
    from sidebyside.serving.background import Progress

STAGES = {
    "read": "Reading pages",
    "embed": "Understanding new sentences",
    "store": "Publishing the new index",
}
# As many files that share a reason still have a line each.
_FEW = 5
COLUMNS = ("Name", TYPE, RANK, PRICING, CAPABILITIES, "Pages")


def library_html(library: Library, matched: Mapping[str, int] | None = None) -> str:
    """The table; filter and sort work in the browser.

    `matched` has how often artifacts (by id) met a wish here: a column, where there is something to tell.
    """
    if not library.artifacts:
        return '<p class="hint" role="status">There are no artifacts yet. Drop comparison pages above.</p>'
    disputed = {conflict.artifact for conflict in library.conflicts()}
    heads = "".join(
        f'<th scope="col"{" aria-sort=ascending" if not place else ""}>'
        f'<button type="button" data-action="sort" data-column="{place}">{name}</button></th>'
        for place, name in enumerate((*COLUMNS, *(["Matched here"] if matched else [])))
    )
    ordered = sorted(library.artifacts, key=lambda artifact: artifact.label.casefold())
    here = [str(matched.get(artifact.id, 0)) if matched else "" for artifact in ordered]
    rows = "".join(_row_html(a, a.id in disputed, times) for a, times in zip(ordered, here, strict=True))
    count = len(library.artifacts)
    return (
        '<div class="library"><label class="filter">Filter <input type="search" data-action="filter" '
        'autocomplete="off"></label>'
        f'<p class="count" role="status" data-total="{count}">{count:,} artifacts</p>'
        '<div class="table-scroll" tabindex="0" role="region" aria-label="Artifacts"><table class="facts artifacts">'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div></div>"
    )


def _row_html(artifact: Artifact, disputed: bool, here: str) -> str:
    mark = ' <span class="flag" title="Pages disagree">conflict</span>' if disputed else ""
    described = artifact.described
    total = artifact.capabilities_total or described
    cells = "".join(
        f"<td>{clean(text)}</td>"
        for text in (
            artifact.type,
            _values(artifact.values(RANK)),
            _values(artifact.values(PRICING)),
            f"{described} of {total}",
            str(len(artifact.sources)),
            *([here] if here else []),
        )
    )
    return (
        f'<tr><th scope="row"><button type="button" data-action="open" data-id="{clean(artifact.id)}" dir="auto">'
        f"{clean(artifact.label)}</button>{mark}</th>{cells}</tr>"
    )


def _values(facts: Sequence[Fact]) -> str:
    return " / ".join(dict.fromkeys(fact.value for fact in facts))


def artifact_html(artifact: Artifact, library: Library, met: Sequence[tuple[str, int]] = ()) -> str:
    """Everything the pages say about one artifact, with the place of each statement.

    `met` has the wishes that it met here, each with how often.
    """
    disputed = {conflict.label for conflict in library.conflicts() if conflict.artifact == artifact.id}
    rows = [
        f'<tr class="{"differs" if fact.label in disputed else "same"}"><th scope="row">{clean(fact.label)}</th>'
        f'<td>{clean(fact.value)} <span class="where">{clean(fact.source.file)} characters '
        f"{fact.source.start:,}–{fact.source.end:,}</span></td></tr>"
        for fact in artifact.facts
    ]
    # Beside the page's own count, where there is one.
    own = [place for place, fact in enumerate(artifact.facts, 1) if fact.label.casefold() == TIMES_MATCHED.casefold()]
    rows.insert(own[-1] if own else len(rows), met_row_html(met))
    sources = "".join(f"<li>{clean(source)}</li>" for source in artifact.sources)
    known = f'<p class="hint">Also called {clean(", ".join(artifact.aliases))}.</p>' if artifact.aliases else ""
    return (
        f'<article class="artifact" aria-labelledby="artifact-name"><h2 id="artifact-name" tabindex="-1" dir="auto">'
        f"{clean(artifact.label)}</h2>{known}{_dispute_html(disputed)}"
        '<div class="table-scroll" tabindex="0" role="region" aria-label="Facts"><table class="facts">'
        f"<tbody>{''.join(rows)}</tbody></table></div>{met_html(met)}"
        f"<h3>What it does</h3>{capability_list_html(artifact)}{_withheld_html(artifact)}"
        f"<h3>Pages</h3><ul>{sources}</ul>"
        f'<p><button type="button" class="small" data-action="back" data-id="{clean(artifact.id)}">Back to the list'
        "</button></p></article>"
    )


def _withheld_html(artifact: Artifact) -> str:
    items = "".join(
        f'<li><q dir="auto">{clean(excerpt.text)}</q> <span class="where">{clean(excerpt.source.file)} characters '
        f"{excerpt.source.start:,}–{excerpt.source.end:,}</span></li>"
        for excerpt in artifact.withheld
    )
    if not items:
        return ""
    return f"<h3>Withheld from answers</h3><p>These sentences address an assistant.</p><ul>{items}</ul>"


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
    replaced = "".join(f"<b>{clean(new)}</b> replaced <b>{clean(old)}</b>. " for old, new in report.replaced)
    return replaced + (
        f"<b>The library is up to date.</b> {report.artifacts:,} artifacts from {report.pages:,} pages, "
        f"built in {report.seconds:.1f} s."
    )


def _skipped_html(skipped: Sequence[tuple[str, str]]) -> str:
    by_reason: dict[str, list[str]] = {}
    for path, reason in skipped:
        by_reason.setdefault(reason, []).append(path)
    items = "".join(_reason_html(reason, paths) for reason, paths in by_reason.items())
    return f"<h3>Not taken in</h3><ul>{items}</ul>" if items else ""


def _reason_html(reason: str, paths: Sequence[str]) -> str:
    """Files that share a reason; of many one is named."""
    if len(paths) > _FEW:
        return f"<li><b>{len(paths):,} files, such as {clean(paths[0])}</b> {clean(reason)}</li>"
    return "".join(f"<li><b>{clean(path)}</b> {clean(reason)}</li>" for path in paths)


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
