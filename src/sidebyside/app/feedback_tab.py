"""The Feedback tab: how many answers helped, what was written about them, and the file to take away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from sidebyside.app.feedback import FILE_NAME, counts, latest
from sidebyside.app.markup import clean

SHOWN = 50


class FeedbackTab:
    """One HTML component. Must be made inside a Blocks context."""

    def __init__(self, index: Path) -> None:
        self._index = index
        self.view = gr.HTML(elem_id="feedback", js_on_load=None, apply_default_css=False)

    def shown(self) -> str:
        """Counts and the latest entries."""
        return feedback_html(self._index)


def feedback_html(index: Path) -> str:
    """What readers said about answers from this index."""
    records = latest(index)
    if not records:
        return (
            '<p class="hint" role="status">Nothing yet. Helpful and Not helpful below an answer are kept here, '
            "on this machine only.</p>"
        )
    found = counts(index)
    rows = "".join(_row_html(record) for record in reversed(records[-SHOWN:]))
    return (
        f'<p class="report"><b>{found.up}</b> helpful, <b>{found.down}</b> not helpful, '
        f"<b>{found.notes}</b> with a note. "
        f'<a href="sidebyside/{FILE_NAME}" download>Export as JSONL</a></p>'
        '<div class="table-scroll" tabindex="0" role="region" aria-label="Feedback"><table class="facts"><thead><tr>'
        '<th scope="col">Question</th><th scope="col">Rating</th><th scope="col">Note</th><th scope="col">When</th>'
        f"</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row_html(record: dict[str, Any]) -> str:
    rating = {"up": "helpful", "down": "not helpful"}.get(str(record.get("rating")), "taken back")
    note, when = clean(str(record.get("note", ""))), clean(str(record.get("time", ""))[:16].replace("T", " "))
    question = clean(str(record.get("question", "")))
    return (
        f'<tr><th scope="row" dir="auto">{question}</th><td>{rating}</td><td dir="auto">{note}</td><td>{when}</td></tr>'
    )
