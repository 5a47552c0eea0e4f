"""Builds the index: finds page files, reads what changed, embeds what is new, publishes a generation."""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from sidebyside import generations
from sidebyside.chroma_files import fetch
from sidebyside.chroma_server import ChromaServer, Live, chroma_server
from sidebyside.embedding import Encoder, load_encoder
from sidebyside.errors import IndexMissingError, LibraryIndexError
from sidebyside.index import VECTORS, LibraryIndex, content_hash, open_index, publish_generation
from sidebyside.library import build_library, read_pages, write_library, write_pages
from sidebyside.origins import SEEDS, Origins, forget, watch
from sidebyside.pages import READER_VERSION
from sidebyside.passages import build_passages, write_passages
from sidebyside.records import BuildReport, Library, Page, Passage
from sidebyside.scanning import Scan, scan_pages
from sidebyside.seeds import store_pages
from sidebyside.settings import Settings

log = logging.getLogger(__name__)

# Called with (stage, done, total); the stages are "read", "embed" and "store", in this order.
Progress = Callable[[str, int, int], None]

ORIGINS = "origins.json"
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
    """Bring the index up to date with its pages and publish the result as a new generation.

    `paths` are files, folders, globs and zips. They are remembered: every later build looks at them again, and at
    `<index>/seeds/`, whatever it is given. Changed files are read again, pages of vanished files go. Where a whole
    root has vanished (an unplugged disk) or a file can no longer be read, the pages read earlier stay, with a warning.
    `remove` takes pages out, by the name under which they are cited or by their path, until they are given again.

    Only what changed is parsed and embedded; the result is that of a full build. Where nothing changed, nothing is
    published and the report names the live generation.

    Raises SidebysideError if no page at all can be read, IndexBusyError if another process is building, and
    ModelMissingError without an encoder. After any error the index is as it was.
    """
    started = time.perf_counter()
    index_dir = Path(index)
    settings = settings or Settings.load()
    encoder = encoder or load_encoder(settings)
    _catch_up(index_dir, settings)
    with generations.writer_lock(index_dir):
        return _build(index_dir, _as_list(paths), _as_list(remove), settings, encoder, progress, started)


