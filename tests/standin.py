"""A scripted assistant for the page's tests: real sentences of the two seed pages, answers written down beforehand."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path

from sidebyside.decisions.making import in_order, make_record
from sidebyside.decisions.replaying import compare_record
from sidebyside.errors import SidebysideError
from sidebyside.records import (
    OWN_CRITERIA,
    SHOWN,
    Answer,
    Artifact,
    Capability,
    Cell,
    Citation,
    Comparison,
    Correction,
    DecisionRecord,
    Event,
    Evidence,
    Excerpt,
    Fact,
    Found,
    Grid,
    Hit,
    Library,
    Match,
    MatchedArtifact,
    Passage,
    RecordedAnswer,
    Replay,
    Sentence,
    SharedCapability,
    Source,
    Table,
    Understood,
    Wish,
)

_logging = threading.Lock()

FAILURE = "the pages are gone; build the index again: sidebyside index"

SEEDS = Path(__file__).parents[1] / "index" / "seeds"
FIRST = next(SEEDS.glob("000_*.txt"))
SECOND = next(SEEDS.glob("004_*.txt"))
HASHES = {path.name: (sha256(path.read_bytes()).hexdigest(), "2026-11-01T10:00:00+00:00") for path in (FIRST, SECOND)}
LLAMA, LLAVA = "Llama 3.2 90B Vision", "LLaVA Llama 3 (8B)"
DIFFUSION, DREAMBOOTH = "Stable-Diffusion", "Dreambooth-Stable-Diffusion"


def excerpt(path: Path, start: str, end: str = "") -> Excerpt:
    """The text of `path` from `start` to the end of `end` (or of `start`), with its place."""
    text = path.read_text("utf-8")
    first = text.index(start)
    last = text.index(end, first) + len(end) if end else first + len(start)
    return Excerpt(text[first:last], Source(path.name, first, last))


def cite(number: int, artifact: str, path: Path, quote: str, context: tuple[str, str] = ("", "")) -> Citation:
    """A claim's citation with the passage around it, both taken from the file."""
    found = excerpt(path, quote)
    around = excerpt(path, *context).text if context[0] else quote
    return Citation(
        number,
        artifact,
        "claim" if context[0].startswith("Unique") else "description",
        quote,
        path.name,
        found.source.start,
        found.source.end,
        around,
    )


def row(number: int, artifact: str, path: Path, label: str, value: str) -> Citation:
    """A table cell's citation."""
    found = excerpt(path, f"| {label} |", "|\n")
    return Citation(number, artifact, "fact", f"{label}: {value}", path.name, found.source.start, found.source.end)


def artifact(name: str, kind: str, path: Path, facts: dict[str, str], capability: Excerpt, total: int) -> Artifact:
    """An artifact with one capability."""
    place = excerpt(path, "| Type |", "|\n").source
    slug = name.lower().replace(" ", "-").replace("(", "").replace(")", "").replace(".", "-")
    return Artifact(
        id=slug,
        name=name,
        type=kind,
        label=name,
        aliases=(),
        capabilities_total=total,
        sources=(path.name,),
        facts=tuple(Fact(label, value, place) for label, value in {"Type": kind, **facts}.items()),
        capabilities=(Capability(f"{slug}/1", capability, sources=(path.name,)),),
    )


def facts(rank: str, adoption: str, quality: str, ecosystem: str) -> dict[str, str]:
    return {
        "UnfragileRank": rank,
        "Adoption": adoption,
        "Quality": quality,
        "Ecosystem": ecosystem,
        "Match Graph": "0",
        "Pricing": "Free",
        "Times Matched": "0",
    }


LIBRARY = Library(
    artifacts=(
        artifact(
            DREAMBOOTH, "Repository", SECOND, facts("45/100", "1", "0", "1"), excerpt(SECOND, "Fine-tunes", "."), 12
        ),
        artifact(
            LLAMA,
            "Model",
            FIRST,
            facts("45/100", "1", "0", "0"),
            excerpt(FIRST, "Processes images and text simultaneously", "tasks."),
            12,
        ),
        artifact(
            LLAVA,
            "Model",
            SECOND,
            facts("22/100", "0", "0", "0"),
            excerpt(SECOND, "Processes images and text together", "layers."),
            9,
        ),
        artifact(
            DIFFUSION,
            "Repository",
            FIRST,
            facts("55/100", "1", "1", "1"),
            excerpt(FIRST, "Enables low-rank adaptation", "architectures."),
            13,
        ),
    )
)

