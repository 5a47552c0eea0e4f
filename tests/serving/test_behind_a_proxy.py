"""The snippets of README for nginx and Caddy, run with the real ones in front of the real page."""

from __future__ import annotations

import getpass
import json
import re
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from chroma_running import free_port

README = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")
NAME = "box.example.org"
# The rest of a configuration: what a distribution's own has around README's part, with nothing outside `folder`.
NGINX = """
daemon off; user {user}; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl; server_name box.example.org;
        ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
        {snippet}
    }}
}}
"""
CADDY = """
{{
    admin off
    auto_https off
    storage file_system {folder}
}}
{snippet}
"""


def snippet(language: str) -> str:
    """The block of README in this language."""
    found = re.search(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert found, f"README has no {language} snippet"
    return found[1]


def nginx(folder: Path, port: int, page: int) -> list[str]:
    text = snippet("nginx").replace("127.0.0.1:7860", f"127.0.0.1:{page}")
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, snippet=text, user=getpass.getuser()))
    return ["nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]


def caddy(folder: Path, port: int, page: int) -> list[str]:
    text = snippet("caddy").replace("127.0.0.1:7860", f"127.0.0.1:{page}")
    opening = f"{NAME} {{\n"
    assert text.startswith(opening)
    tls = f"https://{NAME}:{port} {{\n    bind 127.0.0.1\n    tls {folder}/cert.pem {folder}/key.pem\n"
    (folder / "Caddyfile").write_text(CADDY.format(folder=folder, snippet=text.replace(opening, tls)))
    return ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


def program(name: str) -> str:
    """The path of nginx, which Debian keeps out of a user's PATH, or of caddy."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.fail(f"{name} is not installed: on Debian, apt install {name} (`make proxies`)", pytrace=False)
    return found


@contextmanager
def running(command: list[str], log: Path, ready: Callable[[], bool]) -> Iterator[None]:
    """A program until the block ends."""
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            deadline = time.monotonic() + 90
            while not ready():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
            yield
        finally:
            process.terminate()
            process.wait(20)


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def page(seed_index, tmp_path_factory) -> Iterator[int]:
    """The chat page as the command serves it; its port."""
    port = free_port()
    command = [sys.executable, "-m", "sidebyside", "chat", "--no-llm", "--port", str(port), "--index", str(seed_index)]
    log = tmp_path_factory.mktemp("page") / "log"
    with (
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
        running([*command, "--allowed-host", NAME], log, lambda: answers(client)),
    ):
        yield port


@pytest.fixture(scope="module", params=[nginx, caddy], ids=["nginx", "caddy"])
def client(request, page, tmp_path_factory) -> Iterator[httpx.Client]:
    """A client of the proxy, which it believes to be box.example.org."""
    folder, port = tmp_path_factory.mktemp("proxy"), free_port()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}", "-addext",
         f"subjectAltName=DNS:{NAME}", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    program_name, *rest = request.param(folder, port, page)
    context = ssl.create_default_context(cafile=str(folder / "cert.pem"))
    with (
        httpx.Client(
            base_url=f"https://127.0.0.1:{port}/compare", verify=context, trust_env=False, timeout=60,
            headers={"Host": f"{NAME}:{port}", "Origin": f"https://{NAME}:{port}"},
            event_hooks={"request": [lambda sent: sent.extensions.update(sni_hostname=NAME)]},
        ) as made,
        running([program(program_name), *rest], folder / "log", lambda: answers(made)),
    ):  # fmt: skip
        yield made


def test_the_page_names_its_public_address_and_all_of_it_comes(client):
    page = client.get("/")
    assert page.status_code == 200
    assert f'"root":"{client.headers["Origin"]}/compare"' in page.text.replace('": "', '":"')
    parts = set(re.findall(r'(?:src|href)="\./?(assets/[\w.-]+)"', page.text)) | {"theme.css", "sidebyside/names.json"}
    assert len(parts) >= 3
    assert {part: client.get(f"/{part}").status_code for part in parts} == dict.fromkeys(parts, 200)


def test_a_question_on_the_page_is_answered(client):
    asked = {"data": ["Which artifact has the highest UnfragileRank?", None]}
    started = client.post("/gradio_api/call/ask", json=asked)
    assert started.status_code == 200, started.text
    events = client.get(f"/gradio_api/call/ask/{started.json()['event_id']}").text
    assert "event: complete" in events
    assert "55/100" in events


def test_an_answer_comes_step_by_step(client):
    asked = {"question": "How do Stable-Diffusion and Llama 3.2 90B Vision compare?"}
    with client.stream("POST", "/api/answer", json=asked, headers={"Accept": "text/event-stream"}) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        kinds = [line.removeprefix("event: ") for line in response.iter_lines() if line.startswith("event: ")]
    assert (kinds[0], kinds[-1]) == ("facts", "answer")


def test_an_upload_is_taken_and_says_where_it_can_be_watched(client):
    large = b"\0" * 3_000_000
    sent = client.post("/api/pages", files={"files": ("none.bin", large)})
    assert sent.status_code == 202, sent.text
    assert sent.headers["location"] == f"/compare/api/jobs/{sent.json()['id']}"
    assert client.get(sent.headers["location"].removeprefix("/compare")).status_code == 200


def test_mcp_answers_too(client):
    sent = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
    }
    response = client.post("/mcp/", json=sent, headers={"Accept": "application/json, text/event-stream"})
    assert response.status_code == 200
    assert '"serverInfo"' in response.text


def test_other_sites_stay_out(client):
    refused = client.post("/api/answer", json={"question": "x"}, headers={"Origin": "https://evil.example"})
    assert refused.status_code == 403
    assert json.loads(refused.text)["detail"].startswith("requests from other sites are refused")
