"""What the page shows around the conversation: its head, and the states before the first question."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sidebyside.answers.suggestions import first_questions
from sidebyside.app.answers import ask_button, lead_and_grid_html
from sidebyside.app.drawing import Drawing
from sidebyside.app.evidence_view import evidence_html
from sidebyside.app.markup import clean, message_html
from sidebyside.app.palette import palette
from sidebyside.errors import IndexMissingError, SidebysideError
from sidebyside.serving.provider import Provider

if TYPE_CHECKING:
    from sidebyside.app.turns import Turn
    from sidebyside.records import Grid, Library

SHOWN_NAMES = 8
# An example shows what an answer looks like; it is not the answer.
EXAMPLE_ROWS, EXAMPLE_COLUMNS = 3, 3
TITLE = "sidebyside"
HEADLINE = "Compare what your pages say"


def masthead_html(state: str = "opening the library", model: str = "") -> str:
    """Name, size of the library and the model in use; something stands there from the start, so that nothing moves."""
    return (
        f'<header class="masthead"><h1>{TITLE}</h1><p class="private">Everything stays on this machine</p>'
        f"<p>{clean(state)}</p><p>{clean(model)}</p></header>"
    )


def current_masthead(provider: Provider) -> str:
    """The head with what is true now."""
    try:
        with provider.lease() as assistant:
            library, model = assistant.library, assistant.model
        pages = {source for artifact in library.artifacts for source in artifact.sources}
        state = f"{_count(len(library.artifacts), 'artifact')} from {_count(len(pages), 'page')}"
    except IndexMissingError:
        return masthead_html("no library yet")
    except SidebysideError:
        return masthead_html("the library cannot be opened")
    return masthead_html(state, model or "quotes only, no model")


def welcome_parts(provider: Provider) -> tuple[str, str]:
    """What stands above and below the composer before the first question, or what is missing and how to mend it."""
    try:
        library = provider.library()
    except IndexMissingError as error:
        notice = f"{error} You can also drop pages on the Library tab."
        return _notice_html("There is nothing to compare yet", notice), ""
    except SidebysideError as error:
        return _notice_html("The library cannot be opened", str(error)), ""
    if not library.artifacts:
        return _notice_html("The library is empty", "Add comparison pages on the Library tab."), ""
    jobs = "".join(f"<li>{ask_button(question)}</li>" for question in first_questions(library))
    return (
        f'<section class="hero"><h2>{HEADLINE}</h2>'
        "<p>Every sentence of an answer carries a quote from a page you saved, or it is not shown.</p></section>",
        f'<section class="welcome"><ul class="jobs" aria-label="Example questions">{jobs}</ul>'
        f"{_holdings_html(library)}</section>",
    )


def _holdings_html(library: Library) -> str:
    """The names one can ask about, so that nobody has to guess."""
    names = sorted((artifact.label for artifact in library.artifacts), key=str.casefold)
    items = "".join(f'<li dir="auto">{clean(name)}</li>' for name in names[:SHOWN_NAMES])
    more = len(names) - SHOWN_NAMES
    rest = f"<li>and {more:,} more on the Library tab</li>" if more > 0 else ""
    return f'<div class="holdings"><h3>In your library</h3><ul>{items}{rest}</ul></div>'


def example_html(turn: Turn) -> str:
    """A real answer from the pages at hand, small; nothing where they have none to show."""
    answer = turn.answer
    if answer is None or answer.status == "not_found":
        return ""
    answer = replace(answer, grid=_small(answer.grid) if answer.grid else None, notes=())
    drawing = Drawing(answer, "example", palette([turn])[0], turn.titles)
    return (
        f'<section class="example" aria-label="An example"><h3>For example</h3>'
        f'<p class="question" dir="auto">{clean(turn.question)}</p>{lead_and_grid_html(drawing)}'
        f"<div hidden>{evidence_html(drawing)}</div></section>"
    )


def _small(grid: Grid) -> Grid:
    return replace(
        grid,
        criteria=grid.criteria[:EXAMPLE_ROWS],
        artifacts=grid.artifacts[:EXAMPLE_COLUMNS],
        cells=tuple(row[:EXAMPLE_COLUMNS] for row in grid.cells[:EXAMPLE_ROWS]),
        met=(),
    )


def opening_html() -> str:
    """What stands there until the library is open."""
    words = '<p class="pending" role="status"><span class="dots" aria-hidden="true"></span>Opening your library…</p>'
    return f'<section class="hero opening"><h2>{HEADLINE}</h2>{words}</section>'


def _notice_html(title: str, text: str) -> str:
    return f'<section class="hero"><h2>{title}</h2><p role="status">{message_html(text)}</p></section>'


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
