"""Measures which wordings and weights find the right sentence, and how well the probability of a cell tells what a page
states.

    python benchmarks/evidence.py [--encoder all-mpnet-base-v2]

On the development questions, read as the product reads them, over an index of the pages they are about, built in a
temporary folder; the held-out questions are not read. The right sentence of an artifact is one that matches a `quote`
of its question. The encoder is that of retrieval: reader and judge have their own.

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

from sidebyside.assistant import Assistant
from sidebyside.building.build import build_index
from sidebyside.evaluation import Case, load_questions
from sidebyside.evaluation.shown import plain
from sidebyside.evidence import retrieval
from sidebyside.evidence.grid import STATED, EvidenceCell, GridFinder
from sidebyside.evidence.retrieval import Retriever
from sidebyside.question.reading import Reading, read_question
from sidebyside.records import Artifact, Criterion, Question
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
# Beside the weights that are used.
CAPABILITY_WEIGHTS = (0.0, 0.25, retrieval.CAPABILITY_WEIGHT)
LEXICAL_WEIGHTS = (0.0, retrieval.LEXICAL_WEIGHT, 0.2)
CUTS = (1, 3, 5)


@dataclass(frozen=True, slots=True)
class Pair:
    """A question put to one artifact; `role` is "stated", "silent" or "other"."""

    case: Case
    question: Question
    artifact: Artifact
    role: str
    questions: str


def read_pairs(artifacts: Sequence[Artifact], reading: Reading) -> tuple[list[Pair], list[str]]:
    """(pairs, ids of the questions that were left out because nothing in them is for texts to answer)."""
    pairs: list[Pair] = []
    left_out = []
    for questions, folder in SETS.items():
        pages = {path.name for path in (DATA / folder).iterdir()}
        own = [artifact for artifact in artifacts if pages & set(artifact.sources)]
        for case in load_questions(DATA / "questions" / f"{questions}.jsonl"):
            if case.kind not in {*STATING, *SILENT} or case.history:
                continue
            question = read_question(case.question, (), reading)
            if question.reply or not question.texts:
                left_out.append(case.id)
                continue
            pairs += [Pair(case, question, artifact, role, questions) for artifact, role in _roles(case, question, own)]
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


# --- the right sentence -----------------------------------------------------------------------------------------------


def queries(criterion: Criterion) -> dict[str, tuple[str, ...]]:
    """The wordings to choose between; the last is what answers use."""
    return {
        "the criterion": (criterion.query,),
        "the question around it": (criterion.whole or criterion.query,),
        "both": criterion.wordings,
    }


def is_right(text: str, case: Case) -> bool:
    """Whether a sentence is one that the question's answer must quote."""
    return any(search(quote, plain(text), IGNORECASE) for quote in case.quote)


def compare_rankings(pairs: Sequence[Pair], retriever: Retriever, grid: GridFinder) -> list[dict[str, Any]]:
    """Recall of the right sentence among the best 1, 3 and 5 of some criterion.

    By retrieval for every query and every two weights; "judged" is in the order of the judge, with the weights in use.
    """
    rows = []
    for name, whole, lexical in product(queries(pairs[0].question.texts[0]), CAPABILITY_WEIGHTS, LEXICAL_WEIGHTS):
        with patch.multiple(retrieval, CAPABILITY_WEIGHT=whole, LEXICAL_WEIGHT=lexical):
            found = [
                [
                    [hit.sentence.text for hit in retriever.inside(pair.artifact.id, queries(c)[name], k=max(CUTS))]
                    for c in pair.question.texts
                ]
                for pair in pairs
            ]
        rows.append({"query": name, "capability": whole, "BM25": lexical, **_recall(found, pairs)})
    judged = [
        [[item.hit.sentence.text for item in grid.look(pair.artifact, c).rated] for c in pair.question.texts]
        for pair in pairs
    ]
    used = {"capability": retrieval.CAPABILITY_WEIGHT, "BM25": retrieval.LEXICAL_WEIGHT}
    return [*rows, {"query": "both, judged", **used, **_recall(judged, pairs)}]


def _recall(found: Sequence[Sequence[Sequence[str]]], pairs: Sequence[Pair]) -> dict[str, float | None]:
    right = [
        [[is_right(text, pair.case) for text in texts] for texts in criteria]
        for criteria, pair in zip(found, pairs, strict=True)
    ]
    return {f"at {cut}": share([any(any(marks[:cut]) for marks in one) for one in right]) for cut in CUTS}


