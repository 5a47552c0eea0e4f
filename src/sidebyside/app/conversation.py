"""Questions and answers of every open page: one running answer for each, which can be stopped or abandoned."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sidebyside.app.titles import page_titles
from sidebyside.app.turns import Turn, history, turn_from_dict
from sidebyside.errors import SidebysideError
from sidebyside.serving.limits import MAX_ANSWERS, MAX_QUESTION, MAX_TURNS
from sidebyside.serving.provider import BUSY, Provider
from sidebyside.serving.run import AssistantLike, Run, asking

if TYPE_CHECKING:
    from sidebyside.records import Correction

MAX_RUNNING = MAX_ANSWERS


class Conversation:
    """Answers for every open page, told apart by gradio's session id."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._running: dict[str, Run] = {}

    async def ask(
        self, question: str, turns: list[Turn], session: str, correction: Correction | None = None
    ) -> AsyncIterator[list[Turn]]:
        """Yield the conversation with the new turn, again and again as its answer grows.

        `correction` says what `question` asks, where the reading of the turn before it has been put right.
        """
        question = question.strip()
        if not question or session in self._running:
            return
        if len(question) > MAX_QUESTION:
            problem = f"That question has {len(question):,} characters; please keep it under {MAX_QUESTION:,}."
            yield [*turns, Turn(question[:200] + "…", state="failed", error=problem)]
            return
        if len(self._running) >= MAX_RUNNING:
            yield [*turns, Turn(question, state="failed", error=BUSY)]
            return
        turn = Turn(question)
        titles: dict[str, str] = {}
        ask = asking(question, history(turns), correction=correction)
        run = self._running[session] = Run(self._provider.answering(), ask)
        try:
            yield [*turns, turn]
            async for event in run.events():
                files = {citation.source for citation in (*event.answer.citations, *event.answer.consulted)}
                if not files <= titles.keys():
                    titles |= await asyncio.to_thread(self._titles, files)
                turn = turn.with_answer(event.answer, "done" if event.type == "answer" else "writing", titles)
                yield [*turns, turn]
        finally:
            if self._running.get(session) is run:
                del self._running[session]
        if turn.running and not run.abandoned:
            yield [*turns, _ended(turn, run)]

    def _titles(self, files: set[str]) -> dict[str, str]:
        """What these pages are called; a file that the library does not name is called by its own name."""
        try:
            return dict.fromkeys(files, "") | dict(page_titles(self._provider.library(), files))
        except SidebysideError:
            return dict.fromkeys(files, "")

    def answers(self, session: str) -> bool:
        """Whether this page is waiting for an answer."""
        return session in self._running

    def stop(self, session: str) -> None:
        """Stop the answer that this page is waiting for, if any; what has arrived stays."""
        if session in self._running:
            self._running[session].stop()

    def abandon(self, session: str) -> None:
        """Stop this page's answer and say nothing more about it: another conversation takes its place."""
        run = self._running.pop(session, None)
        if run is not None:
            run.abandoned = True
            run.stop()


def example_turn(assistant: AssistantLike, question: str) -> Turn:
    """What the pages say about `question`, without the LLM; no answer where it fails."""
    answer = None
    for event in assistant.stream(question, write=False) if question else ():
        answer = event.answer
    if answer is None:
        return Turn(question)
    return Turn(question).with_answer(
        answer, "done", page_titles(assistant.library, {item.source for item in answer.citations})
    )


def restored(stored: Any) -> list[Turn]:
    """The turns that a browser has kept; those that cannot be read are left out."""
    turns = []
    for item in stored[:MAX_TURNS] if isinstance(stored, list) else []:
        try:
            turns.append(turn_from_dict(item))
        except ValueError:
            continue
    return turns


def _ended(turn: Turn, run: Run) -> Turn:
    if run.error:
        return replace(turn, state="failed", error=run.error)
    return replace(turn, state="stopped")
