"""The seed questions once more, with the rows on a Chroma server and the sentences from an LLM server."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from chroma_running import chroma_running
from invented import assert_cited
from sidebyside import Assistant, build_index
from sidebyside.answers.draft import MOST_WORDS
from sidebyside.evaluation import load_questions, run
from sidebyside.settings import Settings
from test_seed_answers import PAGES, QUESTIONS, RIGHT_WITHOUT_A_MODEL, SEEDS, ask

pytestmark = pytest.mark.integration

LLAVA, LLAMA, STABLE = "LLaVA Llama 3 (8B)", "Llama 3.2 90B Vision", "Stable-Diffusion"


def reply_to(prompt: str) -> str:
    """A cell in the style of a telegram, from its first quote; of the Llamas, something that no page says.

    A question that is to be put into plain English comes back as it is.
    """
    if asked := re.fullmatch(r"Text: (.*)\nQuestion:", prompt, re.DOTALL):
        return asked[1]
    name = re.match(r"Artifact: (.*)\n<quotes>\n1\. ", prompt)
    if "llama" in name[1].casefold():
        return "serves 4,711 customers in Norway"
    clause = re.split(r"[,;:(.]", prompt[name.end() :])[0]
    return " ".join(re.sub(r"\b(?:an?|the|of|and)\b", "", clause).split()[:MOST_WORDS])


class Writer(BaseHTTPRequestHandler):
    """An OpenAI-compatible server."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = reply_to(body["messages"][-1]["content"])
        self.server.asked += 1
        self.send_response(200)
        self.end_headers()
        for piece in re.findall(r"\S+\s*", text):
            self.wfile.write(b"data: " + json.dumps({"choices": [{"delta": {"content": piece}}]}).encode() + b"\n\n")
        self.wfile.write(b'data: {"choices": [], "usage": {"prompt_tokens": 300, "completion_tokens": 20}}\n\n')
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *_):
        """Quiet."""


@pytest.fixture(scope="module")
def writer():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Writer)
    server.daemon_threads, server.asked = True, 0
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def assistant(tmp_path_factory, encoder, writer):
    """One that was never in the folder where the index was built: it gets everything from the two servers."""
    folder = tmp_path_factory.mktemp("servers")
    with chroma_running(folder / "store") as url:
        settings = Settings.load(
            chroma_url=url, llm_url=f"http://127.0.0.1:{writer.server_port}/v1", model="behind-the-server"
        )
        build_index([SEEDS], index=folder / "builder", settings=settings, encoder=encoder)
        with Assistant.open(folder / "reader", settings=settings) as opened:
            yield opened


def test_the_question_set_is_answered_as_on_one_machine(assistant, writer):
    report = run(assistant, load_questions(QUESTIONS))
    wrong = {result.case.id: result.judgement.reasons for result in report.results if not result.judgement.passed}
    assert len(report.results) == 30
    assert len(report.results) - len(wrong) >= RIGHT_WITHOUT_A_MODEL, wrong
    assert not [result.case.id for result in report.results if result.unsupported]
    written = 0
    for result in report.results:
        assert result.answer is not None
        assert_cited(result.answer, PAGES)
        assert "Norway" not in result.answer.text
        assert not [note for note in result.answer.notes if "Chroma" in note or "language model" in note]
        written += result.answer.stats["model_sentences"]
    assert writer.asked >= 10
    assert written >= 5
    assert sum(result.answer.stats["rejected_sentences"] for result in report.results) >= 10


def test_the_questions_that_everything_must_get_right(assistant):
    answer = ask(assistant, "Which handles a longer context: LLaVA Llama 3 (8B) or Llama 3.2 90B Vision?")
    assert re.search(rf"{re.escape(LLAMA)}.*128K\b.*\b8K\b", answer.text.split("\n\n")[0])
    assert "$20/mo" in ask(assistant, "How much is the Pro tier of Ollama Cloud?").text
    assert re.search(rf"{STABLE}.*55/100", ask(assistant, "Which artifact has the highest UnfragileRank?").text)
    for question in (
        "Is Midjourney better than GPT-4?",
        f"Which has the better MMLU score, {LLAVA} or {LLAMA}?",
    ):
        silent = ask(assistant, question)
        assert (silent.status, silent.citations, silent.model) == ("not_found", (), None)


def test_the_folder_of_the_reader_holds_no_rows(assistant):
    [folder] = (Path(assistant.index) / "generations").glob("*/chroma")
    assert [path.name for path in folder.iterdir()] == ["collection.json"]
