"""Measures which query and weights find the right sentence, and how well `Side.strength` tells what a page states.

    python benchmarks/evidence.py [--encoder all-mpnet-base-v2]

On the development questions, over an index of the pages they are about, built in a temporary folder; the held-out
questions are not read. The right sentence of an artifact is one that matches a `quote` of its question.

A page that states what is asked is that of a cited artifact (positive). One that does not is that of an artifact that
a question names and nobody may cite for it, or of any other artifact of the same pages to which a question about one
artifact, or about all, is put instead. "foreign" are the four artifacts of the seed pages, to which all these questions
are put: what a small library of real pages does with questions about other matters. Nobody read the pages of others and
foreign ones for every question, so some do state it: the false accepts among them are an upper bound.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from re import IGNORECASE, search
from typing import Any
from unittest.mock import patch

from _reporting import auroc, auroc_interval, machine, print_table, share, write_results

from sidebyside import retrieval
from sidebyside.classification import LOOKED_UP
from sidebyside.embedding import load_encoder
from sidebyside.evaluation import Case, load_questions
from sidebyside.evaluation.shown import plain
from sidebyside.evidence import STATED, Side
from sidebyside.index import open_index
from sidebyside.indexing import build_index
from sidebyside.intents import load_guesser
from sidebyside.lanes.aspects import gather, wordings
from sidebyside.names import NameIndex
from sidebyside.question import understand
from sidebyside.records import Artifact, Library, Question
from sidebyside.retrieval import Retriever
from sidebyside.settings import DEFAULT_ENCODER, Settings

ROOT = Path(__file__).parents[1]
DATA = ROOT / "tests" / "data"
SEEDS = ROOT / "index" / "seeds"
# Question set -> folder of the pages it is about.
SETS = {
    "development": "library",
    "development2": "library2",
    "development3": "library",
    "development4": "library3",
    "development5": "library2",
}

STATING = ("supports", "which", "compare_aspect", "one_sided")
SILENT = ("one_sided", "not_stated")
# Kinds of question, as understood, that look for evidence at all; tables answer the others.
CAPABILITY_WEIGHTS = (0.0, 0.25, 0.5)
LEXICAL_WEIGHTS = (0.0, 0.2)
CUTS = (1, 3, 5)
# More than any artifact has: all its sentences, ranked.
ALL = 400


@dataclass(frozen=True, slots=True)
class Pair:
    """A question put to one artifact; `role` is "stated", "silent" or "other"."""

    case: Case
    question: Question
    artifact: Artifact
    role: str
    questions: str


def read_pairs(library: Library, retriever: Retriever, encoder: str) -> tuple[list[Pair], list[str]]:
    """(pairs, ids of the questions that were left out because tables or a refusal answer them)."""
    names, guesser = NameIndex(library, retriever.knows), load_guesser(encoder, retriever.vectors)
    pairs: list[Pair] = []
    left_out = []
    for questions, folder in SETS.items():
        pages = {path.name for path in (DATA / folder).iterdir()}
        artifacts = [artifact for artifact in library.artifacts if pages & set(artifact.sources)]
        for case in load_questions(DATA / "questions" / f"{questions}.jsonl"):
            if case.kind not in {*STATING, *SILENT}:
                continue
            question = understand(case.question, case.history, names, library, guesser)
            if question.kind not in LOOKED_UP:
                left_out.append(case.id)
                continue
            found = _roles(case, question, artifacts)
            pairs += [Pair(case, question, artifact, role, questions) for artifact, role in found]
    return pairs, left_out


def _roles(case: Case, question: Question, artifacts: Sequence[Artifact]) -> Iterator[tuple[Artifact, str]]:
    for artifact in artifacts:
        known = {artifact.label, artifact.name}
        cited, allowed = known & set(case.cite), known & set(case.allow)
        if cited and case.kind in STATING:
            yield artifact, "stated"
        elif artifact.id in question.artifacts:
            # The silent side of a comparison may be cited beside the other; elsewhere "may" means that it says it.
            if case.kind in SILENT and (case.kind == "one_sided" or not allowed):
                yield artifact, "silent"
        elif case.kind in ("supports", "which") and not cited and not allowed:
            yield artifact, "other"


def queries(question: Question) -> dict[str, tuple[str, ...]]:
    """The wordings to choose between; the last is what answers use."""
    return {
        "aspect only": (question.aspect or question.text,),
        "whole question": (question.text,),
        "names replaced": (question.generic or question.text,),
        "aspect and names replaced": wordings(question),
    }


def is_right(text: str, case: Case) -> bool:
    """Whether a sentence is one that the question's answer must quote."""
    return any(search(quote, plain(text), IGNORECASE) for quote in case.quote)


