"""What all routes share: the assistant, the settings, the figures, and how an answer runs."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sidebyside.graph import MatchGraph
from sidebyside.serving.jobs import Jobs
from sidebyside.serving.metrics import Metrics
from sidebyside.serving.run import Ask, Run, asking, comparing

if TYPE_CHECKING:
    from starlette.requests import Request

    from sidebyside.records import Answer, Event
    from sidebyside.serving.provider import Provider
    from sidebyside.settings import Settings


class GoneError(Exception):
    """Whoever asked has hung up."""


@dataclass
class Core:
    """One per server."""

    provider: Provider
    settings: Settings
    metrics: Metrics = field(default_factory=Metrics)
    jobs: Jobs = field(init=False)
    graph: MatchGraph = field(init=False)

    def __post_init__(self) -> None:
        self.jobs = Jobs(self.settings)
        self.graph = MatchGraph(self.settings)

    def events(
        self, text: str, history: Sequence[tuple[str, str]] = (), *, write: bool = True
    ) -> AsyncGenerator[Event, None]:
        """The steps of the answer to a question. Closing the iterator stops the model. Raises SidebysideError."""
        return self._events(asking(text, history, write=write))

    def events_on(
        self, names: Sequence[str], texts: Sequence[str], *, write: bool = True
    ) -> AsyncGenerator[Event, None]:
        """The same for artifacts on criteria in words."""
        return self._events(comparing(names, texts, write=write))

    async def _events(self, ask: Ask) -> AsyncGenerator[Event, None]:
        run = Run(self.provider.answering(), ask)
        async with aclosing(run.events()) as events:
            async for event in events:
                if event.type == "answer":
                    self.metrics.count_answer(event.answer)
                yield event
        if run.failure is not None:
            raise run.failure

    async def answer(
        self, request: Request, text: str, history: Sequence[tuple[str, str]] = (), *, write: bool = True
    ) -> Answer:
        """The whole answer. Raises SidebysideError, and GoneError once nobody waits for it any longer."""
        return await self.last(request, self.events(text, history, write=write))

    @staticmethod
    async def last(request: Request, events: AsyncGenerator[Event, None]) -> Answer:
        """The answer that these steps end with. Raises the same."""
        last: Answer | None = None
        async with aclosing(events) as steps:
            async for event in steps:
                last = event.answer
                if event.type != "answer" and await request.is_disconnected():
                    raise GoneError
        assert last is not None
        return last

    async def started(
        self, text: str, history: Sequence[tuple[str, str]] = (), *, write: bool = True
    ) -> AsyncGenerator[Event, None]:
        """Like `events`, but the first step is there already: what fails before it is raised here, not later."""
        events = self.events(text, history, write=write)
        first = await anext(events)

        async def all_events() -> AsyncGenerator[Event, None]:
            async with aclosing(events) as rest:
                yield first
                async for event in rest:
                    yield event

        return all_events()
