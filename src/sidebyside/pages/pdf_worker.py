"""Runs in a process of its own: PDFs come on stdin, the words of their pages with places and structure go to stdout.

A PDF is a program that unpacks itself, and the library that reads it is not made for hostile ones: whatever it does to
memory and time, it does here. Each message is its length in eight bytes, then that many bytes.
"""

from __future__ import annotations

import io
import json
import sys
from typing import Any, BinaryIO

MOST_PAGES = 80
MOST_WORDS = 200_000
MEMORY = 2_000_000_000
_DEEPEST = 60


def main() -> None:
    """Answer until stdin ends."""
    _limit_memory()
    incoming, outgoing = sys.stdin.buffer, sys.stdout.buffer
    while (data := _receive(incoming)) is not None:
        try:
            answer = read_words(data)
        except MemoryError:
            answer = {"error": "it needs too much memory"}
        except Exception:
            answer = {"error": "it is damaged"}
        reply = json.dumps(answer).encode()
        outgoing.write(len(reply).to_bytes(8, "big") + reply)
        outgoing.flush()


def _limit_memory() -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    except (ImportError, ValueError, OSError):  # a system without such limits: then only the time is limited
        pass


def _receive(incoming: BinaryIO) -> bytes | None:
    size = incoming.read(8)
    return incoming.read(int.from_bytes(size, "big")) if len(size) == 8 else None


def read_words(data: bytes) -> dict[str, Any]:
    """{"pages": [...], "date", "title"}; a page has its words, its structure if it is tagged, and its ruled lines."""
    import pdfplumber

    with pdfplumber.open(io.BytesIO(data)) as pdf:
        if len(pdf.pages) > MOST_PAGES:
            return {"error": f"more than {MOST_PAGES} pages"}
        pages: list[dict[str, Any]] = []
        words = 0
        for page in pdf.pages:
            pages.append(_page(page))
            words += len(pages[-1]["words"])
            page.close()
            if words > MOST_WORDS:
                return {"error": f"more than {MOST_WORDS:,} words"}
        known = {key: value for key, value in (pdf.metadata or {}).items() if isinstance(value, str)}
    return {"pages": pages, "date": known.get("CreationDate", ""), "title": known.get("Title", "")}


def _page(page: Any) -> dict[str, Any]:
    words = [
        [
            word["text"],
            *(round(float(word[side]), 1) for side in ("x0", "top", "x1", "bottom", "size")),
            "bold" in str(word["fontname"]).lower() or "black" in str(word["fontname"]).lower(),
            word["mcid"] if isinstance(word["mcid"], int) else -1,
        ]
        for word in page.extract_words(
            x_tolerance_ratio=0.15,
            extra_attrs=["mcid", "size", "fontname"],
            keep_blank_chars=False,
            use_text_flow=True,
        )
    ]
    lines = {
        round(float(edge["top"]), 1)
        for edge in page.edges
        if edge.get("orientation") == "h" and float(edge["x1"]) - float(edge["x0"]) > 20
    }
    tree = [_node(node, 0) for node in page.structure_tree or ()]
    return {
        "width": float(page.width),
        "height": float(page.height),
        "words": words,
        "rules": sorted(lines),
        "tree": tree,
    }


def _node(node: dict[str, Any], depth: int) -> dict[str, Any]:
    """One element of the structure: its kind, its marked contents, what is inside, what it says of itself."""
    attributes = node.get("attributes") or {}
    headers = attributes.get("Headers")
    return {
        "kind": str(node.get("type", "")),
        "marks": [mark for mark in node.get("mcids", ()) if isinstance(mark, int)],
        "inside": [_node(child, depth + 1) for child in node.get("children", ())] if depth < _DEEPEST else [],
        "alt": str(node.get("alt_text") or ""),
        "id": _text(node.get("id")),
        "heads": [_text(head) for head in headers] if isinstance(headers, list | tuple) else [],
        "columns": attributes.get("ColSpan") if isinstance(attributes.get("ColSpan"), int) else 1,
        "rows": attributes.get("RowSpan") if isinstance(attributes.get("RowSpan"), int) else 1,
    }


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value or "")


if __name__ == "__main__":
    main()
