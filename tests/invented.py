"""A small invented library with everything answers have to cope with, and an index of it in memory.

Five artifacts on three pages: two values for Kestrel 7B's rank, two artifacts called Lantern, a verdict that its own
table contradicts, a denial, claims, prices, and figures in tokens, time and bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from fakes import FakeEncoder
from sidebyside.assistant import Assistant
from sidebyside.building.build import build_index
from sidebyside.evidence.retrieval import Retriever
from sidebyside.index.lexical import LexicalTable
from sidebyside.index.passages import build_passages, first_rows
from sidebyside.library import build_library
from sidebyside.pages import parse_page
from sidebyside.question.names import NameIndex
from sidebyside.records import Answer, Citation, Library, Passage
from sidebyside.settings import Settings
from sidebyside.text.words import STOP_WORDS, stem, tokens

LABELS = ("Type", "UnfragileRank", "Adoption", "Quality", "Pricing")

KESTREL = (
    (
        "Answers prompts of up to 32K tokens of context in one call. Longer prompts are cut at the beginning.",
        "Keeps the whole prompt in memory of at most 6GB",
        "Longer context than most small models, unlike Falconer which stops at 4K",
    ),
    (
        "Transcribes recorded speech in twelve languages, with a latency of 300 ms per sentence.",
        "Speaker names are kept across recordings",
        "Cheaper transcription than Whisperwind",
    ),
    (
        "Does not support watermarking of generated pictures.",
        "Leaves pictures as they are",
        "Plainer than PixelForge",
    ),
)
MARTEN = (
    (
        "Answers prompts of up to 8K tokens of context in one session.",
        "Sessions are resumed after a restart",
        "Shorter context than hosted models",
    ),
    (
        "Edits invoices together with colleagues in a shared browser canvas. The Team plan is $12/mo for every seat.",
        "Invoices carry comments beside each line",
        "Less costly than Ledgerly",
    ),
    (
        "Transcribes recorded speech in four languages, with a latency of 2 s per sentence.",
        "Speech is stored beside the invoice",
        "Slower transcription than Whisperwind",
    ),
)
LANTERN_MODEL = (
    (
        "Draws street maps from satellite photographs at 30 frames per second.",
        "Roads are traced as curves rather than pixels",
        "Sharper maps than Cartomancer",
    ),
    (
        "Checks building permits against zoning rules.",
        "Rules are kept for every district",
        "Stricter than Permitly",
    ),
)
LANTERN_PRODUCT = (
    (
        "Schedules nightly backups of databases to encrypted storage.",
        "Backups are verified by restoring them",
        "Safer than Coldvault",
    ),
    (
        "Sends alerts to pagers when a backup is late.",
        "Alerts are grouped by team, but cannot be put off",
        "Quieter than Sirenia",
    ),
)
OSPREY = (
    (
        "Indexes source code for search by symbol, with an index of 2 GB for a million lines.",
        "Symbols are linked across repositories, but lost when a file is renamed",
        "Smaller index than Grepstone",
    ),
    (
        "Runs fully offline, so no code leaves the laptop.",
        "Nothing is sent to a server",
        "More private than Cloudgrep",
    ),
)

Column = tuple[str, Sequence[str], Sequence[tuple[str, str, str]]]


def page_text(left: Column, right: Column, verdict: str = "", labels: Sequence[str] = LABELS) -> str:
    """A text extract: (name, values of `labels`, capabilities as (description, unique, alternatives)) for each side."""
    lines = [
        f"{left[0]} vs {right[0]}",
        "Side-by-side comparison to help you choose.",
        f"| Feature | {left[0]} | {right[0]} |",
        "|---|---|---|",
        *(f"| {label} | {a} | {b} |" for label, a, b in zip(labels, left[1], right[1], strict=True)),
        f"| Capabilities | {len(left[2])} decomposed | {len(right[2])} decomposed |",
    ]
    for _, _, capabilities in (left, right):
        for description, unique, alternatives in capabilities:
            lines += [description, f"Unique: {unique}", f"vs alternatives: {alternatives}"]
    if verdict:
        lines += [verdict, "Need something different?"]
    return "\n".join(lines) + "\n"


PAGES = {
    "kestrel-vs-marten.txt": page_text(
        ("Kestrel 7B", ("Model", "41/100", "1", "0", "Free"), KESTREL),
        ("Marten Studio", ("Product", "58/100", "1", "1", "Paid"), MARTEN),
        "Marten Studio scores higher at 58/100 vs Kestrel 7B at 41/100. "
        "Kestrel 7B leads on adoption, while Marten Studio is stronger on quality.",
    ),
    "kestrel-vs-lantern.txt": page_text(
        ("Kestrel 7B", ("Model", "44/100", "1", "0", "Free"), KESTREL),
        ("Lantern", ("Model", "30/100", "0", "0", "Freemium"), LANTERN_MODEL),
    ),
    "lantern-vs-osprey.txt": page_text(
        ("Lantern", ("Product", "30/100", "0", "1", "Paid"), LANTERN_PRODUCT),
        ("Osprey Index", ("Repository", "52/100", "1", "1", "Free"), OSPREY),
    ),
}


# A second small library: rows of figures beside rows of classes, names of several words, a denial without a "no",
# and kinds of things (an agent, an API) that sentences speak of too.
PRICED = ("Type", "UnfragileRank", "Pricing", "Starting Price")
WORKSHOP = {
    "hub-vs-finch.txt": page_text(
        (
            "HearthLoom Hub",
            ("Product", "44/100", "Paid", "$12.50/mo"),
            (
                (
                    "Speaks Zigbee and Thread, and bridges Matter devices to older switches.",
                    "Switches keep working while the network is down",
                    "Calmer than Lampwire",
                ),
                (
                    "OPC UA is not spoken, and industrial buses are left to gateways.",
                    "Gateways are listed by the maker",
                    "Simpler than plant controllers",
                ),
                (
                    "Keeps 90 days of sensor readings on a memory card.",
                    "Readings are exported as CSV",
                    "Longer history than Lampwire",
                ),
                (
                    "Accepts label rolls between 20 and 48 mm in width.",
                    "Rolls of any brand fit",
                    "Wider than Tagline",
                ),
            ),
        ),
        (
            "LinguaFinch 3B",
            ("Model", "61/100", "Paid", "$9/mo"),
            (
                (
                    "Translates subtitles between 40 languages with a context of 32K tokens.",
                    "Line breaks follow the picture",
                    "Faster than Parrotline",
                ),
                (
                    "Scans repositories for leaked API keys before they are pushed.",
                    "Keys are revoked at once",
                    "Quieter than Keyhound",
                ),
            ),
        ),
        labels=PRICED,
    ),
    "relay-vs-smsoon.txt": page_text(
        (
            "Relaywright",
            ("Agent", "52/100", "Free", "—"),
            (
                (
                    "Speaks OPC UA and Modbus to machines on the shop floor.",
                    "Machines are found by scanning",
                    "Broader than Busline",
                ),
                (
                    "Keeps the inventory of a plant as one list.",
                    "Lists are shared by crews",
                    "Plainer than Stockpile",
                ),
            ),
        ),
        (
            "Smsoon",
            ("API", "39/100", "Paid", "$20/mo"),
            (
                (
                    "Sends text messages to phones in 190 countries.",
                    "Routes are chosen by price",
                    "Cheaper than Pigeonpost",
                ),
                (
                    "Resumes a task at the last finished step when an agent dies halfway.",
                    "Steps are stored as they end",
                    "Sturdier than Loopkit",
                ),
            ),
        ),
        labels=PRICED,
    ),
}


class ContentEncoder(FakeEncoder):
    """FakeEncoder on the stems of content words: texts about different things are next to orthogonal."""

    def __init__(self) -> None:
        super().__init__("content", dimension=384)

    def _vector(self, text: str) -> np.ndarray:
        stems = [stem(token.folded) for token in tokens(text) if token.folded not in STOP_WORDS]
        return super()._vector(" ".join(stems))


class MemoryVectors:
    """Rows of an array as an index gives them."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    def __len__(self) -> int:
        return len(self.array)

    def rows(self, start: int, stop: int) -> np.ndarray:
        return self.array[start:stop]


