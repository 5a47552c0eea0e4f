"""The running server, asked by hand: foreign names, paths that climb, files of this machine, and its API."""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

SECRETS = re.compile(rb"root:.*:0:0:|class Guard|gradio\.Blocks|\[project\]")

RAW = [
    b"GET /../../../../etc/passwd HTTP/1.1",
    b"GET /assets/../../../../../../../../etc/passwd HTTP/1.1",
    b"GET /assets/..%2f..%2f..%2f..%2f..%2fetc%2fpasswd HTTP/1.1",
    b"GET /static/%2e%2e/%2e%2e/routes.py HTTP/1.1",
    b"GET /static/fonts/..%5c..%5croutes.py HTTP/1.1",
    b"GET /static/fonts//etc/passwd HTTP/1.1",
    b"GET /gradio_api/file=/etc/passwd HTTP/1.1",
    b"GET /gradio_api/file=/proc/self/environ HTTP/1.1",
    b"GET /gradio_api/file=../../pyproject.toml HTTP/1.1",
    b"GET /gradio_api/file/etc/passwd HTTP/1.1",
    b"GET /gradio_api/proxy=http://127.0.0.1:22/ HTTP/1.1",
    b"GET /gradio_api/custom_component/x/client/component/..%2f..%2fx HTTP/1.1",
    b"GET http://evil.example/ HTTP/1.1",
    b"GET //evil.example/ HTTP/1.1",
    b"GET /sidebyside/..%2ffeedback.jsonl HTTP/1.1",
    b"GET /sidebyside/export.%2e%2e%2fmd HTTP/1.1",
    b"GET /%00 HTTP/1.1",
    b"GET /assets/\xff\xfe HTTP/1.1",
    b"TRACE / HTTP/1.1",
    b"CONNECT 127.0.0.1:22 HTTP/1.1",
    b"POST /gradio_api/component_server HTTP/1.1",
    b"POST /gradio_api/process_recording HTTP/1.1",
    b"POST /gradio_api/upload?upload_id=../../x HTTP/1.1",
]


