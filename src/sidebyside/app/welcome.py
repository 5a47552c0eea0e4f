"""What the page shows around the conversation: its head, and the states before the first question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidebyside.app.answers import ask_button
from sidebyside.app.markup import clean, message_html
from sidebyside.app.provider import Provider
from sidebyside.errors import IndexMissingError, SidebysideError
from sidebyside.suggestions import first_questions

if TYPE_CHECKING:
    from sidebyside.records import Library

SHOWN_NAMES = 8
TITLE = "sidebyside"


def masthead_html(state: str = "opening the library", model: str = "") -> str:
    """Name, size of the library and the model in use; something stands there from the start, so that nothing moves."""
    return (
        f'<header class="masthead"><h1>{TITLE}</h1><p>{clean(state)}</p><p>{clean(model)}</p>'
        '<p class="private">Everything stays on this machine</p></header>'
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


def welcome_html(provider: Provider) -> str:
    """What stands before the first question: examples, or what is missing and how to mend it."""
    try:
        library = provider.library()
    except IndexMissingError as error:
        return _notice_html("There is nothing to compare yet", f"{error} You can also drop pages on the Library tab.")
    except SidebysideError as error:
        return _notice_html("The library cannot be opened", str(error))
    if not library.artifacts:
        return _notice_html("The library is empty", "Add comparison pages on the Library tab.")
    items = "".join(f"<li>{ask_button(question)}</li>" for question in first_questions(library))
    return (
        '<section class="welcome"><div><h2>Ask your comparison pages</h2>'
        "<p>Every sentence of an answer carries a quote from a page you saved, or it is not shown.</p>"
        f'<ul aria-label="Example questions">{items}</ul></div>{_holdings_html(library)}</section>'
    )


def _holdings_html(library: Library) -> str:
    """The names one can ask about, so that nobody has to guess."""
    names = sorted(library.artifacts, key=lambda artifact: artifact.label.casefold())
    items = "".join(
        f'<li><b dir="auto">{clean(artifact.label)}</b><span>{clean(artifact.type)}</span></li>'
        for artifact in names[:SHOWN_NAMES]
    )
    more = len(names) - SHOWN_NAMES
    rest = f"<li><span>and {more:,} more on the Library tab</span></li>" if more > 0 else ""
    return f'<div class="holdings"><h3>In your library</h3><ul>{items}{rest}</ul></div>'


def opening_html() -> str:
    """What stands there until the library is open."""
    words = '<p class="pending" role="status"><span class="dots" aria-hidden="true"></span>Opening your library…</p>'
    return f'<section class="welcome opening">{words}</section>'


def _notice_html(title: str, text: str) -> str:
    return f'<section class="welcome"><div><h2>{title}</h2><p role="status">{message_html(text)}</p></div></section>'


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
