"""The usual recipe on our questions: LlamaIndex with its defaults, the same GGUF file and the same encoder.

Run it in an environment with requirements.txt beside this file; see README.md there.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

# Questions and answers are ours; of the package they need records and errors only, so it need not be installed here.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from _asking import ask_all

from sidebyside.evaluation import load_questions
from sidebyside.records import Answer, Citation

PACKAGES = ("llama-index-core", "llama-cpp-python", "chromadb", "sentence-transformers", "torch")
_REFUSAL = re.compile(
    r"\bnot (?:explicitly |directly )?(?:mentioned|provided|stated|specified|given|available|included|found|in the|"
    r"contain\w*|listed|clear)|no (?:information|mention|details?)|does(?: not|n't) (?:\w+ )?(?:mention|provide|"
    r"specify|contain|include|state|have)|cannot|can't|don't (?:know|have)|do not (?:know|have)|unable to|sorry|"
    r"empty response",
    re.IGNORECASE,
)


class LlamaIndexAnswerer:
    """An index over the page files; single questions go to the query engine, follow-ups to the chat engine."""

    def __init__(self, pages: Path, encoder: Path, model: Path, store: Path) -> None:
        import chromadb
        from llama_index.core import Settings, SimpleDirectoryReader, StorageContext, VectorStoreIndex
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding
        from llama_index.llms.llama_cpp import LlamaCPP
        from llama_index.vector_stores.chroma import ChromaVectorStore

        Settings.embed_model = HuggingFaceEmbedding(model_name=str(encoder))
        # No chat format is built in: without one the model would be given the prompt as bare text.
        Settings.llm = LlamaCPP(
            model_path=str(model), messages_to_prompt=chat_prompt, completion_to_prompt=question_prompt, verbose=False
        )
        collection = chromadb.PersistentClient(path=str(store)).create_collection("pages")
        context = StorageContext.from_defaults(vector_store=ChromaVectorStore(chroma_collection=collection))
        documents = SimpleDirectoryReader(str(pages)).load_data()
        self.index = VectorStoreIndex.from_documents(documents, storage_context=context)

    def answer(self, question: str, history: Sequence[tuple[str, str]] = ()) -> Answer:
        """Ask, timing the first and the last piece of text. Raises whatever LlamaIndex raises."""
        start = time.perf_counter()
        response = self._chat(question, history) if history else self._query(question)
        pieces, first = [], None
        for piece in response.response_gen:
            if first is None and piece.strip():
                first = time.perf_counter()
            pieces.append(piece)
        total = time.perf_counter()
        text = "".join(pieces).strip()
        stats = {
            "facts_ms": None,
            "first_sentence_ms": None if first is None else round(1000 * (first - start)),
            "total_ms": round(1000 * (total - start)),
        }
        status = "not_found" if _REFUSAL.search(text) else "answered"
        return Answer(question, text, status, citations_of(response.source_nodes), stats=stats, model="LlamaIndex")

    def _query(self, question: str) -> Any:
        return self.index.as_query_engine(streaming=True).query(question)

    def _chat(self, question: str, history: Sequence[tuple[str, str]]) -> Any:
        from llama_index.core.llms import ChatMessage, MessageRole

        turns = [
            ChatMessage(role=role, content=text)
            for turn in history
            for role, text in zip((MessageRole.USER, MessageRole.ASSISTANT), turn, strict=True)
        ]
        return self.index.as_chat_engine().stream_chat(question, chat_history=turns)


def citations_of(nodes: Sequence[Any]) -> tuple[Citation, ...]:
    """The retrieved passages: a citation each, under the name of their file."""
    return tuple(
        Citation(
            number, node.metadata["file_name"], "description", node.get_content(), node.metadata["file_name"], 0, 0
        )
        for number, node in enumerate(nodes, 1)
    )


def chat_prompt(messages: Sequence[Any]) -> str:
    """Messages in the ChatML format that the Qwen models were trained with."""
    turns = "".join(f"<|im_start|>{message.role.value}\n{message.content}<|im_end|>\n" for message in messages)
    return f"{turns}<|im_start|>assistant\n"


def question_prompt(completion: str) -> str:
    return f"<|im_start|>user\n{completion}<|im_end|>\n<|im_start|>assistant\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--pages", type=Path, required=True)
    parser.add_argument("--encoder", type=Path, required=True, help="folder of the sentence-transformers model")
    parser.add_argument("--model", type=Path, required=True, help="GGUF file of a Qwen model")
    parser.add_argument("--output", type=Path, required=True, help="JSON lines; questions that it answers are left out")
    parser.add_argument("--until", type=float, default=float("inf"), help="when to stop, in seconds as of time.time()")
    options = parser.parse_args()
    versions = {name: metadata.version(name) for name in PACKAGES}
    options.output.with_suffix(".versions.json").write_text(json.dumps(versions), encoding="utf-8")
    with tempfile.TemporaryDirectory() as store:
        answerer = LlamaIndexAnswerer(options.pages, options.encoder, options.model, Path(store))
        ask_all(answerer, load_questions(options.questions), options.output, until=options.until)


if __name__ == "__main__":
    main()
