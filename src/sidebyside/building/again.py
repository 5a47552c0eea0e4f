"""Tells which page of the library a new one is a later version of: by its address, its file's name or its title."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from sidebyside.building.origins import fold_file_name
from sidebyside.library.folding import fold_name, fold_url, loose_name
from sidebyside.records import Page

# Pages about the same things that are compared with each other.
_MOST_REPEATED = 50
_NUMBER = re.compile(r" ?\(\d+\)(?=\.\w+$|$)")


def files_again(new: Sequence[Page], known: Mapping[str, Sequence[Page]]) -> list[str]:
    """The files (by the hash under which `known` has them) of which every page comes again among the new ones.

    What is there already with these very contents replaces nothing.
    """
    fresh = [page for page in new if page.sha256 not in known]
    held = {page.sha256 for page in new}
    return [
        sha
        for sha, pages in sorted(known.items(), key=lambda item: item[1][0].source)
        if fresh and sha not in held and all(any(is_same_page(page, old) for page in fresh) for old in pages)
    ]


def is_same_page(new: Page, old: Page) -> bool:
    """Whether both are one page: of one address, or where one has none of one name or title and about the same things.

    A card is about one thing, whose name is its title: there the file's name has to be the same.
    """
    if new.url and old.url:
        return fold_url(new.url) == fold_url(old.url)
    if names_of(new) != names_of(old):
        return False
    if _file_name(new.source) == _file_name(old.source):
        return True
    compared = not {new.format, old.format} & {"card", "passport"}
    return compared and bool(new.title) and fold_title(new.title) == fold_title(old.title)


def names_of(page: Page) -> frozenset[str]:
    """The names of a page's artifacts, folded."""
    return frozenset(loose_name(artifact.name) for artifact in page.artifacts)


def fold_title(title: str) -> str:
    """A title without the name of its site: "A vs B | Site"."""
    return fold_name(re.split(r"\s[|·–—]\s", title)[0])


def _file_name(source: str) -> str:
    """The last part of a source; copies ("page (2).html") are called as what they are copies of."""
    name = re.sub(r"#\d+$", "", source).rpartition("/")[2]
    return fold_file_name(_NUMBER.sub("", name)).casefold()


def repeated(pages: Iterable[Page], read: Mapping[str, str]) -> list[tuple[Page, Page]]:
    """(older, newer) pages that stand side by side although one is a later version of the other.

    `read` tells when each file (by its hash) was first read: that settles it where a page has no date of its own.
    """
    groups: dict[frozenset[str], list[Page]] = {}
    for page in pages:
        groups.setdefault(names_of(page), []).append(page)
    found = []
    for group in groups.values():
        ordered = sorted(group, key=lambda page: _age(page, read.get(page.sha256, "")))[:_MOST_REPEATED]
        for place, old in enumerate(ordered[:-1]):
            newer = next((page for page in ordered[place + 1 :] if is_same_page(page, old)), None)
            if newer is not None and newer.sha256 != old.sha256:
                found.append((old, newer))
    return found


def _age(page: Page, read: str) -> tuple[str, str, str]:
    """Older pages first: by their own date, else by the day on which they were read."""
    return (page.date or read[:10], read, page.source)
