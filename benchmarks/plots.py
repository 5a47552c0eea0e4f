"""Draws the plots of README from the results: latency by library size, one answer's time line beside the peer's.

    python benchmarks/plots.py

Reads results/latency.json and, where it is there, results/peers.json; writes docs/latency.svg, docs/timeline.svg and
the table of README's section on speed. The pictures carry their own colours for light and dark pages, and a text that
says what they show.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from _reporting import RESULTS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
# What README's table stands between.
BEGIN, END = "<!-- measured by benchmarks/latency.py -->", "<!-- end -->"
WIDTH = 720
STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #24292f }
.small { font-size: 11px } .end { text-anchor: end } .middle { text-anchor: middle } .title { font-weight: 600 }
.axis { stroke: #8c959f } .grid { stroke: #8c959f; opacity: .25 } .target { stroke: #bf8700; stroke-dasharray: 5 4 }
.ours { stroke: #0969da; fill: #0969da } .tail { stroke: #0969da; fill: #0969da; opacity: .45 }
.peer { stroke: #8250df; fill: #8250df } .line { fill: none !important; stroke-width: 2 } .bar { stroke: none }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.ours, .tail { stroke: #58a6ff; fill: #58a6ff } .peer { stroke: #bc8cff; fill: #bc8cff }
}
</style>"""


def svg(height: int, title: str, description: str, parts: Sequence[str]) -> str:
    """A whole picture."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="t d">',
            f'<title id="t">{escape(title)}</title><desc id="d">{escape(description)}</desc>',
            STYLE,
            *parts,
            "</svg>\n",
        ]
    )


def text(x: float, y: float, words: str, classes: str = "") -> str:
    """Words at a place."""
    return f'<text x="{x:.0f}" y="{y:.0f}" class="{classes}">{escape(words)}</text>'


def rule(x1: float, y1: float, x2: float, y2: float, classes: str) -> str:
    """A straight line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{classes}"/>'


def ticks(largest: float) -> list[float]:
    """Four or five round numbers from 0 up to at least the largest."""
    rough = largest / 4
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough)
    return [step * number for number in range(math.ceil(largest / step) + 1)]


def latency_plot(rows: Sequence[dict[str, Any]], target: float) -> str:
    """Milliseconds to tables and quotes (p50, p95) against the number of capabilities, on a logarithmic axis."""
    left, right, top, bottom = 60, WIDTH - 110, 50, 290
    marks = ticks(max(target, *(row["facts_p95_ms"] for row in rows)))
    low, high = (math.log10(end(row["capabilities"] for row in rows)) for end in (min, max))

    def x(capabilities: float) -> float:
        return left + (right - left) * (math.log10(capabilities) - low) / (high - low)

    def y(milliseconds: float) -> float:
        return bottom - (bottom - top) * milliseconds / marks[-1]

    parts = [text(left, 24, "Question to tables and quotes, by size of the library", "title")]
    for mark in marks:
        parts += [rule(left, y(mark), right, y(mark), "grid"), text(left - 8, y(mark) + 4, f"{mark:g} ms", "small end")]
    for row in rows:
        place = x(row["capabilities"])
        parts.append(text(place, bottom + 18, f"{row['capabilities']:,}", "small middle"))
        parts.append(text(place, bottom + 33, f"({row['artifacts']:,})", "small middle"))
    parts.append(text((left + right) / 2, bottom + 54, "capabilities (artifacts)", "small middle"))
    parts += [rule(left, y(target), right, y(target), "target"), text(right + 8, y(target) + 4, "target p95", "small")]
    for key, classes, label in (("facts_p50_ms", "ours", "p50"), ("facts_p95_ms", "tail", "p95")):
        points = [(x(row["capabilities"]), y(row[key])) for row in rows]
        parts.append(f'<polyline class="line {classes}" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in points)}"/>')
        parts += [f'<circle class="{classes}" cx="{a:.1f}" cy="{b:.1f}" r="3.5"/>' for a, b in points]
        parts.append(text(right + 8, points[-1][1] + 4, f"{label} {rows[-1][key]:.0f} ms", "small"))
    said = "; ".join(
        f"{r['capabilities']:,} capabilities: {r['facts_p50_ms']:.0f}/{r['facts_p95_ms']:.0f}" for r in rows
    )
    return svg(bottom + 66, "Latency against library size", f"Milliseconds, p50/p95. {said}.", parts)