def compare_rankings(pairs: Sequence[Pair], retriever: Retriever) -> list[dict[str, Any]]:
    """Recall of the right sentence among the best 1, 3 and 5, for every query and every two weights.

    "shown" is what an answer would quote, at most three: the last query, its hits ranked anew by select_evidence.
    """
    rows = []
    for name, whole, lexical in product([*queries(pairs[0].question), "shown"], CAPABILITY_WEIGHTS, LEXICAL_WEIGHTS):
        with patch.multiple(retrieval, CAPABILITY_WEIGHT=whole, LEXICAL_WEIGHT=lexical):
            texts = [_ranked(pair, name, retriever) for pair in pairs]
        rows.append({"query": name, "capability": whole, "BM25": lexical, **_recall(texts, pairs)})
        if name == "shown":
            rows[-1]["at 5"] = None
    return rows


def _ranked(pair: Pair, query: str, retriever: Retriever) -> list[str]:
    """The best sentences of the pair's artifact, best first."""
    if query == "shown":
        return [item.quote for item in gather(pair.artifact, pair.question, retriever, limit=3).evidence]
    hits = retriever.inside(pair.artifact.id, queries(pair.question)[query], k=max(CUTS))
    return [hit.sentence.text for hit in hits]


def _recall(texts: Sequence[Sequence[str]], pairs: Sequence[Pair]) -> dict[str, float | None]:
    right = [[is_right(text, pair.case) for text in found] for found, pair in zip(texts, pairs, strict=True)]
    return {f"at {cut}": share([any(marks[:cut]) for marks in right]) for cut in CUTS}


@dataclass(frozen=True, slots=True)
class Scored:
    """A pair with the three scores that are compared."""

    pair: Pair
    side: Side
    similarity: float
    background: float

    @property
    def scores(self) -> dict[str, float]:
        return {
            "Side.strength": self.side.strength,
            "top-1 similarity": self.similarity,
            "similarity minus background": self.similarity - self.background,
        }


def score(pair: Pair, retriever: Retriever) -> Scored:
    """What the answer would go by, and what it could go by instead."""
    query = wordings(pair.question)
    hits = retriever.inside(pair.artifact.id, query, k=ALL)
    background = retriever.background(pair.artifact.id, query)
    best = max((hit.similarity for hit in hits), default=0.0)
    return Scored(pair, gather(pair.artifact, pair.question, retriever, limit=3), best, background)


def compare_scores(scored: Sequence[Scored]) -> list[dict[str, Any]]:
    """AUROC of every score against both kinds of pages that do not state it, by question set."""
    rows = []
    for questions in (*SETS, "all"):
        chosen = [item for item in scored if questions in ("all", item.pair.questions)]
        for name in scored[0].scores:
            values = {
                role: [item.scores[name] for item in chosen if item.pair.role == role]
                for role in ("stated", "silent", "other")
            }
            row: dict[str, Any] = {"questions": questions, "score": name}
            for role in ("silent", "other"):
                known = values["stated"] and values[role]
                row[f"against {role}"] = round(auroc(values["stated"], values[role]), 3) if known else None
                row[f"{role} 95%"] = list(auroc_interval(values["stated"], values[role])) if known else None
            rows.append(row)
    return rows


