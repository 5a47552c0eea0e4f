"""The page's own scripts and style, which lie in the folder static/."""

from __future__ import annotations

from pathlib import Path

STATIC = Path(__file__).parent / "static"


def asset(name: str) -> str:
    """The text of one file."""
    return (STATIC / name).read_text("utf-8")
