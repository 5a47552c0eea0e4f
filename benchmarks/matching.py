"""Needs of two to five wishes over a library of 100 invented artifacts of which all is known.

    python benchmarks/matching.py [--needs 60] [--topics 1 2] [--seeds 1 2] [--keep] [--show]

Each artifact states some of the topics of data/topics-1.txt (or topics-2.txt), denies one or two, and says nothing of
the rest; pages word a topic in one way, needs in another. Each set of topics is a library of its own for each seed. A
need is made around one artifact: topics that it states and, half of the time, a price or a bound
on its rank; at times one wish that it denies or does not state. Told for each number of wishes: how often an artifact
that meets most is first, cells that are right (of the artifacts shown), needs with all cells right, and silent or
denied cells that are shown as met. `--keep` writes results/matching.json, `--show` prints the cells that are wrong.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from _reporting import machine, print_table, write_results

from sidebyside.assistant import Assistant
from sidebyside.building.build import build_index
from sidebyside.graph import OFF
from sidebyside.records import Match
from sidebyside.settings import Settings

# What needs say, two ways in which a page states it, how a page denies it.
Topic = tuple[str, str, str, str]
# What no page states of one artifact: each rules out the other.
APART = (("works offline", "searches the web"),)
TYPES = ("Model", "Repository", "Product", "Extension", "MCP Server", "API")
PRICES = ("Free", "Freemium", "Paid")
UNIQUE = "Built by a small team in a quiet town"
ALTERNATIVES = "Plainer than most others of its kind"
_SYLLABLES = "ba cor del fen gal hi jun ka lor mi nor pel qua ri sol tan ul vex wen yar".split()


def read_topics(number: int) -> list[Topic]:
    """One set of topics: a line each, parts between bars."""
    lines = (Path(__file__).parent / "data" / f"topics-{number}.txt").read_text("utf-8").splitlines()
    return [tuple(part.strip() for part in line.split("|")) for line in lines]  # type: ignore[misc]


@dataclass
class Made:
    """An artifact and the truth about it: topic -> stated or denied; what is not here is silent."""

    name: str
    type: str
    price: str
    rank: int
    says: dict[int, str] = field(default_factory=dict)


def artifacts(number: int, seed: int, told: list[Topic]) -> list[Made]:
    rng = random.Random(f"artifacts {seed}")
    made = []
    for place in range(number):
        name = "".join(rng.choice(_SYLLABLES) for _ in range(3)).title() + f" {place}"
        topics = rng.sample(range(len(told)), rng.randint(5, 8))
        denied = rng.randint(1, 2)
        says = {topic: "denied" if order < denied else "stated" for order, topic in enumerate(topics)}
        stated = {told[topic][0]: topic for topic, state in says.items() if state == "stated"}
        for one, other in APART:
            if one in stated and other in stated:
                del says[stated[other]]
        made.append(Made(name, rng.choice(TYPES), rng.choice(PRICES), rng.randint(15, 90), says))
    return made


def page(left: Made, right: Made, rng: random.Random, topics: list[Topic]) -> str:
    lines = [
        f"{left.name} vs {right.name}",
        "Side-by-side comparison to help you choose.",
        f"| Feature | {left.name} | {right.name} |",
        "|---|---|---|",
        f"| Type | {left.type} | {right.type} |",
        f"| UnfragileRank | {left.rank}/100 | {right.rank}/100 |",
        f"| Pricing | {left.price} | {right.price} |",
        f"| Capabilities | {len(left.says)} decomposed | {len(right.says)} decomposed |",
    ]
    for side in (left, right):
        for topic, state in side.says.items():
            _wish, *stated, denied = topics[topic]
            lines += [denied if state == "denied" else rng.choice(stated), f"Unique: {UNIQUE}"]
            lines.append(f"vs alternatives: {ALTERNATIVES}")
    return "\n".join(lines) + "\n"


# A wish: its words, and what is true of it for an artifact.
@dataclass
class Wish:
    words: str
    kind: str
    value: Any

    def truth(self, made: Made) -> str:
        if self.kind == "topic":
            return made.says.get(self.value, "silent")
        met = made.price == self.value if self.kind == "price" else made.rank > self.value
        return "stated" if met else "denied"


def needs(made: list[Made], number: int, seed: int, told: list[Topic]) -> Iterator[list[Wish]]:
    rng = random.Random(f"needs {seed}")
    for place in range(number):
        size, target = 2 + place % 4, rng.choice(made)
        wishes = []
        if rng.random() < 0.5:
            bound = target.rank - rng.randint(1, 10)
            free = target.price == "Free"
            wishes.append(Wish("free", "price", "Free") if free else Wish(f"rank above {bound}", "rank", bound))
        stated = [topic for topic, state in target.says.items() if state == "stated"]
        rng.shuffle(stated)
        topics = stated[: size - len(wishes)]
        if size > 2 and rng.random() < 0.3:
            topics[-1] = rng.choice([topic for topic in range(len(told)) if topic not in stated])
        wishes += [Wish(told[topic][0], "topic", topic) for topic in topics]
        rng.shuffle(wishes)
        yield wishes


def judged(match: Match, wishes: list[Wish], made: dict[str, Made]) -> dict[str, Any]:
    """What of a match is right."""
    met = {name: sum(wish.truth(one) == "stated" for wish in wishes) for name, one in made.items()}
    # The grid has texts first, then conditions.
    ordered = sorted(wishes, key=lambda wish: wish.kind != "topic")
    cells = [
        (wish, artifact.label, wish.truth(made[artifact.label]), row[place].state)
        for wish, row in zip(ordered, match.grid.cells, strict=False)
        for place, artifact in enumerate(match.artifacts)
    ]
    wrong = [cell for cell in cells if cell[2] != cell[3]]
    return {
        "read": len(match.wishes) == len(wishes),
        "first": met[match.artifacts[0].label] == max(met.values()),
        "cells": len(cells),
        "wrong": wrong,
        "not stated": sum(truth != "stated" for _, _, truth, _ in cells),
        "wrongly met": sum(truth != "stated" and state == "stated" for _, _, truth, state in cells),
        "excludes off": [
            abs(number - sum(wish.truth(one) != "stated" for one in made.values()))
            for wish, number in zip(ordered, match.excludes, strict=False)
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--needs", type=int, default=60)
    parser.add_argument("--topics", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    seconds: list[float] = []
    found: dict[str, list[dict[str, Any]]] = {}
    for topics in options.topics:
        for seed in options.seeds:
            told = ask(read_topics(topics), seed, options.needs, seconds, show_wrong=options.show)
            found[f"topics {topics}, seed {seed}"] = told
    every = [told for several in found.values() for told in several]
    rows = [row(name, several) for name, several in found.items()]
    rows += [row(f"{size} wishes", [t for t in every if t["wishes"] == size]) for size in range(2, 6)]
    rows.append(row("all", every))
    print_table("Needs over 100 artifacts", rows)
    print(f"median {sorted(seconds)[len(seconds) // 2]:.2f} s a need")
    if options.keep:
        write_results("matching", {"machine": machine(), "rows": rows})


def ask(topics: list[Topic], seed: int, number: int, seconds: list[float], *, show_wrong: bool) -> list[dict[str, Any]]:
    """What of so many needs is right, in a library of its own."""
    made = artifacts(100, seed, topics)
    by_name = {one.name: one for one in made}
    found = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "pages").mkdir()
        rng = random.Random(f"pages {seed}")
        for place in range(0, len(made), 2):
            text = page(made[place], made[place + 1], rng, topics)
            (folder / "pages" / f"{place:03}.txt").write_text(text)
        build_index([folder / "pages"], index=folder / "index", settings=Settings.load())
        with Assistant.open(folder / "index", settings=Settings.load(matches=OFF), model="none") as assistant:
            for wishes in needs(made, number, seed, topics):
                started = time.perf_counter()
                match = assistant.match(", ".join(wish.words for wish in wishes))
                seconds.append(time.perf_counter() - started)
                found.append(judged(match, wishes, by_name) | {"wishes": len(wishes)})
                if show_wrong:
                    show(match, found[-1])
    return found


def row(name: str, told: list[dict[str, Any]]) -> dict[str, str]:
    cells = sum(one["cells"] for one in told)
    wrong = sum(len(one["wrong"]) for one in told)
    off = [number for one in told for number in one["excludes off"]]
    unmet = sum(one["not stated"] for one in told)
    return {
        "needs of": name,
        "needs": str(len(told)),
        "taken apart": f"{sum(one['read'] for one in told) / len(told):.0%}",
        "right first": f"{sum(one['first'] for one in told) / len(told):.0%}",
        "cells right": f"{1 - wrong / cells:.1%}",
        "all cells right": f"{sum(not one['wrong'] for one in told) / len(told):.0%}",
        "wrongly met": f"{sum(one['wrongly met'] for one in told) / max(1, unmet):.1%}",
        "excludes off by": f"{sum(off) / max(1, len(off)):.1f}",
    }


def show(match: Match, told: dict[str, Any]) -> None:
    if told["wrong"] or not told["first"] or not told["read"]:
        print(match.need, "" if told["first"] else "  FIRST WRONG", "" if told["read"] else f"  READ AS {match.wishes}")
    for (wish, *kinds), number in Counter((w.words, label, t, s) for w, label, t, s in told["wrong"]).items():
        print("    ", wish, kinds, number)


if __name__ == "__main__":
    main()