EIGHT_K = "The 8K token context window allows multi-turn conversations with image references."
UNIFIED = (
    "Unified 128K context window for both text and images, enabling true multimodal long-context reasoning without "
    "separate vision/text context limits — compared to models with separate context windows for modalities"
)
SUPPORTS = (
    "Supports extended reasoning tasks over long documents and multiple images by maintaining a 128K token context "
    "window that encompasses both text and visual content."
)

CONTEXT = Answer(
    question="Which handles a longer context: LLaVA Llama 3 (8B) or Llama 3.2 90B Vision?",
    text=(
        "**Llama 3.2 90B Vision** handles the longer context: 128K tokens [1] against 8K tokens [2].\n\n"
        "LLaVA Llama 3 (8B) offers an 8K token context window for conversations with image references [2].\n\n"
        "Llama 3.2 90B Vision keeps one 128K window for both text and images [3], so full research papers with "
        "figures fit [1]."
    ),
    status="answered",
    citations=(
        cite(1, LLAMA, FIRST, SUPPORTS, (SUPPORTS, "across document-length inputs.")),
        cite(2, LLAVA, SECOND, EIGHT_K, ("The model inherits Llama 3 Instruct", EIGHT_K)),
        cite(3, LLAMA, FIRST, UNIFIED, ("Unique: Unified 128K", "for modalities")),
    ),
    artifacts=(LLAVA, LLAMA),
    notes=("Both are of type Model, so their scores can be compared directly.",),
    table=Table(
        ("", LLAVA, LLAMA),
        (
            ("Context window", "8K tokens [2]", "128K tokens [1]"),
            ("Type", "Model", "Model"),
            ("Pricing", "Free", "Free"),
        ),
    ),
    stats={"facts_ms": 14, "first_sentence_ms": 900, "total_ms": 2100, "model_sentences": 2, "rejected_sentences": 1},
    model="scripted",
    kind="comparison",
    generation="g1",
    consulted=(
        cite(
            1,
            LLAVA,
            SECOND,
            "Leverages Llama 3 Instruct's instruction-following to enable prompt-based caption style"
            " control (e.g., 'one sentence', 'detailed', 'technical')",
        ),
    ),
    suggestions=(
        "What about pricing?",
        "Which has the higher UnfragileRank?",
        "What is unique about LLaVA Llama 3 (8B)?",
    ),
)

RANK = Answer(
    question="Which artifact has the highest UnfragileRank?",
    text="**Stable-Diffusion** has the highest UnfragileRank: 55/100 [1], before Llama 3.2 90B Vision, 45/100 [2].",
    status="answered",
    citations=(
        row(1, DIFFUSION, FIRST, "UnfragileRank", "55/100"),
        row(2, LLAMA, FIRST, "UnfragileRank", "45/100"),
    ),
    artifacts=(DIFFUSION, LLAMA),
    notes=("The page's verdict says Llama 3.2 90B Vision leads on adoption, but its own table shows 1 for both.",),
    table=Table(("", DIFFUSION, LLAMA), (("UnfragileRank", "55/100 [1]", "45/100 [2]"), ("Adoption", "1", "1"))),
    kind="superlative",
    generation="g1",
)

UNKNOWN = Answer(
    question="Is Midjourney better than GPT-4?",
    text=(
        "Neither **Midjourney** nor **GPT-4** has a page in your library. Others mention them as alternatives, "
        "which says nothing about them.\n\nThe nearest ones are Stable-Diffusion and Llama 3.2 90B Vision."
    ),
    status="not_found",
    kind="unknown",
    generation="g1",
    suggestions=(f"How do {DIFFUSION} and {LLAMA} differ?",),
)

PARTIAL_QUOTE = (
    "Ollama Cloud provides managed hosting of the LLaVA Llama 3 model with three subscription tiers (Free, Pro $20/mo, "
    "Max $100/mo) that control concurrent model instances and total GPU compute time."
)
PARTIAL = Answer(
    question="What do the tiers cost?",
    text=(
        "**LLaVA Llama 3 (8B)** states its tiers: Free, Pro $20/mo, Max $100/mo [1]. "
        "The page of **Llama 3.2 90B Vision** states no tiers."
    ),
    status="partial",
    citations=(
        cite(
            1,
            LLAVA,
            SECOND,
            PARTIAL_QUOTE,
            ("Ollama Cloud provides managed hosting", "quantization support."),
        ),
    ),
    artifacts=(LLAVA, LLAMA),
    kind="detail",
    generation="g1",
)

