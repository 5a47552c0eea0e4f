"""The line below the head that tells how far the language model is, while it is compiled and fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidebyside.app.markup import clean, message_html

if TYPE_CHECKING:
    from sidebyside.serving.completing import Completion, Step


def completion_html(completion: Completion) -> str:
    """What is being got with its progress; what went wrong and what to do; that the model has joined."""
    if completion.state == "done":
        told = f"The language model has joined: {completion.model}. It takes part from the next question on."
        return f'<p class="completion" role="status">{clean(told)}</p>'
    if completion.state == "failed":
        told = f"Answers come from tables and quotes alone: {completion.trouble}"
        return f'<p class="completion problem" role="status">{message_html(told)}</p>'
    lead = "You can ask already: tables and quotes answer. The language model joins by itself when it is ready."
    steps = "".join(_step_html(step, completion.now()) for step in completion.steps)
    return f'<div class="completion"><p role="status">{lead}</p><ul>{steps}</ul></div>'


def _step_html(step: Step, now: float) -> str:
    """One step: title, a bar, and the time that is left; what failed says so."""
    if step.state == "done":
        return f"<li>{clean(step.title)}: done</li>"
    if step.state == "failed":
        return f'<li class="problem">{message_html(step.error)}</li>'
    share = f'value="{step.done}" max="{step.total}"' if step.total else ""
    left = step.left(now)
    time_left = f", {_minutes(left)} left" if left is not None else ""
    stage = f" {clean(step.stage)}" if step.stage else ""
    percent = f"{stage} {100 * step.done // step.total}%" if step.total else ""
    label = clean(step.title)
    return f'<li>{label}:{percent or " begun"}{time_left} <progress {share} aria-label="{label}"></progress></li>'


def _minutes(seconds: float) -> str:
    return f"about {max(1, round(seconds / 60))} min" if seconds >= 45 else "less than a minute"
