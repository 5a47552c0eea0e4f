"""Does what a chat client asks for itself (tasks.py), with what the library holds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.concurrency import run_in_threadpool

from sidebyside.errors import SidebysideError
from sidebyside.records import Answer
from sidebyside.server.core import Core
from sidebyside.server.json_forms import filled, wants_json
from sidebyside.server.tasks import Task, done


async def task_answer(core: Core, task: Task, form: Mapping[str, Any] | None) -> Answer:
    """The answer that holds the task's text: JSON, or plain where the client takes it so. Raises SidebysideError."""
    labels, follow_ups = await run_in_threadpool(_known, core, task)
    value = done(task, labels, follow_ups)
    if task.plain and not wants_json(form):
        text = str(value)
    elif form is not None and form.get("type") == "json_schema":
        text = filled(form, {task.key: value, "language": "English"}, {})
    else:
        text = json.dumps({task.key: value}, ensure_ascii=False)
    return Answer("", text, "answered", kind="task")


def _known(core: Core, task: Task) -> tuple[Sequence[str], Sequence[str]]:
    """The names in the library, and the questions that it can answer next where the task wants those.

    Nothing where it cannot be opened: a client's own task is no place to say so.
    """
    try:
        with core.provider.lease() as assistant:
            labels = [artifact.label for artifact in assistant.library.artifacts]
            if task.key != "follow_ups" or not task.question:
                return labels, ()
            last = list(assistant.stream(task.question, task.history, write=False))[-1]
            return labels, last.answer.suggestions
    except SidebysideError:
        return (), ()
