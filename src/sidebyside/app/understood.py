"""How a question was understood: one line, and chips with which a reader puts it right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sidebyside.app.markup import clean
from sidebyside.records import Correction

if TYPE_CHECKING:
    from sidebyside.app.drawing import Drawing
    from sidebyside.records import Understood

# What a chip may hold: a name, a criterion or a condition, never a text.
MAX_CHIP, MAX_CHIPS = 120, 12
KINDS = {"artifacts": "artifact", "criteria": "criterion", "conditions": "condition"}


def understood_html(drawing: Drawing, *, last: bool, running: bool) -> str:
    """The line "Understood as ..."; under the last answer with chips, which sleep while it is being written."""
    reading = drawing.answer.reading
    if reading is None:
        return ""
    shown = f"<p>{clean(reading.shown)}</p>" if reading.shown else ""
    if not last or not (reading.artifacts or reading.criteria or reading.conditions):
        return f'<div class="understood">{shown}</div>' if shown else ""
    chips = _chips_html(drawing, reading, running)
    if shown:
        return f'<div class="understood">{shown}{chips}</div>'
    return (
        f'<details class="understood plain" id="{drawing.prefix}-understood">'
        f"<summary>Change what is compared</summary>{chips}</details>"
    )


def _chips_html(drawing: Drawing, reading: Understood, running: bool) -> str:
    groups = "".join(_group_html(drawing, reading, kind, running) for kind in KINDS)
    return (
        f'<div class="chips" role="group" aria-label="What the question was taken to mean" '
        f'data-intent="{clean(reading.intent)}">{groups}</div>'
    )


def _group_html(drawing: Drawing, reading: Understood, kind: str, running: bool) -> str:
    name = KINDS[kind]
    asleep = " disabled" if running else ""
    values = getattr(reading, kind)
    items = "".join(
        f'<li class="chip {drawing.side(value) if kind == "artifacts" else ""}" data-value="{clean(value)}">'
        f'<button type="button" data-action="exchange" aria-label="Exchange {name} {clean(value)}"{asleep}>'
        f"{clean(value)}</button>"
        f'<button type="button" class="drop" data-action="remove" aria-label="Remove {name} {clean(value)}"{asleep}>'
        "×</button></li>"
        for value in values
    )
    more = "+" if values else f"+ {name}"
    return (
        f'<ul data-kind="{kind}" aria-label="{name}">{items}<li class="chip more">'
        f'<button type="button" data-action="more" aria-label="Add {name}"{asleep}>{more}</button></li></ul>'
    )


def correction(data: Mapping[str, Any], question: str) -> Correction:
    """What chips say that `question` asks; `data` as for `corrected_question`."""
    artifacts, criteria, conditions = (tuple(_texts(data.get(kind))) for kind in KINDS)
    return Correction(question, artifacts, criteria, conditions)


def corrected_question(data: Mapping[str, Any]) -> str:
    """The question that chips stand for, in plain words; "" where nothing is left to ask.

    `data` comes from a browser: artifacts, criteria and conditions are lists of texts, intent is one.
    """
    artifacts, criteria, conditions = (_texts(data.get(kind)) for kind in KINDS)
    if not (artifacts or criteria or conditions):
        return ""
    asked = _asked(str(data.get("intent") or ""), artifacts, ", ".join(criteria))
    condition = f"; only if {_listed(conditions)}" if conditions else ""
    return f"{asked}{condition}?" if asked.split()[0] in _QUESTIONS else f"{asked}{condition}"


_QUESTIONS = {"What", "Which", "How", "Why"}


def _asked(intent: str, artifacts: Sequence[str], criteria: str) -> str:
    """Criteria stand behind a colon: some are nouns and some are verbs."""
    both, on = _listed(artifacts), f": {criteria}" if criteria else ""
    among = f" of {both}" if artifacts else ""
    match intent:
        case "recommend":
            return f"Which{among} should I take{on}"
        case "find" | "list" | "filter":
            return f"Which{among} can do this{on}" if criteria else f"Which{among} are there"
        case "rank":
            return f"Which{among} is best{on}"
        case "pros" | "cons" | "proscons" if artifacts:
            what = {"pros": "strengths", "cons": "drawbacks"}.get(intent, "pros and cons")
            return f"What are the {what} of {both}{on}"
        case "similar" if len(artifacts) > 1:
            return f"How are {both} similar{on}"
        case "differ" if len(artifacts) > 1:
            return f"How do {both} differ{on}"
        case "alternatives" if artifacts:
            return f"What are alternatives to {both}{on}"
    if len(artifacts) > 1:
        return f"Compare {both}{on}"
    if artifacts:
        return f"{both}{on}" if criteria else f"What is {both}"
    return f"Compare all{on}"


def _listed(texts: Sequence[str]) -> str:
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} and {texts[-1]}"


def _texts(data: Any) -> list[str]:
    found = data if isinstance(data, list | tuple) else ()
    texts = (" ".join(str(item).split())[:MAX_CHIP] for item in found[:MAX_CHIPS])
    return list(dict.fromkeys(filter(None, texts)))