WIDE = replace(
    CONTEXT,
    table=Table(
        ("", LLAVA, LLAMA),
        (
            ("UnfragileRank", "22/100", "45/100"),
            ("Type", "Model", "Model"),
            ("Quality", "0", "0"),
            ("Ecosystem", "0", "0"),
            ("Pricing", "Free", "Free"),
        ),
    ),
)

GRID = Answer(
    question=f"Compare {LLAMA} and {LLAVA} on context length, fine-tuning, captions and price",
    text=(
        "**Llama 3.2 90B Vision** reads sixteen times as much at once: 128K tokens against 8K. On captions only "
        "LLaVA Llama 3 (8B) says anything.\n\n"
        "| | Llama 3.2 90B Vision | LLaVA Llama 3 (8B) |\n|---|---|---|\n| context length | 128K [1] | 8K [2] |\n\n"
        "<details><summary>Quotes</summary>\n\n[1] the page's words\n\n</details>"
    ),
    status="answered",
    citations=(
        CONTEXT.citations[0],
        CONTEXT.citations[1],
        replace(CONTEXT.consulted[0], number=3, context=excerpt(SECOND, "Leverages Llama 3 Instruct", ")").text),
        row(4, LLAMA, FIRST, "Pricing", "Free"),
        cite(5, LLAVA, SECOND, PARTIAL_QUOTE, ("Ollama Cloud provides managed hosting", "quantization support.")),
    ),
    artifacts=(LLAVA, LLAMA),
    notes=(
        "Both pages count more capabilities than they describe, so something may be left unsaid.",
        "“128K” is the page's own figure for text and images together [1].",
    ),
    table=Table(
        ("", LLAMA, LLAVA),
        (
            ("UnfragileRank", "45/100", "22/100"),
            ("Adoption", "1", "0"),
            ("Match Graph", "0", "0"),
            ("Capabilities", "12 decomposed", "9 decomposed"),
        ),
    ),
    stats={"facts_ms": 40, "first_sentence_ms": 900, "total_ms": 2100, "model_sentences": 1, "model_cells": 2},
    model="scripted",
    kind="comparison",
    generation="g1",
    suggestions=("Compare them on video?", "What is the catch of Llama 3.2 90B Vision?"),
    grid=Grid(
        ("context length", "captions in a chosen style", "fine-tuning", "price"),
        (LLAVA, LLAMA),
        (
            (
                Cell("stated", "an 8K window for chats with images [2]", "model", (2,)),
                Cell("stated", "128K tokens for text and images together [1]", "model", (1,)),
            ),
            (Cell("stated", "enable prompt-based caption style control [3]", "quote", (3,)), Cell("silent", "")),
            (Cell("silent", ""), Cell("denied", "limited by the 128K window [1]", "quote", (1,))),
            (Cell("conflict", "Free [5] / Pro $20/mo [5]", "quote", (5,)), Cell("stated", "Free [4]", "table", (4,))),
        ),
        (3, 2),
    ),
    reading=Understood(
        intent="compare",
        artifacts=(LLAMA, LLAVA),
        criteria=("context length", "captions in a chosen style", "fine-tuning", "price"),
        conditions=("Pricing is Free",),
        shown="Understood as: compare two on context length, captions, fine-tuning and price, free ones only",
    ),
)


def clause(quote: str) -> str:
    """Twelve words of a quote, as many as a cell holds."""
    return " ".join(quote.split()[-12:])


def clauses_only(answer: Answer) -> Answer:
    """The grid before the LLM has written: clauses of the quotes, longer than what takes their place."""
    assert answer.grid is not None
    quotes = {item.number: item.quote for item in answer.citations}
    cells = tuple(
        tuple(
            replace(cell, by="quote", text=f"{clause(quotes[cell.citations[0]])} [{cell.citations[0]}]")
            if cell.by == "model"
            else cell
            for cell in line
        )
        for line in answer.grid.cells
    )
    return replace(answer, grid=replace(answer.grid, cells=cells), stats={}, suggestions=())


