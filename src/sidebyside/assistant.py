"""The assistant: composes the stages into answers, streams them, and follows new index generations."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sidebyside.chroma_files import Follower
from sidebyside.chroma_server import chroma_server
from sidebyside.embedding import LazyEncoder
from sidebyside.errors import GenerationError, ModelMissingError, SidebysideError
from sidebyside.facets import page_wordings
from sidebyside.idle import IdleWork
from sidebyside.index import LibraryIndex, current_generation, open_index
from sidebyside.intents import Guesser, load_guesser
from sidebyside.lanes import aspects, missing, overviews, prose, tables, verdicts
from sidebyside.lanes.draft import Draft
from sidebyside.lanes.prose import Stop
from sidebyside.leases import Leases
from sidebyside.names import NameIndex
from sidebyside.prompts import openings
from sidebyside.question import understand
from sidebyside.records import Answer, Artifact, Comparison, Event, Found, Library, Question
from sidebyside.retrieval import Retriever
from sidebyside.settings import Settings
from sidebyside.suggestions import next_questions
from sidebyside.threads import limit_blas, usable_cores

if TYPE_CHECKING:
    from types import TracebackType

    from sidebyside.generation import Generator

log = logging.getLogger(__name__)
History = Sequence[tuple[str, str]]


@dataclass(slots=True)
class _Loaded:
    """An open generation with what is derived from it."""

    index: LibraryIndex
    retriever: Retriever
    names: NameIndex
    guesser: Guesser | None


@dataclass(slots=True)
class _Clock:
    """Milliseconds since the question came."""

    start: float = field(default_factory=time.perf_counter)

    def ms(self) -> float:
        return round((time.perf_counter() - self.start) * 1000, 1)


class AnswerStream:
    """The events of one answer, in order; iterate once.

    `cancel()` may come from any thread: the model stops within about a token, and the iteration ends with the answer as
    far as it has come. `close()` ends it without.
    """

    def __init__(self, events: Iterator[Event], stop: Stop) -> None:
        self._events = events
        self._stop = stop

    def __iter__(self) -> Iterator[Event]:
        return self

    def __next__(self) -> Event:
        return next(self._events)

    def cancel(self) -> None:
        """Stop the model; harmless when the answer is complete."""
        self._stop.set()

    def close(self) -> None:
        """End the answer and free what it uses."""
        self._stop.set()
        close = getattr(self._events, "close", None)
        if close is not None:
            close()


class Assistant:
    """Answers questions from one index; safe to use from several threads.

    Open it with `Assistant.open(...)`, close it with `close()` or use it in a `with` statement. When a new generation
    is published it is picked up by the next question; running answers finish on the one they began with.
    """

    def __init__(self, index: Path, settings: Settings, generator: Generator | None, notice: str = "") -> None:
        self._path = index
        self._settings = settings
        self._generator = generator
        self._notice = notice
        self._encoder = LazyEncoder(settings)
        self._server = chroma_server(settings)
        self._follower = Follower(self._server, index) if self._server is not None else None
        self._idle = IdleWork(generator.stop_preparing if generator else lambda: None)
        limit_blas()
        # More questions at once than cores only take turns: with 8 the slowest in 20 took twice as long. At least two,
        # so that a search does not hold up a table.
        self._facts_gate = threading.Semaphore(max(2, usable_cores()))
        self._leases = Leases(lambda: current_generation(index), self._load, lambda loaded: loaded.index.close())
        if self._follower is not None:
            self._follower.start()

    @classmethod
    def open(
        cls,
        index: Path | str = "index",
        *,
        settings: Settings | None = None,
        model: str | None = None,
        generator: Generator | None = None,
    ) -> Assistant:
        """Open an index.

        `model` is a catalogue name, a path to a GGUF file, or "none" for quotes only; without it the settings decide,
        and a default model that is not installed is done without. `generator` takes the model's place (for tests and
        other engines). Raises LibraryIndexError and ModelError.
        """
        settings = settings or Settings.load()
        folder = settings.index if str(index) == "index" else Path(index)
        if generator is not None:
            return cls(folder, settings, generator)
        chosen = settings.model_copy(update={"model": model}) if model else settings
        found, notice = _open_generator(chosen, required=bool(model) or "model" in settings.model_fields_set)
        return cls(folder, chosen, found, notice)

    @property
    def library(self) -> Library:
        """The library of the current generation."""
        with self._leases.lease() as loaded:
            return loaded.index.library

    @property
    def generation(self) -> str:
        """The id of the current generation."""
        with self._leases.lease() as loaded:
            return loaded.index.generation

    @property
    def index(self) -> Path:
        """The folder of the index."""
        return self._path

    @property
    def model(self) -> str | None:
        """The name of the LLM, None for quotes only."""
        return self._generator.name if self._generator else None

    def warm(self) -> None:
        """Load encoder, index and model now rather than at the first question; the model loads in the background."""
        if self._generator:
            self._generator.warm()
            for messages in openings():
                self._generator.prepare(messages)
        with self._leases.lease() as loaded:
            loaded.retriever.vectors(page_wordings())
            loaded.index.warm()

    def answer(self, question: str, history: History = (), *, write: bool = True) -> Answer:
        """The whole answer to a question; `history` holds earlier (question, answer text) pairs, oldest first.

        Without `write` the LLM stays out of it: tables and quotes alone.
        """
        return list(self.stream(question, history, write=write))[-1].answer

    def stream(self, question: str, history: History = (), *, write: bool = True) -> AnswerStream:
        """The answer as it grows: a "facts" event, "sentence" events, and last an "answer" event."""
        stop = Stop()
        return AnswerStream(self._events(question, history, stop, self._generator if write else None), stop)

    def _events(self, question: str, history: History, stop: Stop, generator: Generator | None) -> Iterator[Event]:
        clock = _Clock()
        with self._idle.busy(), self._leases.lease() as loaded:
            draft = self._facts(question, history, loaded)
            writer = prose.Writer(draft, generator, max_tokens=self._settings.max_tokens, stop=stop)
            stats = {"facts_ms": clock.ms(), "first_sentence_ms": None, "total_ms": None}
            draft.notes.extend(
                note for note in (self._notice if draft.sides else "", loaded.index.notice or "") if note
            )
            first = self._finish(draft.answer(), loaded, writer, stats)
            yield Event("facts", first.text, first)
            for sentence in writer.sentences():
                stats["first_sentence_ms"] = stats["first_sentence_ms"] or clock.ms()
                yield Event(
                    "sentence", sentence, self._finish(draft.answer(extra=writer.blocks()), loaded, writer, stats)
                )
            stats["total_ms"] = clock.ms()
            last = self._finish(draft.answer(extra=writer.blocks()), loaded, writer, stats)
            log.info(
                "answered",
                extra={"question": question, "kind": last.kind, "status": last.status, "ms": clock.ms()}
                | {"generation": last.generation, "model": last.model, "notes": len(last.notes)},
            )
            suggestions = next_questions(last, loaded.index.library, [earlier for earlier, _answer in history])
            # Who stops an answer wants the machine back.
            if generator is not None and not stop and self._settings.prepare_ahead:
                past = (*history, (question, last.text))
                self._idle.put([partial(self._prepare, suggestion, past) for suggestion in suggestions])
            yield Event("answer", "", replace(last, suggestions=suggestions))

    def _facts(self, question: str, history: History, loaded: _Loaded) -> Draft:
        with self._facts_gate:
            asked = understand(question, history, loaded.names, loaded.index.library, loaded.guesser)
            return _facts_lane(asked, loaded)

    def _prepare(self, question: str, history: History) -> None:
        """Do ahead of time what an answer to this question takes: its vectors, and the LLM's sentences."""
        assert self._generator is not None
        with self._leases.lease() as loaded:
            draft = self._facts(question, history, loaded)
        prose.prepare(draft, self._generator, max_tokens=self._settings.max_tokens)

    def compare(self, names: Sequence[str]) -> Comparison:
        """Artifacts side by side, by label, name or id. Raises SidebysideError for a name that fits none or several."""
        with self._leases.lease() as loaded:
            artifacts = [_named(name, loaded) for name in names]
            if len({artifact.id for artifact in artifacts}) < 2:
                raise SidebysideError("comparing takes two different artifacts; see: sidebyside library")
            return overviews.compare_artifacts(loaded.index.library, artifacts, loaded.retriever)

    def artifact(self, name: str) -> Artifact:
        """One artifact, by label, name or id. Raises SidebysideError for a name that fits none or several."""
        with self._leases.lease() as loaded:
            return _named(name, loaded)

    def search(self, text: str, k: int = 10) -> tuple[Found, ...]:
        """The at most `k` artifacts whose pages come nearest to what is described, best first.

        Nearest is not the same as stated: `answer` tells whether the pages say it.
        """
        with self._leases.lease() as loaded:
            found = loaded.retriever.across((text,), artifacts=k)
            return tuple(Found(loaded.index.library.get(artifact), tuple(hits)) for artifact, hits in found.items())

    def close(self) -> None:
        """Free the index and the model."""
        if self._follower is not None:
            self._follower.close()
        self._idle.close()
        if self._generator:
            self._generator.close()
        self._leases.close()
        if self._server is not None:
            self._server.close()

    def __enter__(self) -> Assistant:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _finish(self, answer: Answer, loaded: _Loaded, writer: prose.Writer, stats: dict[str, float | None]) -> Answer:
        model = self.model if writer.model_sentences else None
        return replace(answer, generation=loaded.index.generation, model=model, stats={**stats, **writer.counts()})

    def _load(self) -> _Loaded:
        index = open_index(self._path, fingerprint=self._encoder.fingerprint, server=self._server)
        retriever = Retriever(index, self._encoder)
        guesser = load_guesser(self._settings.encoder, retriever.vectors)
        return _Loaded(index, retriever, NameIndex(index.library, retriever.knows), guesser)


