"""The assistant: composes the stages into answers, streams them, and follows new index versions."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from sidebyside.answers import overviews
from sidebyside.answers.criteria import answer_rows
from sidebyside.answers.draft import Draft
from sidebyside.answers.lanes import Sources, answer_question
from sidebyside.answers.matching import match_need
from sidebyside.answers.suggestions import next_questions
from sidebyside.decisions.making import Given, Hashes, in_order, make_record
from sidebyside.decisions.replaying import compare_record
from sidebyside.encoding.embedding import LazyEncoder
from sidebyside.encoding.threads import limit_blas
from sidebyside.encoding.understanding import Understanding
from sidebyside.errors import GenerationError, ModelMissingError, SidebysideError
from sidebyside.evidence.grid import GridFinder
from sidebyside.evidence.retrieval import Retriever
from sidebyside.graph import MatchGraph
from sidebyside.index.chroma_files import Follower
from sidebyside.index.chroma_remote import chroma_server
from sidebyside.index.leases import Leases
from sidebyside.index.opened import LibraryIndex, current_version, open_index, page_hashes
from sidebyside.llm.prepare import IdleWork
from sidebyside.models.fitting import fitting_model
from sidebyside.models.machine import usable_cores
from sidebyside.prose.prompts import openings
from sidebyside.prose.rewording import page_phrases, plain_english
from sidebyside.prose.writer import Stop, Writer, prepare
from sidebyside.question.correcting import put_right
from sidebyside.question.language import language_of
from sidebyside.question.names import NameIndex
from sidebyside.question.needs import read_criteria, read_need, read_wishes
from sidebyside.question.reading import MAX_TURNS, Reading, needs_rewording, read_question
from sidebyside.question.replies import foreign_reply
from sidebyside.question.rows import RowFinder
from sidebyside.records import (
    MOST_CRITERIA,
    MOST_SHOWN,
    OWN_CRITERIA,
    SHOWN,
    Answer,
    Artifact,
    Comparison,
    Correction,
    DecisionRecord,
    Event,
    Found,
    Grid,
    Library,
    Match,
    OwnCell,
    Question,
    RecordedAnswer,
    Replay,
    Status,
    Turn,
    Wish,
)
from sidebyside.settings import Settings

if TYPE_CHECKING:
    from types import TracebackType

    from sidebyside.llm.generator import Generator

log = logging.getLogger(__name__)
History = Sequence[tuple[str, str]]


@dataclass
class _Loaded:
    """An open version with what is derived from it."""

    index: LibraryIndex
    sources: Sources
    understanding: Understanding
    # Conversations that were read, by their user turns.
    turns: OrderedDict[tuple[str, ...], Turn] = field(default_factory=OrderedDict)

    @property
    def retriever(self) -> Retriever:
        return self.sources.retriever

    @property
    def names(self) -> NameIndex:
        return self.sources.names

    @cached_property
    def reading(self) -> Reading:
        """What questions are read with; loaded with the first one."""
        return Reading(self.index.library, self.names, self.sources.rows, self.understanding.reader)


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

    Open it with `Assistant.open(...)`, close it with `close()` or use it in a `with` statement. When a new version
    is published it is picked up by the next question; running answers finish on the one they began with.
    """

    def __init__(self, index: Path, settings: Settings, generator: Generator | None, notice: str = "") -> None:
        self._path = index
        self._settings = settings
        self._generator = generator
        self._notice = notice
        self._graph = MatchGraph(settings, index)
        self._encoder = LazyEncoder(settings)
        self._understanding = Understanding(settings)
        self._server = chroma_server(settings)
        self._follower = Follower(self._server, index) if self._server is not None else None
        self._idle = IdleWork(generator.stop_preparing if generator else lambda: None)
        limit_blas()
        # More questions at once than cores only take turns: with 8 the slowest in 20 took twice as long. At least two,
        # so that a search does not hold up a table.
        self._facts_gate = threading.Semaphore(max(2, usable_cores()))
        self._leases = Leases(lambda: current_version(index), self._load, lambda loaded: loaded.index.close())
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
        and a default model that is not installed, or too large for this machine, is done without. `generator` takes the
        model's place (for tests and other engines). Raises LibraryIndexError and ModelError.
        """
        settings = settings or Settings.load()
        folder = settings.index if str(index) == "index" else Path(index)
        if generator is not None:
            return cls(folder, settings, generator)
        model_here = model or fitting_model(settings, usable_cores()).model
        chosen = settings.model_copy(update={"index": folder, "model": model_here})
        found, notice = _open_generator(chosen, required=bool(model) or "model" in settings.model_fields_set)
        return cls(folder, chosen, found, notice)

    @property
    def library(self) -> Library:
        """The library of the current version."""
        with self._leases.lease() as loaded:
            return loaded.index.library

    @property
    def generation(self) -> str:
        """The id of the current version."""
        with self._leases.lease() as loaded:
            return loaded.index.version

    @property
    def index(self) -> Path:
        """The folder of the index."""
        return self._path

    @property
    def match_graph(self) -> MatchGraph:
        """What wishes led to here: counts of `match`, on this machine alone."""
        return self._graph

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
            loaded.index.warm()

    def answer(self, question: str, history: History = (), *, write: bool = True) -> Answer:
        """The whole answer to a question; `history` holds earlier (question, answer text) pairs, oldest first.

        Without `write` the LLM stays out of it: tables and quotes alone.
        """
        return list(self.stream(question, history, write=write))[-1].answer

    def stream(
        self, question: str, history: History = (), *, write: bool = True, correction: Correction | None = None
    ) -> AnswerStream:
        """The answer as it grows: a "facts" event, "sentence" events, and last an "answer" event.

        `correction` says what is asked where the reading of an earlier wording has been put right; `question` is the
        new wording, and is not read.
        """
        stop = Stop()
        events = self._events(question, history, stop, self._generator if write else None, correction)
        return AnswerStream(events, stop)

    def _events(
        self,
        question: str,
        history: History,
        stop: Stop,
        generator: Generator | None,
        correction: Correction | None = None,
    ) -> Iterator[Event]:
        clock = _Clock()
        with self._idle.busy(), self._leases.lease() as loaded:
            if correction is None:
                draft = self._facts(question, history, loaded, generator, stop)
            else:
                draft = self._corrected(question, history, loaded, correction)
            writer = Writer(draft, generator, loaded.sources.names, stop=stop)
            stats = {"facts_ms": clock.ms(), "first_sentence_ms": None, "total_ms": None}
            draft.notes.extend(note for note in (self._notice if draft.grid else "", loaded.index.notice or "") if note)
            first = self._finish(draft.answer(), loaded, writer, stats)
            yield Event("facts", first.text, first)
            for look, said in ((self._read_again, "Read again"), (self._looked_again, "On a second look")):
                if generator is None or stop or (again := look(draft, history, loaded, generator, stop)) is None:
                    continue
                again.notes = list(dict.fromkeys([*draft.notes, *again.notes]))
                draft, writer = again, Writer(again, generator, loaded.sources.names, stop=stop)
                seen = self._finish(draft.answer(), loaded, writer, stats)
                yield Event("sentence", f"{said}:\n\n{seen.text}", seen)
            for text in writer.cells():
                stats["first_sentence_ms"] = stats["first_sentence_ms"] or clock.ms()
                yield Event("sentence", text, self._finish(draft.answer(), loaded, writer, stats))
            stats["total_ms"] = clock.ms()
            last = self._finish(draft.answer(), loaded, writer, stats)
            log.info(
                "answered",
                extra={"question": question, "kind": last.kind, "status": last.status, "ms": clock.ms()}
                | {"generation": last.generation, "model": last.model, "notes": len(last.notes)},
            )
            suggestions = next_questions(last, loaded.index.library, [earlier for earlier, _answer in history])
            # Not after a stop: whoever stops an answer wants the processor to be free.
            if generator is not None and not stop and self._settings.prepare_ahead:
                past = (*history, (question, last.text))
                self._idle.put([partial(self._prepare, suggestion, past) for suggestion in suggestions])
            yield Event("answer", "", replace(last, suggestions=suggestions))

    def _facts(
        self,
        question: str,
        history: History,
        loaded: _Loaded,
        generator: Generator | None = None,
        stop: Stop | None = None,
    ) -> Draft:
        with self._facts_gate:
            turns = _turns([user for user, _answer in history[-MAX_TURNS:]], loaded)
            asked = read_question(question, turns, loaded.reading)
        if generator is not None and needs_rewording(asked) and asked.language != "en":
            asked = self._reworded(question, turns, asked, loaded, generator, stop or Stop())
        with self._facts_gate:
            return answer_question(asked, loaded.sources)

    def _corrected(self, question: str, history: History, loaded: _Loaded, correction: Correction) -> Draft:
        """The facts for a reading that was put right; what is asked next carries on from it."""
        asked = [user for user, _answer in history[-MAX_TURNS:]]
        with self._facts_gate:
            turns = _turns(asked, loaded)
            kept = loaded.turns.get((*asked, correction.question))
            before = kept.question if kept else read_question(correction.question, turns, loaded.reading)
            right = put_right(before, question, correction, loaded.reading)
            draft = answer_question(right, loaded.sources)
            _keep((*asked, question), draft, loaded)
        return draft

    def _read_again(
        self, draft: Draft, history: History, loaded: _Loaded, generator: Generator, stop: Stop
    ) -> Draft | None:
        """The draft of the LLM's reading where the first one is a guess and the pages did not answer all of it.

        Only one that they answer better: taken whenever it was surer, the small model's wording spoilt seven answers to
        120 strangers' questions and mended one at most. The first evidence is on screen meanwhile.
        """
        asked = draft.question
        if not needs_rewording(asked) or asked.language != "en" or _standing(draft) == _WELL:
            return None
        with self._facts_gate:
            turns = _turns([user for user, _answer in history[-MAX_TURNS:]], loaded)
        again = self._reworded(asked.text, turns, asked, loaded, generator, stop)
        if again is asked or stop or again.reply:
            return None
        with self._facts_gate:
            better = answer_question(again, loaded.sources)
        return better if _standing(better) > _standing(draft) else None

    def _looked_again(
        self, draft: Draft, _history: History, loaded: _Loaded, generator: Generator, stop: Stop
    ) -> Draft | None:
        """The draft anew where pages seem silent on what is asked: by wordings that pages might use.

        None where nothing is silent, or nothing more is found.
        """
        question = draft.question
        asked = {criterion.text for criterion in question.texts}
        silent = [text for text in draft.silent() if text in asked][:_LOOKED_AGAIN]
        if not silent or question.reply:
            return None
        try:
            phrases = {
                c.text: page_phrases(c.whole or c.query, generator, stop) for c in question.texts if c.text in silent
            }
        except GenerationError:
            return None
        if stop:
            return None
        criteria = tuple(replace(c, phrases=phrases.get(c.text, ())) for c in question.criteria)
        with self._facts_gate:
            again = answer_question(replace(question, criteria=criteria), loaded.sources)
        return again if again.said() > draft.said() else None

    @staticmethod
    def _reworded(
        question: str, turns: Sequence[Turn], asked: Question, loaded: _Loaded, generator: Generator, stop: Stop
    ) -> Question:
        """The question as read from the LLM's plain English, where that is surer than the first reading."""
        try:
            english = plain_english(question, generator, stop)
        except GenerationError:
            return asked
        if not english:
            return asked
        again = read_question(question, turns, loaded.reading, translation=english)
        return again if asked.language != "en" or again.probability > asked.probability else asked

    def _prepare(self, question: str, history: History) -> None:
        """Do ahead of time what an answer to this question takes: its vectors, and the LLM's sentences."""
        assert self._generator is not None
        with self._leases.lease() as loaded:
            draft = self._facts(question, history, loaded)
        self._idle.hand_on(partial(prepare, draft, self._generator))

    def match(
        self, need: str = "", wishes: Sequence[Wish] = (), *, among: Sequence[str] = (), most: int = SHOWN
    ) -> Match:
        """What of the library meets a need: wishes in free words, joined by commas or "and", each of them a must.

        `wishes` come beside them, with roles and weights; `among` names the only artifacts to look at, by label, name
        or id. At most `most` (1 to 100) artifacts get cells. What wishes led to is counted in `match_graph`, which
        changes no match. Raises SidebysideError for a need that wishes for nothing, and for a name that fits none or
        several.
        """
        if not need.strip() and not wishes:
            raise SidebysideError("the need is empty; say what you are looking for, such as: runs offline, free")
        if not 1 <= most <= MOST_SHOWN:
            raise SidebysideError(f"{most} artifacts cannot be shown; use 1 to {MOST_SHOWN}")
        match, library = self._matched(need, wishes, among, most)
        self._graph.count(match, library)
        return match

    def _matched(self, need: str, wishes: Sequence[Wish], among: Sequence[str], most: int) -> tuple[Match, Library]:
        """What meets a need, not counted, and the library it was looked for in."""
        with self._idle.busy(), self._leases.lease() as loaded:
            with self._facts_gate:
                asked = _read_wanted(need, wishes, loaded)
            if asked.language != "en" and self._generator is not None:
                asked = self._wanted_in_english(need, wishes, loaded, self._generator) or asked
            if among:
                asked = replace(asked, artifacts=tuple(dict.fromkeys(_named(name, loaded).id for name in among)))
            with self._facts_gate:
                match = match_need(asked, loaded.index.library, loaded.sources.evidence, most)
            return replace(match, generation=loaded.index.version), loaded.index.library

    @staticmethod
    def _wanted_in_english(need: str, wishes: Sequence[Wish], loaded: _Loaded, generator: Generator) -> Question | None:
        """Need and wishes as read from the LLM's plain English; None where it gives none."""
        try:
            english = plain_english(need, generator, Stop()) if need.strip() else ""
            plain = [
                replace(wish, text=plain_english(wish.text, generator, Stop()) or wish.text)
                if language_of(wish.text) != "en" and not wish.query
                else wish
                for wish in wishes
            ]
        except GenerationError:
            return None
        return _read_wanted(need, plain, loaded, english)

    def record(
        self,
        given: Given | Sequence[Given] = (),
        *,
        history: History = (),
        artifacts: Sequence[str] = (),
        taken: str = "",
        why: str = "",
        own: Sequence[OwnCell | tuple[str, str, str]] = (),
        title: str = "",
    ) -> DecisionRecord:
        """A decision record of an answer, a match, or several: a conversation, oldest first.

        `history` is the conversation before them, as it was given to `answer`. `artifacts` are the names of those on
        the shortlist, `taken` that of the one which was taken, `why` the reader's reason; `own` has what the reader
        adds, as (artifact, criterion, text). Raises SidebysideError for names that fit no artifact, or several, and
        where there is nothing to record.
        """
        answers = in_order([given] if isinstance(given, Answer | Match | RecordedAnswer) else given, history)
        with self._leases.lease() as loaded:
            kept = {artifact.id: artifact for artifact in (_named(name, loaded) for name in artifacts)}
            return make_record(
                answers,
                list(kept.values()),
                self._hashes_of,
                loaded.index.version,
                taken=_named(taken, loaded).label if taken else "",
                why=why,
                own=[cell if isinstance(cell, OwnCell) else OwnCell(*cell) for cell in own],
                title=title,
            )

    def replay(self, record: DecisionRecord, *, write: bool = True) -> Replay:
        """The record beside what its questions and needs get from today's library, and beside today's pages.

        An answer that an LLM took part in is asked with the LLM, all others without; with `write` false all are.
        """
        write = write and self._generator is not None
        again = tuple(self._asked_again(kept, write) for kept in record.answers)
        with self._leases.lease() as loaded:
            index = loaded.index
            hashes = self._hashes_of(index.version)
            notes = self._replay_notes(record, write)
            return compare_record(record, again, index.library, hashes, index.version, notes)

    def _asked_again(self, kept: RecordedAnswer, write: bool) -> RecordedAnswer:
        among = self._still_here(kept.among)
        if kept.among and not among:
            lost = "None of these artifacts is in the library any more."
            return RecordedAnswer(kept.kind, kept.asked, lost, kept.status and "not_found", grid=Grid((), (), (), ()))
        if kept.kind == "need":
            most = max(SHOWN, len(kept.artifacts))
            # Nobody wishes anything anew: a replay is not counted.
            found, _ = self._matched("" if kept.wishes else kept.asked, kept.wishes, among, most)
            return RecordedAnswer.of(replace(found, need=kept.asked))
        if kept.wishes:
            *_, last = self.compare_on(among, [wish.text for wish in kept.wishes], write=write and kept.written)
            return replace(RecordedAnswer.of(last.answer), asked=kept.asked)
        history = [(question, "") for question in kept.earlier]
        return RecordedAnswer.of(self.answer(kept.asked, history, write=write and kept.written), kept.earlier)

    def _still_here(self, labels: Sequence[str]) -> list[str]:
        known = {artifact.label for artifact in self.library.artifacts}
        return [label for label in labels if label in known]

    def _replay_notes(self, record: DecisionRecord, write: bool) -> list[str]:
        """What an LLM that is missing, or another one, means for the comparison."""
        models = sorted({answer.model or "an LLM" for answer in record.answers if answer.written})
        if not models:
            return []
        if not write:
            return [f"{', '.join(models)} took part in what was recorded and does not now: tables and quotes alone"]
        others = [model for model in models if model not in (self.model, "an LLM")]
        return [f"recorded with {', '.join(others)}, asked again with {self.model}"] if others else []

    def _hashes_of(self, version: str) -> Hashes:
        return page_hashes(self._path, version)

    def compare(self, names: Sequence[str]) -> Comparison:
        """Artifacts side by side, by label, name or id. Raises SidebysideError for a name that fits none or several."""
        with self._leases.lease() as loaded:
            artifacts = [_named(name, loaded) for name in names]
            if len({artifact.id for artifact in artifacts}) < 2:
                raise SidebysideError("comparing takes two different artifacts; see: sidebyside library")
            return overviews.compare_artifacts(loaded.index.library, artifacts, loaded.retriever)

    def compare_on(self, names: Sequence[str], criteria: Sequence[str], *, write: bool = True) -> AnswerStream:
        """Artifacts on criteria in words, as a grid with a row for each: quotes at once, then the LLM's short texts.

        The events are those of `stream`; each answer's grid has the artifacts in the order of `names` (label, name or
        id), 1 to 12 of them, and 1 to 20 criteria. Raises SidebysideError, with the first event, for a name that fits
        none or several, and for other numbers of them.
        """
        stop = Stop()
        return AnswerStream(self._compared(names, criteria, stop, self._generator if write else None), stop)

    def _compared(
        self, names: Sequence[str], criteria: Sequence[str], stop: Stop, generator: Generator | None
    ) -> Iterator[Event]:
        clock = _Clock()
        texts = list(dict.fromkeys(" ".join(text.split()) for text in criteria if text.strip()))
        if not 1 <= len(texts) <= MOST_CRITERIA or not 1 <= len(names) <= SHOWN:
            raise SidebysideError(f"a grid takes 1 to {SHOWN} artifacts and 1 to {MOST_CRITERIA} criteria in words")
        with self._idle.busy(), self._leases.lease() as loaded:
            artifacts = list({artifact.id: artifact for artifact in (_named(name, loaded) for name in names)}.values())
            plain = self._plain_criteria(texts, generator, stop)
            with self._facts_gate:
                read = read_criteria(texts, loaded.reading, plain)
                draft = answer_rows(read, artifacts, loaded.index.library, loaded.sources.evidence)
            writer = Writer(draft, generator, loaded.sources.names, stop=stop)
            stats: dict[str, float | None] = {"facts_ms": clock.ms(), "first_sentence_ms": None, "total_ms": None}

            def told() -> Answer:
                return replace(self._finish(draft.answer(), loaded, writer, stats), kind=OWN_CRITERIA)

            first = told()
            yield Event("facts", first.text, first)
            for text in writer.cells():
                stats["first_sentence_ms"] = stats["first_sentence_ms"] or clock.ms()
                yield Event("sentence", text, told())
            stats["total_ms"] = clock.ms()
            yield Event("answer", "", told())

    @staticmethod
    def _plain_criteria(texts: Sequence[str], generator: Generator | None, stop: Stop) -> dict[str, str]:
        """The English of criteria in other languages. Raises SidebysideError where no LLM can tell it."""
        plain = {}
        for text in texts:
            if (language := language_of(text)) == "en":
                continue
            english = plain_english(text, generator, stop) if generator is not None else ""
            if not english:
                raise SidebysideError(foreign_reply(language))
            plain[text] = english
        return plain

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

    def _finish(self, answer: Answer, loaded: _Loaded, writer: Writer, stats: dict[str, float | None]) -> Answer:
        model = self.model if writer.model_cells else None
        return replace(answer, generation=loaded.index.version, model=model, stats={**stats, **writer.counts()})

    def _load(self) -> _Loaded:
        index = open_index(self._path, fingerprint=self._encoder.fingerprint, server=self._server)
        retriever = Retriever(index, self._encoder)
        grid = GridFinder(retriever, self._understanding)
        rows = RowFinder(index.library.labels, self._understanding)
        names = NameIndex(index.library, retriever.knows, retriever.describes)
        sources = Sources(index.library, names, retriever, grid, rows, self._understanding)
        return _Loaded(index, sources, self._understanding)