HOSTILE_TEXT = (
    '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>![pic](http://192.0.2.1/p.png) ${hacked=1}'
)
HOSTILE = Answer(
    question="hostile",
    text=f"{HOSTILE_TEXT} [a link](http://192.0.2.1/) and [click](javascript:window.hacked=1) [1]",
    status="answered",
    citations=(
        Citation(
            1,
            f"<b>Name</b> {HOSTILE_TEXT}",
            "claim",
            HOSTILE_TEXT,
            '"><img src=y onerror=hacked=1>',
            0,
            9,
            f"before {HOSTILE_TEXT} after",
        ),
    ),
    artifacts=(f"<b>Name</b> {HOSTILE_TEXT}", "Plain"),
    notes=(HOSTILE_TEXT,),
    table=Table(("", HOSTILE_TEXT, "Plain"), ((HOSTILE_TEXT, HOSTILE_TEXT, "x"),)),
    suggestions=(HOSTILE_TEXT,),
    generation="g1",
)


def script(question: str) -> Answer:
    """The answer that is written down for this question."""
    words = question.casefold()
    for key, answer in (
        ("hostile", HOSTILE),
        ("grid", GRID),
        ("compare", GRID),
        ("table", WIDE),
        ("rank", RANK),
        ("midjourney", UNKNOWN),
        ("cost", PARTIAL),
        ("pricing", PARTIAL),
    ):
        if key in words:
            return replace(answer, question=question)
    return replace(CONTEXT, question=question)


def evidence(item: Artifact) -> Evidence:
    """The first sentence of the artifact's capability."""
    found = item.capabilities[0].description
    assert found is not None
    return Evidence(item.id, "description", found.text.split(". ")[0], found.source, found.text)