class MemoryIndex:
    """What retrieval needs of an open index, without files."""

    def __init__(self, library: Library, encoder: FakeEncoder) -> None:
        self.library = library
        self.passages: tuple[Passage, ...] = build_passages(library)
        rows = encoder.encode([sentence.text for p in self.passages for sentence in p.sentences])
        self.vectors = MemoryVectors(rows)
        self.first_rows = first_rows(self.passages)
        self.lexical = LexicalTable.build(sentence.text for p in self.passages for sentence in p.sentences)
        bounds = [*self.first_rows.tolist(), len(self.vectors)]
        means = [rows[a:b].mean(axis=0) for a, b in pairwise(bounds)]
        self._means = np.stack([mean / np.linalg.norm(mean) for mean in means])

    def positions(self, artifact_id: str) -> range:
        found = [place for place, passage in enumerate(self.passages) if passage.artifact == artifact_id]
        return range(found[0], found[-1] + 1) if found else range(0)

    def search(self, vector: np.ndarray, k: int) -> list[tuple[int, float]]:
        scores = self._means @ vector
        best = np.argsort(-scores, kind="stable")[:k]
        return [(int(position), float(scores[position])) for position in best]


def read_library(pages: Mapping[str, str] = PAGES) -> Library:
    """The library of some pages, given as file name -> text."""
    return build_library(parse_page(text.encode(), name) for name, text in pages.items())


