"""Needs of two to five wishes over a library of 100 invented artifacts of which all is known.

    python benchmarks/matching.py [--needs 60] [--seed 1] [--keep] [--show]

Each artifact states some of the topics below, denies one or two, and says nothing of the rest; pages word a topic in one
way, needs in another. A need is made around one artifact: topics that it states and, half of the time, a price or a bound
on its rank; at times one wish that it denies or does not state. Told for each number of wishes: how often an artifact
that meets most is first, cells that are right (of the artifacts shown), needs with all cells right, and silent or
denied cells that are shown as met. `--keep` writes results/matching.json, `--show` prints the cells that are wrong.
"""

# ruff: noqa: E501  a topic is one line of a table
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

# What needs say; two ways in which a page states it; how a page denies it.
TOPICS = tuple(
    tuple(part.strip() for part in line.split("|"))
    for line in """
works offline|Runs entirely on the local machine, with no network connection at any time.|All processing happens on the device; a connection is never opened.|Needs a constant internet connection, as every request goes to a remote server.
answers questions about pictures|Takes an image and a question and replies with what the image shows.|Visual question answering over photographs and screenshots.|Images are not accepted: prompts are text alone.
transcribes speech|Turns recorded talks and calls into written text.|Speech-to-text for meetings, with speaker labels.|Audio is not transcribed; recordings are stored as they are.
translates text|Converts documents from one language into another while keeping the layout.|Machine translation between forty language pairs.|Does not translate: texts stay in the language they came in.
licence that allows selling|Released under Apache 2.0, so commercial products may ship it.|The licence permits commercial use and resale.|Commercial use is not permitted under its research-only licence.
integrates with Slack|Posts results into Slack channels and answers slash commands there.|A Slack app lets teams call it from any channel.|There is no Slack integration.
works as a browser extension|Installs into Chrome and Firefox as an add-on beside the address bar.|Lives in the browser toolbar and reads the open tab.|Cannot be installed into a browser.
generates unit tests|Writes test functions for existing code and runs them.|Proposes pytest cases for each changed method.|Does not write tests for code.
reads scanned documents|Optical character recognition extracts text from scans and faxes.|Recognises printed and handwritten text in scanned PDF files.|Scanned pages are skipped, since it has no OCR.
can be fine-tuned|Adapters can be trained on your own examples in an hour.|Supports fine-tuning with LoRA on custom data.|Fine-tuning is not supported; the weights are fixed.
removes image backgrounds|Cuts out the subject of a photo and leaves the rest transparent.|Background removal with clean edges around hair.|Backgrounds cannot be removed.
creates music|Composes songs from a short description of mood and tempo.|Generates melodies and full tracks in many genres.|Does not generate music.
schedules posts on social media|Plans tweets and LinkedIn updates and publishes them at the chosen hour.|A calendar queues social posts across networks.|Posts cannot be scheduled; they go out at once.
detects fraud in payments|Flags suspicious card transactions before they settle.|Scores each payment for the risk of fraud.|It does not look for fraud in transactions.
exports to Excel|Every table can be downloaded as an XLSX workbook.|Writes results to Excel spreadsheets with one click.|Export to Excel is not available.
encrypts stored data|All files at rest are encrypted with AES-256.|Stored records are kept encrypted, with keys held by the customer.|Stored data is not encrypted.
single sign-on|Users log in through SAML or Okta with their company account.|Supports SSO over OpenID Connect.|Single sign-on is not offered.
runs on a Raspberry Pi|Small enough for single-board computers such as the Raspberry Pi 4.|Tested on a Raspberry Pi with 2 GB of memory.|Does not run on a Raspberry Pi, as it needs a graphics card.
streams answers word by word|Tokens appear as they are generated, through server-sent events.|Output is streamed, so that the first words show at once.|Answers come whole at the end; streaming is not supported.
searches the web|Looks up current web pages and cites them in its replies.|Fetches live search results before it answers.|Has no access to the web and knows nothing after its training.
writes SQL queries|Turns plain questions into SQL for Postgres and MySQL.|Generates database queries from natural language.|Does not generate SQL.
clones voices|Reproduces a speaker's voice from a ten-second sample.|Voice cloning from short recordings of a person.|Cloning of voices is not possible.
monitors servers|Watches CPU, memory and disks of hosts and raises alarms.|Infrastructure monitoring with dashboards for each machine.|It does not monitor servers.
plans trips|Puts together itineraries with flights, hotels and sights.|Suggests day-by-day travel plans for any city.|Travel plans are not made.
""".strip().splitlines()
)
TYPES = ("Model", "Repository", "Product", "Extension", "MCP Server", "API")
PRICES = ("Free", "Freemium", "Paid")
UNIQUE = "Built by a small team that answers its mail"
ALTERNATIVES = "Plainer than most others of its kind"
_SYLLABLES = "ba cor del fen gal hi jun ka lor mi nor pel qua ri sol tan ul vex wen yar".split()


