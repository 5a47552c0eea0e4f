"""Measures `index` on a folder as people have it: 3,000 files of every kind, a few of them pages.

    python benchmarks/folder_reading.py [--files 3000] [--json FILE]

Most are notes, logs, tables, pictures, documents and letters that compare nothing; one in twenty is a page. The index
is built twice: everything new, then with nothing changed. The encoder's time is told apart. What was skipped is counted
by reason, as the command shows it. Processor time counts this process and the one that reads PDFs; where other work
shares the processors, it tells more than the clock.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import random
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from page_reading import _as_html, _as_text, _make_artifact, _make_rows, _sentence

from sidebyside.building.build import build_index
from sidebyside.cli.indexing import grouped
from sidebyside.encoding.embedding import Encoder, load_encoder
from sidebyside.records import BuildReport
from sidebyside.settings import Settings

WANTED = 15.0
# How many of a hundred files are of each kind.
SHARES = {
    "page.txt": 2,
    "page.html": 2,
    "page.csv": 1,
    "note.md": 25,
    "note.txt": 12,
    "log.log": 4,
    "article.html": 12,
    "table.csv": 6,
    "data.json": 6,
    "picture.png": 8,
    "letter.eml": 5,
    "document.docx": 5,
    "sheet.xlsx": 5,
    "paper.pdf": 2,
    "saved.mhtml": 2,
    "manual.rst": 2,
    "old.doc": 1,
}


class TimedEncoder:
    """The encoder, and how long it took."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.seconds = self.processor = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)

    def encode(self, texts: Sequence[str], **options: Any) -> np.ndarray:
        started, processor = time.perf_counter(), time.process_time()
        try:
            return self._encoder.encode(texts, **options)
        finally:
            self.seconds += time.perf_counter() - started
            self.processor += time.process_time() - processor