def add_pages(
    files: Iterable[str | Path],
    *,
    index: str | Path = "index",
    settings: Settings | None = None,
    encoder: Encoder | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """Copy page files into `<index>/seeds/` and build. Files that hold no page are not copied, and reported as skipped.

    Nothing in the folder is overwritten. Raises as `build_index` does; then the folder is as it was, too.
    """
    started = time.perf_counter()
    index_dir = Path(index)
    settings = settings or Settings.load()
    encoder = encoder or load_encoder(settings)
    _catch_up(index_dir, settings)
    with generations.writer_lock(index_dir):
        stored = store_pages(_as_list(files), index_dir / SEEDS, max_bytes=settings.max_page_bytes)
        try:
            report = _build(index_dir, [*map(str, stored.paths)], [], settings, encoder, progress, started)
        except BaseException:
            stored.undo()
            raise
    return replace(report, skipped=(*stored.skipped, *report.skipped))


def _catch_up(index_dir: Path, settings: Settings) -> None:
    """Begin from what other machines have published."""
    if (server := chroma_server(settings)) is not None:
        with closing(server):
            fetch(server, index_dir)


def _as_list(paths: Iterable[str | Path]) -> list[str]:
    return [str(paths)] if isinstance(paths, str | Path) else [str(path) for path in paths]


def _build(
    index_dir: Path,
    paths: list[str],
    remove: list[str],
    settings: Settings,
    encoder: Encoder,
    progress: Progress | None,
    started: float,
) -> BuildReport:
    generations.clean_leftovers(index_dir)
    base = _load_base(index_dir, chroma_server(settings))
    try:
        origins = watch(index_dir, forget(index_dir, base.origins, remove), paths)
        scan = scan_pages(
            index_dir,
            origins,
            base.pages,
            given=paths,
            current=base.reader == READER_VERSION,
            max_bytes=settings.max_page_bytes,
            progress=_stage(progress, "read"),
        )
        library = build_library(scan.pages)
        passages = build_passages(library)
        name, embedded = _publish(index_dir, base, scan, library, passages, encoder, progress)
    finally:
        base.close()
    log.info("built", extra={"generation": name, "pages": len(scan.pages), "skipped": len(scan.skipped)})
    return BuildReport(
        pages=len(scan.pages),
        skipped=tuple(scan.skipped),
        artifacts=len(library.artifacts),
        passages=len(passages),
        generation=name,
        seconds=time.perf_counter() - started,
        capabilities=sum(len(artifact.capabilities) for artifact in library.artifacts),
        conflicts=len(library.conflicts()),
        formats=dict(sorted(Counter(page.format for page in scan.pages).items())),
        warnings=(*base.warnings, *scan.warnings),
        parsed=scan.parsed,
        embedded=embedded or 0,
        published=embedded is not None,
    )


# --- what is known from the generation before ------------------------------------------------------------------------


@dataclass
class _Base:
    """The generation a build starts from; empty on the first build."""

    index: LibraryIndex | None = None
    origins: Origins = field(default_factory=Origins)
    server: ChromaServer | None = None
    live: Live | None = None
    pages: dict[str, Page] = field(default_factory=dict)
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
    pages = {page.sha256: page for page in read_pages(index.folder / "pages.jsonl")}
    origins = Origins.loads((index.folder / ORIGINS).read_text("utf-8"))
    warnings = [(str(index_dir), index.notice)] if index.notice else []
    return _Base(index, origins, server, live, pages, warnings)


def _salvaged_origins(index_dir: Path) -> Origins:
    names = [generations.current_name(index_dir), *generations.other_names(index_dir, None)]
    for name in names:
        with suppress(OSError, ValueError):
            found = Origins.loads((index_dir / "generations" / str(name) / ORIGINS).read_text("utf-8"))
            return Origins(roots=found.roots, removed=found.removed)
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
    """(name of the generation that holds this library, sentences embedded for it; None if it is the live one)."""
    building = generations.new_folder(index_dir)
    try:
        write_library(library, building / "library.jsonl")
        write_passages(passages, building / "passages.jsonl")
        write_pages(scan.pages, building / "pages.jsonl")
        (building / ORIGINS).write_text(scan.origins.dumps(), "utf-8")
        if _is_live(base, building, encoder):
            assert base.index is not None
            return base.index.generation, None
        embedded = _write_vectors(building, base, passages, encoder, progress)
        name = publish_generation(
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
    generations.clean(index_dir, keep={name, base.index.generation if base.index else None})
    return name, embedded


def _is_live(base: _Base, building: Path, encoder: Encoder) -> bool:
    """Whether the live generation is intact and says and remembers exactly what was just written."""
    if base.index is None or base.index.notice is not None:
        return False
    manifest = base.index.manifest
    if manifest.fingerprint != encoder.fingerprint or manifest.reader != READER_VERSION:
        return False
    if not base.index.is_where_a_build_puts_it(base.server):
        return False
    if manifest.content != content_hash(building, encoder.fingerprint):
        return False
    return all(manifest.files[name][1] == generations.hash_file(building / name) for name in ("pages.jsonl", ORIGINS))


def _write_vectors(
    building: Path, base: _Base, passages: Sequence[Passage], encoder: Encoder, progress: Progress | None
) -> int:
    """Write one row per sentence: known ones from the earlier generation, new ones embedded once each."""
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
    """{text: row in the earlier generation}, if its vectors come from the same encoder."""
    if base.index is None or base.index.manifest.fingerprint != encoder.fingerprint:
        return {}
    texts = (sentence.text for passage in base.index.passages for sentence in passage.sentences)
    return {text: row for row, text in enumerate(texts) if text in wanted}


def _stage(progress: Progress | None, stage: str) -> Callable[[int, int], None] | None:
    return None if progress is None else lambda done, total: progress(stage, done, total)