def at_threshold(scored: Sequence[Scored]) -> list[dict[str, Any]]:
    """How often a side is taken to state it: by strength alone, and as `Side.stated` has it, absent words included."""
    rows = []
    for role, kinds in {"stated": STATING, "silent": SILENT, "other": ("supports", "which")}.items():
        for kind in (*kinds, "all"):
            sides = [s.side for s in scored if s.pair.role == role and kind in ("all", s.pair.case.kind)]
            by_strength = share([side.strength >= STATED for side in sides])
            stated = share([side.stated for side in sides])
            rows.append({"page": role, "kind": kind, "n": len(sides), "strength": by_strength, "stated": stated})
    return rows


def at_seeds(pairs: Sequence[Pair], artifacts: Sequence[Artifact], retriever: Retriever) -> dict[str, Any]:
    """How often an artifact of the seeds is taken to state what a question about another library asks."""
    questions = {p.case.id: p.question for p in pairs if p.case.kind in ("supports", "which")}.values()
    sides = [gather(artifact, question, retriever, limit=3) for question in questions for artifact in artifacts]
    by_strength = share([side.strength >= STATED for side in sides])
    stated = share([side.stated for side in sides])
    return {"page": "foreign", "kind": "all", "n": len(sides), "strength": by_strength, "stated": stated}


def mistakes(scored: Sequence[Scored]) -> dict[str, list[str]]:
    """Cited pages that are not taken to state it, and named ones that are though they do not; strengths beside."""
    told = [(s, f"{s.pair.case.id}: {s.pair.artifact.label} ({s.side.strength:.2f})") for s in scored]
    return {
        "missed": [text for s, text in told if s.pair.role == "stated" and not s.side.stated],
        "accepted": [text for s, text in told if s.pair.role == "silent" and s.side.stated],
    }


def _is_findable(pair: Pair, texts: Sequence[tuple[str, str]]) -> bool:
    """Whether the artifact has a right sentence at all: a quote may be a table row, or the other side's."""
    return any(artifact == pair.artifact.id and is_right(text, pair.case) for artifact, text in texts)


def measure(settings: Settings, folder: Path) -> dict[str, Any]:
    """Build the index and take all figures."""
    encoder = load_encoder(settings)
    built = build_index(
        [DATA / name for name in SETS.values()], index=folder / "index", settings=settings, encoder=encoder
    )
    with open_index(folder / "index") as index:
        retriever = Retriever(index, encoder)
        pairs, left_out = read_pairs(index.library, retriever, settings.encoder)
        texts = [(p.artifact, sentence.text) for p in index.passages for sentence in p.sentences]
        findable = [pair for pair in pairs if pair.role == "stated" and _is_findable(pair, texts)]
        rankings = compare_rankings(findable, retriever)
        scored = [score(pair, retriever) for pair in pairs]
    build_index([SEEDS], index=folder / "seeds", settings=settings, encoder=encoder)
    with open_index(folder / "seeds") as index:
        foreign = at_seeds(pairs, index.library.artifacts, Retriever(index, encoder))
    roles = [pair.role for pair in pairs]
    return {
        "pages": built.pages,
        "artifacts": built.artifacts,
        "passages": built.passages,
        "left_out": left_out,
        "pairs": {"findable": len(findable), **{role: roles.count(role) for role in dict.fromkeys(roles)}},
        "rankings": rankings,
        "scores": compare_scores(scored),
        "threshold": STATED,
        "at_threshold": [*at_threshold(scored), foreign],
        "mistakes": mistakes(scored),
    }


def main() -> None:
    """Take the figures, print them as tables and keep them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", default=DEFAULT_ENCODER, help="catalogue name of the encoder")
    encoder = parser.parse_args().encoder
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Settings.load(encoder=encoder), Path(folder))
    print_table("Recall of the right sentence inside a cited artifact", found["rankings"])
    print_table("Does the page state it? AUROC", found["scores"])
    print_table(f"Sides taken to state it (strength >= {STATED}, and Side.stated)", found["at_threshold"])
    about = {"machine": machine("chromadb", "sentence-transformers", "torch"), "encoder": encoder, "sets": list(SETS)}
    suffix = "" if encoder == DEFAULT_ENCODER else f"-{encoder}"
    write_results(f"evidence{suffix}", {**about, **found})


if __name__ == "__main__":
    main()
