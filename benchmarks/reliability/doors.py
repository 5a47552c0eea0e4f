"""S4: requests by hand: climbing paths, files of this machine, foreign names and sites, broken HTTP.

    python benchmarks/reliability/doors.py

A file with a secret lies where each trick would find it. It passes when the secret never comes back, foreign Host and
Origin headers are refused, and the server still answers at the end.
"""

from __future__ import annotations

import json
import re
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

from _rows import Outcome
from askers import NAMES, Server, serve, write_library

_SECRET = "quietly-kept-7f3a"
_LEAK = re.compile(
    rb"root:.{0,40}:0:0:|class Guard|gradio\.Blocks|\[project\]|PATH=/|-----BEGIN|" + _SECRET.encode(), re.DOTALL
)
_CLIMBS = ("../" * 8, "..%2f" * 8, "%2e%2e/" * 8, "%252e%252e%252f" * 8, "..\\" * 8, "..%5c" * 8, "....//" * 8, "/")
_ROOTS = (
    "",
    "assets/",
    "static/",
    "static/fonts/",
    "sidebyside/",
    "gradio_api/file=",
    "gradio_api/",
    "api/",
    "v1/models/",
)
_LINES = (
    "GET /gradio_api/file={secret}",
    "GET /gradio_api/file/{secret}",
    "GET /file={secret}",
    "GET /gradio_api/file=file://{secret}",
    "GET /gradio_api/proxy=http://169.254.169.254/latest/meta-data",
    "GET /gradio_api/proxy=file://{secret}",
    "GET /gradio_api/file=/proc/self/environ",
    "GET /gradio_api/file=/proc/self/cmdline",
    "GET /gradio_api/stream/../../{secret}",
    "GET /sidebyside/export.md?compare={secret}",
    "GET /sidebyside/export.json?compare=../../{secret}&compare=Heronwing",
    "GET /api/library/..%2f..%2f{secret}",
    "GET /api/jobs/..%2f..%2f{secret}",
    "GET /{secret}",
    "GET file://{secret}",
    "GET http://127.0.0.1:{port}/../..{secret}",
    "GET //127.0.0.1/{secret}",
    "GET /index/feedback.jsonl",
    "GET /.env",
    "GET /%00{secret}",
    "GET /assets/%00{secret}",
    "PUT /api/pages/../../x",
    "DELETE /index/CURRENT",
    "TRACE /",
    "CONNECT 127.0.0.1:22",
    "PROPFIND /",
    "POST /gradio_api/component_server",
    "POST /gradio_api/upload?upload_id=../../../../tmp/x",
)
# No answer at all, or a refusal, is right for these; the server must only not fall over.
_BROKEN = (
    b"\x00\x01\x02\x03\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET " + b"/a" * 40_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
    b"POST /gradio_api/call/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /gradio_api/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999\r\n\r\n",
    b"POST /gradio_api/call/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
    b"GET / HTTP/1.1\nHost: 127.0.0.1\n\n GET /x HTTP/1.1\n\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
)
_FOREIGN = (
    {"Host": "evil.example"},
    {"Host": "127.0.0.1.evil.example"},
    {"Host": "localhost.evil.example:80"},
    {"Host": "0.0.0.0"},
    {"Host": "[::ffff:127.0.0.1]"},
    {"Host": "169.254.169.254"},
    {"Host": ""},
    {"Host": "evil.example:80@127.0.0.1"},
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:9999"},
    {"Origin": "https://localhost.evil.example"},
    {"Origin": "file://"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
)


def talk(port: int, data: bytes) -> bytes:
    """Send bytes as they are; everything that comes back within a few seconds."""
    answer = b""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as peer:
            peer.sendall(data)
            peer.shutdown(socket.SHUT_WR)
            while part := peer.recv(65536):
                answer += part
    except (TimeoutError, ConnectionError, BrokenPipeError):
        return answer
    return answer


def _request(line: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    named = {"Host": "127.0.0.1", "Connection": "close", **headers}
    if body or line.startswith("POST"):
        named |= {"Content-Length": str(len(body)), "Content-Type": "application/json"}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"{line} HTTP/1.1\r\n{head}\r\n".encode("utf-8", "surrogateescape") + body


def _files(port: int, secret: Path) -> Iterator[tuple[str, bytes]]:
    """What asks for a file that is nobody's business."""
    for root in _ROOTS:
        for climb in _CLIMBS:
            yield f"GET /{root}{climb}", _request(f"GET /{root}{climb}{str(secret)[1:]}", {})
    for line in _LINES:
        told = line.format(secret=secret, port=port)
        yield told, _request(told, {})


def _file_by_name(server: Server, secret: Path) -> Iterator[tuple[str, str]]:
    """Names of files handed to the page's own functions, as if they had been dropped there."""
    config = json.loads(server.get("/config"))
    uploads = [item["id"] for item in config["dependencies"] if any(t[1] == "upload" for t in item["targets"])]
    for number, given in enumerate((str(secret), "/etc/passwd", "../../etc/passwd", "/proc/self/environ", "/")):
        file = {"path": given, "meta": {"_type": "gradio.FileData"}}
        data = {"data": [[file]], "fn_index": uploads[0], "session_hash": f"drop{number}"}
        status, body = server.post("/gradio_api/queue/join", data)
        told = str(body)
        if status == 200:
            for line in server.lines(f"/gradio_api/queue/data?session_hash=drop{number}"):
                told += line
                if "process_completed" in line or "close_stream" in line:
                    break
        yield f"drop {given}", told


def row(folder: Path, trials: int) -> Outcome:
    """S4: path traversal and file access through the page and its API, foreign Host and Origin headers."""
    outcome = Outcome()
    secret = folder / "secret.txt"
    secret.write_text(f"{_SECRET}\n")
    index = write_library(folder)
    ask = json.dumps({"data": [f"How much context does {NAMES[0]} answer?", None]}).encode()
    with serve(index) as server:
        requests = list(_files(server.port, secret))
        step = max(1, len(requests) // max(1, trials - 30))
        for what, data in requests[::step]:
            answer = talk(server.port, data)
            outcome.check(not _LEAK.search(answer), f"{what}: leaked {answer[:200]!r}")
            outcome.check(not re.match(rb"HTTP/1\.1 5", answer), f"{what}: {answer[:100]!r}")
        for what, told in _file_by_name(server, secret):
            outcome.check(not _LEAK.search(told.encode()) and '"success":true' not in told, f"{what}: {told[:300]}")
        for headers in _FOREIGN:
            for line, body in (("POST /gradio_api/call/ask", ask), ("POST /api/ask", b'{"question": "x"}')):
                answer = talk(server.port, _request(line, headers, body))
                outcome.check(bool(re.match(rb"HTTP/1\.1 4\d\d", answer)), f"{line} {headers}: {answer[:120]!r}")
        for data in _BROKEN:
            answer = talk(server.port, data)
            outcome.check(not _LEAK.search(answer) and b" 500 " not in answer[:20], f"{data[:60]!r}: {answer[:200]!r}")
        kind, told = server.ask(f"How much context does {NAMES[0]} answer?")
        outcome.check(kind == "complete", f"the server no longer answers: {told}")
    log = (index / "server.log").read_text(errors="replace")
    # Gradio writes down that it refused a file by name; any other exception is one too many.
    raised = re.findall(r"^([\w.]+(?:Error|Exception)\b.*)", log, re.MULTILINE)
    odd = [line for line in raised if not line.startswith("gradio.exceptions.InvalidPathError")]
    outcome.check(not odd, f"exceptions in the server's log: {odd[:3]}")
    return outcome


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        found = row(Path(scratch), 130)
        print(found.n, json.dumps(found.figures), *found.failures, sep="\n")
