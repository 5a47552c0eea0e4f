"""Makes large libraries of invented artifacts: the same pages every time, with the variety that real pages have.

    python benchmarks/_large_library.py FOLDER [--capabilities 10000]

Artifacts belong to fields (video, law, genomics...), so that many are near each other; each has words of its own, drawn
so that few are frequent and most are rare, as in any language; 3 to 8 of its capabilities are listed, one artifact in
six comes back on a second page with other numbers. Sizes used by the benchmarks: 600 capabilities (about 100
artifacts), 10,000 and 100,000.
"""

from __future__ import annotations

import argparse
import random
from bisect import bisect
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from pathlib import Path

# What the artifacts of a field work on.
FIELDS = {
    "video": "frames captions shots transitions codecs subtitles clips keyframes reels overlays scenes".split(),
    "law": "contracts clauses filings rulings precedents statutes exhibits amendments liabilities dockets".split(),
    "genomics": "sequences variants alleles reads assemblies genomes transcripts loci primers samples".split(),
    "speech": "utterances phonemes accents recordings transcripts speakers pauses dialects voices".split(),
    "maps": "routes tiles parcels elevations junctions boundaries layers landmarks coordinates surveys".split(),
    "retail": "orders baskets returns coupons catalogues shelves invoices refunds suppliers receipts".split(),
    "code": "functions commits branches tests reviews modules types patches builds dependencies".split(),
    "images": "masks textures prompts palettes portraits sketches layers styles renders depth-maps".split(),
    "music": "melodies chords stems tracks tempos harmonies loops samples scores rhythms".split(),
    "security": "alerts tokens policies exploits audits permissions certificates incidents logs keys".split(),
    "farming": "fields yields soils harvests herds irrigation-plans seeds forecasts pests orchards".split(),
    "health": "symptoms referrals prescriptions scans charts appointments trials diagnoses vitals".split(),
    "finance": "ledgers trades hedges portfolios loans payments budgets audits accounts premiums".split(),
    "teaching": "lessons quizzes essays grades curricula exercises lectures rubrics cohorts answers".split(),
    "data": "tables columns queries pipelines schemas joins partitions snapshots streams metrics".split(),
    "support": "tickets replies queues escalations transcripts ratings macros handovers articles".split(),
}
VERBS = (
    "Processes Converts Ranks Streams Schedules Compresses Translates Indexes Monitors Renders Signs Merges Extracts "
    "Labels Compares Summarises Splits Validates Clusters Repairs Predicts Aligns Masks Exports Imports Audits Traces "
    "Simulates Balances Rewrites"
).split()
METHODS = (
    "a learned ranking;a two-stage filter;constraint solving;beam search;a mixture of experts;a graph of references;"
    "sparse attention;incremental hashing;a rule table that people can edit;majority votes of three models;"
    "nearest-neighbour search;dynamic programming;a streaming parser;quantised weights;a queue with back-pressure;"
    "contrastive training;a cached index;differential updates;speculative execution;human review of doubtful cases"
).split(";")
SETTINGS = (
    "on ordinary processors;on one graphics card with {n} GB;in the browser without a server;with at most {n} users at "
    "once;in {n} languages;with a context of {n}K tokens;at {n} items a second;within {n} milliseconds;for files of up "
    "to {n} MB;across {n} regions;with {n} days of history;in batches of {n};with {n}% fewer errors than before;from "
    "{n} sources at a time;under a budget of {n} MB;with {n} levels of detail"
).split(";")
TYPES = ("Model", "Repository", "MCP Server", "Extension", "Product", "Agent", "API", "Framework", "Platform", "CLI")
PRICES = ("Free", "Freemium", "Paid")
_SYLLABLES = "ba cor del fen gal hi jun ka lor mi nor pel qua ri sol tan ul vex wen yar zo bri cla dra fli gra".split()
_TERMS = 6000
# Of a page's two artifacts, the share that was on an earlier page already.
_RETURNING = 6