_OUTRIGHT = 0.75  # the strength from which half an answer to a comparison is one

_Lane = Callable[[Draft, list[Artifact], Question, _Loaded], None]

# Which lane answers which kind of question.
_LANES: dict[str, _Lane] = {
    "unknown": lambda draft, _, asked, loaded: missing.answer_unknown(draft, asked, loaded.names, loaded.retriever),
    "fact": lambda draft, found, asked, loaded: tables.answer_fact(draft, found, asked, loaded.retriever),
    "rank": lambda draft, found, asked, loaded: tables.answer_rank(draft, found, asked, loaded.retriever, loaded.names),
    "library": lambda draft, _, asked, __: tables.answer_library(draft, asked),
    "find": lambda draft, _, asked, loaded: aspects.answer_find(draft, asked, loaded.retriever),
    "support": lambda draft, found, asked, loaded: aspects.answer_support(draft, found, asked, loaded.retriever),
    "compare": lambda draft, found, asked, loaded: aspects.answer_compare(
        draft, found, asked, loaded.retriever, loaded.names
    ),
    "overall": lambda draft, found, asked, loaded: overviews.answer_overall(
        draft, found, asked, loaded.retriever, loaded.names
    ),
    "alternatives": lambda draft, found, asked, loaded: overviews.answer_alternatives(
        draft, found, asked, loaded.retriever
    ),
    "best_for": lambda draft, found, _, __: overviews.answer_best_for(draft, found),
    "verdict": lambda draft, found, _, __: verdicts.answer_verdict(draft, found),
    "conflicts": lambda draft, found, asked, _: verdicts.answer_conflicts(draft, found, asked),
    "describe": lambda draft, found, _, __: overviews.answer_describe(draft, found),
}