@dataclass
class StandIn:
    """Streams scripted answers, `delay` seconds a step; a question with "slow" in it takes 20 steps more.

    What it sees goes to `log` as JSON lines: {"asked", "history"} for a question, {"stopped"} for an answer that was
    given up. A question with "fail" in it fails with FAILURE.
    """

    model: str | None = "scripted"
    delay: float = 0.15
    library: Library = LIBRARY
    generation: str = "g1"
    log: Path | None = None
    closed: bool = False

    def stream(
        self,
        question: str,
        history: Sequence[tuple[str, str]] = (),
        *,
        write: bool = True,
        correction: Correction | None = None,
    ) -> Iterator[Event]:
        self.note(
            {"asked": question, "history": list(history)} | ({"correction": asdict(correction)} if correction else {})
        )
        if "fail" in question:
            raise SidebysideError(FAILURE)
        answer = script(question)
        if answer.grid is not None:
            yield from self._stream_grid(answer)
            return
        paragraphs = answer.text.split("\n\n")
        if "slow" in question:
            paragraphs += ["One more verified sentence [1]."] * 20
        finished = False
        try:
            bare = replace(answer, text=paragraphs[0], suggestions=(), stats={})
            yield Event("facts", paragraphs[0], bare)
            for count in range(1, len(paragraphs)):
                time.sleep(self.delay)
                so_far = replace(bare, text="\n\n".join(paragraphs[: count + 1]))
                yield Event("sentence", paragraphs[count], so_far)
            time.sleep(self.delay)
            yield Event(
                "answer", "", replace(answer, text="\n\n".join(paragraphs), model=self.model if write else None)
            )
            finished = True
        finally:
            if not finished:
                self.note({"stopped": question})

    def _stream_grid(self, answer: Answer) -> Iterator[Event]:
        """First the whole grid in the quotes' own words, then one cell after the other in the LLM's."""
        assert answer.grid is not None
        so_far = clauses_only(answer)
        yield Event("facts", so_far.text, so_far)
        for place, line in enumerate(answer.grid.cells):
            time.sleep(self.delay)
            assert so_far.grid is not None
            cells = (*so_far.grid.cells[:place], line, *so_far.grid.cells[place + 1 :])
            so_far = replace(so_far, grid=replace(so_far.grid, cells=cells))
            yield Event("sentence", "", so_far)
        yield Event("answer", "", replace(answer, model=self.model))

    def warm(self) -> None:
        """Nothing to load."""

    def compare(self, names: Sequence[str]) -> Comparison:
        chosen = tuple(artifact for name in names for artifact in self.library.artifacts if name == artifact.id)
        said = {item.id: evidence(item) for item in chosen}
        verdict = excerpt(FIRST, "Stable-Diffusion scores higher", "ecosystem.")
        return Comparison(
            chosen,
            None,
            (SharedCapability(tuple(said[item.id] for item in chosen[:2]), 0.8),),
            {item.id: (said[item.id],) for item in chosen[2:]},
            (Evidence(chosen[0].id, "verdict", verdict.text, verdict.source),),
            RANK.notes,
        )

    def compare_on(self, names: Sequence[str], criteria: Sequence[str], *, write: bool = True) -> Iterator[Event]:
        """LLAVA and LLAMA have the cells of GRID, criterion by criterion, all others say nothing."""
        self.note({"compared": list(names), "criteria": list(criteria), "write": write})
        names = [self.artifact(name).label for name in names]
        assert GRID.grid is not None
        columns = {label: column for column, label in enumerate(GRID.grid.artifacts)}
        rows = tuple(
            tuple(
                GRID.grid.cells[place % 4][columns[name]] if name in columns else Cell("silent", "") for name in names
            )
            for place in range(len(criteria))
        )
        met = tuple(sum(row[place].state == "stated" for row in rows) for place in range(len(names)))
        grid = Grid(tuple(criteria), tuple(names), rows, met)
        asked = f"Compare {', '.join(names)} on {', '.join(criteria)}"
        answer = replace(GRID, question=asked, grid=grid, artifacts=tuple(names), kind=OWN_CRITERIA)
        bare = clauses_only(answer)
        yield Event("facts", "", bare)
        if write and self.model is not None:
            time.sleep(self.delay)
            yield Event("sentence", "", answer)
        yield Event("answer", "", answer if write and self.model is not None else bare)

    def artifact(self, name: str) -> Artifact:
        for item in self.library.artifacts:
            if name in (item.id, item.label):
                return item
        raise SidebysideError(f"{name!r} is not in the library; nearest: {LLAMA}")

    def search(self, text: str, k: int = 10) -> tuple[Found, ...]:
        found = []
        for item in self.library.artifacts[:k]:
            said = evidence(item)
            sentence = Sentence(said.quote, said.source.start, said.source.start + len(said.quote))
            capability = item.capabilities[0].id
            passage = Passage("p", item.id, capability, "description", said.context, said.source, (sentence,))
            found.append(Found(item, (Hit(passage, sentence, 0.9, 0.8, 0.2),)))
        return tuple(found)

    def match(
        self, need: str = "", wishes: Sequence[Wish] = (), *, among: Sequence[str] = (), most: int = SHOWN
    ) -> Match:
        """Every wish has the row of GRID on captions; "nothing" in a need is none, and "cloud" is met by nobody."""
        self.note({"matched": need, "wishes": [[w.text, w.role, w.weight] for w in wishes], "most": most})
        if "nothing" in need:
            raise SidebysideError("the need names nothing that an artifact could meet")
        if not self.library.artifacts:
            return Match(need, (), (), Grid((), (), (), ()), ())
        best, other = self.library.artifacts[:2]
        assert GRID.grid is not None
        asked = (*(Wish(part.strip(), query=part.strip()) for part in need.split(",") if part.strip()), *wishes)
        rows = tuple(GRID.grid.cells[1] for _ in asked)
        grid = Grid(tuple(w.said for w in asked), (best.label, other.label), rows, (len(rows), 0))
        places = (MatchedArtifact(best.id, best.label, best.type, len(rows), 0, 0),)
        places += (MatchedArtifact(other.id, other.label, other.type, 0, 0, len(rows)),)
        return Match(
            need or ", ".join(w.said for w in wishes), grid.criteria, places, grid, tuple(3 for _ in asked),
            tuple(() for _ in asked), GRID.citations, 4, f"**{best.label}** meets it.", (), self.generation, asked,
        )  # fmt: skip

    def record(self, given=(), *, history=(), artifacts=(), title="") -> DecisionRecord:
        named = [self.artifact(name) for name in artifacts]
        return make_record(in_order(given, history), named, lambda _version: HASHES, self.generation, title=title)

    def replay(self, record: DecisionRecord, *, write: bool = True) -> Replay:
        needs = {answer.asked: answer for answer in record.answers if answer.kind == "need"}
        again = [needs.get(a.asked) or self._asked_again(a) for a in record.answers]
        return compare_record(record, again, self.library, HASHES, self.generation)

    def _asked_again(self, kept: RecordedAnswer) -> RecordedAnswer:
        if not kept.wishes:
            return RecordedAnswer.of(script(kept.asked), kept.earlier)
        *_, last = self.compare_on(kept.among, [wish.text for wish in kept.wishes])
        return RecordedAnswer.of(last.answer)

    def close(self) -> None:
        self.closed = True

    def note(self, entry: dict[str, object]) -> None:
        if self.log is not None:
            with _logging, self.log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")
