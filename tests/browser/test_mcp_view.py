"""The view of answers in an MCP client (MCP Apps): shown by a host as the specification describes one."""

from __future__ import annotations

import html
import json
from dataclasses import replace
from pathlib import Path

import pytest
from driving import NAMES

import standin
from sidebyside.records import Answer, Cell, Grid
from sidebyside.server.mcp_tools import Told
from sidebyside.server.schemas import Sides
from standin import StandIn

VIEW = (Path(__file__).parents[2] / "src" / "sidebyside" / "server" / "view.html").read_text("utf-8")
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; connect-src 'none'; "
    "frame-src 'none'; object-src 'none'; base-uri 'none'"
)
# A host: the view in a sandboxed frame, the handshake, then what the test has it send.
HOST = """<!DOCTYPE html><title>host</title>
<iframe id=frame sandbox="allow-scripts" srcdoc="%s" style="width:700px;height:500px"></iframe>
<script>
const seen = [], frame = document.getElementById("frame");
const send = (message) => frame.contentWindow.postMessage({ jsonrpc: "2.0", ...message }, "*");
const variables = { "--color-text-primary": "rgb(1, 2, 3)" };
const hosting = { protocolVersion: "2026-01-26", hostInfo: { name: "h", version: "1" }, hostCapabilities: {} };
addEventListener("message", ({ data }) => {
  seen.push(data);
  if (data.method !== "ui/initialize") return;
  send({ id: data.id, result: { ...hosting, hostContext: { theme: "dark", styles: { variables } } } });
});
</script>"""


@pytest.fixture
def shown(browser):
    """Show a result of a tool: gives the frame, and the messages that the host has seen."""
    context = browser.new_context()
    requests, errors = [], []
    context.on("request", lambda request: requests.append(request.url))
    context.on("weberror", lambda error: errors.append(str(error.error)))

    def show(result):
        page = context.new_page()
        page.set_default_timeout(15_000)
        guarded = VIEW.replace("<head>", f'<head><meta http-equiv="Content-Security-Policy" content="{POLICY}">')
        page.set_content(HOST % html.escape(guarded))
        page.wait_for_function("seen.some((message) => message.method === 'ui/notifications/initialized')")
        page.evaluate("(result) => send({ method: 'ui/notifications/tool-input', params: { arguments: {} } })", result)
        page.evaluate("(result) => send({ method: 'ui/notifications/tool-result', params: result })", result)
        frame = page.frame_locator("#frame")
        frame.locator("[role=status]", has_text="Waiting").wait_for(state="detached")
        return frame, lambda: page.evaluate("seen")

    assert NAMES
    yield show
    context.close()
    assert [url for url in requests if not url.startswith(("about:", "data:"))] == []
    assert errors == []


def result_of(data) -> dict:
    return {"content": [], "structuredContent": json.loads(data.model_dump_json())}


def test_an_answer_shows_its_text_its_table_and_its_quotes(shown):
    frame, seen = shown(result_of(Told.of(standin.CONTEXT)))
    assert frame.locator("h1").inner_text() == standin.CONTEXT.question
    assert frame.locator("tbody th").first.inner_text() == "Context window"
    mark = frame.locator("button", has_text="[1]").first
    mark.click()
    assert standin.CONTEXT.citations[0].quote in frame.locator("blockquote").inner_text()
    assert mark.get_attribute("aria-expanded") == "true"
    mark.click()
    assert frame.locator("blockquote").count() == 0
    assert frame.locator("h1").evaluate("(node) => getComputedStyle(node).color") == "rgb(1, 2, 3)"
    sizes = [message["params"] for message in seen() if message.get("method") == "ui/notifications/size-changed"]
    assert sizes[-1]["height"] > 100


def test_markup_of_pages_stays_text(shown):
    hostile = Told.of(standin.HOSTILE).model_copy(update={"text": "<img src=x onerror=alert(1)> **<b>x</b>**"})
    frame, _seen = shown(result_of(hostile))
    assert "<img src=x onerror=alert(1)>" in frame.locator("main").inner_text()
    assert frame.locator("img").count() == 0


def test_a_grid_takes_the_place_of_the_table(shown):
    cells = (Cell("stated", "Reads 300 dpi [1].", "model", (1,), 0.9), Cell("silent", ""))
    grid = Grid(("scans",), ("A", "B"), (cells,), (1, 0))
    told = Told.of(standin.CONTEXT).model_copy(update={"grid": grid})
    frame, _seen = shown(result_of(told))
    assert frame.locator("thead th").all_inner_texts() == ["", "A", "B"]
    shown_words = frame.locator("tbody").inner_text().split()
    assert shown_words == "scans Reads 300 dpi [1]. stated not stated Criteria met 1 of 1 0 of 1".split()


def test_a_comparison_shows_what_is_shared_and_what_only_one_has(shown):
    comparison = StandIn().compare([item.id for item in standin.LIBRARY.artifacts[:3]])
    frame, _seen = shown(result_of(Sides.of(comparison, standin.CONTEXT)))
    titles = frame.locator("h2").all_inner_texts()
    assert titles[0] == "Several do this"
    assert titles[1].startswith("Only ")
    assert titles[-1] == "The pages' own verdicts"


def test_a_comparison_on_criteria_shows_its_grid_and_no_lead(shown):
    chosen = [item.id for item in standin.LIBRARY.artifacts[1:3]]
    *_, last = StandIn(delay=0).compare_on(chosen, ["context", "captions"])
    quotes = "<details><summary>Quotes</summary>\n\n- **A**: “a quote” [1]\n\n</details>"
    answer = replace(last.answer, text=f"| | **A** |\n|---|---|\n| context | 8K [1] |\n\n{quotes}")
    frame, _seen = shown(result_of(Sides.of(StandIn().compare(chosen), answer)))
    rows = frame.locator("main table").first.locator("tbody th").all_inner_texts()
    assert rows == ["context", "captions", "Criteria met"]
    # The first thing below the title is the grid, and quotes open at their numbers.
    assert frame.locator("main > h1 + *").first.locator("table").count() == 1
    assert frame.locator("li", has_text="a quote").count() == 0


@pytest.mark.parametrize("text", ["'X' is not in the library", ""])
def test_a_failure_is_told(shown, text):
    frame, _seen = shown({"content": [{"type": "text", "text": text}], "isError": True})
    assert frame.locator("p").inner_text() == (text or "There is no answer.")


def test_an_answer_without_table_or_citations_is_shown(shown):
    frame, _seen = shown(result_of(Told.of(Answer("q?", "Nothing is said.\n\n- one\n- two", "not_found"))))
    assert frame.locator("li").all_inner_texts() == ["one", "two"]