def timeline_plot(ours: dict[str, float], peer: dict[str, float] | None) -> str:
    """When something of an answer is on screen: ours above, the peer below, on one axis of seconds."""
    lanes = [("sidebyside", "ours", ours), *([("LlamaIndex defaults", "peer", peer)] if peer else [])]
    left, right, top, step = 150, WIDTH - 40, 64, 74
    marks = ticks(max(lane["total"] for _, _, lane in lanes) / 1000)
    bottom = top + step * len(lanes)

    def x(milliseconds: float) -> float:
        return left + (right - left) * milliseconds / 1000 / marks[-1]

    parts = [text(20, 24, "One comparison, from the question on (medians)", "title")]
    for mark in marks:
        parts += [
            rule(x(1000 * mark), top - 16, x(1000 * mark), bottom - 8, "grid"),
            text(x(1000 * mark), bottom + 8, f"{mark:g} s", "small middle"),
        ]
    names = {"facts": "tables and quotes", "first": "first sentence", "total": "end"}
    for number, (name, classes, lane) in enumerate(lanes):
        middle = top + step * number + 16
        begun = lane.get("facts", lane["first"])
        width = max(2.0, x(lane["total"]) - x(begun))
        parts.append(text(left - 12, middle + 4, name, "end"))
        parts.append(rule(left, middle, x(begun), middle, "axis"))
        parts.append(
            f'<rect class="bar {classes}" x="{x(begun):.1f}" y="{middle - 7}" width="{width:.1f}" height="14" rx="3"/>'
        )
        said = " · ".join(f"{names[key]} {seconds(lane[key])}" for key in names if key in lane)
        parts.append(text(left, middle + 26, said, "small"))
    said = ". ".join(
        f"{name}: " + ", ".join(f"{names[key]} after {seconds(lane[key])}" for key in names if key in lane)
        for name, _, lane in lanes
    )
    return svg(bottom + 22, "Time line of one answer", f"{said}.", parts)


def seconds(milliseconds: float) -> str:
    """ "35 ms" below a second, "2.4 s" above."""
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def times_of(results: dict[str, Any]) -> dict[str, float]:
    """Our medians: the facts lane of the seeds; first sentence and end of answers never asked before."""
    prose = results["prose"]["never_seen"]
    return {
        "facts": results["facts"][0]["facts_p50_ms"],
        "first": prose["first_sentence_p50_ms"],
        "total": prose["total_p50_ms"],
    }


def peer_times(path: Path) -> dict[str, float] | None:
    """The peer's medians, where they were measured."""
    if not path.exists():
        return None
    times = json.loads(path.read_text(encoding="utf-8"))["times"]["peer"]
    first, total = times.get("first_sentence_ms"), times.get("total_ms")
    return {"first": first[0], "total": total[0]} if first and total else None


def measured_table(report: dict[str, Any]) -> str:
    """README's table: what was wanted, what was measured, and on what."""
    machine = report["machine"]
    rows = [f"| {row['what']} | {row['target']} | {row['measured']} |" for row in report["targets"]]
    return "\n".join(
        [
            "| | wanted, at most (recall: at least) | measured |",
            "|---|---|---|",
            *rows,
            "",
            f"{machine['cores']} cores ({machine['cpu']}), no GPU, Python {machine['python']}.",
        ]
    )


def fill(page: str, table: str) -> str:
    """The page with the table between the two marks; the page itself where it has none."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    return f"{before}{begin}\n{table}\n{end}{after}" if begin and end else page


def main() -> None:
    report = json.loads((RESULTS / "latency.json").read_text(encoding="utf-8"))
    results = report["results"]
    DOCS.mkdir(exist_ok=True)
    (DOCS / "latency.svg").write_text(latency_plot(results["facts"], 60), encoding="utf-8")
    timeline = timeline_plot(times_of(results), peer_times(RESULTS / "peers.json"))
    (DOCS / "timeline.svg").write_text(timeline, encoding="utf-8")
    readme = ROOT / "README.md"
    readme.write_text(fill(readme.read_text(encoding="utf-8"), measured_table(report)), encoding="utf-8")
    print("written: docs/latency.svg, docs/timeline.svg, the table of speeds in README.md")


if __name__ == "__main__":
    main()
