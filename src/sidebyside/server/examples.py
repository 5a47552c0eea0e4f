"""Examples that OpenAPI shows: an answer from the two pages that come with the package."""

from __future__ import annotations

import json
from typing import Any

_QUOTE = "UnfragileRank: 55/100"

ANSWER: dict[str, Any] = {
    "question": "Which artifact has the highest UnfragileRank?",
    "text": "**Stable-Diffusion** has the highest UnfragileRank: 55/100 [1].",
    "status": "answered",
    "citations": [
        {
            "number": 1,
            "artifact": "Stable-Diffusion",
            "evidence_class": "fact",
            "quote": _QUOTE,
            "source": "page.txt",
            "start": 260,
            "end": 295,
            "context": _QUOTE,
        }
    ],
    "artifacts": ["Stable-Diffusion"],
    "notes": [],
    "table": None,
    "stats": {"facts_ms": 3.1, "first_sentence_ms": None, "total_ms": 3.2, "model_sentences": 0},
    "model": None,
    "kind": "rank",
    "generation": "20260101T120000-1a2b3c4d",
    "consulted": [],
    "suggestions": [],
}

EVENTS = "".join(
    f"event: {kind}\ndata: {json.dumps({'type': kind, 'text': text, 'answer': ANSWER})}\n\n"
    for kind, text in (("facts", ANSWER["text"]), ("answer", ""))
)
