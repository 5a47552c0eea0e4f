"""Where an index's pages come from: the folders and files it watches, what was found there, what was taken out."""

from __future__ import annotations

import glob
import json
import re
import stat
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath

from sidebyside.building.collect import as_pattern, fixed_folder
from sidebyside.errors import SidebysideError
from sidebyside.text.typography import plain_typography

# The root that is always watched: stored by this name, so that a project folder can be moved.
SEEDS = "seeds"


@dataclass(frozen=True, slots=True, order=True)
class OriginFile:
    """One page file: `name` is its place below `root`, `source` the name under which the library cites it.

    `read` is when these contents were first read (UTC, ISO); "" where that was before it was kept.
    """

    root: str
    name: str
    source: str
    sha256: str
    read: str = ""


@dataclass(frozen=True, slots=True)
class Origins:
    """What a version remembers, so that the next build finds everything again.

    `roots` are absolute paths (files, folders, globs, zips) or SEEDS, `patterns` those that are globs; `removed`
    holds (root, name) of pages that were taken out by hand and stay out until they are given again. `folders` has the
    number that the file system gives each folder: that of a mounted disk is not that of the empty folder below it.
    """

    roots: tuple[str, ...] = ()
    files: tuple[OriginFile, ...] = ()
    removed: tuple[tuple[str, str], ...] = ()
    patterns: tuple[str, ...] = ()
    folders: tuple[tuple[str, int], ...] = ()

    def dumps(self) -> str:
        """JSON, the same text for the same origins."""
        return json.dumps(asdict(self), indent=0, ensure_ascii=False) + "\n"

    @classmethod
    def loads(cls, text: str) -> Origins:
        """The inverse of `dumps`; ValueError for anything else."""
        try:
            data = json.loads(text)
            roots = tuple(str(root) for root in data["roots"])
            # Earlier versions did not keep which roots are globs.
            guessed = [root for root in roots if glob.has_magic(root) and not Path(root).exists()]
            return cls(
                roots=roots,
                files=tuple(OriginFile(**item) for item in data["files"]),
                removed=tuple((str(root), str(name)) for root, name in data["removed"]),
                patterns=tuple(str(root) for root in data.get("patterns", guessed)),
                folders=tuple((str(root), int(number)) for root, number in data.get("folders", ())),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a list of origins: {error}") from error


def root_path(index_dir: Path, root: str) -> Path:
    """The path behind a root."""
    return (index_dir / SEEDS).resolve() if root == SEEDS else Path(root)


def root_of(index_dir: Path, path: str | Path) -> str:
    """The root that a given path stands for: SEEDS for the seeds folder or anything in it, else the absolute path.

    A glob is written so that folders which are there stand for themselves.
    """
    absolute = _absolute(path)
    seeds = (index_dir / SEEDS).resolve()
    if absolute == seeds or seeds in absolute.parents:
        return SEEDS
    return as_pattern(absolute) if _is_glob(absolute) else str(absolute)


def _is_glob(path: Path) -> bool:
    """What is there is a file or folder, whatever characters its name has."""
    return glob.has_magic(str(path)) and not path.exists()


def _absolute(path: str | Path) -> Path:
    # Links are resolved in the folder, not in the name: a glob is not a path, and a link is known by its own name.
    absolute = Path(path).expanduser().absolute()
    return absolute.parent.resolve() / absolute.name


def root_exists(index_dir: Path, root: str, origins: Origins) -> bool:
    """Whether there is something to look at. A glob exists while the folder before its first wildcard does."""
    if root in origins.patterns:
        return fixed_folder(Path(root)).is_dir()
    return root_path(index_dir, root).exists()


def place_of(index_dir: Path, root: str, name: str, origins: Origins) -> Path:
    """Where a page file is: below its root, or the root itself if that is one file."""
    path = fixed_folder(Path(root)) if root in origins.patterns else root_path(index_dir, root)
    return path / name if path.is_dir() else path


def forget(index_dir: Path, origins: Origins, names: Iterable[str]) -> Origins:
    """Take out the named pages and stop watching the named roots. Raises SidebysideError for a name nothing has."""
    for name in names:
        root = root_of(index_dir, name)
        gone = {file for file in origins.files if _is_named(index_dir, file, name, origins)}
        # A file goes as a whole, whichever of its pages is named.
        gone = gone or {f for f in origins.files if _is_named(index_dir, f, re.sub(r"#\d+$", "", name), origins)}
        if root in origins.roots and (root != SEEDS or not root_exists(index_dir, root, origins)):
            origins = _without_root(origins, root)
        elif gone:
            # Every file with these contents: one that was left would bring the page back.
            gone = {file for file in origins.files if file.source in {named.source for named in gone}}
            origins = replace(
                origins,
                files=tuple(file for file in origins.files if file not in gone),
                removed=tuple(sorted({*origins.removed, *((file.root, file.name) for file in gone)})),
            )
        else:
            known = ", ".join(sorted({file.source for file in origins.files})[:5]) or "none"
            raise SidebysideError(f"no page or folder {name} in the index in {index_dir}; pages there: {known}")
    return origins


def _without_root(origins: Origins, root: str) -> Origins:
    return Origins(
        roots=tuple(kept for kept in origins.roots if kept != root),
        files=tuple(file for file in origins.files if file.root != root),
        removed=tuple(item for item in origins.removed if item[0] != root),
        patterns=tuple(kept for kept in origins.patterns if kept != root),
        folders=tuple(item for item in origins.folders if item[0] != root),
    )


def _is_named(index_dir: Path, file: OriginFile, name: str, origins: Origins) -> bool:
    if fold_file_name(name) in (fold_file_name(file.source), fold_file_name(file.name)):
        return True
    return _absolute(name) == place_of(index_dir, file.root, file.name, origins)


def fold_file_name(name: str) -> str:
    """Equal for names that look alike: page titles bring no-break spaces and curly quotes into file names."""
    return " ".join(plain_typography(unicodedata.normalize("NFC", name)).split())


def watch(index_dir: Path, origins: Origins, paths: Iterable[str]) -> Origins:
    """Watch the given paths and the seeds from now on, and take back what was removed below a given path."""
    roots = set(origins.roots)
    removed = set(origins.removed)
    patterns = set(origins.patterns)
    if root_path(index_dir, SEEDS).is_dir():
        roots.add(SEEDS)
    for path in paths:
        root = root_of(index_dir, path)
        absolute = _absolute(path)
        is_glob = root != SEEDS and _is_glob(absolute)
        if root_exists(index_dir, root, replace(origins, patterns=(root,) if is_glob else ())):
            roots.add(root)
            patterns |= {root} if is_glob else set()
        for item in list(removed):
            place = place_of(index_dir, *item, origins)
            if root == item[0] != SEEDS or absolute == place or absolute in place.parents:
                removed.discard(item)
    return replace(
        origins, roots=tuple(sorted(roots)), removed=tuple(sorted(removed)), patterns=tuple(sorted(patterns))
    )


def folder_number(path: Path) -> int | None:
    """What the file system calls a folder; None for anything else, and where it does not say."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino if stat.S_ISDIR(status.st_mode) and status.st_ino else None


def cited_names(files: Iterable[tuple[str, str, str]], kept: Iterable[OriginFile] = ()) -> dict[str, str]:
    """Choose the name under which each content is cited: {sha256: source}, from (root, name, sha256) triples.

    One content in several places takes one of its names, seeds before other roots. Different contents that share a
    name keep it only for one of them (a seed, else the smallest hash); the others get a piece of their hash. The
    choice depends on what there is, never on the order in which it was found. Files that can no longer be read stay
    under the names they have: `kept`.
    """
    best: dict[str, tuple[bool, int, str]] = {}
    for root, name, sha in files:
        rank = (root != SEEDS, len(PurePosixPath(name).parts), name)
        best[sha] = min(best.get(sha, rank), rank)
    names = {file.sha256: file.source for file in kept if file.sha256 not in best}
    taken = set(names.values())
    for sha, (_, _, name) in sorted(best.items(), key=lambda item: (item[1][0], item[0])):
        names[sha] = name if name not in taken else _with_hash(name, sha)
        taken.add(names[sha])
    return names


def _with_hash(name: str, sha: str) -> str:
    path = PurePosixPath(name)
    return str(path.with_name(f"{path.stem}~{sha[:8]}{path.suffix}"))