# Criteria on which the LLM is asked for a page's wording, at most: each takes a second or two.
_LOOKED_AGAIN = 2
# Statuses by how much they answer, and what is answered whole and plainly.
_ANSWERED: tuple[Status, ...] = ("not_found", "partial", "answered")
_WELL = (2, 1.0)


def _standing(draft: Draft) -> tuple[int, float]:
    """How much of a question is answered, and the share of what is shown that the pages say plainly."""
    said = [cell for row in draft.grid.cells for cell in row if cell.state != "silent"] if draft.grid else []
    plain = sum(cell.is_plain for cell in said) / len(said) if said else 1.0
    return _ANSWERED.index(draft.status), plain


_kept_open: dict[Path, Assistant] = {}
_keeping = threading.Lock()


def answer(
    question: str, *, history: Sequence[tuple[str, str]] = (), index: Path | str = "index", write: bool = True
) -> Answer:
    """Answer one question from an index.

    `history` holds earlier (question, answer text) pairs, oldest first; with `write` false the LLM is left out. The
    assistant stays open for the next call with the same index and follows new versions. Raises SidebysideError
    where there is no usable index.
    """
    key = Path(index).resolve()
    with _keeping:
        if key not in _kept_open:
            _kept_open[key] = Assistant.open(index)
        assistant = _kept_open[key]
    return assistant.answer(question, history, write=write)


