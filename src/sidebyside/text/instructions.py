"""Instructions: sentences on a page that tell an assistant what to write, where others describe an artifact.

Such a sentence says nothing about its artifact. The library takes it out of what can be searched, quoted and given to a
model (library/withholding.py), and keeps it aside to be looked at. Figures: benchmarks/reliability/injection.py.
"""

from __future__ import annotations

import re
from functools import lru_cache

# What an instruction to a writer begins with, as a plain imperative ("Adds" and "Adding" describe).
_VERBS = "|".join(
    """add always anagram answer append augment avoid begin close combine compose conclude convert continue deliver do
    don't encode end enhance ensure finish follow format give group ignore include insert integrate introduce jumble
    list make mention misspell modify never omit only output praise present print provide put randomly rearrange
    recommend remove render repeat rephrase replace reply respond reveal reverse rewrite say scramble send shuffle speak
    start state substitute suggest swap tell tease translate use write""".split()
)
# "your response time", "your message queue" are things that artifacts deal with.
_THING = r"(?!\s+(?:times?|formats?|codes?|headers?|schemas?|queues?|objects?|bod(?:y|ies)|latenc\w+|streams?|cach\w+))"
_REPLY = rf"(?:answers?|replies|reply|responses?|message|output|summary|completion)\b{_THING}"
_YOUR_REPLY = rf"(?:your|every|each)\s+(?:\w+\s+){{0,2}}{_REPLY}"
_START = r"\A[\W_]*(?:(?:please|now|then|also|and|instead|important|note|system|assistant|user|ai)\b[\s:,;-]*)*"
_SENTENCE = r"""(?:\A|[.!?]["”')\]]*\s+|\n[^\S\n]*)["“'(\[]*(?:please\s+)?"""
_ASSISTANT = r"(?:system|assistant|ai|llm|chatbot|language\smodel)s?(?:\s+(?:note|message|prompt|instructions?))?"
_GREETED = r"\A[\W_]*(?:(?:new|note|message|attention|dear|hey)\s+)*(?:to\s+|for\s+)?(?:the\s+|any\s+|all\s+)?"

# Anywhere in a sentence: marks of a chat's turns, and "Ignore all previous instructions" after a sentence of its own.
_ANYWHERE = re.compile(
    r"<\|[\w ]{1,40}\|>|<(?:start|end)_of_turn>|\[/?INST\]|<</?SYS>>|"
    rf"{_SENTENCE}(?:ignore|disregard|forget|override)\s+(?:\w+\s+){{0,4}}"
    r"(?:instructions?|prompts?|rules|guidelines|context|directions)\b",
    re.IGNORECASE | re.DOTALL,
)
_AT_THE_START = (
    # "Add ... to your reply", "In your answer, ..."
    rf"{_START}(?:{_VERBS})\b.*\b{_YOUR_REPLY}",
    rf"{_START}(?:in|to|at\sthe\s(?:end|start|beginning)\sof|throughout)\s+{_YOUR_REPLY}",
    rf"{_START}(?:the|your|every|each)\s+(?:final\s+)?{_REPLY}\s+(?:must|should|has\sto|have\sto|needs?\sto)\b",
    # "Forget everything above", "Print your system prompt"
    rf"{_START}(?:ignore|disregard|forget)\s+(?:everything|anything|all)\b",
    rf"{_START}(?:print|reveal|show|repeat|output)\s+(?:\w+\s+){{0,4}}(?:system\sprompt|instructions)\b",
    # "You must say ...", "Reply only with ...", "You are now ...", "Assistant: write ..."
    rf"{_START}you\s+(?:must|should|will|have\sto|need\sto)\s+(?:now\s+)?"
    r"(?:answer|reply|respond|say|write|tell|mention)\b",
    rf"{_START}(?:answer|reply|respond)\s+(?:only|always|exactly|solely|in|with|as)\b",
    rf"{_START}(?:from\snow\son\b|you\s+are\s+(?:now|no\slonger)\b|"
    r"when(?:ever)?\s+you\s+(?:answer|reply|respond|write)\b)",
    rf"{_GREETED}{_ASSISTANT}\s*[:,]\s*(?:please\s+|you\s+)?(?:{_VERBS}|must|should)\b",
)
_ADDRESSED = re.compile("|".join(f"(?:{form})" for form in _AT_THE_START), re.IGNORECASE | re.DOTALL)
_ANSWERING = r"\s+(?:\w+\s+){0,2}(?:answer|repl|respon|message|output|summary|completion)"
_ADDRESSEE = r"s?(?:\s+(?:note|message|prompt|instructions?))?\s*[:,]"
# Word -> what follows it, both in lower case: every instruction holds one of these. Looking for the word first is 20
# times as fast as cutting a text into sentences, and enough for nearly all texts.
_CORES = {
    **dict.fromkeys(("<|", "_of_turn", "inst]", "sys>>", "instructions", "from now on"), ""),
    **dict.fromkeys(("ignore", "disregard", "forget", "override"), r"\s"),
    **dict.fromkeys(("your", "every", "each"), _ANSWERING),
    "the": rf"{_ANSWERING}\w*\s+(?:must|should|has|have|need)",
    "you": r"\s+(?:must|should|will|have|need|are|answer|reply|respond|write)\b",
    **dict.fromkeys(("answer", "reply", "respond"), r"\s+(?:only|always|exactly|solely|in|with|as)\b"),
    "system": rf"(?:{_ADDRESSEE}|\sprompt)",
    **dict.fromkeys(("assistant", "ai", "llm", "chatbot", "language model"), _ADDRESSEE),
}
_LOOKS = [(word, re.compile(word.replace("|", r"\|").replace(" ", r"\s") + rest)) for word, rest in _CORES.items()]
_READ = 2000


def may_address_assistant(text: str) -> bool:
    """Whether a text of any length is worth a look, sentence by sentence."""
    folded = text.lower()
    return any(word in folded and look.search(folded) for word, look in _LOOKS)


@lru_cache(maxsize=16_384)
def addresses_assistant(sentence: str) -> bool:
    """Whether a sentence plainly addresses whoever writes the answer.

    Made to be right when it says yes: a question, a task or a false statement on a page is not found by it, and needs
    not be, because nothing but the page's evidence can carry a written sentence. Only the first 2,000 characters of a
    sentence are read.
    """
    read = sentence[:_READ]
    return may_address_assistant(sentence) and bool(_ADDRESSED.match(read) or _ANYWHERE.search(read))
