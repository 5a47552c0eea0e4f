"""Question understanding: a text and its conversation become a Question."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from sidebyside.chatter import FOREIGN_REPLY, is_foreign, reply_to_chatter
from sidebyside.classification import Reading, classify
from sidebyside.conversation import Reader, State, advance, follow_up, without_reset
from sidebyside.intents import Guesser
from sidebyside.names import Mention, NameIndex
from sidebyside.records import Library, Question
from sidebyside.spelling import correct
from sidebyside.strangers import find_strangers

# Longer questions are read up to here; nobody asks one thing in more.
MAX_QUESTION = 2_000
# Turns of the conversation that a follow-up can reach back to.
MAX_TURNS = 8


def understand(
    text: str,
    history: Sequence[tuple[str, str]],
    names: NameIndex,
    library: Library,
    guesser: Guesser | None = None,
) -> Question:
    """Read a question in the light of the conversation.

    `history` holds (user, assistant) texts, oldest first; `guesser` tells what a question is about where its wording
    follows no pattern. Never raises: what asks nothing becomes a question of kind "chat" whose `reply` says what can be
    asked.
    """
    reader = Reader(library, names, guesser)
    state = State()
    for user, reply in history[-MAX_TURNS:]:
        asked = _read(user, state, reader)
        clear = (mention.artifacts[0] for mention in names.find(reply).mentions if len(mention.artifacts) == 1)
        state = advance(state, asked, tuple(dict.fromkeys(clear)))
    return _read(text, state, reader)


def clean(text: str) -> str:
    """A question without control, bidirectional and zero-width characters, cut to MAX_QUESTION characters."""
    text = unicodedata.normalize("NFC", text[: 4 * MAX_QUESTION])
    dropped = {"Cc", "Cf", "Cs", "Co"}
    kept = (" " if c in "\t\n\r" else c for c in text if c in "\t\n\r" or unicodedata.category(c) not in dropped)
    return re.sub(r"\s+", " ", "".join(kept)).strip()[:MAX_QUESTION]


_PREAMBLE = re.compile(
    r"^(?:(?:hi|hello|hey|ok(?:ay)?|so|well|thanks|thank you|great|please|and|but|now|just)\b[\s,.!]*)*"
    r"(?:(?:any idea|i (?:was |am |'m )?wonder(?:ing)?|do you (?:happen to )?know|would you mind telling me|"
    r"i(?:'d| would) (?:like|love) to know|i want to know|tell me|can you tell me|could you (?:please )?tell me|"
    r"can you say|any chance you know|quick question|question|"
    r"(?:i(?:'ve| have)? (?:just |once )?(?:read|heard|saw)|i was told|"
    r"(?:some(?:one|body)|people) (?:told me|says?|said))(?: somewhere)? that)\b[\s,:-]*"
    r"(?:please\b[\s,]*)?(?:if|whether)?\b[\s,]*)+",
    re.IGNORECASE,
)
# What asks for a yes behind a statement: ", is that right?"
_TAG = re.compile(
    r"(?:[,.;]?\s+is (?:that|this|it) (?:really |actually )?(?:right|true|correct|what (?:the|your|those) pages? "
    r"sa(?:y|ys))|,\s*(?:right|correct|true|isn't it|doesn't it))\s*\?*$",
    re.IGNORECASE,
)


def _without_preamble(text: str) -> str:
    """The question behind "I was wondering whether..."; a text that is nothing else stays as it is."""
    rest = _TAG.sub("?", _PREAMBLE.sub("", text))
    return rest if re.search(r"\w", rest) and not re.match(r"(?i)(?:more )?about\b", rest) else text


def _read(text: str, state: State, reader: Reader) -> Question:
    written, names = clean(text), reader.names
    # Other languages are told by their words as written: mended, they would look like English.
    if not names.find(written).mentions and is_foreign(written):
        return Question(written, "chat", reply=FOREIGN_REPLY)
    text, anew = without_reset(correct(_without_preamble(written), names.knows))
    if anew:
        state = State()
    text = _without_preamble(text)
    found = names.find(text)
    artifacts, ambiguous = _settle(found.mentions)
    if not artifacts and (reply := reply_to_chatter(text)) is not None:
        return Question(text, "chat", reply=reply)
    strangers = find_strangers(text, found.mentions, found.misses)
    spans = (*((m.start, m.end) for m in found.mentions), *((s.start, s.end) for s in strangers))
    if artifacts and is_foreign(_masked(written, names)):
        return Question(text, "chat", reply=FOREIGN_REPLY)
    reading = Reading(text, spans, artifacts, tuple(stranger.text for stranger in strangers), ambiguous)
    question = classify(reading, reader.library, reader.guesser)
    return follow_up(question, reading, state, reader) if state.question else question


def _masked(text: str, names: NameIndex) -> str:
    """A text without the artifact names in it."""
    return Reading(text, tuple((mention.start, mention.end) for mention in names.find(text).mentions)).masked


def _settle(mentions: Sequence[Mention]) -> tuple[tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...]]:
    """(ids in order of mention, ambiguous names): a name that may mean several artifacts stands for all of them."""
    ids: list[str] = []
    ambiguous = []
    clear = {mention.artifacts[0] for mention in mentions if len(mention.artifacts) == 1}
    for mention in mentions:
        # "Osprey" beside "the Osprey platform" means the other one.
        meant = tuple(a for a in mention.artifacts if a not in clear) or mention.artifacts
        meant = mention.artifacts if len(mention.artifacts) == 1 else meant
        ids.extend(meant)
        if len(meant) > 1:
            ambiguous.append((mention.text, meant))
    return tuple(dict.fromkeys(ids)), tuple(ambiguous)
