"""From a Question to a draft of its answer: which lane answers which intent, and what each gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sidebyside.answers import compose, missing, opinions, overviews, premises, tables, verdicts
from sidebyside.answers.draft import Draft
from sidebyside.answers.indirect import add_indirect
from sidebyside.answers.table_sentences import matching
from sidebyside.answers.understood import understood
from sidebyside.evidence.grid import GridFinder
from sidebyside.evidence.polarity import Models
from sidebyside.evidence.retrieval import Retriever
from sidebyside.question.conditions import with_bounds
from sidebyside.question.names import NameIndex
from sidebyside.question.rows import RowFinder
from sidebyside.records import Artifact, Criterion, Library, Question, Status


@dataclass(frozen=True, slots=True)
class Sources:
    """What answers are made from: one library, its names, and the search in its texts."""

    library: Library
    names: NameIndex
    retriever: Retriever
    grid: GridFinder
    rows: RowFinder
    models: Models

    @property
    def evidence(self) -> compose.Evidences:
        return compose.Evidences(self.retriever, self.grid)


def answer_question(question: Question, sources: Sources) -> Draft:
    """Direct answer, table, quotes and notes: everything that code alone answers."""
    question = with_bounds(question)
    draft = Draft(question, sources.library, reading=understood(question, sources.library))
    artifacts = [sources.library.get(a) for a in question.artifacts]
    if question.reply:
        draft.status = "not_found"
        draft.blocks.append(question.reply)
    elif question.unknown and not artifacts and not _leads_on(question):
        missing.answer_unknown(draft, question, sources.names, sources.evidence)
    elif artifacts:
        _about_artifacts(draft, artifacts, question, sources)
    else:
        _about_library(draft, question, sources)
        if question.unknown and question.intent == "recommend":
            missing.add_unknown(draft, question, sources.names)
    if question.premises and artifacts and not question.reply:
        premises.check_premises(draft, artifacts, question.premises, sources.evidence, sources.rows)
    if artifacts and not question.reply:
        add_indirect(draft, artifacts, question, sources.retriever)
    for name, ids in question.ambiguous:
        labels = ", ".join(sources.library.get(artifact).label for artifact in ids)
        draft.notes.append(f"“{name}” may mean any of: {labels}. All of them are answered.")
    return draft


def _leads_on(question: Question) -> bool:
    """Whether a question that names what nobody knows is still one to the library: "what else than Notion is free"."""
    if question.intent == "recommend":
        return bool(question.criteria or question.filters)
    return question.intent in {"list", "count", "library"}


def _about_artifacts(draft: Draft, artifacts: list[Artifact], question: Question, sources: Sources) -> None:
    several = len(artifacts) > 1
    counted = question.intent == "count" and question.label
    if several and question.listed and question.intent in {"list", "count", "find", "rank"} and not counted:
        # "Which of those are free": the things that were listed are the library now.
        _about_library(draft, question, sources, Library(tuple(sorted(artifacts, key=lambda a: a.id))))
        return
    if not _as_wholes(draft, artifacts, question, sources):
        if question.intent == "recommend" and several:
            compose.answer_recommend(draft, artifacts, question, sources.evidence)
        else:
            _on_criteria(draft, artifacts, question, sources)
            if _may_be_as_wholes(question) and not _says_plainly(draft):
                # What was left of the question was no criterion.
                draft.question = question = replace(question, criteria=())
                draft.reading = understood(question, sources.library)
                _begin_anew(draft)
                _as_wholes(draft, artifacts, question, sources)
    if question.unknown and draft.status != "not_found":
        missing.add_unknown(draft, question, sources.names)


def _alternatives(draft: Draft, artifacts: list[Artifact], question: Question, sources: Sources) -> None:
    """What could replace an artifact: for something that is said, the others whose pages say it plainly."""
    if question.texts and len(artifacts) == 1:
        others = [other for other, _ in matching(sources.library, question.filters) if other.id != artifacts[0].id]
        compose.answer_find(draft, question, sources.evidence, others)
        if _says_plainly(draft):
            return
        _begin_anew(draft)
    overviews.answer_alternatives(draft, artifacts, question, sources.retriever)


def _says_plainly(draft: Draft) -> bool:
    """Whether the page of one artifact at least says plainly what is asked."""
    cells = [cell for row in draft.grid.cells for cell in row] if draft.grid else []
    return any(cell.state != "silent" and cell.is_plain for cell in cells)


def _begin_anew(draft: Draft) -> None:
    """Take back what was said: it will be answered another way."""
    draft.grid, draft.status, draft.winner = None, "answered", ""
    draft.blocks, draft.artifacts = [], []


def _may_be_as_wholes(question: Question) -> bool:
    """Whether whole things may be asked about as well: what texts are asked for was assumed, and need not be."""
    assumed = bool(question.texts) and all(criterion.assumed for criterion in question.texts)
    return assumed and question.intent in {"overall", "similar", "differ", "verdict"}


def _as_wholes(draft: Draft, artifacts: list[Artifact], question: Question, sources: Sources) -> bool:
    """Answer what is asked of artifacts as wholes, on nothing that texts have to say; False where it is not that."""
    retriever, several = sources.retriever, len(artifacts) > 1
    if question.texts and question.intent != "alternatives":
        return False
    match question.intent:
        case "alternatives":
            _alternatives(draft, artifacts, question, sources)
        case "bestfor" if not question.criteria:
            overviews.answer_best_for(draft, artifacts, question, sources.evidence)
        case "verdict":
            verdicts.answer_verdict(draft, artifacts)
        case "conflicts":
            verdicts.answer_conflicts(draft, artifacts, question)
        case "pros" | "cons" | "proscons":
            opinions.answer_opinions(draft, artifacts, question, retriever, sources.models)
        case "why" if several:
            overviews.answer_why(draft, artifacts, question)
        case "overall" | "similar" | "differ" if (several or question.unknown) and not question.criteria:
            overviews.answer_overall(draft, artifacts, question, retriever, sources.names)
        case "describe" | "library":
            overviews.answer_describe(draft, artifacts)
        case _ if question.criteria or question.filters:
            return False
        case _ if several or question.unknown:
            overviews.answer_overall(draft, artifacts, question, retriever, sources.names)
        case _:
            overviews.answer_describe(draft, artifacts)
    return True


def _on_criteria(draft: Draft, artifacts: list[Artifact], question: Question, sources: Sources) -> None:
    """Rows from the tables, the rest from the texts; one artifact or several."""
    apart = {a for _, ids in question.ambiguous for a in ids}
    several = len(set(question.artifacts) - apart) + bool(apart) > 1
    rows = list({criterion.label: criterion for criterion in question.criteria if criterion.label}.values())
    named = set(rows)
    rows = _with_figures(rows, artifacts, sources.rows)
    asked = {criterion.label for criterion in rows}
    rows += [Criterion(f.label, f.label, f.label) for f in question.filters if f.label not in asked]
    if question.texts:
        compose.answer_criteria(draft, artifacts, question, sources.evidence)
        return
    statuses: list[Status] = []
    for criterion in rows:
        one = replace(question, criteria=(criterion,))
        if several:
            tables.answer_rank(draft, artifacts, one, sources.evidence)
        else:
            tables.answer_fact(draft, artifacts, one, sources.evidence)
        if not named or criterion in named:
            # A row of figures beside the one that is asked for may lack some: what costs nothing has no price.
            statuses.append(draft.status)
    draft.status = _together(statuses)


def _with_figures(rows: Sequence[Criterion], artifacts: Sequence[Artifact], finder: RowFinder) -> list[Criterion]:
    """The rows asked for; one of classes ("Pricing: Paid") after one of figures of its kind ("Starting Price")."""
    found: list[Criterion] = []
    for criterion in rows:
        having = [label for label in finder.alike(criterion.label) if any(_has_figure(a, label) for a in artifacts)]
        if not any(_has_figure(artifact, criterion.label) for artifact in artifacts):
            found += [Criterion(label, label, label) for label in having]
        found.append(criterion)
    return list(dict.fromkeys(found))


def _has_figure(artifact: Artifact, label: str) -> bool:
    return any(char.isdigit() for fact in artifact.facts if fact.label == label for char in fact.value)


def _together(statuses: Sequence[Status]) -> Status:
    """One status for several criteria."""
    return statuses[0] if len(set(statuses)) == 1 else "partial"


def _about_library(draft: Draft, question: Question, sources: Sources, library: Library | None = None) -> None:
    library = library or sources.library
    if question.intent in {"conflicts", "verdict"}:
        verdicts.answer_conflicts(draft, [], question)
    elif question.intent == "library" and not question.criteria and not question.filters:
        overviews.answer_summary(draft)
    elif question.texts:
        allowed = [artifact for artifact, _ in matching(library, question.filters)]
        compose.answer_find(draft, question, sources.evidence, allowed)
    elif question.criteria or question.filters:
        wanted = replace(question, intent="rank") if question.direction and question.intent != "count" else question
        tables.answer_library(draft, wanted, library)
    else:
        tables.answer_library(draft, replace(question, intent="list"), library)