@dataclass
class Made:
    """An artifact and the truth about it: topic -> stated or denied; what is not here is silent."""

    name: str
    type: str
    price: str
    rank: int
    says: dict[int, str] = field(default_factory=dict)


def artifacts(number: int, seed: int) -> list[Made]:
    rng = random.Random(f"artifacts {seed}")
    made = []
    for place in range(number):
        name = "".join(rng.choice(_SYLLABLES) for _ in range(3)).title() + f" {place}"
        topics = rng.sample(range(len(TOPICS)), rng.randint(5, 8))
        denied = rng.randint(1, 2)
        says = {topic: "denied" if order < denied else "stated" for order, topic in enumerate(topics)}
        made.append(Made(name, rng.choice(TYPES), rng.choice(PRICES), rng.randint(15, 90), says))
    return made


def page(left: Made, right: Made, rng: random.Random) -> str:
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
            _wish, *stated, denied = TOPICS[topic]
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


def needs(made: list[Made], number: int, seed: int) -> Iterator[list[Wish]]:
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
            topics[-1] = rng.choice([topic for topic in range(len(TOPICS)) if topic not in stated])
        wishes += [Wish(TOPICS[topic][0], "topic", topic) for topic in topics]
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
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    made = artifacts(100, options.seed)
    by_name = {one.name: one for one in made}
    found: dict[int, list[dict[str, Any]]] = {}
    seconds = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "pages").mkdir()
        rng = random.Random(f"pages {options.seed}")
        for place in range(0, len(made), 2):
            (folder / "pages" / f"{place:03}.txt").write_text(page(made[place], made[place + 1], rng))
        build_index([folder / "pages"], index=folder / "index", settings=Settings.load())
        with Assistant.open(folder / "index", settings=Settings.load(matches=OFF), model="none") as assistant:
            for wishes in needs(made, options.needs, options.seed):
                started = time.perf_counter()
                match = assistant.match(", ".join(wish.words for wish in wishes))
                seconds.append(time.perf_counter() - started)
                told = judged(match, wishes, by_name)
                found.setdefault(len(wishes), []).append(told)
                if options.show:
                    show(match, told)
    rows = [row(str(size), found[size]) for size in sorted(found)]
    rows.append(row("all", [told for several in found.values() for told in several]))
    print_table("Needs over 100 artifacts", rows)
    print(f"median {sorted(seconds)[len(seconds) // 2]:.2f} s a need")
    if options.keep:
        write_results("matching", {"machine": machine(), "rows": rows})


def row(name: str, told: list[dict[str, Any]]) -> dict[str, str]:
    cells = sum(one["cells"] for one in told)
    wrong = sum(len(one["wrong"]) for one in told)
    off = [number for one in told for number in one["excludes off"]]
    unmet = sum(one["not stated"] for one in told)
    return {
        "wishes": name,
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
