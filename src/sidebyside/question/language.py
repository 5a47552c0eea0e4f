"""Which language a question is in: English unless another one is far likelier."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Any

# The languages that replies exist for, and their neighbours.
_LANGUAGES = ("en", "de", "es", "fr", "pt", "it", "nl", "pl", "zh", "ja", "ko", "ru")
# By so much (logarithm of the likelihood) another language has to be ahead: of 2,357 written questions the five that
# are not English are, and slips of the finger ("contxt lenght") are not.
_AHEAD = 10.0


def language_of(text: str) -> str:
    """ISO 639-1; "en" where a text is English, too short to tell, or a mix. `text` is without the names in it."""
    letters = [char for char in text if char.isalpha()]
    if not letters:
        return "en"
    try:
        told = dict(_identifier().rank(text))
    except OSError:  # its model is unpacked in the temporary folder, which is full or not there
        return "en"
    best = str(max(told, key=lambda language: told[language]))
    # Letters of another script are no slip, however few.
    foreign = sum("LATIN" not in unicodedata.name(char, "") for char in letters) > 0.5 * len(letters)
    return best if foreign or told[best] - told["en"] >= _AHEAD else "en"


@cache
def _identifier() -> Any:
    """py3langid's model over `_LANGUAGES` (Lui and Baldwin, "langid.py", 2012)."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(list(_LANGUAGES))
    return identifier