def write_library(folder: Path, capabilities: int) -> list[Path]:
    """Write pages until their artifacts have as many capabilities in all; returns the pages in their order."""
    folder.mkdir(parents=True)
    pages, listed, number = [], 0, 0
    while listed < capabilities:
        path = folder / f"{number:06}.txt"
        path.write_text(page(number), encoding="utf-8")
        pages.append(path)
        listed += sum(_size(artifact) for artifact in _sides(number) if artifact // 2 == number)
        number += 1
    return pages


def page(number: int, revision: int = 0) -> str:
    """The text of one page; another revision says something else in one capability."""
    rng = random.Random(f"page {number}")
    sides = _sides(number)
    names = [artifact_name(side) for side in sides]
    rows = [(_rank(side, number), rng.randrange(2), rng.randrange(2), PRICES[side % 3]) for side in sides]
    lines = [
        f"{names[0]} vs {names[1]}",
        "Side-by-side comparison to help you choose.",
        f"| Feature | {names[0]} | {names[1]} |",
        "|---|---|---|",
        f"| Type | {_type(sides[0])} | {_type(sides[1])} |",
        *(
            f"| {label} | {one} | {other} |"
            for label, one, other in zip(("UnfragileRank", "Adoption", "Quality", "Pricing"), *rows, strict=True)
        ),
        f"| Capabilities | {_size(sides[0])} decomposed | {_size(sides[1])} decomposed |",
    ]
    for side in sides:
        for place in range(_size(side)):
            lines += capability(side, place, revision if side == sides[0] and place == 0 else 0)
    return "\n".join(lines) + "\n"


def artifact_name(artifact: int) -> str:
    """The name of the artifact with this number; no two are the same."""
    rng = random.Random(f"name {artifact}")
    first = _term(rng.randrange(_TERMS)).title()
    field = rng.choice(list(FIELDS)).title()
    return rng.choice((f"{first}{field} {artifact}", f"{first} {field}-{artifact}", f"{first}-{artifact}B {field}"))


def capability(artifact: int, place: int, revision: int = 0) -> list[str]:
    """The three lines of one capability: four to five sentences."""
    rng = random.Random(f"capability {artifact} {place}")
    field = FIELDS[random.Random(f"field {artifact}").choice(list(FIELDS))]
    own = _own_terms(artifact)

    def clause() -> str:
        things = f"{rng.choice(own)} {rng.choice(field)}" if rng.random() < 0.4 else rng.choice(field)
        n = rng.choice((2, 3, 4, 5, 8, 10, 12, 16, 24, 32, 40, 64, 100, 128, 200, 250, 500, 900))
        return f"{things} {rng.choice(SETTINGS).format(n=n)}"

    changed = f" Revision {revision} adds {revision} more checks." if revision else ""
    return [
        f"{rng.choice(VERBS)} {clause()} through {rng.choice(METHODS)}. {rng.choice(VERBS)} {rng.choice(field)} and "
        f"{clause()}. The result is kept as {rng.choice(own)} {rng.choice(field)}.{changed}",
        f"Unique: {rng.choice(METHODS)} for {clause()}, where {rng.choice(own)} {rng.choice(field)} are kept apart",
        f"vs alternatives: Handles {clause()}, while {_term(rng.randrange(_TERMS)).title()} stops at "
        f"{rng.randrange(2, 90)} {rng.choice(field)}",
    ]


def _sides(number: int) -> tuple[int, int]:
    """The artifacts of a page: two new ones, or one that an earlier page has as its first."""
    rng = random.Random(f"sides {number}")
    earlier = 2 * rng.randrange(number) if number and rng.randrange(_RETURNING // 2) == 0 else 2 * number + 1
    return 2 * number, earlier


def _size(artifact: int) -> int:
    return random.Random(f"size {artifact}").choice((3, 4, 5, 6, 7, 8, 8, 8))


def _type(artifact: int) -> str:
    return TYPES[random.Random(f"type {artifact}").randrange(len(TYPES))]


def _rank(artifact: int, page_number: int) -> str:
    rank = random.Random(f"rank {artifact}").randrange(5, 90)
    return f"{rank + page_number % 5}/100"


def _own_terms(artifact: int) -> list[str]:
    """Words that the artifact uses again and again, drawn by Zipf's law from all invented ones."""
    rng = random.Random(f"terms {artifact}")
    weights = _weights()
    return [_term(bisect(weights, rng.random() * weights[-1])) for _ in range(6)]


@cache
def _weights() -> list[float]:
    return list(accumulate(1 / rank for rank in range(1, _TERMS + 1)))


def _term(rank: int) -> str:
    """The invented word of this rank: two syllables for the frequent ones, three for the others."""
    count = len(_SYLLABLES)
    parts = [rank % count, rank // count % count, *([rank // count**2] if rank >= count**2 else [])]
    return "".join(_SYLLABLES[part] for part in parts)


def questions(artifacts: int, count: int) -> Iterator[str]:
    """Questions that compare two artifacts of a library, with how many there are of them."""
    rng = random.Random("questions")
    forms = (
        "Which handles {thing} better: {one} or {other}?",
        "Does {one} or {other} support {thing}?",
        "How do {one} and {other} differ in {thing}?",
        "Which has the higher UnfragileRank: {one} or {other}?",
        "What is the pricing of {one} and {other}?",
        "Compare {one} and {other}.",
    )
    for _ in range(count):
        one, other = (2 * rng.randrange(artifacts // 2) for _ in range(2))
        other += 2 if one == other else 0
        thing = rng.choice(FIELDS[random.Random(f"field {one}").choice(list(FIELDS))])
        yield rng.choice(forms).format(thing=thing, one=artifact_name(one), other=artifact_name(other))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--capabilities", type=int, default=10_000)
    options = parser.parse_args()
    pages = write_library(options.folder, options.capabilities)
    print(f"{len(pages)} pages in {options.folder}")


if __name__ == "__main__":
    main()
