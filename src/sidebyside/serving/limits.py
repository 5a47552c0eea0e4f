"""How much one page, program or person may ask for at once; the same in the chat page and over HTTP."""

from __future__ import annotations

# Characters of a question, turns of a conversation, answers under way at once.
MAX_QUESTION = 2000
MAX_TURNS = 200
MAX_ANSWERS = 64
