"""Folds names and addresses, so that spellings of the same one are equal."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from sidebyside.text.typography import plain_typography


def fold_name(name: str) -> str:
    """Equal for names that differ only in case, width, white space, quotes and hyphens, or what is not seen."""
    return " ".join(plain_typography(unicodedata.normalize("NFKC", name)).casefold().split())


def loose_name(name: str) -> str:
    """Equal also for names that differ in separators: "Stable-Diffusion", "stable diffusion"."""
    folded = fold_name(name)
    return re.sub(r"[\s_\-.:·/]+", "", folded) or folded


def fold_url(url: str) -> str:
    """An address without what does not matter: scheme, www, final slash, case of the host."""
    bare = re.sub(r"^[a-z]+://(?:www\.)?", "", url.strip(), flags=re.IGNORECASE).rstrip("/")
    host, slash, path = bare.partition("/")
    return host.casefold() + slash + path


def slug(name: str) -> str:
    """ASCII letters, digits and hyphens; a name that loses letters on the way gets a short hash of itself."""
    folded = unicodedata.normalize("NFKD", name).casefold()
    ascii_only = "".join(char for char in folded if char.isascii()).replace("+", " plus ").replace("#", " sharp ")
    readable = re.sub(r"[^a-z0-9]+", "-", ascii_only)[:80].strip("-")
    lost = any(char.isalnum() and not char.isascii() for char in folded)
    return f"{readable or 'artifact'}-{short_hash(fold_name(name))}" if lost or not readable else readable


def short_hash(text: str) -> str:
    """Six hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()[:6]