@atexit.register
def close_all() -> None:
    """Close every assistant that `answer` opened; the next call opens a new one."""
    with _keeping:
        while _kept_open:
            _kept_open.popitem()[1].close()


# Turns of conversations that are kept, so that a follow-up reads only what is new.
_MOST_TURNS = 256


def _turns(asked: Sequence[str], loaded: _Loaded) -> list[Turn]:
    """The user's earlier turns as state: each is read and answered again, never taken from the text of its answer."""
    turns: list[Turn] = []
    for place, text in enumerate(asked):
        key = tuple(asked[: place + 1])
        turn = loaded.turns.get(key)
        if turn is None:
            question = read_question(text, turns, loaded.reading)
            turn = _keep(key, answer_question(question, loaded.sources), loaded)
        turns.append(turn)
    return turns


def _keep(key: tuple[str, ...], draft: Draft, loaded: _Loaded) -> Turn:
    """Keep what was asked, and what its answer was about, for the turns to come."""
    question = draft.question
    turn = loaded.turns[key] = Turn(question, question.artifacts or draft.ids, draft.winner)
    while len(loaded.turns) > _MOST_TURNS:
        with suppress(KeyError):
            loaded.turns.popitem(last=False)
    return turn


def _read_wanted(need: str, wishes: Sequence[Wish], loaded: _Loaded, translation: str = "") -> Question:
    """A need with the wishes that came beside it, as one question."""
    given = read_wishes(wishes, loaded.reading)
    if not need.strip() or given.language != "en":
        return given
    asked = read_need(need, loaded.reading, translation)
    return replace(asked, wishes=given.wishes, excluded=tuple(dict.fromkeys((*asked.excluded, *given.excluded))))


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
    from sidebyside.llm.generator import load_generator
    from sidebyside.models.catalogue import resolve_model

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
