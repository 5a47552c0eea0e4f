"""Questions about an aspect: does X support it, which artifact does, and how do several compare on it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from operator import attrgetter

from sidebyside import facts
from sidebyside.evidence import MONEY, Measure, Side, better_end, common_measures, disagreement, select_evidence
from sidebyside.facets import find_facets
from sidebyside.lanes.draft import Draft
from sidebyside.lanes.missing import add_unknown, plain_text, silent_text
from sidebyside.lanes.second_look import doubtful
from sidebyside.names import NameIndex
from sidebyside.polarity import denied_stems, denies, negations
from sidebyside.records import Artifact, Question
from sidebyside.retrieval import Retriever
from sidebyside.words import Token, content_stems, is_named, join_names, stem, tokens

# Artifacts looked at, and shown, when the whole library is searched.
_SEARCHED = 20
_FOUND = 8
# Sentences read of one artifact: all of them, in practice.
_ALL = 400
# A candidate is shown while the odds that it states what is asked are at least this share of the best one's.
_NEAR_BEST_ODDS = 1 / 4
# Where no page states it plainly, the best candidate is shown from this strength on, as the closest match.
_LIKELY = 0.20
# A question that sounds like nothing pages are about takes evidence as strong as this.
_BEYOND_DOUBT = 0.60
# Up to so many candidates, each shows its second-best quote too.
_FEW = 3
# In a question of so few words, a name among them decides.
_FEW_WORDS = 3
# "Does it need X?" is not answered with yes by a page that speaks of X.
_ASKS_NEED = re.compile(r"\b(?:needs?|requires?|must|depends?|only|limited|costs?|have to|has to)\b", re.IGNORECASE)
_WANTS_WINNER = re.compile(r"\b(?:which|who|what'?s|better|best|worse|winner|prefer|should i|or)\b", re.IGNORECASE)
_COMPARATIVE = re.compile(
    r"\b(?P<word>longer|larger|bigger|higher|greater|smaller|shorter|lower|more|fewer|less|longest|largest|biggest|highest|greatest|"
    r"smallest|shortest|lowest|most|fewest|least)\s+(?P<noun>(?!than\b|or\b|between\b)[a-z][\w-]*(?:\s(?:window|length|size|limit|time|rate|count|latency))?)",
    re.IGNORECASE,
)
_ADVERB = re.compile(r"\b(faster|slower|cheaper|quicker|fastest|slowest|cheapest|quickest)\b", re.IGNORECASE)
_BASE_FORMS = {
    "longest": "longer", "largest": "larger", "biggest": "bigger", "highest": "higher", "greatest": "greater",
    "smallest": "smaller",
    "shortest": "shorter", "lowest": "lower", "most": "more", "fewest": "fewer", "least": "less", "fastest": "faster",
    "slowest": "slower", "cheapest": "cheaper", "quickest": "quicker",
}  # fmt: skip


def wordings(question: Question) -> tuple[str, ...]:
    """The question in the wordings that retrieval averages: its aspect, and itself without the names."""
    return tuple(dict.fromkeys(text for text in (question.aspect, question.generic) if text)) or (question.text,)


def gather(artifact: Artifact, question: Question, retriever: Retriever, *, limit: int = 2) -> Side:
    """The evidence of one artifact for the question's aspect.

    A question about something that pages word in their own way (see facets) is also looked up in that wording, and a
    follow-up that finds nothing plain together with what it builds upon; the wording by which the pages state it more
    plainly counts.
    """
    rarity = retriever.rarity(question.topic)

    def look_up(query: tuple[str, ...]) -> Side:
        hits, background = retriever.inside(artifact.id, query, k=_ALL), retriever.background(artifact.id, query)
        return select_evidence(artifact, hits, question, background=background, rarity=rarity, limit=limit)

    own = wordings(question)
    sides = [look_up(own), *(look_up((*own, facet.wording)) for facet in find_facets(question.wording))]
    if question.before and not any(side.plain for side in sides):
        # "How do I tell it how much to change?" after a question about reworking a photo.
        sides.append(look_up((f"{question.before} {question.aspect}",)))
    return max(sides, key=attrgetter("strength"))


def answer_support(draft: Draft, artifacts: Sequence[Artifact], question: Question, retriever: Retriever) -> None:
    """Whether and how one artifact does something; an ambiguous name is answered for each it may mean."""
    sides = [gather(artifact, question, retriever, limit=3) for artifact in artifacts]
    lead = _table_lead(draft, artifacts, question) if all(side.stated for side in sides) else ""
    if not lead and len(sides) == 1 and sides[0].plain and question.polar:
        lead = _polar_lead(sides[0], question)
    _show_sides(draft, sides, question, lead=lead)


def _table_lead(draft: Draft, artifacts: Sequence[Artifact], question: Question) -> str:
    """What the table has on it, where the question sounds as if a row of the table were asked for too."""
    if question.second is None or not question.second.label:
        return ""
    rows = [facts.tell_fact(artifact, question.second, draft.cite) for artifact in artifacts]
    return " ".join(row.text for row in rows if row.status == "answered")


def answer_compare(
    draft: Draft, artifacts: Sequence[Artifact], question: Question, retriever: Retriever, names: NameIndex
) -> None:
    """Several artifacts on one aspect: the figure that decides it where there is one, and each side's own words."""
    sides = [gather(artifact, question, retriever) for artifact in artifacts]
    lead = _figures_lead(draft, sides, question) if all(side.stated for side in sides) else ""
    _show_sides(draft, sides, question, lead=lead)
    draft.table = facts.comparison_table(artifacts) if draft.status != "not_found" else None
    if question.unknown:
        add_unknown(draft, question, names)
        draft.silent += len(question.unknown)
    elif not lead and draft.status == "answered" and _WANTS_WINNER.search(question.text):
        draft.closing = "The pages do not settle which of them is ahead on this."


