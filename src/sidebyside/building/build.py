"""Builds the index: finds page files, reads what changed, embeds what is new, publishes a version."""

from __future__ import annotations

import logging
import os
import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from sidebyside.building.kept import keep_library
from sidebyside.building.origins import SEEDS, Origins, forget, watch
from sidebyside.building.preview import replaced_by
from sidebyside.building.scanning import Pages, Scan, pages_by_file, scan_pages
from sidebyside.building.seeds import Given, read_given, store_pages
from sidebyside.building.undo import Undo, forget_undo, prepare_undo
from sidebyside.encoding.embedding import Encoder, load_encoder
from sidebyside.errors import IndexMissingError, LibraryIndexError, NoPageError
from sidebyside.index import versions
from sidebyside.index.chroma_files import fetch
from sidebyside.index.chroma_remote import ChromaServer, Live, chroma_server
from sidebyside.index.opened import ORIGINS, VECTORS, LibraryIndex, content_hash, open_index, publish_version
from sidebyside.index.passages import build_passages, write_passages
from sidebyside.library import build_library, read_pages, write_library, write_pages
from sidebyside.pages import READER_VERSION
from sidebyside.records import BuildReport, Library, Page, Passage
from sidebyside.settings import Settings

log = logging.getLogger(__name__)

# Called with (stage, done, total); the stages are "read", "embed" and "store", in this order.
Progress = Callable[[str, int, int], None]

# New sentences per call to the encoder: bounds the memory their vectors take before they are on disk.
_EMBED = 8192


def build_index(
    paths: Iterable[str | Path] = (),
    *,
    index: str | Path = "index",
    settings: Settings | None = None,
    encoder: Encoder | None = None,
    progress: Progress | None = None,
    remove: Iterable[str] = (),
) -> BuildReport:
    """Bring the index up to date with its pages and publish the result as a new version.

    `paths` are files, folders, globs and zips. They are remembered: every later build looks at them again, and at
    `<index>/seeds/`, whatever it is given. Changed files are read again, pages of vanished files go. Where a whole
    root has vanished (an unplugged disk) or a file can no longer be read, the pages read earlier stay, with a warning.
    `remove` takes pages out, by the name under which they are cited or by their path, until they are given again.

    Only what changed is parsed and embedded; the result is that of a full build. Where nothing changed, nothing is
    published and the report names the live version.

    Raises SidebysideError if no page at all can be read, IndexBusyError if another process is building, and
    ModelMissingError without an encoder. After any error the index is as it was.
    """
    given, gone = _as_list(paths), _as_list(remove)
    with _writing(index, settings, encoder, progress) as writer:
        before = writer.base.origins
        report = writer.build(watch(writer.index_dir, forget(writer.index_dir, before, gone), given), given)
        if report.published and gone:
            Undo(writer.index_dir, f"removed {', '.join(gone)}", before).keep(report.generation)
        elif report.published:
            forget_undo(writer.index_dir)
        return report


def add_pages(
    files: Iterable[str | Path],
    *,
    index: str | Path = "index",
    settings: Settings | None = None,
    encoder: Encoder | None = None,
    progress: Progress | None = None,
    replace_earlier: bool = True,
) -> BuildReport:
    """Copy page files into `<index>/seeds/` and build. Files that hold no page are not copied, and reported as skipped.

    A page that is there already, by its address, file name or title, gives way to the new one (`preview_pages` tells
    which), unless `replace_earlier` is False; `undo_build` brings it back. Nothing in the folder is overwritten. Raises
    as `build_index` does, and NoPageError where no file holds a page; then everything is as it was. The report tells of
    the given files only.
    """
    with _writing(index, settings, encoder, progress) as writer:
        given, skipped = read_given(_as_list(files), max_bytes=writer.settings.max_page_bytes)
        if not given:
            raise NoPageError(skipped)
        names = ", ".join(item.path.name for item in given[:3]) + ", ..." * (len(given) > 3)
        undo = Undo(writer.index_dir, f"added {names}", writer.base.origins)
        old = replaced_by(given, writer.base.pages) if replace_earlier else []
        try:
            gone = writer.take_away(old, undo)
            stored = store_pages(given, writer.index_dir / SEEDS)
            undo.brought = stored.new
            origins = forget(writer.index_dir, writer.base.origins, gone)
            paths = [*map(str, stored.paths)]
            report = writer.build(watch(writer.index_dir, origins, paths), paths)
        except BaseException:
            undo.back()
            raise
        if report.published:
            undo.keep(report.generation)
        places = {path.name: name for path, name in zip(stored.paths, stored.names, strict=True)}
        return replace(
            report,
            skipped=(*skipped, *_of_given(report.skipped, places, writer.index_dir)),
            warnings=_of_given(report.warnings, places, writer.index_dir),
            taken=tuple(path.name for path in stored.paths),
            replaced=tuple((page.source, new.path.name) for page, new in old),
        )


