"""Finds the page files that an index watches and reads those that changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sidebyside.building.collect import CANNOT_OPEN, DAMAGED, IN_CLOUD, collect_pages, placeholder_of
from sidebyside.building.origins import (
    SEEDS,
    OriginFile,
    Origins,
    cited_names,
    folder_number,
    place_of,
    root_exists,
    root_of,
    root_path,
)
from sidebyside.building.refusals import Refusals
from sidebyside.errors import PageError, SidebysideError
from sidebyside.pages import parse_pages
from sidebyside.pages.files import CollectedFile
from sidebyside.pages.places import renamed
from sidebyside.records import Page

# The pages of one file.
Pages = tuple[Page, ...]


def pages_by_file(pages: Iterable[Page]) -> dict[str, Pages]:
    """Pages by the hash of the file they were read from; those of one file in its order ("a.md", "a.md#2", ...)."""
    found: dict[str, Pages] = {}
    for page in sorted(pages, key=lambda page: (len(page.source), page.source)):
        found[page.sha256] = (*found.get(page.sha256, ()), page)
    return found


@dataclass
class Scan:
    """What a scan found. `pages` are in the order of their names; `skipped` and `warnings` hold (file, reason)."""

    pages: list[Page] = field(default_factory=list)
    origins: Origins = field(default_factory=Origins)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)
    parsed: int = 0


def scan_pages(
    index_dir: Path,
    origins: Origins,
    known: Mapping[str, Pages],
    *,
    given: Sequence[str] = (),
    current: bool = True,
    max_bytes: int,
    progress: Callable[[int, int], None] | None = None,
) -> Scan:
    """Look at every root and return all pages that the next version holds.

    `known` are the pages of the version before, by file: they are taken over where the bytes are the same and
    `current` says that today's readers read them, and where the file is out of reach now. A file that is gone takes its
    pages with it only where its folder can be looked into and is the same folder as before. `given` are the paths of
    this build; those that lead nowhere are reported. Raises SidebysideError if there is no page at all.
    """
    return _Scanner(index_dir, origins, known, current, max_bytes).run(given, progress)


@dataclass(frozen=True, slots=True)
class _Look:
    """What looking at a file gives: its hash ("" where it cannot be read) and its pages, or why it has none.

    `parsed` says that its contents were read through, and not known.
    """

    sha256: str = ""
    pages: Pages = ()
    error: str = ""
    parsed: bool = False


def _is_pdf(file: CollectedFile) -> bool:
    return file.source.lower().endswith(".pdf")


class _Scanner:
    """The state of one scan: files found by (root, name), their hashes, and the pages read so far by hash."""

    def __init__(
        self, index_dir: Path, origins: Origins, known: Mapping[str, Pages], current: bool, max_bytes: int
    ) -> None:
        self.index_dir = index_dir
        self.origins = origins
        self.known = known
        self.current = current
        self.max_bytes = max_bytes
        self.scan = Scan()
        self.earlier = {(file.root, file.name): file for file in origins.files if file.sha256 in known}
        self.hashes: dict[tuple[str, str], str] = {}
        self.pages: dict[str, Pages] = {}
        self.kept: list[OriginFile] = []
        self.refusals = Refusals(index_dir, max_bytes)

    def run(self, given: Sequence[str], progress: Callable[[int, int], None] | None) -> Scan:
        found = self._find(given)
        # PDFs are read by a process of their own: while it works, the others are read here.
        with ThreadPoolExecutor(1) as pool:
            ahead = {key: pool.submit(self._look, key, file) for key, file in found.items() if _is_pdf(file)}
            for done, (key, file) in enumerate(found.items(), start=1):
                self._take(key, ahead[key].result() if key in ahead else self._look(key, file))
                if progress is not None:
                    progress(done, len(found))
        self.refusals.save()
        self._name()
        if not self.scan.pages:
            raise SidebysideError(self._nothing(len(found)))
        return self.scan

    def _find(self, given: Sequence[str]) -> dict[tuple[str, str], CollectedFile]:
        """Every file to read, by (root, name). Pages of roots and files that are out of reach are kept instead."""
        found: dict[tuple[str, str], CollectedFile] = {}
        for root in self.origins.roots:
            if root_exists(self.index_dir, root, self.origins):
                files, skipped = collect_pages([root_path(self.index_dir, root)], max_bytes=self.max_bytes)
                found |= {(root, file.source): file for file in files}
                self.scan.skipped += [(str(path), reason) for path, reason in skipped]
                self._keep_out_of_reach(root, {file.source for file in files}, skipped)
            else:
                self._keep_root(root, "is not there now")
        for path in given:
            if root_of(self.index_dir, path) not in self.origins.roots:
                self.scan.skipped += collect_pages([path])[1]
        for key in self.origins.removed:
            if found.pop(key, None) is not None:
                self.scan.skipped.append((key[1], "was removed from the index; name the file to take it back"))
        return self._without_repeats(found)

    def _keep_out_of_reach(self, root: str, found: set[str], skipped: Sequence[tuple[str, str]]) -> None:
        """Absence is not deletion: keep the pages of files that cannot be seen, and say so."""
        missing = [file for file in self.earlier.values() if file.root == root and file.name not in found]
        if not missing:
            return
        number = dict(self.origins.folders).get(root)
        if root != SEEDS and not found and number not in (None, folder_number(root_path(self.index_dir, root))):
            self._keep_root(root, "is another folder now, without pages")
            return
        closed = {path: reason for path, reason in skipped if reason.startswith((CANNOT_OPEN, DAMAGED, IN_CLOUD))}
        for file in missing:
            path = place_of(self.index_dir, root, file.name, self.origins)
            reason = next((closed[str(place)] for place in (path, *path.parents) if str(place) in closed), "")
            if not reason and placeholder_of(path).exists():
                reason = IN_CLOUD
            if reason:
                self.kept.append(file)
                told = f"{reason}; its page stays as it was read (--remove {file.source} drops it)"
                self.scan.warnings.append((file.source, told))

    def _keep_root(self, root: str, what: str) -> None:
        files = [file for file in self.earlier.values() if file.root == root]
        self.kept += files
        if files:
            shown = str(root_path(self.index_dir, root))
            count = len({page.source for file in files for page in self.known[file.sha256]})
            stay = "page stays as it was" if count == 1 else f"{count:,} pages stay as they were"
            reason = f"{what}; its {stay} read (--remove {shown} drops {'it' if count == 1 else 'them'})"
            self.scan.warnings.append((shown, reason))

    def _without_repeats(self, found: dict[tuple[str, str], CollectedFile]) -> dict[tuple[str, str], CollectedFile]:
        """Drop roots that are single files inside another root: the folder speaks for them."""
        inside = {file.path.resolve() for (root, _), file in found.items() if root != str(file.path)}
        covered = {
            root for (root, _), file in found.items() if root == str(file.path) and file.path.resolve() in inside
        }
        self.roots = tuple(root for root in self.origins.roots if root not in covered)
        return {key: file for key, file in found.items() if key[0] not in covered}

    def _look(self, key: tuple[str, str], file: CollectedFile) -> _Look:
        """Read one file, as far as it is not known; changes nothing."""
        sha = ""
        try:
            data = file.read()
            sha = hashlib.sha256(data).hexdigest()
            known = self.pages.get(sha) or (self.known.get(sha) if self.current else None)
            if known is not None:
                return _Look(sha, known)
            reason = self.refusals.get(sha, key[1])
            if reason is not None:
                return _Look(sha, error=reason)
            return _Look(sha, parse_pages(data, key[1], max_bytes=self.max_bytes), parsed=True)
        except OSError as error:
            return _Look(error=f"{CANNOT_OPEN}: {error.strerror or error}")
        except PageError as error:
            reason = error.reason if error.line is None else f"line {error.line}: {error.reason}"
            return _Look(sha, error=reason, parsed=bool(sha))

    def _take(self, key: tuple[str, str], look: _Look) -> None:
        self.scan.parsed += look.parsed and look.sha256 not in self.pages
        if not look.error:
            self.pages.setdefault(look.sha256, look.pages)
            self.hashes[key] = look.sha256
            return
        if look.parsed:
            self.refusals.add(look.sha256, key[1], look.error)
        self._fail(key, look.error)

    def _fail(self, key: tuple[str, str], reason: str) -> None:
        earlier = self.earlier.get(key)
        if earlier is not None:
            self.kept.append(earlier)
            reason += f"; the page read earlier stays (--remove {earlier.source} drops it)"
        self.scan.skipped.append((key[1], reason))

    def _name(self) -> None:
        """Settle the names under which pages are cited, and put everything in their order."""
        names = cited_names(((root, name, sha) for (root, name), sha in self.hashes.items()), self.kept)
        for file in self.kept:
            self.pages.setdefault(file.sha256, self.known[file.sha256])
        for sha, source in names.items():
            numbered = enumerate(self.pages[sha], start=1)
            self.pages[sha] = tuple(renamed(page, source if n == 1 else f"{source}#{n}") for n, page in numbered)
            for page in self.pages[sha]:
                self.scan.warnings += [(page.source, warning) for warning in page.warnings]
        pages = (page for sha in names for page in self.pages[sha])
        self.scan.pages = sorted(pages, key=lambda page: page.source)
        patterns = tuple(root for root in self.origins.patterns if root in self.roots)
        self.scan.origins = Origins(
            self.roots, self._files(names), self.origins.removed, patterns, tuple(self._folders())
        )

    def _folders(self) -> Iterator[tuple[str, int]]:
        """What the folders are called by the file system; one that is out of reach keeps what it was called."""
        earlier = dict(self.origins.folders)
        kept = {file.root for file in self.kept}
        for root in self.roots:
            number = None if root in kept else folder_number(root_path(self.index_dir, root))
            number = earlier.get(root) if number is None else number
            if number is not None and root != SEEDS:
                yield root, number

    def _files(self, names: Mapping[str, str]) -> tuple[OriginFile, ...]:
        """What is remembered of each file: contents that are known were read when they were first read."""
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        since = {file.sha256: file.read for file in self.origins.files}
        found = {(root, name, sha) for (root, name), sha in self.hashes.items()}
        found |= {(file.root, file.name, file.sha256) for file in self.kept}
        return tuple(sorted(OriginFile(root, name, names[sha], sha, since.get(sha, now)) for root, name, sha in found))

    def _nothing(self, files: int) -> str:
        seeds = self.index_dir / "seeds"
        if self.scan.skipped:
            name, reason = self.scan.skipped[0]
            more = f" ({len(self.scan.skipped)} skipped in all)" if len(self.scan.skipped) > 1 else ""
            return f"no page could be read: {name}: {reason}{more}; the index in {self.index_dir} stays as it was"
        found = "no page is left" if files else "there are no pages to read"
        return f"{found}; name page files or folders, or put some into {seeds}"