def answer_find(draft: Draft, question: Question, retriever: Retriever) -> None:
    """Which artifacts of the library do something, best first, each with its own words."""
    allowed = {artifact.id for artifact, _ in facts.matching(draft.library, question.filters)}
    sides = []
    for artifact_id in retriever.across(wordings(question), artifacts=_SEARCHED):
        if artifact_id in allowed:
            sides.append(gather(draft.library.get(artifact_id), question, retriever))
    sides.sort(key=lambda side: (-side.strength, side.artifact.label))
    sides = _with_named(sides, question)
    stated = [side for side in sides if side.plain and _affirms(side, question)] or _likely(sides, question)
    if question.outside:
        stated = [side for side in stated if side.strength >= _BEYOND_DOUBT]
    if not stated:
        draft.status = "not_found"
        draft.blocks.append(f"No page in the library says this of any artifact{_asked_for(question)}.")
        draft.consult(item for side in sides[:3] for item in side.evidence[:1])
        return
    shown = [side for side in stated if _odds(side) >= _NEAR_BEST_ODDS * _odds(stated[0])][:_FOUND]
    draft.name([side.artifact for side in shown])
    lines = [
        f"**{side.artifact.label}**{_conditions_met(draft, side.artifact, question)}: "
        f"{_quotes(draft, side, 2 if len(shown) <= _FEW else 1)}"
        for side in shown
    ]
    if len(lines) == 1:
        plain = shown[0].plain
        draft.blocks.append(lines[0] if plain else f"No page says this outright. The closest match:\n\n- {lines[0]}")
    else:
        draft.blocks.append(
            f"{len(shown)} artifacts say so on their pages, the closest match first:\n\n- " + "\n- ".join(lines)
        )
    draft.consult(item for side in stated for item in side.evidence)


def _with_named(sides: list[Side], question: Question) -> list[Side]:
    """Where the question holds a name that pages write too ("connects to Slack"), those that have most of its names.

    A name has no paraphrase: what connects to other things is no answer beside what says that one. Among many words it
    is one of many.
    """
    if len(question.topic) > _FEW_WORDS:
        return sides
    named = [
        {token.folded for item in side.evidence for token in _names(item.quote)} & {*question.topic} for side in sides
    ]
    most = max(map(len, named), default=0)
    return [side for side, own in zip(sides, named, strict=True) if len(own) == most]


def _names(text: str) -> list[Token]:
    """The words of a sentence that are written as names, its first one aside."""
    return [token for token in tokens(text)[1:] if is_named(token, sentence_start=False)]


def _likely(sides: Sequence[Side], question: Question) -> list[Side]:
    """The best candidate where none states it plainly, if likely enough and no word is missing that must be there."""
    return [s for s in sides[:1] if s.strength >= _LIKELY and not s.barred and _affirms(s, question)]


def _odds(side: Side) -> float:
    return side.strength / (1 - side.strength)


def _quotes(draft: Draft, side: Side, limit: int = 2) -> str:
    """The best quotes of a side; evidence holds only such as come near the best."""
    return " ".join(draft.quote(item) for item in side.evidence[:limit])


def _affirms(side: Side, question: Question) -> bool:
    """Whether the best sentence says that the artifact does it, or does not where that is asked."""
    return denies(side.evidence[0].quote, {stem(word) for word in question.topic}) == question.negated