# --- what a page states -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scored:
    """A pair with its surest cell, and the scores that are compared."""

    pair: Pair
    cell: EvidenceCell
    scores: dict[str, float]

    @property
    def stated(self) -> bool:
        """Whether the cell is taken to say something, be it a denial."""
        return self.cell.state != "silent"


def score(pair: Pair, grid: GridFinder) -> Scored:
    """What the answer goes by, and what it could go by instead, for the criterion that the artifact is surest of."""
    looks = [(grid.look(pair.artifact, criterion), criterion) for criterion in pair.question.texts]
    look, criterion = max(looks, key=lambda one: one[0].probability)
    told = look.features
    scores = {
        "cell": look.probability,
        "judge alone": told["judged"],
        "top-1 similarity": told["similarity"],
    }
    return Scored(pair, grid.cell(pair.artifact, criterion), scores)


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


def taken_to_state(scored: Sequence[Scored]) -> list[dict[str, Any]]:
    """How often a cell is taken to say something, by what its page does and by kind of question."""
    rows = []
    for role, kinds in {"stated": STATING, "silent": SILENT, "other": ("supports", "which")}.items():
        for kind in (*kinds, "all"):
            own = [s.stated for s in scored if s.pair.role == role and kind in ("all", s.pair.case.kind)]
            rows.append({"page": role, "kind": kind, "n": len(own), "stated": share(own)})
    return rows


def at_seeds(pairs: Sequence[Pair], artifacts: Sequence[Artifact], grid: GridFinder) -> dict[str, Any]:
    """How often an artifact of the seeds is taken to state what a question about another library asks."""
    questions = {p.case.id: p.question for p in pairs if p.case.kind in ("supports", "which")}.values()
    own = [
        any(grid.cell(artifact, criterion).state != "silent" for criterion in question.texts)
        for question in questions
        for artifact in artifacts
    ]
    return {"page": "foreign", "kind": "all", "n": len(own), "stated": share(own)}


def mistakes(scored: Sequence[Scored]) -> dict[str, list[str]]:
    """Cited pages that are not taken to state it, and named ones that are though they do not; probabilities beside."""
    told = [(s, f"{s.pair.case.id}: {s.pair.artifact.label} ({s.scores['cell']:.2f})") for s in scored]
    return {
        "missed": [text for s, text in told if s.pair.role == "stated" and not s.stated],
        "accepted": [text for s, text in told if s.pair.role == "silent" and s.stated],
    }


def measure(settings: Settings, folder: Path) -> dict[str, Any]:
    """Build the indexes and take all figures."""
    index, seeds = folder / "index", folder / "seeds"
    built = build_index([DATA / name for name in sorted(set(SETS.values()))], index=index, settings=settings)
    with Assistant.open(index, settings=settings, model="none") as assistant, assistant._leases.lease() as loaded:
        retriever, grid = loaded.retriever, loaded.sources.grid
        pairs, left_out = read_pairs(loaded.index.library.artifacts, loaded.reading)
        sentences: dict[str, list[str]] = {}
        for passage in loaded.index.passages:
            sentences.setdefault(passage.artifact, []).extend(sentence.text for sentence in passage.sentences)
        # A quote may be a table row, or the other side's: then the artifact has no right sentence at all.
        findable = [
            pair
            for pair in pairs
            if pair.role == "stated" and any(is_right(text, pair.case) for text in sentences[pair.artifact.id])
        ]
        rankings = compare_rankings(findable, retriever, grid)
        described = [pair for pair in pairs if pair.artifact.id in sentences]
        scored = [score(pair, grid) for pair in described]
    build_index([SEEDS], index=seeds, settings=settings)
    with Assistant.open(seeds, settings=settings, model="none") as assistant, assistant._leases.lease() as loaded:
        foreign = at_seeds(pairs, loaded.index.library.artifacts, loaded.sources.grid)
    roles = [pair.role for pair in described]
    return {
        "pages": built.pages,
        "artifacts": built.artifacts,
        "passages": built.passages,
        "left_out": left_out,
        "pairs": {"findable": len(findable), **{role: roles.count(role) for role in dict.fromkeys(roles)}},
        "rankings": rankings,
        "scores": compare_scores(scored),
        "threshold": STATED,
        "taken_to_state": [*taken_to_state(scored), foreign],
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
    print_table(f"Cells taken to say something (probability >= {STATED})", found["taken_to_state"])
    about = {"machine": machine("chromadb", "sentence-transformers", "torch"), "encoder": encoder, "sets": list(SETS)}
    suffix = "" if encoder == DEFAULT_ENCODER else f"-{encoder}"
    write_results(f"evidence{suffix}", {**about, **found})


if __name__ == "__main__":
    main()
