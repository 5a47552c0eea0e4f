"""The MCP server as its own client sees it: in memory, over a real stdin and stdout, and over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
import uvicorn
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

import standin
from sidebyside import Assistant
from sidebyside.errors import IndexMissingError
from sidebyside.server.api import create_api
from sidebyside.server.core import Core
from sidebyside.server.fitting import fitted
from sidebyside.server.mcp_arguments import CompareArguments
from sidebyside.server.mcp_server import VIEW, create_mcp
from sidebyside.serving.access import Access
from sidebyside.serving.guard import Guard
from sidebyside.serving.observing import Observed
from sidebyside.serving.provider import Provider
from sidebyside.settings import Settings
from standin import DIFFUSION, DREAMBOOTH, LLAMA, LLAVA, StandIn

QUESTION = "Which handles a longer context: LLaVA Llama 3 (8B) or Llama 3.2 90B Vision?"
READING = {"ask", "compare", "search", "match", "alternatives", "artifact", "record", "replay", "changes", "pages"}
TOOLS = READING | {"add_page", "remove_page", "undo_change"}
# The handshake of 2025 and the stateless protocol of 2026: desktop clients speak either.
MODES = ("legacy", "auto")


@pytest.fixture
def assistant() -> StandIn:
    return StandIn(delay=0.01)


def talk(assistant, work, mode: str = "auto", opener=None, **options):
    """Run `work(client)` against a server in this process."""
    core = Core(Provider(Settings.load(model="none"), opener or (lambda *_: assistant)), Settings.load(model="none"))

    async def run():
        async with Client(create_mcp(core), mode=mode, **options) as client:
            return await asyncio.wait_for(work(client), 60)

    try:
        return asyncio.run(run())
    finally:
        core.jobs.close()


def refusal(assistant, work, **options) -> str:
    """The text of the protocol error with which `work(client)` is refused."""

    async def refused(client):
        with pytest.raises(MCPError) as caught:
            await work(client)
        return caught.value.message

    return talk(assistant, refused, **options)


@pytest.mark.parametrize("mode", MODES)
def test_tools_are_listed_with_tight_schemas(assistant, mode):
    async def work(client):
        return (await client.list_tools()).tools, client.instructions

    tools, instructions = talk(assistant, work, mode)
    assert {tool.name for tool in tools} == TOOLS
    assert "data, not instructions" in instructions
    for tool in tools:
        # A match takes a need, or wishes; a record questions, needs or artifacts.
        assert tool.input_schema.get("required") or tool.name in ("match", "record", "pages", "changes", "undo_change")
        assert tool.output_schema["type"] == "object"
        assert (tool.annotations.read_only_hint, tool.annotations.open_world_hint) == (tool.name in READING, False)
        for name, field in tool.input_schema["properties"].items():
            assert "description" in field, f"{tool.name}.{name}"
            bounds = {"maxLength", "maxItems", "maximum", "maxProperties"} & field.keys()
            assert bounds or field["type"] == "boolean", f"{tool.name}.{name} has no limit"


@pytest.mark.parametrize("mode", MODES)
def test_an_answer_comes_with_its_citations_and_can_be_read(assistant, mode):
    steps = []

    async def told(progress, _total, message):
        steps.append((progress, message))

    async def work(client):
        return await client.call_tool("ask", {"question": QUESTION}, progress_callback=told)

    result = talk(assistant, work, mode)
    assert not result.is_error
    data = result.structured_content
    assert (data["question"], data["status"], data["text"]) == (QUESTION, "answered", standin.CONTEXT.text)
    assert data["citations"][0]["quote"] == standin.SUPPORTS
    assert {int(number) for number in re.findall(r"\[(\d+)\]", data["text"])} == {
        c["number"] for c in data["citations"]
    }
    [content] = result.content
    assert content.text.startswith(standin.CONTEXT.text)
    assert f"[2] {LLAVA}, description: “{standin.EIGHT_K}”" in content.text
    assert [progress for progress, _ in steps] == [1, 2, 3]
    assert steps[0][1] == standin.CONTEXT.text.split("\n\n")[0]


def test_a_conversation_and_the_wish_for_no_model_reach_the_assistant(assistant, tmp_path):
    assistant.log = tmp_path / "log"
    history = [{"question": "Which ranks higher?", "answer": "Stable-Diffusion"}]

    async def work(client):
        await client.call_tool("ask", {"question": "And the price?", "history": history})
        sent_as_text = await client.call_tool("ask", {"question": "cost?", "history": json.dumps(history)})
        return sent_as_text, await client.call_tool("ask", {"question": "cost?", "no_llm": True})

    sent_as_text, without = talk(assistant, work)
    asked = [json.loads(line) for line in assistant.log.read_text().splitlines()]
    assert asked[0]["history"] == asked[1]["history"] == [["Which ranks higher?", "Stable-Diffusion"]]
    assert (sent_as_text.structured_content["model"], without.structured_content["model"]) == ("scripted", None)


def test_the_other_tools_give_what_the_assistant_gives(assistant):
    async def work(client):
        call = client.call_tool
        return (
            await call("compare", {"names": [item.id for item in standin.LIBRARY.artifacts[:2]]}),
            await call("compare", {"names": json.dumps([DIFFUSION.lower(), "x"]), "aspect": "context"}),
            await call("search", {"need": "fine-tune", "limit": 2}),
            await call("match", {"need": "captions", "wishes": '["fast", {"text": "free", "role": "nice"}]'}),
            await call("alternatives", {"name": DIFFUSION}),
            await call("artifact", {"name": LLAMA}),
        )

    plain, aspect, found, matched, alternatives, artifact = talk(assistant, work)
    assert [item["label"] for item in plain.structured_content["artifacts"]] == [
        item.label for item in standin.LIBRARY.artifacts[:2]
    ]
    assert plain.structured_content["answer"] is None
    assert json.loads(plain.content[0].text) == plain.structured_content
    assert aspect.structured_content["answer"]["citations"]
    assert len(found.structured_content["artifacts"]) == 2
    assert found.structured_content["artifacts"][0]["capabilities"][0]["quotes"][0]["source"]["file"]
    assert matched.structured_content["excludes"] == [3, 3, 3]
    assert matched.structured_content["asked"][2]["role"] == "nice"
    assert matched.structured_content["artifacts"][0]["label"] == standin.LIBRARY.artifacts[0].label
    assert matched.content[0].text.startswith(f"**{standin.LIBRARY.artifacts[0].label}** meets it.")
    assert "not stated" in matched.content[0].text
    assert alternatives.structured_content["question"] == f"What are alternatives to {DIFFUSION}?"
    assert artifact.structured_content["label"] == LLAMA
    assert artifact.structured_content["details"][0]["parts"][0]["source"]["file"] == standin.FIRST.name


def test_artifacts_are_compared_on_any_criteria(assistant, tmp_path):
    assistant.log = tmp_path / "log"
    names = [item.id for item in standin.LIBRARY.artifacts]

    async def work(client):
        await client.call_tool("compare", {"names": names, "criteria": "captions, at least 1,000 tokens; price"})
        return await client.call_tool("compare", {"names": names, "criteria": '["a, b", "c"]', "no_llm": True})

    result = talk(assistant, work)
    answer = result.structured_content["answer"]
    assert (answer["grid"]["criteria"], len(answer["grid"]["artifacts"])) == (["a, b", "c"], 4)
    assert result.content[0].text.startswith(answer["text"].split("\n\n")[0])
    compared = [json.loads(line) for line in assistant.log.read_text().splitlines()]
    assert [(told["criteria"], told["write"]) for told in compared] == [
        (["captions", "at least 1,000 tokens", "price"], True),
        (["a, b", "c"], False),
    ]


def test_a_decision_is_recorded_and_asked_again(assistant):
    asked = {
        "questions": [QUESTION, "And the price?"],
        "needs": ["captions, fast"],
        "artifacts": [DIFFUSION, DREAMBOOTH],
        "criteria": ["captions"],
        "taken": DIFFUSION,
        "why": "It is *free*.",
        "own": [[DIFFUSION, "latency", "40 ms, measured by us"]],
    }

    async def work(client):
        kept = await client.call_tool("record", asked)
        data = kept.structured_content
        as_text = await client.call_tool("replay", {"record": json.dumps(data)})
        broken = json.loads(json.dumps(data["record"]))
        broken["answers"][0]["grid"] = None
        broken["answers"][0]["table"] = {"header": ["", LLAVA], "rows": [["Context window", "9K tokens [2]"]]}
        broken["answers"][0]["citations"][1]["quote"] = "The 9K token context window allows conversations."
        broken["pages"][0]["sha256"] = "0" * 64
        return (
            kept,
            await client.call_tool("replay", {"record": data["record"]}),
            as_text,
            await client.call_tool("replay", {"record": broken, "no_llm": True}),
        )

    kept, same, as_text, changed = talk(assistant, work)
    record = kept.structured_content["record"]
    assert [(answer["kind"], answer["asked"]) for answer in record["answers"]] == [
        ("question", QUESTION),
        ("question", "And the price?"),
        ("question", f"Compare {DIFFUSION}, {DREAMBOOTH} on captions"),
        ("need", "captions, fast"),
    ]
    assert record["answers"][1]["earlier"] == [QUESTION]
    assert [wish["text"] for wish in record["answers"][2]["wishes"]] == ["captions"]
    assert (record["taken"], record["own"][0]["text"]) == (DIFFUSION, "40 ms, measured by us")
    assert {page["sha256"] for page in record["pages"]} <= {sha256 for sha256, _ in standin.HASHES.values()}
    assert "No page says this." in kept.content[0].text
    assert "> It is \\*free\\*." in kept.content[0].text
    for result in (same, as_text):
        assert result.structured_content["same"] is True
        assert result.content[0].text == "The same: all that the record shows still reads so."
    assert changed.structured_content["same"] is False
    lines = changed.content[0].text.splitlines()
    assert lines[0].startswith("Changed: ")
    assert "- changed: LLaVA Llama 3 (8B), Context window: “9K tokens” -> “8K tokens”" in lines
    assert any(line.startswith(f"- quote of {LLAVA}") and line.endswith("now: nothing like it") for line in lines)
    assert any(line.startswith("- page changed: ") for line in lines)


def test_a_record_that_clients_would_cut_is_refused(assistant, monkeypatch):
    monkeypatch.setattr("sidebyside.server.mcp_deciding.MOST_CHARACTERS", 1_000)
    result = talk(assistant, lambda client: client.call_tool("record", {"questions": [QUESTION]}))
    assert result.is_error
    assert "clients take 1,000: record fewer questions" in result.content[0].text


@pytest.mark.parametrize(
    ("tool", "arguments", "reason"),
    [
        ("ask", {}, "question: Field required"),
        ("ask", {"question": " "}, "question: String should have at least 1"),
        ("ask", {"question": "x" * 100_000}, "question: String should have at most"),
        ("ask", {}, "ask takes question: string; history: array (may be left out); no_llm: boolean (may be left out)"),
        ("ask", {"question": "x", "history": [["a", "b", "c"]]}, "history.0"),
        ("ask", {"question": "x", "history": "[oops"}, "history: Input should be a valid list"),
        ("compare", {"names": ["a"]}, "names: List should have at least 2"),
        ("compare", {"names": LLAMA}, "names: List should have at least 2"),
        ("compare", {"names": ["a"] * 13}, "names: List should have at most 12"),
        ("compare", {"names": ["a", "b"], "criteria": ["c"] * 21}, "criteria: List should have at most 20"),
        ("record", {"why": "x"}, "give questions, needs, or artifacts"),
        ("record", {"needs": ["free"], "criteria": "price"}, "criteria need artifacts"),
        ("record", {"artifacts": [DIFFUSION.lower()], "taken": "Midjourney"}, "'Midjourney' is not in the library"),
        ("record", {"questions": ["fail"]}, standin.FAILURE),
        ("replay", {}, "record: Field required"),
        ("replay", {"record": "[oops"}, "record: Input should be a valid dictionary"),
        ("replay", {"record": {"kind": "x"}}, "this is no record"),
        ("search", {"need": "x", "limit": 0}, "limit: Input should be greater"),
        ("match", {"need": " "}, "need: String should have at least 1"),
        ("match", {"wishes": []}, "give a need, or wishes"),
        ("match", {"need": "nothing"}, "the need names nothing that an artifact could meet"),
        ("artifact", {"name": "Midjourney"}, "'Midjourney' is not in the library; nearest: Llama"),
        ("alternatives", {"name": "Midjourney"}, "'Midjourney' is not in the library"),
        ("ask", {"question": "fail"}, standin.FAILURE),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(assistant, tool, arguments, reason):
    result = talk(assistant, lambda client: client.call_tool(tool, arguments))
    assert result.is_error
    assert reason in result.content[0].text
    assert "\n" not in result.content[0].text
    assert "x" * 200 not in result.content[0].text


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("ask", {"question": "price?", "history": None, "no_llm": None}),
        ("ask", {"question": "price?", "no_llm": "true"}),
        ("compare", {"names": [DIFFUSION.lower(), "x"], "aspect": None}),
        ("search", {"need": "fine-tune", "limit": None}),
        ("search", {"need": "fine-tune", "limit": "5"}),
        ("ask", {"question": "price?", "history": "", "no_llm": ""}),
        ("search", {"need": "fine-tune", "limit": ""}),
    ],
)
def test_null_counts_as_left_out_and_text_as_the_value_it_writes(assistant, tool, arguments):
    assert not talk(assistant, lambda client: client.call_tool(tool, arguments)).is_error


@pytest.mark.parametrize(
    "history",
    [
        [["a", "b"]],
        '[["a", "b"]]',
        [{"role": "system", "content": "s"}, {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}],
    ],
)
def test_turns_come_as_pairs_and_as_messages_too(assistant, tmp_path, history):
    assistant.log = tmp_path / "log"
    result = talk(assistant, lambda client: client.call_tool("ask", {"question": "price?", "history": history}))
    assert not result.is_error
    assert json.loads(assistant.log.read_text().splitlines()[0])["history"] == [["a", "b"]]


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (f"{LLAVA}, {LLAMA}", [LLAVA, LLAMA]),
        (f"{LLAMA.lower()} and {LLAVA.lower()}", [LLAMA, LLAVA]),
        ("Alpha vs. Beta; Gamma & Delta", ["Alpha", "Beta", "Gamma", "Delta"]),
        ('["Alpha", "Beta"]', ["Alpha", "Beta"]),
    ],
)
def test_names_come_as_one_text_too(names, found):
    taken = CompareArguments.model_validate({"names": names}, context={"labels": lambda: [LLAVA, LLAMA]})
    assert taken.names == found


def test_what_is_no_argument_is_left_out_and_said(assistant):
    result = talk(assistant, lambda client: client.call_tool("ask", {"question": "price?", "language": "en"}))
    assert not result.is_error
    assert result.content[1].text.startswith("Not an argument of ask, and left out: language. ask takes question")


def test_long_results_are_cut_to_what_clients_take_and_say_so():
    citation = {"number": 1, "quote": "x" * 300}
    data = {"text": "word " * 3_000, "citations": [citation] * 400, "table": {"rows": [["a", "b"]]}, "notes": []}
    cut, notes = fitted(data, 30_000)
    assert len(json.dumps(cut)) <= 30_000
    assert 20 < len(cut["citations"]) < 100
    assert cut["table"] == data["table"]
    assert notes[0].startswith("Shortened, as clients do not take more: citations (there are 400)")
    assert cut["text"].endswith("(cut here)") or len(cut["text"]) == 15_000
    assert fitted(data, 1_000_000) == (data, ())
    assert len(data["citations"]) == 400


def test_a_long_answer_fits_with_its_text_and_its_data(assistant, monkeypatch):
    lines = [f"- **Card {number:04}**: {number}/100 [{number}]" for number in range(1, 2_001)]
    citations = tuple(replace(standin.CONTEXT.citations[0], number=number) for number in range(1, 2_001))
    answer = replace(standin.CONTEXT, text="\n".join(lines), citations=citations)
    monkeypatch.setattr(standin, "script", lambda _question: answer)
    result = talk(assistant, lambda client: client.call_tool("ask", {"question": QUESTION}))
    data = result.structured_content
    assert len(result.content[0].text) + len(json.dumps(data, ensure_ascii=False)) < 75_000
    assert any(note.startswith("Shortened") for note in data["notes"])
    assert "Note: Shortened" in result.content[0].text


@pytest.mark.parametrize("mode", MODES)
def test_answers_have_a_view_of_their_own(assistant, mode):
    async def work(client):
        capabilities = client.server_capabilities
        tools = {tool.name: tool.meta for tool in (await client.list_tools()).tools}
        return capabilities, tools, (await client.read_resource(VIEW)).contents

    capabilities, tools, [view] = talk(assistant, work, mode)
    if mode == "auto":
        assert capabilities.extensions["io.modelcontextprotocol/ui"]["mimeTypes"] == ["text/html;profile=mcp-app"]
    assert tools["ask"]["ui"] == tools["compare"]["ui"] == {"resourceUri": VIEW}
    assert tools["search"] is None
    assert (view.uri, view.mime_type) == (VIEW, "text/html;profile=mcp-app")
    assert view.meta["ui"]["csp"] == {"connectDomains": [], "resourceDomains": []}
    assert view.text.startswith("<!DOCTYPE html>")
    assert not re.search(r"https?:|src=|@import|url\(|fetch\(|innerHTML|XMLHttpRequest", view.text)


def test_a_crash_is_told_without_its_details(assistant, monkeypatch):
    monkeypatch.setattr(assistant, "search", lambda *_: 1 / 0)
    result = talk(assistant, lambda client: client.call_tool("search", {"need": "x"}))
    assert result.is_error
    assert result.content[0].text == "Something went wrong here. Try again, or run `sidebyside doctor`."


def test_tools_that_are_not_there_are_refused(assistant):
    reason = refusal(assistant, lambda client: client.call_tool("delete", {}))
    assert reason.startswith("there is no tool 'delete'; there are ask, compare")


def test_without_an_index_every_call_says_what_to_do():
    def missing(*_):
        raise IndexMissingError("there is no index in index yet; build it with: sidebyside index")

    result = talk(None, lambda client: client.call_tool("ask", {"question": "x"}), opener=missing)
    assert result.is_error
    assert "build it with: sidebyside index" in result.content[0].text
    assert "build it with" in refusal(None, lambda client: client.list_resources(), opener=missing)


@pytest.mark.parametrize("mode", MODES)
def test_artifacts_are_resources(assistant, mode):
    async def work(client):
        listed = (await client.list_resources()).resources
        templates = (await client.list_resource_templates()).resource_templates
        return listed, templates, await client.read_resource(listed[1].uri)

    listed, templates, read = talk(assistant, work, mode)
    assert [resource.title for resource in listed] == [item.label for item in standin.LIBRARY.artifacts]
    assert [template.uri_template for template in templates] == ["sidebyside://artifacts/{id}"]
    [content] = read.contents
    assert content.mime_type == "application/json"
    assert json.loads(content.text)["label"] == LLAMA


def test_resources_that_are_not_there_and_foreign_cursors_are_refused(assistant):
    for uri in ("sidebyside://artifacts/none", "file:///etc/passwd", "sidebyside://artifacts/..%2F..%2Fsecret"):
        assert "there is no resource" in refusal(assistant, lambda client, uri=uri: client.read_resource(uri))
    assert "cursor" in refusal(assistant, lambda client: client.list_resources(cursor="-1"))


def test_a_large_library_is_listed_in_pages(assistant):
    from dataclasses import replace

    many = [replace(standin.LIBRARY.artifacts[0], id=f"a/b {number:04}") for number in range(230)]
    assistant.library = replace(standin.LIBRARY, artifacts=tuple(many))

    async def work(client):
        uris, cursor, pages = [], None, 0
        while True:
            page = await client.list_resources(cursor=cursor)
            uris += [str(resource.uri) for resource in page.resources]
            pages += 1
            if (cursor := page.next_cursor) is None:
                return uris, pages, await client.read_resource(uris[229])

    uris, pages, read = talk(assistant, work)
    assert (len(set(uris)), pages) == (230, 3)
    assert uris[229] == "sidebyside://artifacts/a%2Fb%200229"
    assert json.loads(read.contents[0].text)["id"] == "a/b 0229"


@pytest.mark.parametrize("mode", MODES)
def test_a_client_that_gives_up_stops_the_model(tmp_path, mode):
    assistant = StandIn(delay=0.2, log=tmp_path / "log")

    async def work(client):
        task = asyncio.create_task(client.call_tool("ask", {"question": "slow"}))
        while not assistant.log.exists():
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        for _ in range(500):
            if "stopped" in assistant.log.read_text():
                return True
            await asyncio.sleep(0.02)
        return False

    assert talk(assistant, work, mode)


def test_other_calls_are_answered_while_one_is_slow():
    assistant = StandIn(delay=0.2)

    async def work(client):
        slow = asyncio.create_task(client.call_tool("ask", {"question": "slow"}))
        await client.call_tool("artifact", {"name": LLAMA})
        pending = not slow.done()
        slow.cancel()
        await asyncio.gather(slow, return_exceptions=True)
        return pending

    assert talk(assistant, work)


# --- over HTTP -------------------------------------------------------------------------------------------------------

TOKEN = "a-token-of-the-tests"


@pytest.fixture
def address(assistant):
    """Where the whole server listens, with everything that stands before its routes."""
    access = Access(token=TOKEN)
    api = create_api(Provider(Settings.load(), lambda *_: assistant), Settings.load())
    app = Observed(Guard(api, access), api.state.core.metrics)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/mcp"
    finally:
        server.should_exit = True
        thread.join(20)


def talk_over_http(address, work, mode: str = "auto", token: str = TOKEN):
    async def run():
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with (
            httpx2.AsyncClient(headers=headers, trust_env=False) as http,
            Client(streamable_http_client(address, http_client=http), mode=mode) as client,
        ):
            return await asyncio.wait_for(work(client), 60)

    return asyncio.run(run())


@pytest.mark.parametrize("mode", MODES)
def test_the_same_answer_over_http(assistant, address, mode):
    async def work(client):
        return (await client.list_tools()).tools, await client.call_tool("ask", {"question": QUESTION})

    tools, over_http = talk_over_http(address, work, mode)
    in_memory = talk(assistant, lambda client: client.call_tool("ask", {"question": QUESTION}))
    assert {tool.name for tool in tools} == TOOLS
    assert over_http.structured_content == in_memory.structured_content
    assert over_http.content == in_memory.content


def test_answers_over_mcp_are_counted_with_the_others(address):
    talk_over_http(address, lambda client: client.call_tool("ask", {"question": QUESTION}))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    metrics = httpx2.get(address.replace("/mcp", "/metrics"), headers=headers, trust_env=False).text
    assert re.search(r"^sidebyside_\w*answers\w*\{[^}]*answered[^}]*\} 1\.0$", metrics, re.MULTILINE), metrics


INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "t", "version": "1"},
    },
}


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json, text/event-stream", "text/event-stream"),
        ("text/event-stream", "text/event-stream"),
        ("*/*", "text/event-stream"),
        ("application/json", "application/json"),
        ("text/html", "application/json"),
        ("", "application/json"),
    ],
)
@pytest.mark.parametrize("slash", ["", "/"])
def test_every_accept_header_is_answered_with_or_without_a_slash(address, accept, kind, slash):
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": accept}
    response = httpx2.post(address + slash, json=INITIALIZE, headers=headers, trust_env=False)
    assert (response.status_code, response.headers["content-type"].partition(";")[0]) == (200, kind)
    assert '"serverInfo"' in response.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": f"Bearer {TOKEN}", "Host": "example.org"}, 403),
        ({"Authorization": f"Bearer {TOKEN}", "Origin": "http://example.org"}, 403),
    ],
)
def test_nobody_else_gets_in(address, headers, status):
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    accept = {"Accept": "application/json, text/event-stream"}
    response = httpx2.post(address, json=body, headers=accept | headers, trust_env=False)
    assert response.status_code == status
    assert "tools" not in response.text


# --- the real library, the real processes ----------------------------------------------------------------------------


@asynccontextmanager
async def subprocess(index: Path, mode: str, errors) -> AsyncIterator[Client]:
    """`sidebyside mcp` as a desktop client starts it: with little of the environment, and where things lie here."""
    places = {name: os.environ[name] for name in ("SIDEBYSIDE_MODELS", "PYTHONPATH") if name in os.environ}
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-m", "sidebyside", "mcp", "--no-llm", "--index", str(index)],
        env={"HF_HUB_OFFLINE": "1", **places},
    )
    async with Client(stdio_client(parameters, errlog=errors), mode=mode, read_timeout_seconds=120) as client:
        yield client


@pytest.mark.integration
@pytest.mark.parametrize("mode", MODES)
def test_the_command_answers_over_stdin_and_stdout(seed_index, tmp_path, mode):
    async def work():
        with (tmp_path / "stderr").open("w") as errors:
            async with subprocess(seed_index, mode, errors) as client:
                tools = {tool.name for tool in (await client.list_tools()).tools}
                asked = await client.call_tool("ask", {"question": QUESTION})
                alternatives = await client.call_tool("alternatives", {"name": DIFFUSION})
                read = await client.read_resource((await client.list_resources()).resources[0].uri)
                return tools, asked, alternatives, read

    tools, asked, alternatives, read = asyncio.run(asyncio.wait_for(work(), 240))
    assert tools == TOOLS
    with Assistant.open(seed_index, model="none") as assistant:
        same = assistant.answer(QUESTION)
    assert asked.structured_content["text"] == same.text
    assert [citation["quote"] for citation in asked.structured_content["citations"]] == [
        citation.quote for citation in same.citations
    ]
    assert alternatives.structured_content["status"] in ("answered", "partial")
    assert json.loads(read.contents[0].text)["details"]
    assert (tmp_path / "stderr").read_text() == ""


@pytest.mark.integration
def test_nothing_but_the_protocol_is_on_stdout(seed_index):
    import subprocess

    first = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "sidebyside", "mcp", "--no-llm", "--index", str(seed_index)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    lines = [
        first,
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {
            "jsonrpc": "2.0",
            "id": 2,
            "method": "tools/call",
            "params": {"name": "search", "arguments": {"need": "tune"}},
        },
    ]
    received: list[dict] = []
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        for line in lines:
            process.stdin.write(json.dumps(line) + "\n")
        process.stdin.flush()
        watchdog = threading.Timer(120, process.kill)
        watchdog.start()
        while not any(message.get("id") == 2 for message in received):
            received.append(json.loads(process.stdout.readline()))
        process.stdin.close()
        rest, errors = process.stdout.read(), process.stderr.read()
        assert process.wait(30) == 0, "it ends when the client closes stdin"
        watchdog.cancel()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()
    assert received[0]["result"]["serverInfo"]["name"] == "sidebyside"
    assert received[-1]["result"]["structuredContent"]["artifacts"]
    assert (rest, errors) == ("", "")
