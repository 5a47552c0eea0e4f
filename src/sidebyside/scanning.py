"""Finds the page files that an index watches and reads those that changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sidebyside.errors import PageError, SidebysideError
from sidebyside.origins import OriginFile, Origins, cited_names, root_exists, root_of, root_path
from sidebyside.pages import CollectedFile, collect_pages, parse_page
from sidebyside.records import Page


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
    known: Mapping[str, Page],
    *,
    given: Sequence[str] = (),
    current: bool = True,
    max_bytes: int,
    progress: Callable[[int, int], None] | None = None,
) -> Scan:
    """Look at every root and return all pages that the next generation holds.

    `known` are the pages of the generation before, by hash: they are taken over where the bytes are the same and
    `current` says that today's readers read them, and where the file is out of reach now. `given` are the paths of
    this build; those that lead nowhere are reported. Raises SidebysideError if there is no page at all.
    """
    return _Scanner(index_dir, origins, known, current, max_bytes).run(given, progress)


class _Scanner:
    """The state of one scan: files found by (root, name), their hashes, and the pages read so far by hash."""

    def __init__(
        self, index_dir: Path, origins: Origins, known: Mapping[str, Page], current: bool, max_bytes: int
    ) -> None:
        self.index_dir = index_dir
        self.origins = origins
        self.known = known
        self.current = current
        self.max_bytes = max_bytes
        self.scan = Scan()
        self.earlier = {(file.root, file.name): file for file in origins.files if file.sha256 in known}
        self.hashes: dict[tuple[str, str], str] = {}
        self.pages: dict[str, Page] = {}
        self.kept: list[OriginFile] = []

    def run(self, given: Sequence[str], progress: Callable[[int, int], None] | None) -> Scan:
        found = self._find(given)
        for done, (key, file) in enumerate(found.items(), start=1):
            self._read(key, file)
            if progress is not None:
                progress(done, len(found))
        self._name(found)
        if not self.scan.pages:
            raise SidebysideError(self._nothing(len(found)))
        return self.scan

    def _find(self, given: Sequence[str]) -> dict[tuple[str, str], CollectedFile]:
        """Every file to read, by (root, name). Pages of roots that have vanished are kept instead."""
        found: dict[tuple[str, str], CollectedFile] = {}
        for root in self.origins.roots:
            if root_exists(self.index_dir, root):
                files, skipped = collect_pages([root_path(self.index_dir, root)], max_bytes=self.max_bytes)
                found |= {(root, file.source): file for file in files}
                self.scan.skipped += [(str(path), reason) for path, reason in skipped]
            else:
                self._keep_root(root)
        for path in given:
            if root_of(self.index_dir, path) not in self.origins.roots:
                self.scan.skipped += collect_pages([path])[1]
        for key in self.origins.removed:
            if found.pop(key, None) is not None:
                self.scan.skipped.append((key[1], "was removed from the index; name the file to take it back"))
        return self._without_repeats(found)

    def _keep_root(self, root: str) -> None:
        files = [file for file in self.earlier.values() if file.root == root]
        self.kept += files
        if files:
            shown = str(root_path(self.index_dir, root))
            reason = f"is not there now; its {len(files)} pages stay as they were read (--remove {shown} drops them)"
            self.scan.warnings.append((shown, reason))

    def _without_repeats(self, found: dict[tuple[str, str], CollectedFile]) -> dict[tuple[str, str], CollectedFile]:
        """Drop roots that are single files inside another root: the folder speaks for them."""
        inside = {file.path.resolve() for (root, _), file in found.items() if root != str(file.path)}
        covered = {
            root for (root, _), file in found.items() if root == str(file.path) and file.path.resolve() in inside
        }
        self.roots = tuple(root for root in self.origins.roots if root not in covered)
        return {key: file for key, file in found.items() if key[0] not in covered}

    def _read(self, key: tuple[str, str], file: CollectedFile) -> None:
        try:
            data = file.read()
            sha = hashlib.sha256(data).hexdigest()
            if sha not in self.pages:
                self.pages[sha] = self._page(sha, data, key[1])
            self.hashes[key] = sha
        except (PageError, OSError) as error:
            self._fail(key, error)

    def _page(self, sha: str, data: bytes, source: str) -> Page:
        known = self.known.get(sha)
        if known is not None and self.current:
            return known
        self.scan.parsed += 1
        return parse_page(data, source, max_bytes=self.max_bytes)

    def _fail(self, key: tuple[str, str], error: PageError | OSError) -> None:
        reason = f"cannot be opened: {error.strerror or error}" if isinstance(error, OSError) else error.reason
        if isinstance(error, PageError) and error.line is not None:
            reason = f"line {error.line}: {reason}"
        earlier = self.earlier.get(key)
        if earlier is not None:
            self.kept.append(earlier)
            reason += f"; the page read earlier stays (--remove {earlier.source} drops it)"
        self.scan.skipped.append((key[1], reason))

    def _name(self, found: Mapping[tuple[str, str], CollectedFile]) -> None:
        """Settle the names under which pages are cited, and put everything in their order."""
        names = cited_names(((root, name, sha) for (root, name), sha in self.hashes.items()), self.kept)
        for file in self.kept:
            self.pages.setdefault(file.sha256, self.known[file.sha256])
        by_hash = {sha: key for key, sha in self.hashes.items()}
        for sha, source in names.items():
            page = self.pages[sha]
            if page.source != source and sha in by_hash:
                page = parse_page(found[by_hash[sha]].read(), source, max_bytes=self.max_bytes)
                self.scan.parsed += 1
            self.pages[sha] = page
            self.scan.warnings += [(source, warning) for warning in page.warnings]
        self.scan.pages = sorted((self.pages[sha] for sha in names), key=lambda page: page.source)
        files = {OriginFile(root, name, names[sha], sha) for (root, name), sha in self.hashes.items()}
        files |= {OriginFile(file.root, file.name, names[file.sha256], file.sha256) for file in self.kept}
        self.scan.origins = Origins(self.roots, tuple(sorted(files)), self.origins.removed)

    def _nothing(self, files: int) -> str:
        seeds = self.index_dir / "seeds"
        if self.scan.skipped:
            name, reason = self.scan.skipped[0]
            more = f" ({len(self.scan.skipped)} skipped in all)" if len(self.scan.skipped) > 1 else ""
            return f"no page could be read: {name}: {reason}{more}; the index in {self.index_dir} stays as it was"
        found = "no page is left" if files else "there are no pages to read"
        return f"{found}; name page files or folders, or put some into {seeds}"
