"""S6: uploads nobody means well with: 60 MB, zip bombs, paths that climb out, links, 10,000 files, wrong types.

    python benchmarks/reliability/uploads.py

Each goes to POST /api/pages of a running server. It passes when what is no page is refused with a reason, nothing is
written outside the index, the server's memory and the disk stay within bounds, and the library is as it was.
"""

from __future__ import annotations

import io
import json
import stat
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
from _rows import Outcome
from askers import Server, serve, write_library

from fakes import comparison_page

_MOST_MEMORY = 500_000_000  # bytes the server may grow by while it takes an upload
_MOST_DISK = 150_000_000
_SECONDS = 120.0
GOOD = comparison_page("Goodpage", "Otherpage").encode()


def _zip(*members: tuple[str, bytes], mode: int = 0) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = mode << 16
            archive.writestr(info, data)
    return target.getvalue()


def _bomb(count: int, megabytes: int) -> bytes:
    return _zip(*((f"{number}.txt", bytes(megabytes * 1_000_000)) for number in range(count)))


def _nested(depth: int) -> bytes:
    data = _zip(("page.txt", GOOD))
    for _ in range(depth):
        data = _zip(("inner.zip", data))
    return data


def _overlapping() -> bytes:
    """An archive whose directory says that a small member is 4.3 GB large."""
    data = bytearray(_zip(("page.txt", GOOD)))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (4_290_000_000).to_bytes(4, "little")
    return bytes(data)


# name of the file -> (its bytes, what may be taken of it: "" nothing at all, else a name that the library then has)
UPLOADS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "60 MB of text": ("big.txt", lambda: b"Some words. " * 5_000_000),
    "60 MB of zeros": ("zeros.txt", lambda: bytes(60_000_000)),
    "60 MB zip": ("big.zip", lambda: _zip(*((f"{n}.txt", bytes(range(256)) * 20_000) for n in range(12)))),
    "6 MB page": ("long.txt", lambda: GOOD + b"x" * 6_000_000),
    "zip bomb, one member of 500 MB": ("bomb.zip", lambda: _bomb(1, 500)),
    "zip bomb, 100 members of 20 MB": ("bombs.zip", lambda: _bomb(100, 20)),
    "zip in zip in zip": ("nested.zip", lambda: _nested(5)),
    "zip that lies about a size": ("lies.zip", _overlapping),
    "10,000 empty files": ("many.zip", lambda: _zip(*((f"{n}.txt", b"") for n in range(10_000)))),
    "10,000 small files": ("small.zip", lambda: _zip(*((f"{n}.txt", b"no page") for n in range(10_000)))),
    "100,001 files": ("crowd.zip", lambda: _zip(*((f"{n}", b"") for n in range(100_001)))),
    "climbing path": ("slip.zip", lambda: _zip(("../../../tmp/slipped.txt", GOOD))),
    "climbing path, backslashes": ("slip2.zip", lambda: _zip(("..\\..\\slipped.txt", GOOD))),
    "absolute path": ("slip3.zip", lambda: _zip(("/tmp/slipped.txt", GOOD))),
    "drive letter": ("slip4.zip", lambda: _zip(("C:\\slipped.txt", GOOD))),
    "link to /etc/passwd": ("link.zip", lambda: _zip(("page.txt", b"/etc/passwd"), mode=stat.S_IFLNK | 0o777)),
    "link to a folder": ("link2.zip", lambda: _zip(("folder", b"/etc"), mode=stat.S_IFLNK | 0o777)),
    "device": ("device.zip", lambda: _zip(("page.txt", b""), mode=stat.S_IFCHR | 0o666)),
    "pipe": ("pipe.zip", lambda: _zip(("page.txt", b""), mode=stat.S_IFIFO | 0o666)),
    "damaged zip": ("damaged.zip", lambda: _zip(("page.txt", GOOD))[:-30]),
    "zip with garbage in front": ("front.zip", lambda: bytes(1000) + b"PK\x05\x06" + bytes(18)),
    "encrypted zip": ("locked.zip", lambda: _flagged(_zip(("page.txt", GOOD)))),
    "PNG": ("picture.png", lambda: b"\x89PNG\r\n\x1a\n" + bytes(2000)),
    "PDF": ("paper.pdf", lambda: b"%PDF-1.7\n" + bytes(2000)),
    "program": ("page.txt", lambda: b"\x7fELF" + bytes(3000)),
    "SQLite": ("chroma.sqlite3", lambda: b"SQLite format 3\x00" + bytes(4096)),
    "pickle": ("page.pkl", lambda: b"\x80\x04\x95\x1d\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x8c\x06system\x93."),
    "HTML without a table": ("page.html", lambda: b"<html><script>alert(1)</script><p>Hello</p></html>"),
    "JSON 100,000 deep": ("deep.json", lambda: b'{"passport":' + b"[" * 100_000),
    "YAML bomb in a card": ("card.md", lambda: _yaml_bomb()),
    "climbing name": ("../../../tmp/slipped.txt", lambda: b"not a page"),
    "empty": ("empty.txt", lambda: b""),
}


