"""The three forms of a record on disk, by the suffix of the file: Markdown and HTML to be read, JSON to be replayed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sidebyside.decisions.html import record_html
from sidebyside.decisions.markdown import record_markdown
from sidebyside.errors import RecordError
from sidebyside.records import DecisionRecord
from sidebyside.records.decisions import record_from_json

Form = Literal["md", "html", "json"]
# Bytes that are read of a file: fifty long answers take one tenth of it.
MAX_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class Written:
    """How a form is written, and its media type."""

    media_type: str
    write: Callable[[DecisionRecord], str]


FORMS: Mapping[Form, Written] = {
    "md": Written("text/markdown", record_markdown),
    "html": Written("text/html", record_html),
    "json": Written("application/json", DecisionRecord.to_json),
}
_SUFFIXES: Mapping[str, Form] = {".md": "md", ".markdown": "md", ".html": "html", ".htm": "html", ".json": "json"}


def form_of(path: Path | str) -> Form:
    """The form that a file's suffix stands for. Raises RecordError for any other suffix."""
    form = _SUFFIXES.get(Path(path).suffix.casefold())
    if form is None:
        raise RecordError(str(path), "the suffix decides the form of a record; give it .md, .html or .json")
    return form


def write_record(record: DecisionRecord, path: Path | str) -> None:
    """Write a record; the suffix of `path` decides the form: .md, .html or .json. Raises RecordError and OSError."""
    text = FORMS[form_of(path)].write(record)
    Path(path).write_text(text, encoding="utf-8", newline="\n")


def read_record(path: Path | str) -> DecisionRecord:
    """Read the JSON form of a record. Raises RecordError for any other file, and for one that is damaged."""
    name = str(path)
    if _SUFFIXES.get(Path(path).suffix.casefold(), "json") != "json":
        raise RecordError(name, "this form is for reading; only the JSON form can be replayed")
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise RecordError(name, f"it cannot be opened ({error.strerror or error})") from None
    if len(data) > MAX_BYTES:
        raise RecordError(name, f"more than {MAX_BYTES // 1_000_000} MB is no record")
    return record_from_json(data, name)
