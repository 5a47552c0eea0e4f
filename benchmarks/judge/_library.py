"""The writers' invented pages as a library: text pages in the site's layout, built into an index."""

from __future__ import annotations

import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "reading"), str(HERE.parent)]

from _data import DATA  # noqa: E402

from sidebyside import Assistant  # noqa: E402
from sidebyside.building.build import build_index  # noqa: E402


def products(folder: Path) -> list[tuple[str, str, list[tuple[str, str]], list[list[tuple[int, str]]]]]:
    """(name, type, rows, capabilities as lists of numbered sentences) of a writer's products."""
    found = []
    for line in (folder / "pages.txt").read_text("utf-8").splitlines():
        line = line.strip()
        if line.startswith("@"):
            name, kind, rows = (part.strip() for part in line[1:].split("|"))
            cells = [tuple(map(str.strip, cell.split("=", 1))) for cell in rows.split(";") if "=" in cell]
            found.append((name, kind, cells, [[]]))
        elif line == "-":
            if found and found[-1][3][-1]:
                found[-1][3].append([])
        elif numbered := re.match(r"(\d+) (.+)$", line):
            found[-1][3][-1].append((int(numbered[1]), numbered[2]))
    return [(name, kind, rows, [c for c in caps if c]) for name, kind, rows, caps in found]


def _page(pair: list) -> str:  # type: ignore[type-arg]
    labels = list(dict.fromkeys(label for _, _, rows, _ in pair for label, _ in rows))
    names = [product[0] for product in pair]
    lines = [" vs ".join(names), "Side-by-side comparison to help you choose.", f"| Feature | {' | '.join(names)} |"]
    lines += ["|---" * (len(names) + 1) + "|", f"| Type | {' | '.join(product[1] for product in pair)} |"]
    for label in labels:
        cells = [dict(rows).get(label, "—") for _, _, rows, _ in pair]
        lines.append(f"| {label} | {' | '.join(cells)} |")
    counts = [f"{len(caps)} decomposed" for *_, caps in pair]
    lines.append(f"| Capabilities | {' | '.join(counts)} |")
    for place, (*_, caps) in enumerate(pair):
        lines += [" ".join(sentence for _, sentence in capability) for capability in caps]
        if place == 0:
            lines.append("+0 more capabilities")
    return "\n".join(lines) + "\n"


def build(writers: list[str], folder: Path) -> Path:
    """Write and index the pages of these writers below `folder`; returns the index."""
    pages = folder / "pages"
    pages.mkdir(parents=True, exist_ok=True)
    for writer in writers:
        made = products(DATA / writer)
        for place in range(0, len(made) - 1, 2):
            (pages / f"{writer}-{place // 2}.txt").write_text(_page(made[place : place + 2]), encoding="utf-8")
    report = build_index([pages], index=folder / "index")
    print(report.pages, "pages,", report.artifacts, "artifacts,", report.skipped[:3])
    return folder / "index"


def sentences_of(index: Path) -> dict[str, list[tuple[str, int]]]:
    """By name, the sentences of each artifact of an index, each with the number of its capability there."""
    found: dict[str, list[tuple[str, int]]] = {}
    with Assistant.open(index, model="none") as assistant, assistant._leases.lease() as loaded:
        for artifact in loaded.sources.library.artifacts:
            own = found.setdefault(artifact.label, [])
            for position in loaded.index.positions(artifact.id):
                passage = loaded.index.passages[position]
                own += [(sentence.text, position) for sentence in passage.sentences if passage.part != "title"]
    return found
