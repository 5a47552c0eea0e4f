"""The HTTP examples of README work as they stand there, only with another port."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
from pathlib import Path
from typing import Any

import httpx
import pytest

from serving_routes import api_for, guarded, serving
from sidebyside.assistant import Assistant
from sidebyside.records import BuildReport
from sidebyside.serving.jobs import Jobs
from sidebyside.settings import Settings

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")
SECTION = README.partition("## From other programs\n")[2].partition("\n## ")[0]
SHOWN = "http://127.0.0.1:7860"
CURLS = re.findall(r"^curl .*$", SECTION, re.MULTILINE)
CARD = re.findall(r"^```markdown\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)[0]


@pytest.fixture(scope="module")
def address(seed_index, tmp_path_factory):
    """A server with the committed pages, whose uploads are built in no time."""
    settings = Settings(index=tmp_path_factory.mktemp("readme"))
    with Assistant.open(seed_index, model="none") as assistant:
        api = api_for(assistant, settings.index)
        api.state.core.jobs = Jobs(settings, lambda *_: BuildReport(1, (), 1, 1, "g2", 0.1))
        with serving(guarded(api)) as address:
            yield address


def ask(command: str, address: str) -> httpx.Response:
    """What a curl command asks; only the flags that README uses are known."""
    words = iter(shlex.split(command.replace(SHOWN, address))[1:])
    request: dict[str, Any] = {"method": "GET", "headers": {}}
    for word in words:
        if word == "--json":
            request |= {"method": "POST", "json": json.loads(next(words))}
        elif word == "-H":
            name, _, value = next(words).partition(": ")
            request["headers"][name] = value
        elif word == "-F":
            field, _, name = next(words).partition("=@")
            request |= {"method": "POST", "files": {field: (name, CARD.encode())}}
        else:
            request["url"] = word
    return httpx.request(**request, timeout=60)


def test_readme_shows_every_kind_of_request():
    assert len(CURLS) == 10
    for route in (
        "/api/answer",
        "/api/compare",
        "/api/match",
        "/api/record",
        "/api/search",
        "/api/pages",
        "/api/versions",
        "/v1",
    ):
        assert SHOWN + route in SECTION


@pytest.mark.integration
@pytest.mark.parametrize("command", CURLS)
def test_curl_in_readme_is_answered(address, command):
    response = ask(command, address)
    assert response.status_code == (202 if "/api/pages" in command else 200), response.text
    if "event-stream" in command:
        assert response.text.startswith("event: facts\n")
    elif "/api/search" in command:
        assert response.json()["artifacts"][0]["artifact"]["label"] == "LLaVA Llama 3 (8B)"
    elif "/api/compare" in command and "criteria" in command:
        grid = response.json()["answer"]["grid"]
        assert (grid["criteria"], len(grid["artifacts"])) == (["offline", "price"], 2)
    elif "/api/compare" in command:
        assert response.json()["answer"]["question"] == "Compare Stable-Diffusion and Llama 3.2 90B Vision on licence"
    elif "/api/match" in command:
        assert response.json()["artifacts"][0]["met"] == 2
    elif "/api/record" in command:
        assert response.headers["content-disposition"] == 'attachment; filename="decision.html"'
        assert "It runs on our machine." in response.text
    elif "/api/answer" in command:
        assert response.json()["citations"][0]["quote"] == "UnfragileRank: 55/100"


@pytest.mark.integration
def test_client_in_readme_prints_the_answer_and_its_quote(address):
    [block] = re.findall(r"^```python\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
    out = io.StringIO()
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(out):
        exec(block.replace(SHOWN, address), names)  # the text of our own README
    names["client"].close()
    assert "**Stable-Diffusion** has the highest UnfragileRank: 55/100 [1]." in out.getvalue()
    assert out.getvalue().endswith("UnfragileRank: 55/100\n")


def test_readme_names_the_flags_and_variables_that_there_are():
    from sidebyside.cli.serving import chat, serve

    flags = {option for command in (chat, serve) for parameter in command.params for option in parameter.opts}
    assert set(re.findall(r"(--(?!json)[a-z-]+)", SECTION)) <= flags
    fields = {f"SIDEBYSIDE_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"SIDEBYSIDE_[A-Z_]+", SECTION)) <= fields