def talk(port: int, data: bytes) -> bytes:
    """Send bytes as they are; everything that comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as peer:
        peer.sendall(data)
        peer.shutdown(socket.SHUT_WR)
        answer = b""
        while part := peer.recv(65536):
            answer += part
        return answer


def post(site, path: str, data: object, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    connection.request("POST", path, json.dumps(data), {"Content-Type": "application/json", **headers})
    answer = connection.getresponse()
    text = answer.read().decode(errors="replace")
    connection.close()
    return answer.status, text


@pytest.mark.parametrize("line", RAW)
def test_odd_requests_learn_nothing(site, line):
    answer = talk(site.port, line + b"\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    assert not SECRETS.search(answer)
    assert re.match(rb"(HTTP/1\.1 4\d\d |$)", answer)


@pytest.mark.parametrize(
    "host", [b"evil.example", b"127.0.0.1.evil.example", b"", b"evil.example:80@127.0.0.1", b"0.0.0.0"]
)
def test_other_host_names_are_refused(site, host):
    answer = talk(site.port, b"GET /config HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n")
    assert re.match(rb"HTTP/1\.1 4\d\d ", answer)
    assert b"components" not in answer


def test_other_sites_cannot_ask(site):
    asked = {"data": ["context", None]}
    assert post(site, "/gradio_api/call/ask", asked, Origin="http://evil.example")[0] == 403
    assert post(site, "/gradio_api/call/ask", asked, Origin="null")[0] == 403
    assert post(site, "/gradio_api/call/ask", asked, Origin=site.url)[0] == 200


def events_of(site, session: str) -> list[str]:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    connection.request("GET", f"/gradio_api/queue/data?session_hash={session}")
    lines = []
    for line in connection.getresponse():
        lines.append(line.decode())
        if "process_completed" in lines[-1] or "close_stream" in lines[-1]:
            break
    connection.close()
    return lines


def functions(site) -> list[dict]:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    connection.request("GET", "/config")
    config = json.loads(connection.getresponse().read())
    connection.close()
    return config["dependencies"]


@pytest.mark.parametrize("path", ["/etc/passwd", "/proc/self/environ", "pyproject.toml", "../pyproject.toml", "/tmp"])
def test_files_of_this_machine_cannot_be_dropped_by_name(site, path):
    upload = next(item for item in functions(site) if any(target[1] == "upload" for target in item["targets"]))
    given = [{"path": path, "meta": {"_type": "gradio.FileData"}}]
    session = f"drop{abs(hash(path))}"
    status, _ = post(
        site, "/gradio_api/queue/join", {"data": [given], "fn_index": upload["id"], "session_hash": session}
    )
    told = "".join(events_of(site, session)) if status == 200 else ""
    assert '"success":true' not in told.replace(" ", "")
    assert not SECRETS.search(told.encode())


def test_only_asking_is_offered_to_programs(site):
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    connection.request("GET", "/gradio_api/info")
    offered = json.loads(connection.getresponse().read())
    connection.close()
    assert list(offered["named_endpoints"]) == ["/ask"]
    assert offered["unnamed_endpoints"] == {}


def ask_by_api(site, question: str) -> dict:
    status, text = post(site, "/gradio_api/call/ask", {"data": [question, None]})
    assert status == 200
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
    connection.request("GET", f"/gradio_api/call/ask/{json.loads(text)['event_id']}")
    last, kind = "", ""
    for line in connection.getresponse():
        if line.startswith(b"event: "):
            kind = line.decode().strip().removeprefix("event: ")
        if line.startswith(b"data: ") and kind in ("generating", "complete"):
            last = line.decode().removeprefix("data: ")
        if kind in ("complete", "error") and line.startswith(b"data: "):
            break
    connection.close()
    assert kind == "complete"
    return json.loads(last)[0]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (["x" * 3000, None], "3,000 characters"),
        (["fail", None], "the pages are gone"),
        (["x", "not a list"], ""),
        ([None, None], ""),
        ([], ""),
    ],
)
def test_programs_are_told_what_is_wrong(site, data, told):
    status, text = post(site, "/gradio_api/call/ask", {"data": data})
    if status == 200:
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
        connection.request("GET", f"/gradio_api/call/ask/{json.loads(text)['event_id']}")
        text = connection.getresponse().read().decode()
        connection.close()
        assert "event: error" in text
    assert told in text
    assert "Traceback" not in text


def test_programs_can_ask(site):
    answer = ask_by_api(site, "Which has the highest rank?")
    assert answer["status"] == "answered"
    assert answer["citations"][0]["quote"] == "UnfragileRank: 55/100"


@pytest.mark.parametrize("people", [1, 4, 16, 32])
def test_many_at_once_get_their_own_answers(site, people):
    questions = [f"context marker-{number}-{people}" for number in range(people)]
    started = time.monotonic()
    with ThreadPoolExecutor(people) as pool:
        answers = list(pool.map(lambda question: ask_by_api(site, question), questions))
    assert [answer["question"] for answer in answers] == questions
    assert time.monotonic() - started < 30


def test_upload_beyond_the_limit_is_refused_before_it_is_read(site):
    head = (
        b"POST /gradio_api/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 65000000\r\n"
        b"Content-Type: multipart/form-data; boundary=x\r\nConnection: close\r\n\r\n"
    )
    assert talk(site.port, head).startswith(b"HTTP/1.1 413 ")
    chunked = head.replace(b"Content-Length: 65000000", b"Transfer-Encoding: chunked")
    assert talk(site.port, chunked).startswith(b"HTTP/1.1 411 ")


def test_port_that_is_taken_gives_the_next_step(site, tmp_path):
    script = Path(__file__).with_name("served.py")
    command = [sys.executable, str(script), str(tmp_path / "index"), str(site.port), "scripted"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert f"port {site.port} on 127.0.0.1 is taken by another program" in ended.stderr
    assert "choose another with --port" in ended.stderr
