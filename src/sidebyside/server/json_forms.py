"""An answer as the JSON that a request's `response_format` asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sidebyside.errors import SidebysideError
from sidebyside.records import Answer

# Names under which schemas ask for the text of an answer.
_TEXTS = ("answer", "text", "response", "content", "message", "result", "output", "reply")
_SHOWN = ("answer", "status", "citations", "artifacts", "notes", "table")
_TYPES = {"string": str, "array": list, "object": dict}


def wants_json(form: Mapping[str, Any] | None) -> bool:
    """Whether the text of the answer has to be JSON."""
    return form is not None and form.get("type") in ("json_object", "json_schema")


def answer_json(answer: Answer, form: Mapping[str, Any]) -> str:
    """The answer as a JSON text. Raises SidebysideError for a schema with required fields that nothing here fills."""
    data = answer.to_dict()
    known: dict[str, Any] = {
        **dict.fromkeys(_TEXTS, answer.text),
        **{name: data[name] for name in ("status", "artifacts", "notes", "table")},
        "citations": list(data["citations"]),
        "sources": list(dict.fromkeys(citation.source for citation in answer.citations)),
        "quotes": [citation.quote for citation in answer.citations],
    }
    return filled(form, known, {name: known[name] for name in _SHOWN})


def filled(form: Mapping[str, Any], known: Mapping[str, Any], otherwise: Mapping[str, Any]) -> str:
    """The fields of a request's schema with what is known of each, as a JSON text; without a schema, `otherwise`.

    Raises SidebysideError where a field is required that nothing here fills.
    """
    if form.get("type") != "json_schema":
        return _dumps(otherwise)
    schema = _schema(form)
    fields = schema.get("properties")
    fields = fields if isinstance(fields, dict) else {}
    required = schema.get("required")
    given = {name: known[name] for name, field in fields.items() if name in known and _fits(known[name], field)}
    needed = [name for name in fields if name not in given and isinstance(required, list) and name in required]
    lacking = [name for name in needed if not _may_be_null(fields[name])]
    if lacking or not given:
        wanted = ", ".join(map(repr, lacking or fields)) or "a schema without properties"
        raise SidebysideError(
            f"response_format: nothing here fills {wanted[:200]}; known are {', '.join(known)}; "
            'or take {"type": "json_object"}'
        )
    # OpenAI's strict schemas require every field and let those be null that may be left out.
    return _dumps(given | dict.fromkeys(needed))


def _schema(form: Mapping[str, Any]) -> Mapping[str, Any]:
    """The JSON schema of a request, in the form of chat completions or of responses."""
    inner = form.get("json_schema", form)
    schema = inner.get("schema") if isinstance(inner, dict) else None
    return schema if isinstance(schema, dict) else {}


def _fits(value: Any, field: Any) -> bool:
    """Whether a value has the type that its field names; types that are told otherwise are taken to fit."""
    if not isinstance(field, dict):
        return True
    if isinstance(field.get("enum"), list) and value not in field["enum"]:
        return False
    wanted = _TYPES.get(field["type"]) if isinstance(field.get("type"), str) else None
    if wanted is not None and not isinstance(value, wanted):
        return False
    return not isinstance(value, list) or all(_fits(item, field.get("items")) for item in value)


def _may_be_null(field: Any) -> bool:
    """Whether null fits a field."""
    if not isinstance(field, dict):
        return False
    kinds = field.get("type")
    either = field.get("anyOf")
    return (
        kinds == "null"
        or (isinstance(kinds, list) and "null" in kinds)
        or (isinstance(either, list) and any(map(_may_be_null, either)))
    )


def _dumps(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)
