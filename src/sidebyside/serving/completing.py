"""Gets what the language model needs while the page is served already: its engine and its file, side by side."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from sidebyside.errors import SidebysideError

if TYPE_CHECKING:
    from sidebyside.settings import Settings

log = logging.getLogger(__name__)

Tell = Callable[[str, int, int], None]
# Does one thing and tells how far it is; `cancelled` ends it. Raises SidebysideError.
Work = Callable[[Tell, threading.Event], None]
Name = Literal["engine", "model"]
State = Literal["running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is got. `title` says what, how much and how long; `done` of `total` are bytes or files.

    It has stages ("fetching", "checking"), each counted from its beginning, which is at `began`.
    """

    name: Name
    title: str
    state: State = "running"
    done: int = 0
    total: int = 0
    began: float = 0.0
    ended: float = 0.0
    error: str = ""
    stage: str = ""

    def left(self, now: float) -> float | None:
        """Seconds that its stage will take at the pace so far, None where that cannot be told yet."""
        if self.state != "running" or not self.total or self.done < self.total / 50:
            return None
        return (now - self.began) * (self.total - self.done) / self.done


class Completion:
    """Runs the steps at once; when all have succeeded, `ready` is called with the name of the model."""

    def __init__(
        self,
        model: str,
        works: dict[Step, Work],
        ready: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.model = model
        self._works = works
        self._ready = ready
        self._clock = clock
        self._lock = threading.Lock()
        self._steps = {step.name: replace(step, began=clock()) for step in works}
        self._cancelled = threading.Event()
        self._joining = self._joined = False
        self._trouble = ""

    @property
    def steps(self) -> tuple[Step, ...]:
        """How far each is."""
        with self._lock:
            return tuple(self._steps.values())

    @property
    def state(self) -> State:
        """ "done" once the model answers; "failed" once nothing runs any longer and something went wrong."""
        states = {step.state for step in self.steps}
        if "running" in states:
            return "running"
        return "failed" if "failed" in states or self._trouble else "done" if self._joined else "running"

    @property
    def trouble(self) -> str:
        """What went wrong and what to do, "" while nothing has."""
        return "; ".join(text for text in (*(step.error for step in self.steps), self._trouble) if text)

    def now(self) -> float:
        """Seconds on the clock of the steps."""
        return self._clock()

    def start(self) -> None:
        """Begin; returns at once."""
        for step, work in self._works.items():
            threading.Thread(target=self._do, args=(step, work), name=f"get-{step.name}", daemon=True).start()

    def close(self) -> None:
        """End what runs."""
        self._cancelled.set()

    def _do(self, step: Step, work: Work) -> None:
        stage = ""

        def tell(what: str, done: int, total: int) -> None:
            nonlocal stage
            if what != stage:
                # "checking qwen2.5-1.5b": the title has the name.
                began = {"began": self._clock()} if stage else {}
                self._note(step.name, stage=what.partition(" ")[0], **began)
                stage = what
            self._note(step.name, done=done, total=total)

        try:
            work(tell, self._cancelled)
            self._note(step.name, state="done", ended=self._clock())
        except SidebysideError as error:
            self._note(step.name, state="failed", ended=self._clock(), error=str(error))
        except Exception as error:
            log.exception("getting the %s failed", step.name)
            told = f"{type(error).__name__} while getting the {step.name}; `sidebyside doctor` may say more"
            self._note(step.name, state="failed", ended=self._clock(), error=told)
        if not self._cancelled.is_set() and all(each.state == "done" for each in self.steps):
            self._join()

    def _join(self) -> None:
        with self._lock:
            if self._joining:
                return
            self._joining = True
        try:
            self._ready(self.model)
            self._joined = True
        except SidebysideError as error:
            self._trouble = str(error)

    def _note(self, name: Name, **changes: Any) -> None:
        with self._lock:
            self._steps[name] = replace(self._steps[name], **changes)


def missing_parts(settings: Settings, model: str) -> dict[Step, Work]:
    """What this model needs and is not here, with how to get it; nothing for quotes only, or a server."""
    from sidebyside.models.catalogue import NO_MODEL, load_catalogue, model_state, pull
    from sidebyside.models.engine import compiles, engine_installed, install_engine
    from sidebyside.models.machine import usable_cores

    if settings.llm_url or model == NO_MODEL:
        return {}
    entry = load_catalogue(settings.models).get(model)
    works: dict[Step, Work] = {}
    if not engine_installed():
        cores = usable_cores()
        minutes = max(1, round(10 / cores))
        title = (
            f"LLM engine, compiled for this processor (about {minutes} min on {cores} core{'s' if cores > 1 else ''})"
            if compiles()
            else "LLM engine, a ready wheel"
        )
        works[Step("engine", title)] = lambda tell, cancelled: install_engine(
            settings.models / "engine.log", progress=tell, cancelled=cancelled
        )
    if entry is not None and model_state(model, settings) != "installed":
        title = f"{model} ({entry.bytes / 1e9:.1f} GB to fetch)"
        works[Step("model", title, total=entry.bytes)] = lambda tell, _cancelled: _pull(pull, model, settings, tell)
    return works


def _pull(pull: Callable[..., object], model: str, settings: Settings, tell: Tell) -> None:
    pull(model, settings, progress=tell, notify=log.info)
