"""What the judge learns from: questions put to the sentences of a product, and short ways to ask for one statement.

A `Group` is one product with its sentences and the questions put to it. Situations are those of benchmarks/reading/data
(sixteen writers and more), each about one sentence; strangers' questions (`cells.jsonl`) each name every sentence that
answers them; statements are those of benchmarks/queries/pairs.jsonl, whose topics are put together by chance
until they are about as many as the sentences of a product.
"""

from __future__ import annotations

import json
import random
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE.parent / "reading"), str(ROOT / "tests")]

from _data import DATA, Example, folders, read_situations  # noqa: E402
from _library import sentences_of  # noqa: E402

from gate import SETS, folder_of  # noqa: E402
from sidebyside.building.build import build_index  # noqa: E402

LEFT_OUT = ("w03", "w08", "w12", "w16")
# Strangers' sets that the judge never learns from.
SETS_LEFT_OUT = ("blind30", "blind33", "blind34", "blind36")
# One topic of pairs.jsonl in so many is left out.
_TOPICS_LEFT_OUT = 10
# A product of fewer sentences has too few to choose among.
_FEWEST = 16
# Statements in a group that is put together of topics.
_GROUP = 22


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a page, and which of its product's capabilities it belongs to."""

    text: str
    capability: int


@dataclass(frozen=True, slots=True)
class Ask:
    """A question put to one product: the wordings of its criterion, its sentence there, and what that says.

    `relation` is "+" (states it), "-" (denies it) or "~" (near it, but no sentence of the product says either).
    `others` are sentences that say something of it as well.
    """

    wordings: tuple[str, ...]
    place: int
    relation: str
    whole: str
    others: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """One product; `parts` numbers the page (topic) of each sentence."""

    name: str
    writer: str
    sentences: tuple[Sentence, ...]
    asks: tuple[Ask, ...]
    parts: tuple[int, ...]


def criteria(example: Example) -> tuple[str, ...]:
    """Wordings of what is asked: situation and criterion; the whole question, "it" for names; the criterion alone."""
    chosen = " ".join(example.text[a:b] for label, a, b in example.spans if label in "sck")
    alone = " ".join(example.text[a:b] for label, a, b in example.spans if label in "ck")
    text, end = "", 0
    for label, a, b in example.spans:
        if label == "a":
            text += example.text[end:a] + "it"
            end = b
    whole = text + example.text[end:]
    return (chosen or whole, whole, alone or whole)


def products(folder: Path) -> Iterator[tuple[str, dict[int, Sentence]]]:
    """(name, sentence by number) of every product of a writer."""
    name, found, capability = "", {}, 0
    for line in (folder / "pages.txt").read_text("utf-8").splitlines():
        if line.startswith("@"):
            if found:
                yield name, found
            name, found, capability = line[1:].split("|")[0].strip(), {}, 0
        elif line.strip() == "-":
            capability += 1
        elif line[:1].isdigit():
            number, _, text = line.partition(" ")
            found[int(number)] = Sentence(text.strip(), capability)
    if found:
        yield name, found


def situation_groups() -> list[Group]:
    """One group a product of every writer."""
    groups = []
    for folder in folders():
        if not (folder / "situations.txt").is_file():
            continue
        situations = list(read_situations(folder))
        for name, sentences in products(folder):
            places = {number: place for place, number in enumerate(sentences)}
            asks = tuple(
                Ask(criteria(s.example), places[s.sentence], s.relation, s.example.text)
                for s in situations
                if s.sentence in places
            )
            groups.append(Group(name, folder.name, tuple(sentences.values()), asks, (0,) * len(sentences)))
    return groups


def stranger_groups() -> list[Group]:
    """One group for each product and set of strangers' questions; products of a few sentences are left out."""
    groups = []
    with tempfile.TemporaryDirectory() as folder:
        known: dict[str, dict[str, list[Sentence]]] = {}
        for path in sorted(DATA.glob("*/cells.jsonl")):
            own = (path.parent / "pages.txt").is_file()
            pages = path.parent.name if own else SETS[path.parent.name]
            if own:
                known[pages] = {name: list(told.values()) for name, told in products(path.parent)}
            elif pages not in known:
                build_index([folder_of(pages)], index=Path(folder) / pages)
                read = sentences_of(Path(folder) / pages)
                known[pages] = {name: [Sentence(*each) for each in told] for name, told in read.items()}
            rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
            for name, sentences in known[pages].items():
                if len(sentences) >= _FEWEST:
                    asks = tuple(ask for row in rows if name in row["cells"] for ask in _asks(row, name, sentences))
                    groups.append(Group(name, path.parent.name, tuple(sentences), asks, (0,) * len(sentences)))
    return [group for group in groups if group.asks]


def _asks(row: dict, name: str, sentences: list[Sentence]) -> Iterator[Ask]:
    """Of one question to one product: one for each sentence that answers it, or one where none does."""
    texts = [sentence.text for sentence in sentences]
    cell = {sign: [texts.index(text) for text in told if text in texts] for sign, told in row["cells"][name].items()}
    whole = row["criterion"] if row["before"] else re.sub(re.escape(name), "it", row["question"], flags=re.IGNORECASE)
    wordings = (row["criterion"], whole, row["criterion"])
    says = [place for sign in "+-" for place in cell.get(sign, ())]
    for place in says or cell.get("~", [])[:1] or [0]:
        relation = next((sign for sign in "+-" if place in cell.get(sign, ())), "~")
        yield Ask(wordings, place, relation, row["question"], tuple(other for other in says if other != place))


def pair_topics() -> tuple[list[list[dict]], list[list[dict]]]:
    """The topics of pairs.jsonl: (to learn from, left out)."""
    topics: dict[str, list[dict]] = {}
    for line in (HERE.parent / "queries" / "pairs.jsonl").read_text("utf-8").splitlines():
        pair = json.loads(line)
        topics.setdefault(pair["topic"], []).append(pair)
    names = sorted(topics)
    random.Random(7).shuffle(names)
    out = set(names[::_TOPICS_LEFT_OUT])
    return [topics[n] for n in names if n not in out], [topics[n] for n in names if n in out]


def topic_groups(topics: Sequence[list[dict]], chance: random.Random, asks: int) -> Iterator[Group]:
    """Topics put together by chance; so many ways to ask for each statement."""
    order = list(topics)
    chance.shuffle(order)
    while order:
        sentences: list[Sentence] = []
        found: list[Ask] = []
        parts: list[int] = []
        number = 0
        while order and len(sentences) < _GROUP:
            for pair in order.pop():
                for ask in chance.sample(pair["asks"], min(asks, len(pair["asks"]))):
                    found.append(Ask((ask,), len(sentences), "+", ask))
                sentences.append(Sentence(pair["statement"], 0))
                parts.append(number)
            number += 1
        yield Group("pairs", "pairs", tuple(sentences), tuple(found), tuple(parts))
