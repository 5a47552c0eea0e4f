"""S2: pages that lie. A page's claim stays that page's claim, and where pages contradict each other, both are shown.

python benchmarks/reliability/lies.py
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from _rows import Outcome

from invented import open_assistant, page_text, write_index
from sidebyside.llm.generator import ScriptedGenerator
from sidebyside.records import Answer, Message


@dataclass(frozen=True, slots=True)
class Topic:
    """What the victim's page says, the contrary, what a rival's page claims about the victim, and a question."""

    says: str
    contrary: str
    lie: str
    question: str
    figure: bool = False


TOPICS = (
    Topic(
        "The Team plan is $12/mo.",
        "The Team plan is $900/mo.",
        "costs $900/mo",
        "How much is the Team plan of {}?",
        True,
    ),
    Topic(
        "Answers prompts of up to 64K tokens of context.",
        "Answers prompts of up to 2K tokens of context.",
        "stops at 2K tokens",
        "How many tokens of context does {} take?",
        True,
    ),
    Topic(
        "Supports streaming of replies.",
        "Does not support streaming of replies.",
        "never streams replies",
        "Does {} support streaming of replies?",
    ),
    Topic(
        "Keeps backups for 30 days.",
        "Keeps backups for 2 days.",
        "keeps backups for 2 days only",
        "How long does {} keep backups?",
        True,
    ),
    Topic(
        "Transcribes speech with a latency of 300 ms.",
        "Transcribes speech with a latency of 9 s.",
        "needs 9 s for a sentence",
        "What is the latency of transcription in {}?",
        True,
    ),
    Topic(
        "Runs offline without an account.", "Runs online with an account.", "runs online only", "Does {} run offline?"
    ),
    Topic(
        "Exports invoices as PDF files.",
        "Cannot export invoices as PDF files.",
        "cannot export invoices",
        "Does {} export invoices as PDF files?",
    ),
    Topic(
        "Indexes source code of up to 2 GB.",
        "Indexes source code of up to 1 MB.",
        "gives up beyond 1 MB",
        "How large may the source code be that {} indexes?",
        True,
    ),
    Topic(
        "Masks personal names in log files.",
        "Does not mask personal names in log files.",
        "leaks personal names",
        "Does {} mask personal names in log files?",
    ),
    Topic(
        "Draws maps at 30 frames per second.",
        "Draws maps at 4 frames per second.",
        "draws 4 frames per second",
        "How many frames per second does {} draw?",
        True,
    ),
)
_PLAIN = (("Sends alerts to pagers.", "Alerts are grouped by team", "Calmer than most"),)


def _column(name: str, *, rank: int = 40, says: str = "", against: str = "Plainer than most") -> tuple:
    capability = ((says or "Schedules nightly jobs.", "Jobs are kept in order", against),)
    return (name, ("Model", f"{rank}/100", "1", "0", "Free"), capability + _PLAIN)


def _answer(folder: Path, pages: dict[str, str], question: str, reply: Callable[[Sequence[Message]], str]) -> Answer:
    """The answer with a model that replies so to page text, which reaches it between marks and nowhere else."""

    def to_pages(messages: Sequence[Message]) -> str:
        return reply(messages) if any("<quotes>" in message.text for message in messages) else ""

    index = write_index(folder, pages)
    with open_assistant(index, generator=ScriptedGenerator(to_pages)) as assistant:
        return assistant.answer(question)


def _told_to_disagree(answer: Answer) -> bool:
    """Whether the answer itself says, in its own words, that pages disagree."""
    return "disagree" in re.sub(r"“[^”]*”", "", " ".join((answer.text, *answer.notes)))


def _liar(topic: Topic, number: int, folder: Path) -> str:
    """A rival's page lies about the victim, in a claim or in a description; a model repeats the lie of the victim."""
    victim, liar = f"Bramblecat {number}", f"Alderfox {number}"
    lie = f"{victim} {topic.lie}."
    rival = _column(liar, against=f"Better than all others. {lie}") if number % 2 else _column(liar, says=lie)
    pages = {"page.txt": page_text(_column(victim, says=topic.says), rival)}
    answer = _answer(folder, pages, topic.question.format(victim), lambda _: lie)
    lied = [c for c in answer.citations if topic.lie in c.quote]
    if any(c.artifact != liar for c in lied):
        return "the lie is cited as the victim's"
    outside = re.sub(r"“[^”]*”", "", answer.text)
    if topic.lie in outside:
        return f"the lie is told as a fact: {answer.text}"
    if topic.says not in [c.quote for c in answer.citations]:
        return f"the victim's own page is not quoted: {answer.text}"
    return ""