def undo_build(
    *,
    index: str | Path = "index",
    settings: Settings | None = None,
    encoder: Encoder | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """Take back what the last `add_pages` or removal did. Raises SidebysideError if something was built since."""
    with _writing(index, settings, encoder, progress) as writer:
        seeds = writer.index_dir / SEEDS
        live = versions.current_name(writer.index_dir)
        step, origins = prepare_undo(writer.index_dir, live, writer.base.origins, seeds)
        try:
            report = writer.build(origins, [])
        except BaseException:
            step.back()
            raise
        forget_undo(writer.index_dir)
        return report


def _of_given(
    pairs: Iterable[tuple[str, str]], names: Mapping[str, str], index_dir: Path
) -> tuple[tuple[str, str], ...]:
    """What is told of files that lie in the seeds folder under these names, by the names the sender gave them."""
    seeds = f"{(index_dir / SEEDS).resolve()}/"
    found = []
    for path, reason in pairs:
        first, slash, rest = path.removeprefix(seeds).partition("/")
        stored = first if first in names else re.sub(r"#\d+$", "", first)
        if stored in names:
            found.append((names[stored] + first[len(stored) :] + slash + rest, reason))
    return tuple(found)


def _as_list(paths: Iterable[str | Path]) -> list[str]:
    return [str(paths)] if isinstance(paths, str | Path) else [str(path) for path in paths]


@contextmanager
def _writing(
    index: str | Path, settings: Settings | None, encoder: Encoder | None, progress: Progress | None
) -> Iterator[_Writer]:
    """Be the one who writes this index, beginning from what is live."""
    started = time.perf_counter()
    index_dir = Path(index)
    settings = settings or Settings.load()
    encoder = encoder or load_encoder(settings)
    # Begin from what other machines have published.
    if (server := chroma_server(settings)) is not None:
        with closing(server):
            fetch(server, index_dir)
    with versions.writer_lock(index_dir):
        versions.clean_leftovers(index_dir)
        base = _load_base(index_dir, chroma_server(settings))
        try:
            yield _Writer(index_dir, base, settings, encoder, progress, started)
        finally:
            base.close()


@dataclass(frozen=True, slots=True)
class _Writer:
    """What a build needs to know."""

    index_dir: Path
    base: _Base
    settings: Settings
    encoder: Encoder
    progress: Progress | None
    started: float

    def build(self, origins: Origins, given: Sequence[str]) -> BuildReport:
        """Read what changed, and publish it if it says something else than what is live."""
        scan = scan_pages(
            self.index_dir,
            origins,
            self.base.pages,
            given=given,
            current=self.base.reader == READER_VERSION,
            max_bytes=self.settings.max_page_bytes,
            progress=_stage(self.progress, "read"),
        )
        library = build_library(scan.pages)
        passages = build_passages(library)
        name, embedded = _publish(self.index_dir, self.base, scan, library, passages, self.encoder, self.progress)
        log.info("built", extra={"generation": name, "pages": len(scan.pages), "skipped": len(scan.skipped)})
        return BuildReport(
            pages=len(scan.pages),
            skipped=tuple(scan.skipped),
            artifacts=len(library.artifacts),
            passages=len(passages),
            generation=name,
            seconds=time.perf_counter() - self.started,
            capabilities=sum(len(artifact.capabilities) for artifact in library.artifacts),
            conflicts=len(library.conflicts()),
            formats=dict(sorted(Counter(page.format for page in scan.pages).items())),
            warnings=(*self.base.warnings, *scan.warnings),
            parsed=scan.parsed,
            embedded=embedded or 0,
            published=embedded is not None,
        )

    def take_away(self, pages: Sequence[tuple[Page, Given]], undo: Undo) -> list[str]:
        """Make room for what replaces these pages; returns the names of those that lie where nothing may be moved."""
        gone = []
        for page, _ in pages:
            for file in self.base.origins.files:
                path = self.index_dir / SEEDS / file.name
                if file.sha256 != page.sha256:
                    continue
                if file.root == SEEDS and path.is_file() and not path.is_symlink():
                    undo.take(path)
                else:
                    gone.append(file.source)
        return gone


# --- what is known from the version before ------------------------------------------------------------------------


@dataclass
class _Base:
    """The version a build starts from; empty on the first build."""

    index: LibraryIndex | None = None
    origins: Origins = field(default_factory=Origins)
    server: ChromaServer | None = None
    live: Live | None = None
    pages: dict[str, Pages] = field(default_factory=dict)
    warnings: list[tuple[str, str]] = field(default_factory=list)

    @property
    def reader(self) -> int | None:
        """The version of the page readers that read its pages."""
        return None if self.index is None else self.index.manifest.reader

    def close(self) -> None:
        if self.index is not None:
            self.index.close()
        if self.server is not None:
            self.server.close()


def _load_base(index_dir: Path, server: ChromaServer | None) -> _Base:
    live = server.live() if server is not None else None
    try:
        index = open_index(index_dir, server=server)
    except IndexMissingError:
        return _Base(server=server, live=live)
    except LibraryIndexError as error:
        # Nothing in it can be trusted, but which folders it watched is worth keeping.
        warnings = [(str(index_dir), f"built anew: {error}")]
        return _Base(origins=_salvaged_origins(index_dir), warnings=warnings, server=server, live=live)
    pages = pages_by_file(read_pages(index.folder / "pages.jsonl"))
    origins = Origins.loads((index.folder / ORIGINS).read_text("utf-8"))
    warnings = [(str(index_dir), index.notice)] if index.notice else []
    return _Base(index, origins, server, live, pages, warnings)


def _salvaged_origins(index_dir: Path) -> Origins:
    names = [versions.current_name(index_dir), *versions.other_names(index_dir, None)]
    for name in names:
        with suppress(OSError, ValueError):
            found = Origins.loads((index_dir / "generations" / str(name) / ORIGINS).read_text("utf-8"))
            return replace(found, files=())
    return Origins()


# --- what is new -----------------------------------------------------------------------------------------------------


def _publish(
    index_dir: Path,
    base: _Base,
    scan: Scan,
    library: Library,
    passages: Sequence[Passage],
    encoder: Encoder,
    progress: Progress | None,
) -> tuple[str, int | None]:
    """(name of the version that holds this library, sentences embedded for it; None if it is the live one)."""
    building = versions.new_folder(index_dir)
    try:
        write_library(library, building / "library.jsonl")
        write_passages(passages, building / "passages.jsonl")
        write_pages(scan.pages, building / "pages.jsonl")
        (building / ORIGINS).write_text(scan.origins.dumps(), "utf-8")
        if _is_live(base, building, encoder):
            assert base.index is not None
            return base.index.version, None
        embedded = _write_vectors(building, base, passages, encoder, progress)
        name = publish_version(
            index_dir,
            building,
            passages=passages,
            encoder=(encoder.name, encoder.fingerprint, encoder.dimension),
            reader=READER_VERSION,
            counts={"pages": len(scan.pages), "artifacts": len(library.artifacts), "passages": len(passages)},
            base=base.index,
            progress=_stage(progress, "store"),
            server=base.server,
            live=base.live,
        )
    finally:
        shutil.rmtree(building, ignore_errors=True)
    with suppress(OSError):  # looking back is less than looking
        keep_library(index_dir, name)
    versions.clean(index_dir, keep={name, base.index.version if base.index else None})
    return name, embedded


def _is_live(base: _Base, building: Path, encoder: Encoder) -> bool:
    """Whether the live version is intact and says and remembers exactly what was just written."""
    if base.index is None or base.index.notice is not None:
        return False
    manifest = base.index.manifest
    if manifest.fingerprint != encoder.fingerprint or manifest.reader != READER_VERSION:
        return False
    if not base.index.is_where_a_build_puts_it(base.server):
        return False
    if manifest.content != content_hash(building, encoder.fingerprint):
        return False
    return all(manifest.files[name][1] == versions.hash_file(building / name) for name in ("pages.jsonl", ORIGINS))


def _write_vectors(
    building: Path, base: _Base, passages: Sequence[Passage], encoder: Encoder, progress: Progress | None
) -> int:
    """Write one row per sentence: known ones from the earlier version, new ones embedded once each."""
    rows: dict[str, list[int]] = {}
    for row, text in enumerate(sentence.text for passage in passages for sentence in passage.sentences):
        rows.setdefault(text, []).append(row)
    shape = (sum(map(len, rows.values())), encoder.dimension)
    vectors = np.lib.format.open_memmap(building / VECTORS, mode="w+", dtype=np.float32, shape=shape)
    _reserve(building / VECTORS)
    known = _known_rows(base, encoder, rows)
    for text, row in known.items():
        assert base.index is not None
        vectors[rows[text]] = base.index.vectors.rows(row, row + 1)
    # Longest first over all of them, as the encoder does within a call: equal lengths pad least.
    new = sorted((text for text in rows if text not in known), key=lambda text: (-len(text), text))
    report = _stage(progress, "embed")
    for start in range(0, len(new), _EMBED):
        texts = new[start : start + _EMBED]
        step = None if report is None else lambda done, _, start=start: report(start + done, len(new))
        for text, vector in zip(texts, encoder.encode(texts, progress=step), strict=True):
            vectors[rows[text]] = vector
    vectors.flush()
    return len(new)


def _reserve(path: Path) -> None:
    """Take the disk space of a mapped file now: a disk that is full later would kill the process, not raise."""
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)


def _known_rows(base: _Base, encoder: Encoder, wanted: Mapping[str, list[int]]) -> dict[str, int]:
    """{text: row in the earlier version}, if its vectors come from the same encoder."""
    if base.index is None or base.index.manifest.fingerprint != encoder.fingerprint:
        return {}
    texts = (sentence.text for passage in base.index.passages for sentence in passage.sentences)
    return {text: row for row, text in enumerate(texts) if text in wanted}


def _stage(progress: Progress | None, stage: str) -> Callable[[int, int], None] | None:
    return None if progress is None else lambda done, total: progress(stage, done, total)
