"""Where an index's pages come from: the folders and files it watches, what was found there, what was taken out."""

from __future__ import annotations

import glob
import itertools
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from sidebyside.errors import SidebysideError

# The root that is always watched: stored by this name, so that a project folder can be moved.
SEEDS = "seeds"


@dataclass(frozen=True, slots=True, order=True)
class OriginFile:
    """One page file: `name` is its place below `root`, `source` the name under which the library cites it."""

    root: str
    name: str
    source: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Origins:
    """What a generation remembers, so that the next build finds everything again.

    `roots` are absolute paths (files, folders, globs, zips) or SEEDS; `removed` holds (root, name) of pages that were
    taken out by hand and stay out until they are given again.
    """

    roots: tuple[str, ...] = ()
    files: tuple[OriginFile, ...] = ()
    removed: tuple[tuple[str, str], ...] = ()

    def dumps(self) -> str:
        """JSON, the same text for the same origins."""
        return json.dumps(asdict(self), indent=0, ensure_ascii=False) + "\n"

    @classmethod
    def loads(cls, text: str) -> Origins:
        """The inverse of `dumps`; ValueError for anything else."""
        try:
            data = json.loads(text)
            return cls(
                roots=tuple(str(root) for root in data["roots"]),
                files=tuple(OriginFile(**item) for item in data["files"]),
                removed=tuple((str(root), str(name)) for root, name in data["removed"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a list of origins: {error}") from error


def root_path(index_dir: Path, root: str) -> Path:
    """The path behind a root."""
    return (index_dir / SEEDS).resolve() if root == SEEDS else Path(root)


def root_of(index_dir: Path, path: str | Path) -> str:
    """The root that a given path stands for: SEEDS for the seeds folder or anything in it, else the absolute path."""
    absolute = _absolute(path)
    seeds = (index_dir / SEEDS).resolve()
    return SEEDS if absolute == seeds or seeds in absolute.parents else str(absolute)


def _absolute(path: str | Path) -> Path:
    # Links are resolved in the folder, not in the name: a glob is not a path, and a link is known by its own name.
    absolute = Path(path).expanduser().absolute()
    return absolute.parent.resolve() / absolute.name


def root_exists(index_dir: Path, root: str) -> bool:
    """Whether there is something to look at. A glob exists while the folder before its first wildcard does."""
    path = root_path(index_dir, root)
    if path.exists():
        return True
    return glob.has_magic(root) and _before_wildcards(path).is_dir()


def _before_wildcards(path: Path) -> Path:
    return Path(*itertools.takewhile(lambda part: not glob.has_magic(part), path.parts))


def forget(index_dir: Path, origins: Origins, names: Iterable[str]) -> Origins:
    """Take out the named pages and stop watching the named roots. Raises SidebysideError for a name nothing has."""
    for name in names:
        root = root_of(index_dir, name)
        gone = {file for file in origins.files if _is_named(index_dir, file, name)}
        if root in origins.roots and (root != SEEDS or not root_exists(index_dir, root)):
            origins = _without_root(origins, root)
        elif gone:
            # Every file with these contents: one that was left would bring the page back.
            gone = {file for file in origins.files if file.source in {named.source for named in gone}}
            origins = Origins(
                roots=origins.roots,
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
    )


def _is_named(index_dir: Path, file: OriginFile, name: str) -> bool:
    return name in (file.source, file.name) or _absolute(name) == _place(index_dir, file.root, file.name)


def _place(index_dir: Path, root: str, name: str) -> Path:
    """Where a page file is: below its root, or the root itself if that is one file."""
    path = root_path(index_dir, root)
    if not path.exists() and glob.has_magic(root):
        path = _before_wildcards(path)
    return path / name if path.is_dir() else path


def watch(index_dir: Path, origins: Origins, paths: Iterable[str]) -> Origins:
    """Watch the given paths and the seeds from now on, and take back what was removed below a given path."""
    roots = set(origins.roots)
    removed = set(origins.removed)
    if root_path(index_dir, SEEDS).is_dir():
        roots.add(SEEDS)
    for path in paths:
        root = root_of(index_dir, path)
        if root_exists(index_dir, root):
            roots.add(root)
        absolute = _absolute(path)
        for item in list(removed):
            place = _place(index_dir, *item)
            if root == item[0] != SEEDS or absolute == place or absolute in place.parents:
                removed.discard(item)
    return Origins(tuple(sorted(roots)), origins.files, tuple(sorted(removed)))


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