def _conditions_met(draft: Draft, artifact: Artifact, question: Question) -> str:
    """The table rows by which an artifact meets the question's conditions: " (Free [2])"."""
    rows = [
        fact
        for label in dict.fromkeys(f.label for f in question.filters)
        for fact in facts.distinct(artifact, label)[:1]
    ]
    told = ", ".join(f"{fact.value} {draft.cite(facts.row_evidence(artifact, fact))}" for fact in rows)
    return f" ({told})" if told else ""


def _asked_for(question: Question) -> str:
    """What was looked for, and where, in brackets."""
    where = join_names(f"{f.label} {f.op} {f.value}" for f in question.filters)
    told = [f"looked for “{plain_text(question.aspect)}”"] if question.aspect else []
    return f" ({', '.join([*told, *([f'where {where}'] if where else [])])})" if told or where else ""


def _show_sides(draft: Draft, sides: Sequence[Side], question: Question, *, lead: str = "") -> None:
    """Status, lead and one block of quotes per side that states the aspect."""
    stated = [side for side in sides if side.stated]
    silent = [side for side in sides if not side.stated]
    draft.name([side.artifact for side in sides])
    draft.consult(item for side in sides for item in side.evidence)
    draft.notes.extend(filter(None, map(disagreement, stated)))
    draft.status = "answered" if not silent else "partial" if stated else "not_found"
    if lead:
        draft.blocks.append(lead)
    if len(stated) == 1 and not silent:
        if not (lead or stated[0].plain):
            draft.blocks.append(
                f"The page of **{stated[0].artifact.label}** does not say it outright. What comes closest:"
            )
        draft.blocks.append("\n".join(f"- {draft.quote(item)}" for item in stated[0].evidence))
    elif stated:
        closest = {side.artifact.id: "" if side.plain else "comes closest with " for side in stated}
        lines = (f"- **{s.artifact.label}**: {closest[s.artifact.id]}{_quotes(draft, s)}" for s in stated)
        draft.blocks.append("\n".join(lines))
    if silent:
        draft.blocks.append(silent_text(silent, question))
    draft.sides = list(stated)
    draft.doubtful, draft.silent = doubtful(silent), len(silent)


def _polar_lead(side: Side, question: Question) -> str:
    """ "Yes" or "No" where the best sentence plainly affirms or denies it, else only that the page speaks about it."""
    name = f"**{side.artifact.label}**"
    if disagreement(side):
        return f"The pages about {name} disagree:"
    wanted = {stem(word) for word in question.topic}
    covered = len(wanted & content_stems(side.evidence[0].quote)) * 2 > len(wanted)
    if denies(side.evidence[0].quote, wanted):
        return f"{'Yes' if question.negated else 'No'}, going by the page of {name}:"
    described = side.evidence[0].evidence_class == "description"
    plain = covered and described and not negations(question.text) and not _ASKS_NEED.search(question.text)
    if not plain or any(denied_stems(item.quote)[0] & wanted for item in side.evidence):
        return f"The page of {name} says:"
    return f"Yes, going by the page of {name}:"


def _figures_lead(draft: Draft, sides: Sequence[Side], question: Question) -> str:
    """The sentence that decides a comparison by figures in one unit; "" where figures do not decide it."""
    measures = common_measures(sides, question)
    if measures is None:
        return ""
    end = better_end(question, measures[0].quantity.unit)
    # Without a direction of its own, a comparison of prices asks for the lower one.
    end = end or (-1 if measures[0].quantity.unit.split("/")[0] in MONEY else 1)
    ordered = measures if end > 0 else list(reversed(measures))
    if len({m.quantity.value for m in measures}) == 1:
        labels = join_names(f"**{m.artifact.label}**" for m in ordered)
        marks = "".join(draft.cite(m.evidence) for m in ordered)
        return f"{labels} state the same figure: {ordered[0].quantity.shown} {marks}."
    ahead = _ahead(question, end, ordered[0].quantity.unit)
    winner = f"**{ordered[0].artifact.label}** {ahead}: {_figure(ordered[0], draft)}"
    others = join_names(f"{_figure(m, draft)} for **{m.artifact.label}**" for m in ordered[1:])
    return f"{winner}, against {others}."


def _figure(measure: Measure, draft: Draft) -> str:
    return f"{measure.quantity.shown} {draft.cite(measure.evidence)}"


def _ahead(question: Question, end: int, unit: str) -> str:
    """What being first means, in the question's own comparative: "has the longer context"."""
    if unit.split("/")[0] in MONEY:
        return "costs more" if end > 0 else "costs less"
    if adverb := _ADVERB.search(question.text):
        return f"is {_BASE_FORMS.get(adverb[1].lower(), adverb[1].lower())}"
    if found := _COMPARATIVE.search(question.aspect):
        word = found["word"].lower()
        return f"has the {_BASE_FORMS.get(word, word)} {found['noun']}"
    return "states the higher figure" if end >= 0 else "states the lower figure"