@cache
def library() -> Library:
    """The library of PAGES."""
    return read_library()


@cache
def retriever() -> Retriever:
    """A retriever over PAGES."""
    encoder = ContentEncoder()
    return Retriever(MemoryIndex(library(), encoder), encoder)


@cache
def names() -> NameIndex:
    """The names of PAGES."""
    return NameIndex(library(), retriever().knows, retriever().describes)


def artifact_id(label: str) -> str:
    """The id of the artifact with this label."""
    return next(artifact.id for artifact in library().artifacts if artifact.label == label)


def write_index(folder: Path, pages: Mapping[str, str] = PAGES) -> Path:
    """An index on disk, built from some pages with ContentEncoder; returns the index folder."""
    seeds = folder / "index" / "seeds"
    seeds.mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        (seeds / name).write_text(text)
    build_index((), index=folder / "index", settings=Settings.load(), encoder=ContentEncoder())
    return folder / "index"


def shared_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of PAGES that is written once for all tests; they do not write to it."""
    folder = tmp_path_factory.getbasetemp() / "invented"
    return folder / "index" if folder.exists() else write_index(folder)


def workshop_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of WORKSHOP that is written once for all tests; they do not write to it."""
    folder = tmp_path_factory.getbasetemp() / "workshop"
    return folder / "index" if folder.exists() else write_index(folder, WORKSHOP)


def real_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of PAGES with the real encoder, written once for all tests; they do not write to it."""
    folder = tmp_path_factory.getbasetemp() / "invented-real"
    if not folder.exists():
        (folder / "pages").mkdir(parents=True)
        for name, text in PAGES.items():
            (folder / "pages" / name).write_text(text)
        build_index([folder / "pages"], index=folder / "index", settings=Settings.load())
    return folder / "index"


@contextmanager
def open_assistant(index: Path, **options) -> Iterator[Assistant]:
    """An assistant that encodes questions as `write_index` encoded the pages; without a model unless one is given."""
    options = options if "generator" in options else {"model": "none", **options}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sidebyside.encoding.embedding.load_encoder", lambda _: ContentEncoder())
        with Assistant.open(index, **options) as assistant:
            yield assistant


def assert_cited(answer: Answer, pages: Mapping[str, str] = PAGES) -> None:
    """Citations are numbered in order of appearance, every marker has one, and every quote stands where it says."""
    markers = [int(number) for number in re.findall(r"\[(\d+)\]", answer.text)]
    assert list(dict.fromkeys(markers)) == list(range(1, len(answer.citations) + 1))
    assert [citation.number for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
    for citation in (*answer.citations, *answer.consulted):
        assert_verbatim(citation, pages[citation.source])


def assert_verbatim(citation: Citation, page: str) -> None:
    """The quote is exactly what stands in the page; of a table row label and value stand there."""
    place = page[citation.start : citation.end]
    if citation.evidence_class == "fact":
        label, value = citation.quote.split(": ", 1)
        assert label in place
        assert value in place
    else:
        assert place == citation.quote
    assert citation.context


def quotes_of(answer: Answer, label: str) -> list[str]:
    """The quotes that an answer cites of one artifact."""
    return [citation.quote for citation in answer.citations if citation.artifact == label]


def assert_says(answer: Answer, *parts: str) -> None:
    """Each part stands in the answer's text."""
    for part in parts:
        assert part in answer.text, answer.text