def _facts_lane(question: Question, loaded: _Loaded) -> Draft:
    """Everything that code alone answers; where the pages do not answer the question as read, its second reading."""
    draft = _answer_reading(question, loaded)
    if question.second is None or not _falls_short(draft, question.second):
        return draft
    other = _answer_reading(question.second, loaded)
    return draft if other.status == "not_found" else other


def _falls_short(draft: Draft, second: Question) -> bool:
    """Whether the pages do not answer a question as read; half an answer by a stray sentence is none to an overview."""
    if draft.status == "partial" and second.kind == "overall":
        return max((side.strength for side in draft.sides), default=0.0) < _OUTRIGHT
    return draft.status == "not_found" or (bool(draft.sides) and not any(side.plain for side in draft.sides))


def _answer_reading(question: Question, loaded: _Loaded) -> Draft:
    """Direct answer, table, quotes and notes for one reading of a question."""
    library = loaded.index.library
    draft = Draft(question, library)
    artifacts = sorted((library.get(a) for a in question.artifacts), key=lambda a: a.id)
    if question.kind == "chat":
        draft.status = "not_found"
        draft.blocks.append(question.reply or "Name an artifact, or ask which one does what you need.")
    else:
        _LANES[question.kind](draft, artifacts, question, loaded)
    for name, ids in question.ambiguous:
        labels = ", ".join(library.get(artifact).label for artifact in ids)
        draft.notes.append(f"“{name}” may mean any of: {labels}. All of them are answered.")
    return draft


def _named(name: str, loaded: _Loaded) -> Artifact:
    """The one artifact with this label, name or id, or that this text is about."""
    library = loaded.index.library
    for artifact in library.artifacts:
        if name in {artifact.id, artifact.label}:
            return artifact
    ids = {artifact for mention in loaded.names.find(name).mentions for artifact in mention.artifacts}
    if len(ids) == 1:
        return library.get(ids.pop())
    if ids:
        labels = ", ".join(sorted(library.get(artifact).label for artifact in ids))
        raise SidebysideError(f"{name!r} may mean several artifacts; name one of: {labels}")
    near = ", ".join(library.get(artifact).label for artifact in loaded.names.nearest(name))
    raise SidebysideError(
        f"{name!r} is not in the library; " + (f"nearest: {near}" if near else "see: sidebyside library")
    )


def _open_generator(settings: Settings, *, required: bool) -> tuple[Generator | None, str]:
    """The generator the settings ask for, or none with a notice why; an LLM asked for by name must be there."""
    from sidebyside.generation import load_generator
    from sidebyside.models import resolve_model

    try:
        spec = None if settings.llm_url else resolve_model(settings)
    except ModelMissingError as error:
        if required:
            raise
        return None, f"Answered with quotes only: {error}"
    if spec is None and not settings.llm_url:
        return None, ""
    try:
        return load_generator(settings, spec), ""
    except GenerationError as error:
        return None, f"Answered with quotes only: {error}"
