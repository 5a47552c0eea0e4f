"""The models as HTML: what is installed, what it needs, how fast it is here, and which one answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sidebyside.app.markup import clean, message_html

if TYPE_CHECKING:
    from sidebyside.models.catalogue import CatalogueModel
    from sidebyside.models.speeds import Speed

NO_MODEL = "none"


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One line of the table. `state` is "installed", "unverified" or "missing"; `used` if questions go to it now."""

    model: CatalogueModel
    state: str
    used: bool


def models_html(rows: Sequence[ModelRow], speeds: Mapping[str, Speed], writing: str | None) -> str:
    """LLMs and encoders, each with what can be done about it; quotes only (`writing` is None) is one of the choices."""
    quotes_only = writing is None
    writers = "".join(_writer_html(row, speeds.get(row.model.name)) for row in rows if row.model.kind == "llm")
    encoders = "".join(_encoder_html(row) for row in rows if row.model.kind == "encoder")
    without = (
        f'<tr class="{"used" if quotes_only else ""}"><th scope="row">No model<small>Answers from tables and quotes '
        f"alone: instant, and complete in what it shows</small></th><td></td><td></td><td></td><td></td>"
        f"<td>{_state_html('always here', quotes_only)}</td><td>{_use_html(NO_MODEL, quotes_only)}</td></tr>"
    )
    return (
        "<h3>Who writes</h3>"
        + _own_html(rows, writing)
        + _table_html(
            "Language models", ("Model", "Size", "Memory", "Licence", "Speed here", "State", ""), without + writers
        )
        + "<h3>Who searches</h3>"
        + _table_html("Encoders", ("Encoder", "Size", "Memory", "Licence", "State", ""), encoders)
    )


def _own_html(rows: Sequence[ModelRow], writing: str | None) -> str:
    """A line for a model that is not of the catalogue: a GGUF file of one's own, or a server."""
    if writing is None or any(row.model.name == writing for row in rows):
        return ""
    return f'<p class="report">In use: <b>{clean(writing)}</b>, a model of your own.</p>'


def _table_html(label: str, heads: Sequence[str], rows: str) -> str:
    cells = "".join(f'<th scope="col">{head}</th>' if head else "<td></td>" for head in heads)
    return (
        f'<div class="table-scroll" tabindex="0" role="region" aria-label="{label}"><table class="facts models">'
        f"<thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _start_html(row: ModelRow) -> str:
    """The start of a table row: name, size, memory."""
    model = row.model
    return (
        f'<tr class="{"used" if row.used else ""}"><th scope="row">{clean(model.name)}'
        f"<small>{clean(model.upstream)}</small></th>"
        f'<td data-label="Size">{_megabytes(model.bytes / 1e6)}</td>'
        f'<td data-label="Memory">{_megabytes(model.ram_mb)}</td>'
    )


def _writer_html(row: ModelRow, speed: Speed | None) -> str:
    model = row.model
    told = f"reads {speed.reads:.0f}, writes {speed.writes:.0f} tokens/s" if speed else "not measured"
    actions = _pull_html(model.name) if row.state == "missing" else _use_html(model.name, row.used)
    if row.state != "missing":
        actions += _action("measure", model.name, "Measure", f"Measure the speed of {model.name}")
    return (
        f"{_start_html(row)}<td>{clean(model.license)}</td><td>{told}</td>"
        f"<td>{_state_html(row.state, row.used)}</td><td>{actions}</td></tr>"
    )


def _encoder_html(row: ModelRow) -> str:
    model = row.model
    actions = _pull_html(model.name) if row.state == "missing" else ""
    return (
        f"{_start_html(row)}<td>{clean(model.license)}</td>"
        f"<td>{_state_html(row.state, row.used)}</td><td>{actions}</td></tr>"
    )


def _state_html(state: str, used: bool) -> str:
    words = {"installed": "installed", "unverified": "installed, not yet verified", "missing": "not installed"}
    return '<b class="in-use">in use</b>' if used else words.get(state, clean(state))


def _use_html(name: str, used: bool) -> str:
    return "" if used else _action("use", name, "Use", f"Answer with {name}" if name != NO_MODEL else "Use no model")


def _pull_html(name: str) -> str:
    return _action("pull", name, "Pull", f"Download {name}")


def _action(action: str, name: str, text: str, label: str) -> str:
    return (
        f'<button type="button" class="small" data-action="{action}" data-name="{clean(name)}" '
        f'aria-label="{clean(label)}">{text}</button>'
    )


def _megabytes(number: float) -> str:
    return f"{number / 1000:.1f} GB" if number >= 1000 else f"{number:.0f} MB"


def busy_html(text: str, done: int = 0, total: int = 0) -> str:
    """What is going on, with a bar where its length is known."""
    bar = f'<progress value="{done}" max="{total}"></progress>' if total else ""
    size = f" {done / 1e6:,.0f} of {total / 1e6:,.0f} MB" if total else ""
    return f'<div class="adding" role="status"><label>{clean(text)}{size}{bar}</label></div>'


def done_html(text: str, *, failed: bool = False) -> str:
    """How it ended."""
    return f'<p class="{"problem failed" if failed else "report"}" role="status">{message_html(text)}</p>'