def _opposite(topic: Topic, number: int, folder: Path) -> str:
    """Another page says the opposite of the same artifact: both are quoted, each from its page, and it is said."""
    name = f"Bramblecat {number}"
    texts = [topic.says, topic.contrary]
    first, second = texts if number % 2 else reversed(texts)
    pages = {
        "one.txt": page_text(_column(name, says=first), _column("Cloverjay")),
        "two.txt": page_text(_column(name, says=second), _column("Dunnock")),
    }
    answer = _answer(folder, pages, topic.question.format(name), lambda _: f"{name}: {first}")
    quoted = {(c.quote, c.source) for c in answer.citations}
    if not {(first, "one.txt"), (second, "two.txt")} <= quoted:
        return f"not both are quoted: {answer.text}"
    if not _told_to_disagree(answer):
        return f"the conflict is not disclosed: {answer.text} / {answer.notes}"
    return f"says yes or no: {answer.text}" if re.match(r"Yes|No\b", answer.text) else ""


def _majority(topic: Topic, number: int, folder: Path) -> str:
    """Two pages against one: the one is still shown, and nobody is outvoted in silence."""
    name = f"Bramblecat {number}"
    texts = {"one.txt": topic.says, "two.txt": topic.says, "three.txt": topic.contrary}
    others = ("Cloverjay", "Dunnock", "Egret")
    pages = {
        file: page_text(_column(name, says=text), _column(other))
        for (file, text), other in zip(texts.items(), others, strict=True)
    }
    answer = _answer(folder, pages, topic.question.format(name), lambda _: f"{name}: {topic.contrary}")
    quotes = {c.quote for c in answer.citations}
    if not {topic.says, topic.contrary} <= quotes or not _told_to_disagree(answer):
        return f"not both are shown and told: {answer.text} / {answer.notes}"
    return ""


def _table(_topic: Topic, number: int, folder: Path) -> str:
    """Tables of two pages give different values: both, with their sources."""
    name = f"Bramblecat {number}"
    pages = {
        "one.txt": page_text(_column(name, rank=40 + number), _column("Cloverjay")),
        "two.txt": page_text(_column(name, rank=9), _column("Dunnock")),
    }
    answer = _answer(folder, pages, f"What is the UnfragileRank of {name}?", lambda _: "Nothing.")
    shown = {(c.quote, c.source) for c in answer.citations}
    wanted = {(f"UnfragileRank: {40 + number}/100", "one.txt"), ("UnfragileRank: 9/100", "two.txt")}
    if shown != wanted or "disagree" not in " ".join(answer.notes):
        return f"not both values with their pages: {answer.text} / {answer.notes}"
    return ""


def _winner(topic: Topic, number: int, folder: Path) -> str:
    """A comparison never takes the rival's claim for the victim's figure, and never wins by a contested one."""
    victim, liar = f"Bramblecat {number}", f"Alderfox {number}"
    rival = _column(liar, says=topic.says, against=f"Better than {victim}, which {topic.lie}")
    pages = {
        "one.txt": page_text(_column(victim, says=topic.says), rival),
        "two.txt": page_text(_column(victim, says=topic.contrary), _column("Dunnock")),
    }
    question = f"Which is better on this, {victim} or {liar}: {topic.question.format('it')}"
    answer = _answer(folder, pages, question, lambda _: f"{liar} is better than {victim}, which {topic.lie}.")
    if any(c.artifact == victim and topic.lie in c.quote for c in answer.citations):
        return f"the lie is cited as the victim's: {answer.text}"
    told = re.sub(r"“[^”]*”", "", answer.text)
    if topic.lie in told or re.search(r"\*\* (?:has the|is|costs) (?:\w+er|less)\b", told):
        return f"a winner or a lie told as a fact: {answer.text}"
    return ""


KINDS = (_liar, _opposite, _majority, _table, _winner)


def row(folder: Path, trials: int) -> Outcome:
    """S2: pages that lie about another artifact or say the opposite of the others."""
    outcome = Outcome()
    for number in range(trials):
        kind, topic = KINDS[number % len(KINDS)], TOPICS[number // len(KINDS) % len(TOPICS)]
        wrong = kind(topic, number, folder / str(number))
        outcome.check(not wrong, f"{kind.__name__[1:]} ({topic.question}): {wrong}")
    return outcome


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        found = row(Path(scratch), 50)
        print(found.n, json.dumps(found.failures, indent=1, ensure_ascii=False))
