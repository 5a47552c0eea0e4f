"""Hurts an index in many ways and counts what goes wrong: kills, two builds at once, damaged files, full disks.

    python benchmarks/reliability/index_faults.py [--rows R1 R2 R3 R4 R9 R10] [--scale 1.0] [--keep]

Every row prints N trials, failures and what the failures were. Readers run in processes of their own, so that a crash
in native code is seen. The encoder is replaced by random word vectors: builds take a fraction of a second, and a kill
hits every part of one. R4 mounts small disks, which needs root; trials that cannot run are listed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from _reporting import RESULTS, machine, write_results
from index_build import WordEncoder, page

from sidebyside.building.build import build_index
from sidebyside.errors import LibraryIndexError, SidebysideError
from sidebyside.index.opened import current_version, open_index

Failures = list[str]


# --- what child processes do: build or read, as told on the command line ---------------------------------------------


def build_forever(index: Path) -> None:
    """Build again and again from two revisions of one page, saying so after every build."""
    encoder = WordEncoder()
    number = 0
    while True:
        (index / "seeds" / "000000.txt").write_text(page(0, number % 2))
        build_index(index=index, encoder=encoder)
        number += 1
        print(number, flush=True)


def build_once(index: Path, extra: Path | None = None) -> None:
    """One build, with an extra page if one is given; prints the error if there is one of ours."""
    try:
        print(
            json.dumps(
                {"generation": build_index([extra] if extra else [], index=index, encoder=WordEncoder()).generation}
            )
        )
    except SidebysideError as error:
        print(json.dumps({"error": str(error), "kind": type(error).__name__}))


def read_once(index: Path) -> None:
    """Open, look at everything once, print a summary that is equal for equal content."""
    try:
        with open_index(index, fingerprint=WordEncoder.fingerprint) as opened:
            summary = _summary(opened)
            print(json.dumps({"summary": summary, "notice": opened.notice, "generation": opened.version}))
    except LibraryIndexError as error:
        print(json.dumps({"error": str(error), "kind": type(error).__name__}))


def _summary(opened: Any) -> list[Any]:
    hits = opened.search(opened.vectors.all()[len(opened.vectors) // 2], 20)
    return [
        [artifact.name for artifact in opened.library.artifacts],
        [passage.text for passage in opened.passages],
        round(float(opened.vectors.all().sum()), 3),
        [round(score, 4) for _, score in hits],
    ]


def read_until(index: Path, stop: Path) -> None:
    """Search without pause and follow new generations; print errors and when each generation was first seen."""
    opened = open_index(index)
    first_seen: dict[str, float] = {}
    searches, errors = 0, []
    while not stop.exists():
        try:
            if current_version(index) != opened.version:
                opened.close()
                opened = open_index(index)
                first_seen.setdefault(opened.version, time.time())
            if len(opened.search(opened.vectors.all()[0], 10_000)) != len(opened.passages) or opened.notice:
                errors.append(f"short answer: {opened.notice}")
            searches += 1
        except Exception as error:
            errors.append(f"{type(error).__name__}: {error}")
        if searches == 1:
            print("ready", flush=True)
        time.sleep(0.02)
    opened.close()
    print(json.dumps({"searches": searches, "errors": errors[:5], "first_seen": first_seen}))


def child(action: str, *arguments: object, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, "--child", action, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def outcome(action: str, *arguments: object, changing: bool = False, **options: Any) -> dict[str, Any]:
    """What a child printed last; {"crash": ...} where it died or printed no JSON. `changing` gives it a new page."""
    if changing:
        extra = Path(tempfile.gettempdir()) / "index-faults-extra.txt"
        extra.write_text(page(777, 1))
        arguments = (*arguments, extra)
    process = child(action, *arguments, **options)
    out, err = process.communicate(timeout=120)
    try:
        found: dict[str, Any] = json.loads(out.splitlines()[-1])
    except (IndexError, ValueError):
        return {"crash": f"exit {process.returncode}: {err.strip().splitlines()[-1:] or 'no output'}"}
    return found


# --- the rows --------------------------------------------------------------------------------------------------------


def fresh(folder: Path, pages: int = 3) -> Path:
    """An index with two generations: the earlier without, the live one with revision 1 of the first page."""
    index = folder / "index"
    (index / "seeds").mkdir(parents=True)
    for number in range(pages):
        (index / "seeds" / f"{number:06}.txt").write_text(page(number, 0))
    build_index(index=index, encoder=WordEncoder())
    (index / "seeds" / "000000.txt").write_text(page(0, 1))
    build_index(index=index, encoder=WordEncoder())
    return index


def summaries(index: Path) -> list[Any]:
    """What the two generations of `fresh` say."""
    found = [outcome("read_once", index)["summary"]]
    (index / "seeds" / "000000.txt").write_text(page(0, 0))
    build_index(index=index, encoder=WordEncoder())
    found.append(outcome("read_once", index)["summary"])
    return found


def kills(folder: Path, trials: int) -> tuple[Failures, dict[str, Any]]:
    """R1: kill -9 at random moments of a build."""
    index = fresh(folder)
    allowed = summaries(index)
    failures: Failures = []
    leftovers = 0
    for trial in range(trials):
        builder = child("build_forever", index)
        assert builder.stdout is not None
        builder.stdout.readline()
        time.sleep(random.uniform(0, 0.8))
        os.kill(builder.pid, signal.SIGKILL)
        builder.communicate()
        leftovers += any(path.name.startswith(".building") for path in (index / "generations").iterdir())
        found = outcome("read_once", index)
        if found.get("summary") not in allowed or found.get("notice"):
            failures.append(f"kill {trial}: {str(found)[:300]}")
    outcome("build_once", index)
    left = [path.name for path in (index / "generations").iterdir()]
    if len(left) > 2:
        failures.append(f"leftovers after the next build: {left}")
    return failures, {"kills that hit a build in progress": leftovers}


def concurrency(folder: Path, trials: int) -> tuple[Failures, dict[str, Any]]:
    """R2: a second build while one runs; 8 readers while builds publish."""
    index = fresh(folder)
    readers = [child("read_until", index, folder / "stop") for _ in range(8)]
    for reader in readers:
        assert reader.stdout is not None
        reader.stdout.readline()
    failures: Failures = []
    published: dict[str, float] = {}
    refusals = []
    encoder = WordEncoder()
    for trial in range(trials):
        for number in range(20):
            (index / "seeds" / f"{number:06}.txt").write_text(page(number, trial + 2))
        builder = child("build_once", index)
        while builder.poll() is None and not (index / ".writer").exists():
            time.sleep(0.005)
        started = time.monotonic()
        try:
            build_index(index=index, encoder=encoder)
            failures.append(f"trial {trial}: a second build was let in")
        except LibraryIndexError as error:
            refusals.append(time.monotonic() - started)
            if str(builder.pid) not in str(error):
                failures.append(f"trial {trial}: refused without the holder's pid: {error}")
        out, err = builder.communicate()
        if '"generation"' not in out:
            failures.append(f"trial {trial}: the first build failed: {out[-300:]} {err[-300:]}")
        published[str(current_version(index))] = (index / "CURRENT").stat().st_mtime
    time.sleep(2)
    (folder / "stop").touch()
    lags, searches = [], 0
    for number, reader in enumerate(readers):
        found = json.loads(reader.communicate(timeout=60)[0].splitlines()[-1])
        searches += found["searches"]
        failures += [f"reader {number}: {error}" for error in found["errors"]]
        lags += [at - published[name] for name, at in found["first_seen"].items() if name in published]
    failures += [f"a reader saw a generation {lag:.1f} s late" for lag in lags if lag > 2]
    slowest = {"slowest refusal s": round(max(refusals), 2), "slowest reader s": round(max(lags), 2)}
    return failures, slowest | {"searches": searches, "generations seen": len(lags)}


def damage(folder: Path, trials: int) -> tuple[Failures, dict[str, Any]]:
    """R3: bytes flipped, files cut or deleted in the live generation."""
    index = fresh(folder)
    allowed = summaries(index)
    pristine = folder / "pristine"
    shutil.copytree(index, pristine)
    failures: Failures = []
    kinds: dict[str, int] = {}
    for trial in range(trials):
        shutil.rmtree(index)
        shutil.copytree(pristine, index)
        live = index / "generations" / str(current_version(index))
        files = sorted(path for path in [*live.rglob("*"), index / "CURRENT"] if path.is_file() and path.stat().st_size)
        file = files[trial % len(files)]
        how = random.choice(["flip", "cut", "delete"])
        data = bytearray(file.read_bytes())
        if how == "flip":
            for _ in range(random.choice([1, 1, 100])):
                data[random.randrange(len(data))] ^= random.randrange(1, 256)
            file.write_bytes(data)
        elif how == "cut":
            file.write_bytes(data[: random.randrange(len(data))])
        else:
            file.unlink()
        found = outcome("read_once", index)
        kind = _damage_outcome(found, allowed)
        kinds[kind] = kinds.get(kind, 0) + 1
        if kind.startswith("wrong"):
            failures.append(f"{how} {file.relative_to(index)}: {kind}: {str(found)[:300]}")
    return failures, kinds


def _damage_outcome(found: dict[str, Any], allowed: list[Any]) -> str:
    if "crash" in found:
        return "wrong: crash"
    if "error" in found:
        return "refused with the command" if "sidebyside index" in found["error"] else "wrong: refused without command"
    if found["summary"] not in allowed:
        return "wrong: answers differ"
    if not found["notice"]:
        return "harmless: the same answers" if found["summary"] == allowed[1] else "wrong: old answers without notice"
    return "earlier generation" if "earlier" in found["notice"] else "searched without Chroma"


def surroundings(folder: Path, _trials: int) -> tuple[Failures, dict[str, Any]]:
    """R4: disk full, read-only index, no permission, odd locale, odd paths."""
    check = _Surroundings()
    for kilobytes in (100, 500, 1000):
        with check.limited_files(kilobytes * 1000) as options:
            check(f"files of at most {kilobytes} KB", fresh(folder / f"limit{kilobytes}", pages=40), True, **options)
    for kilobytes in (0, 50, 200, 400, 800):
        with _small_disk(folder / f"disk{kilobytes}", megabytes=8) as disk:
            if disk is None:
                check.excluded.append(f"disk with {kilobytes} KB left: no right to mount one")
                continue
            index = fresh(disk, pages=6)
            _fill(disk / "ballast", kilobytes)
            check(f"disk with {kilobytes} KB left", index, True)
    with _small_disk(folder / "readonly", megabytes=8) as disk:
        if disk is None:
            check.excluded.append("read-only disk: no right to mount one")
        else:
            index = fresh(disk)
            subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
            check("read-only disk", index, True)
    for name, environment in [("C locale", {"LC_ALL": "C", "PYTHONUTF8": "0"}), ("Turkish", {"LC_ALL": "tr_TR.UTF-8"})]:
        check(name, fresh(folder / name.replace(" ", "")), False, env={**os.environ, **environment})
    for name in ("with spaces and 'quotes'", "索引 – ünï", "-dash"):
        check(f"path {name}", fresh(folder / name), False)
    return check.failures, {"trials": check.ran, "excluded": check.excluded}


class _Surroundings:
    """Build and read an index under some condition: a build either works or fails with a message, reading works."""

    def __init__(self) -> None:
        self.failures: Failures = []
        self.excluded: list[str] = []
        self.ran = 0

    def __call__(self, name: str, index: Path, expect_error: bool, **options: Any) -> None:
        self.ran += 1
        before = outcome("read_once", index)
        built = outcome("build_once", index, changing=True, **options)
        after = outcome("read_once", index)
        if "crash" in built or ("error" in built) is not expect_error:
            self.failures.append(f"{name}: build gave {str(built)[:400]}")
        if "summary" not in after or after.get("notice") or (expect_error and after["summary"] != before["summary"]):
            self.failures.append(f"{name}: afterwards reading gave {str(after)[:300]}")

    @contextmanager
    def limited_files(self, size: int) -> Iterator[dict[str, Any]]:
        """A limit on file sizes stands in for a full disk where none can be mounted."""
        yield {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))}


@contextmanager
def _small_disk(folder: Path, megabytes: int) -> Iterator[Path | None]:
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if os.getuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _fill(file: Path, left: int) -> None:
    """Fill a disk up to `left` kilobytes."""
    with suppress(OSError), file.open("wb", buffering=0) as ballast:
        while True:
            ballast.write(bytes(4096))
    os.truncate(file, file.stat().st_size - left * 1000)


def _foreign_kinds() -> list[tuple[str, str, Callable[[Path], None]]]:
    """(what is changed, the error it must give, how) for everything that another version or program may leave."""

    def edit(**values: Any) -> Callable[[Path], None]:
        def change(index: Path) -> None:
            for manifest in index.glob("generations/*/manifest.json"):
                manifest.write_text(json.dumps(json.loads(manifest.read_text()) | values))

        return change

    def other_encoder(index: Path) -> None:
        class Other(WordEncoder):
            fingerprint = "another"

        build_index(index=index, encoder=Other())

    def empty_generations(index: Path) -> None:
        for path in (index / "generations").iterdir():
            shutil.rmtree(path)
            path.mkdir()

    def foreign(index: Path) -> None:
        for path in (index / "generations").iterdir():
            shutil.rmtree(path)
        folder = index / "generations" / str(current_version(index) or "x")
        folder.mkdir()
        (folder / "chroma.sqlite3").write_bytes(random.randbytes(4096))

    return [
        ("older format", "IndexMismatchError", edit(format=0)),
        ("newer format", "IndexMismatchError", edit(format=99)),
        ("another encoder", "IndexMismatchError", other_encoder),
        ("edited fingerprint", "IndexDamagedError", edit(fingerprint=WordEncoder.fingerprint + "x")),
        ("edited counts", "IndexDamagedError", edit(counts={})),
        ("a field too many", "IndexDamagedError", edit(extra=1)),
        ("empty folders", "IndexDamagedError", empty_generations),
        ("files of something else", "IndexDamagedError", foreign),
    ]


def strangers(folder: Path, trials: int) -> tuple[Failures, dict[str, Any]]:
    """R9: other formats, foreign folders, another encoder."""
    failures: Failures = []
    ran = 0

    def check(name: str, expected: str, change: Callable[[Path], None]) -> None:
        nonlocal ran
        ran += 1
        index = fresh(folder / str(ran))
        change(index)
        found = outcome("read_once", index)
        if found.get("kind") != expected or "sidebyside index" not in found.get("error", ""):
            failures.append(f"{name}: {str(found)[:300]}")
        rebuilt = outcome("build_once", index)
        if "generation" not in rebuilt or "summary" not in outcome("read_once", index):
            failures.append(f"{name}: the command did not mend it: {str(rebuilt)[:300]}")

    for name, expected, change in _foreign_kinds()[:trials]:
        check(name, expected, change)
    return failures, {"trials": ran}


def orders(folder: Path, trials: int) -> tuple[Failures, dict[str, Any]]:
    """R10: the same pages in any order and any number of steps give the same content hash."""
    pages = folder / "pages"
    pages.mkdir()
    for number in range(12):
        (pages / f"{number}.txt").write_text(page(number % 9, number // 9))
    contents = set()
    for trial in range(trials):
        index = folder / f"index{trial}"
        paths = random.sample(sorted(pages.iterdir()), 12)
        steps = random.randrange(1, 4)
        for step in range(steps):
            build_index(paths[step::steps], index=index, encoder=WordEncoder())
        manifest = index / "generations" / str(current_version(index)) / "manifest.json"
        contents.add(json.loads(manifest.read_text())["content"])
    return ([] if len(contents) == 1 else [f"{len(contents)} different hashes"]), {}


ROWS: dict[str, tuple[Callable[[Path, int], tuple[Failures, dict[str, Any]]], int]] = {
    "R1": (kills, 100),
    "R2": (concurrency, 20),
    "R3": (damage, 40),
    "R4": (surroundings, 12),
    "R9": (strangers, 8),
    "R10": (orders, 5),
}
CHILDREN = {
    "build_forever": lambda index: build_forever(Path(index)),
    "build_once": lambda index, *extra: build_once(Path(index), *map(Path, extra)),
    "read_once": lambda index: read_once(Path(index)),
    "read_until": lambda index, stop: read_until(Path(index), Path(stop)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS))
    parser.add_argument("--scale", type=float, default=1.0, help="share of the trials to run")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="write benchmarks/results/index_faults.json")
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        CHILDREN[options.child[0]](*options.child[1:])
        return
    path = RESULTS / "index_faults.json"
    report = json.loads(path.read_text("utf-8")) if options.keep and path.exists() else {}
    report = {"machine": machine("chromadb"), "rows": report.get("rows", {})}
    for name in options.rows:
        report["rows"][name] = result = run_row(name, options.scale, options.seed)
        print(f"{name}: {json.dumps(result)}")
        if options.keep:
            write_results("index_faults", report)


def run_row(name: str, scale: float, seed: int) -> dict[str, Any]:
    """Run one row in a folder of its own."""
    row, trials = ROWS[name]
    trials = max(1, round(trials * scale))
    random.seed(seed)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        failures, figures = row(Path(folder), trials)
    trials = figures.pop("trials", trials)
    what = str(row.__doc__).partition(": ")[2]
    seconds = round(time.monotonic() - started)
    return {"what": what, "n": trials, "failures": failures, "seconds": seconds, **figures}


if __name__ == "__main__":
    main()