def make_files(folder: Path, count: int) -> int:
    """Write `count` files below `folder`, a hundred in each folder; returns their bytes."""
    dice = random.Random(17)
    artifacts = [_make_artifact(number, dice) for number in range(max(count // 40, 2))]
    kinds = [kind for kind, share in SHARES.items() for _ in range(share)]
    size = 0
    for number in range(count):
        kind = kinds[number % len(kinds)]
        stem, _, suffix = kind.partition(".")
        path = folder / f"{number // 100:02}" / f"{stem} {number:04}.{suffix}"
        path.parent.mkdir(exist_ok=True)
        size += path.write_bytes(_MAKERS[kind](dice, artifacts))
    return size


Artifacts = list[dict[str, Any]]


def _page(form: Callable[..., str]) -> Callable[[random.Random, Artifacts], bytes]:
    def make(dice: random.Random, artifacts: Artifacts) -> bytes:
        pair = dice.sample(artifacts, 2)
        return form(pair, _make_rows(pair, dice)).encode()

    return make


def _page_csv(dice: random.Random, artifacts: Artifacts) -> bytes:
    pair = dice.sample(artifacts, 2)
    rows = [f"{artifact['name']},{dice.randint(1, 90)} GB,${dice.randint(1, 90)},Yes" for artifact in pair]
    return "\n".join(["Tool,Storage,Price,Offline", *rows]).encode()


def _text(dice: random.Random, _: Artifacts, mark: str = "") -> bytes:
    return "\n\n".join(f"{mark}{_sentence(dice)}" for _ in range(dice.randint(5, 60))).encode()


def _note(dice: random.Random, _: Artifacts) -> bytes:
    lines = ["---", f"title: Note {dice.randint(1, 99)}", "tags: [a, b]", "---", "# Note"]
    for _part in range(dice.randint(1, 8)):
        lines += [
            f"## {_sentence(dice)[:40]}",
            "",
            _sentence(dice),
            "",
            f"- {_sentence(dice)}",
            f"- {_sentence(dice)}",
            "",
        ]
    if dice.random() < 0.3:
        lines += [
            "| Task | Owner | Deadline |",
            "|---|---|---|",
            "| Dishes | Anna | Monday |",
            "| Floor | Bo | Friday |",
        ]
    return "\n".join(lines).encode()


def _article(dice: random.Random, _: Artifacts) -> bytes:
    body = "".join(f"<div class='x'><h2>{_sentence(dice)[:50]}</h2><p>{_sentence(dice)}</p></div>" for _ in range(60))
    row = "<tr><td>Month<td>Visits<td>Sales</tr>" + "<tr><td>May<td>3<td>4</tr>" * 20
    return (
        f"<!DOCTYPE html><html><title>News</title><style>p{{}}</style><body>{body}<table>{row}</table></body>".encode()
    )


def _table(dice: random.Random, _: Artifacts) -> bytes:
    rows = (f"2025-01-{day:02},{dice.randint(1, 99)},{_sentence(dice)[:30]}" for day in range(1, 29))
    return "\n".join(["Date,Amount,Note", *rows]).encode()


def _json(dice: random.Random, _: Artifacts) -> bytes:
    return json.dumps([{"id": number, "text": _sentence(dice)} for number in range(50)]).encode()


def _picture(dice: random.Random, _: Artifacts) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + dice.randbytes(40_000)


def _letter(dice: random.Random, _: Artifacts) -> bytes:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "a@mail.example", "b@mail.example", "Minutes"
    letter.set_content("\n\n".join(_sentence(dice) for _ in range(10)))
    letter.add_alternative(f"<html><body><p>{_sentence(dice)}</p></body></html>", subtype="html")
    return letter.as_bytes()


def _document(dice: random.Random, _: Artifacts) -> bytes:
    import docx

    made = docx.Document()
    for _part in range(10):
        made.add_paragraph(_sentence(dice))
    data = io.BytesIO()
    made.save(data)
    return data.getvalue()


def _sheet(dice: random.Random, _: Artifacts) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    for row in [["Item", 2023, 2024], *([f"Item {n}", dice.randint(1, 99), dice.randint(1, 99)] for n in range(60))]:
        book.worksheets[0].append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def _paper(dice: random.Random, _: Artifacts) -> bytes:
    """A PDF of one sheet, as little as one can be."""
    lines = " ".join(f"({_sentence(dice)[:70]}) Tj 0 -14 Td" for _ in range(30))
    stream = f"BT /F1 11 Tf 50 780 Td {lines} ET".encode()
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    data, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(data))
        data += b"%d 0 obj%s endobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 6\n0000000000 65535 f \n%strailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        table,
        len(data),
    )
    return data + end


def _saved(dice: random.Random, artifacts: Artifacts) -> bytes:
    head = "From: <Saved by Blink>\r\nSubject: News\r\nMIME-Version: 1.0\r\n"
    head += "Content-Type: multipart/related; boundary=x\r\n"
    page = _article(dice, artifacts).decode()
    return f"{head}\r\n--x\r\nContent-Type: text/html\r\n\r\n{page}\r\n--x--\r\n".encode()


def _manual(dice: random.Random, _: Artifacts) -> bytes:
    parts = "\n\n".join(f"Part {number}\n------\n\n.. note:: {_sentence(dice)}" for number in range(20))
    return f"Manual\n======\n\n{parts}\n".encode()


_MAKERS: dict[str, Callable[[random.Random, Artifacts], bytes]] = {
    "page.txt": _page(_as_text),
    "page.html": _page(_as_html),
    "page.csv": _page_csv,
    "note.md": _note,
    "note.txt": _text,
    "log.log": lambda dice, artifacts: _text(dice, artifacts, "2025-01-01 12:00:00 INFO "),
    "article.html": _article,
    "table.csv": _table,
    "data.json": _json,
    "picture.png": _picture,
    "letter.eml": _letter,
    "document.docx": _document,
    "sheet.xlsx": _sheet,
    "paper.pdf": _paper,
    "saved.mhtml": _saved,
    "manual.rst": _manual,
    "old.doc": lambda dice, _: b"\xd0\xcf\x11\xe0" + dice.randbytes(20_000),
}


def measure(folder: Path, index: Path, name: str) -> tuple[dict[str, Any], BuildReport]:
    """One build: seconds in all and beside the encoder."""
    settings = Settings.load()
    encoder = TimedEncoder(load_encoder(settings))
    started, processor, beside = time.perf_counter(), time.process_time(), _of_children()
    report = build_index([folder], index=index, settings=settings, encoder=encoder)  # type: ignore[arg-type]
    seconds = time.perf_counter() - started
    figures = {
        "build": name,
        "seconds": round(seconds, 2),
        "beside_the_encoder": round(seconds - encoder.seconds, 2),
        "processor_seconds_beside_it": round(time.process_time() - processor - encoder.processor, 2),
        "of_the_pdf_process": round(_of_children() - beside, 2),
        "pages": report.pages,
        "skipped": len(report.skipped),
        "lines_for_what_was_skipped": len(grouped(report.skipped)),
    }
    return figures, report


def _of_children() -> float:
    """Processor seconds of the processes that this one has started and that still run."""
    times = (child.cpu_times() for child in psutil.Process().children(recursive=True))
    return sum(used.user + used.system for used in times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=3000)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "notes"
        folder.mkdir()
        size = make_files(folder, options.files)
        # An archive counts as the files in it.
        with zipfile.ZipFile(folder / "more.zip", "w") as archive:
            archive.writestr("inside.md", _note(random.Random(3), []))
        first, report = measure(folder, Path(scratch) / "index", "everything new")
        second, _ = measure(folder, Path(scratch) / "index", "nothing changed")
    figures = {
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "files": options.files,
        "bytes": size,
        "wanted_seconds_beside_the_encoder": WANTED,
        "builds": [first, second],
        "formats": report.formats,
        "skipped": dict(Counter(reason for _, reason in report.skipped).most_common(40)),
        "shown": [list(line) for line in grouped(report.skipped)],
    }
    print(json.dumps(figures, indent=2, ensure_ascii=False))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
