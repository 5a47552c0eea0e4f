"""The pages of the library as HTML: where each stands, what a change would do before it is done, what was noticed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sidebyside.app.library_view import diff_html
from sidebyside.app.markup import clean, message_html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sidebyside.building.kept import Version
    from sidebyside.building.preview import Removal, Replacement
    from sidebyside.building.standing import PageStanding, Standing
    from sidebyside.building.watching import Looked
    from sidebyside.library import LibraryDiff

_COLUMNS = ("Page", "About", "Dated", "Read", "Version", "From")
# Pages that are listed; the rest is for the shell and for programs.
MOST_LISTED = 1000
_MOST_VERSIONS = 50


def pages_html(standing: Standing, versions: Sequence[Version]) -> str:
    """Where every page stands, with what can be done about it."""
    if not standing.pages:
        return ""
    heads = "".join(f'<th scope="col">{name}</th>' for name in (*_COLUMNS, '<span class="sr-only">Remove</span>'))
    rows = "".join(_row_html(page) for page in standing.pages[:MOST_LISTED])
    left = len(standing.pages) - MOST_LISTED
    more = f'<p class="hint">{left:,} more: `sidebyside library pages` lists all.</p>' if left > 0 else ""
    return (
        f"<details class=pages><summary>{len(standing.pages):,} pages: when each was read, and from where</summary>"
        f'{_undo_html(standing.undo)}<p><label class="filter">Mark as old what is dated before '
        '<input type="date" data-action="stale"></label></p>'
        '<div class="table-scroll" tabindex="0" role="region" aria-label="Pages"><table class="facts artifacts">'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>{more}</details>{_versions_html(versions)}"
    )


def _row_html(page: PageStanding) -> str:
    # The place on this machine is nothing for a browser that may stand elsewhere.
    origin = page.url or ("given to the library" if page.given else "a watched folder")
    flags = '<span class="flag old" hidden>old</span>'
    if page.newer:
        flags += f' <span class="flag">newer: {clean(page.newer)}</span>'
    cells = (", ".join(page.artifacts), page.date, page.read[:16].replace("T", " "), page.version, origin)
    return (
        f'<tr data-age="{clean(page.age)}"><th scope="row" dir="auto">{clean(page.source)} {flags}</th>'
        f"{''.join(f'<td dir=auto>{clean(cell)}</td>' for cell in cells)}"
        f'<td><button type="button" class="small" data-action="ask_remove" data-name="{clean(page.source)}" '
        f'aria-label="Remove {clean(page.source)}">Remove</button></td></tr>'
    )


def _undo_html(change: str) -> str:
    if not change:
        return ""
    return (
        f'<p>Last change: {clean(change)}. <button type="button" class="small" data-action="take_back">'
        "Take it back</button></p>"
    )


def _versions_html(versions: Sequence[Version]) -> str:
    """A choice of two versions to compare; nothing where there is one only."""
    shown = versions[:_MOST_VERSIONS]
    if len(shown) < 2:
        return ""

    def choice(name: str, label: str, chosen: int) -> str:
        options = "".join(
            f'<option value="{clean(version.name)}"{" selected" if place == chosen else ""}>'
            f"{clean(version.created[:19].replace('T', ' '))}</option>"
            for place, version in enumerate(shown)
        )
        return f'<label class="filter">{label} <select name="{name}">{options}</select></label> '

    return (
        "<details class=pages><summary>What changed between two versions</summary><p>"
        f"{choice('old', 'From', 1)}{choice('new', 'to', 0)}"
        '<button type="button" class="small" data-action="compare">Show</button></p></details>'
    )


def replacing_html(replaced: Sequence[Replacement], of: str) -> str:
    """Pages that would give way, and what that changes; `of` says what is waiting: files or text."""
    told = "".join(
        f"<p><b>{clean(item.new)}</b> comes again: it would replace <b>{clean(item.old)}</b>.</p>"
        f"{diff_html(item.changes)}"
        for item in replaced
    )
    buttons = (("confirm_replace", "Replace"), ("keep_both", "Keep both"), ("leave", "Leave it as it is"))
    return f'<div class="report" role="status">{told}<p>{_buttons(buttons, of=of)}</p></div>'


def removing_html(removal: Removal, word: str) -> str:
    """What would go with a page, and the buttons that decide; `word` confirms it for just this library."""
    names = ", ".join(f"<b>{clean(name)}</b>" for name in removal.pages)
    buttons = (("confirm_remove", "Remove"), ("leave", "Leave it as it is"))
    return (
        f'<div class="report" role="status"><p>Removing {names} changes this; its file stays where it is.</p>'
        f"{diff_html(removal.changes)}<p>{_buttons(buttons, name=removal.pages[0], word=word)}</p></div>"
    )


def _buttons(buttons: Sequence[tuple[str, str]], **data: str) -> str:
    told = "".join(f' data-{name}="{clean(value)}"' for name, value in data.items())
    return "".join(
        f'<button type="button" class="small" data-action="{action}"{told}>{label}</button>'
        for action, label in buttons
    )


def changed_html(old: str, new: str, changes: LibraryDiff) -> str:
    """What changed between two versions."""
    return f'<div class="report" role="status"><p>From {clean(old)} to {clean(new)}:</p>{diff_html(changes)}</div>'


def refused_html(reason: str) -> str:
    """Why nothing was done."""
    return f'<div class="report" role="status"><p class="problem failed">{message_html(reason)}</p></div>'


def watched_html(told: Sequence[tuple[float, Looked]], running: bool) -> str:
    """What watching has noticed, newest first."""
    items = "".join(_looked_html(when, looked) for when, looked in reversed(told[-5:]))
    if items:
        return f'<div class="report" role="status"><ul>{items}</ul></div>'
    return '<p class="hint" role="status">Watching; nothing has changed yet.</p>' if running else ""


def _looked_html(when: float, looked: Looked) -> str:
    at = time.strftime("%H:%M:%S", time.localtime(when))
    if looked.error:
        return f"<li>{at}: {message_html(looked.error)}</li>"
    # Only names of files: folders of this machine are nothing for a browser that may stand elsewhere.
    notices = "".join(
        f"<li>{clean(name.rpartition('/')[2])}: {clean(reason.partition(' (--remove')[0])}</li>"
        for name, reason in looked.notices[:20]
    )
    changes = diff_html(looked.changes) if looked.changes is not None else ""
    return f"<li>{at}{changes}{f'<ul>{notices}</ul>' if notices else ''}</li>"