def _flagged(data: bytes) -> bytes:
    """An archive whose members say that they are encrypted."""
    changed = bytearray(data)
    for sign, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        changed[changed.index(sign) + offset] |= 1
    return bytes(changed)


def _yaml_bomb() -> bytes:
    lines = ["---", "name: Bomb", 'a0: &a0 ["x", "x"]']
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20)]
    return "\n".join([*lines, "---", "## Does", "Text."]).encode()


def _upload(server: Server, name: str, data: bytes, peak: list[int]) -> tuple[str, str]:
    """(what became of it, the text that says why)."""
    process = psutil.Process(server.pid)
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=_SECONDS) as client:
        try:
            answer = client.post("/api/pages", files=[("files", (name, data))])
        except httpx.TransportError as error:
            return "refused", f"connection closed: {error}"
        peak[0] = max(peak[0], process.memory_info().rss)
        if answer.status_code != 202:
            return "refused", answer.text
        job = answer.json()
        ends = time.monotonic() + _SECONDS
        while job["state"] not in ("done", "failed") and time.monotonic() < ends:
            time.sleep(0.05)
            peak[0] = max(peak[0], process.memory_info().rss)
            job = client.get(f"/api/jobs/{job['id']}").json()
    return str(job["state"]), json.dumps(job)


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*"))


def _library(server: Server) -> list[str]:
    return sorted(artifact["name"] for artifact in json.loads(server.get("/api/artifacts?limit=1000"))["artifacts"])


def row(folder: Path, trials: int) -> Outcome:
    """S6: hostile uploads; refused with a reason, memory and disk bounded, the library as it was."""
    outcome, index = Outcome(), write_library(folder)
    slipped = [Path("/tmp/slipped.txt"), folder / "slipped.txt", folder.parent / "slipped.txt"]
    worst = {"memory MB": 0.0, "disk MB": 0.0, "seconds": 0.0}
    names = list(UPLOADS)
    step = max(1, round(len(names) / max(1, trials)))
    with serve(index) as server:
        before, disk = _library(server), _size(index)
        memory = psutil.Process(server.pid).memory_info().rss
        for what in names[::step]:
            name, make = UPLOADS[what]
            data, peak, started = make(), [memory], time.monotonic()
            state, told = _upload(server, name, data, peak)
            took, grown = time.monotonic() - started, peak[0] - memory
            del data
            spread = _size(index) - disk
            for key, value in (("memory MB", grown / 1e6), ("disk MB", spread / 1e6), ("seconds", took)):
                worst[key] = round(max(worst[key], value), 1)
            refused = state in ("refused", "failed") or bool(json.loads(told).get("report", {}).get("skipped"))
            outcome.check(refused, f"{what}: {state}, without a reason: {told[:200]}")
            outcome.check(
                grown < _MOST_MEMORY and spread < _MOST_DISK,
                f"{what}: {grown / 1e6:.0f} MB, disk {spread / 1e6:.0f} MB",
            )
            outcome.check(not any(path.exists() for path in slipped), f"{what}: wrote outside")
            outcome.check(took < _SECONDS and "Traceback" not in told, f"{what}: {took:.0f} s: {told[-200:]}")
        outcome.check(_library(server) == before, "the library has changed")
        state, told = _upload(server, "good.txt", GOOD, [0])
        outcome.check(state == "done" and "Goodpage" in _library(server), f"a good page afterwards: {told[:300]}")
    log = (index / "server.log").read_text(errors="replace")
    outcome.check("Traceback" not in log, f"traceback in the server's log: {log[-600:]}")
    outcome.figures = {"uploads": len(names[::step]), **worst}
    return outcome


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        found = row(Path(scratch), len(UPLOADS))
        print(found.n, json.dumps(found.figures), *found.failures, sep="\n")
