"""Short replies to what is not a question about the library: greetings, thanks, help, nothing, other languages."""

from __future__ import annotations

import re
import unicodedata

from sidebyside.words import ASKING_WORDS, STOP_WORDS, is_common, tokens

_GREETING = re.compile(
    r"(?:hi+|hello+|hey+|hiya|howdy|yo|greetings|good (?:morning|afternoon|evening|day)|"
    r"how are you(?: doing)?(?: today)?|what'?s up|sup)"
    r"(?:[\s,!.]+(?:there|all|everyone|assistant|bot|friend|again|how are you(?: doing)?(?: today)?))*"
)
_THANKS = re.compile(
    r"(?:ok(?:ay)?[\s,]*)?(?:thanks?(?: you)?|thx|ty|cheers|great|nice|cool|perfect|awesome|got it|"
    r"ok(?:ay)?)(?:[\s,!.]+(?:a lot|so much|very much|thanks?|thank you|again|man|all))*"
)
_BYE = re.compile(r"(?:good ?bye|bye+|see you|cya|good night)(?:[\s,!.]+\w+)?")
_HELP = re.compile(
    r"(?:help|\?+|/help|menu|usage|instructions|(?:can you )?help me|what (?:can|do) you (?:do|know|answer)|"
    r"what can i ask(?: you)?|who are you|what are you|"
    r"how (?:do|does|can) (?:this|you|i use (?:this|you)) ?(?:work)?|what is this|"
    r"what questions can i ask(?: you)?|how to use(?: this| it)?|what should i ask)"
)
FOREIGN_REPLY = "I read questions in English only, as the saved pages are in English. Please ask again in English."
_HOW_TO_ASK = (
    "Name one artifact to look at it, two or more to compare them, or describe what you need to search them all."
)
_EXPLANATION = "I answer comparison questions from the saved pages, with a quote for each statement."


def reply_to_chatter(text: str) -> str | None:
    """A reply where a text asks nothing about artifacts; None where it may be a question."""
    plain = re.sub(r"[\s.!?,;:)(]+$", "", text.strip().lower())
    if not plain:
        return f"Ask me something. {_EXPLANATION}" if "?" not in text else _EXPLANATION
    if _GREETING.fullmatch(plain):
        return f"Hello. {_EXPLANATION}"
    if _THANKS.fullmatch(plain):
        return "You are welcome."
    if _BYE.fullmatch(plain):
        return "Goodbye."
    if _HELP.fullmatch(plain):
        return f"{_EXPLANATION} {_HOW_TO_ASK}"
    if is_foreign(text):
        return FOREIGN_REPLY
    if not re.search(r"[^\W\d_]{2,}", text):
        return f"I could not find a question in that. {_EXPLANATION}"
    return None


def is_foreign(text: str) -> bool:
    """Whether a text of three words or more is in another script, or mostly in words that English does not have."""
    letters = [char for char in text if char.isalpha()]
    latin = sum("LATIN" in unicodedata.name(char, "") for char in letters)
    if letters and latin < 0.5 * len(letters):
        return True
    words = [token.folded for token in tokens(text) if not any(c.isdigit() for c in token.folded)]
    # Everyday words that English shares with its neighbours prove nothing; its function words do.
    english = sum(word in STOP_WORDS or word in ASKING_WORDS for word in words)
    known = sum(is_common(word) for word in words)
    return len(words) >= 3 and english <= len(words) * 0.2 and known < len(words) * 0.75
