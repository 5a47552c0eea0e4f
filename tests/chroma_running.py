"""A real Chroma server on this machine, for tests."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@contextmanager
def chroma_running(folder: Path, port: int | None = None) -> Iterator[str]:
    """`chroma run` over `folder`, on loopback; its address. Ended by its process id, however the test ends."""
    port = port or free_port()
    command = shutil.which("chroma", path=str(Path(sys.executable).parent))
    if command is None:
        pytest.fail("chroma is not beside python: it comes with the chromadb package", pytrace=False)
    with (folder.parent / f"{folder.name}.log").open("ab") as log:
        process = subprocess.Popen(
            [command, "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)],
            stdout=log,
            stderr=log,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                if httpx.get(f"{url}/api/v2/heartbeat", trust_env=False).status_code == 200:
                    break
            except httpx.TransportError:
                assert process.poll() is None, "the Chroma server ended"
                assert time.monotonic() < deadline, "the Chroma server does not start"
            time.sleep(0.05)
        yield url
    finally:
        process.kill()
        process.wait()
