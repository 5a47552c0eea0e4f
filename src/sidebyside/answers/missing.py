"""What the library does not hold: unknown names, silent pages, and what is nearest instead."""

from __future__ import annotations

from collections.abc import Sequence

from sidebyside.answers.compose import Evidences
from sidebyside.answers.draft import Draft
from sidebyside.evidence.grid import STATED
from sidebyside.evidence.quotes import as_evidence
from sidebyside.evidence.retrieval import Retriever
from sidebyside.question.names import NameIndex
from sidebyside.records import Artifact, Criterion, Evidence, Question
from sidebyside.text.words import join_names, tokens

# Intents that look for something in the place of another, and artifacts looked at for them.
_REPLACING = frozenset({"alternatives", "find", "recommend", "overall", "compare"})
_RIVALS = 10
# Claims about a thing that the library does not hold, at most.
_CLAIMS = 3


def answer_unknown(draft: Draft, question: Question, names: NameIndex, sources: Evidences) -> None:
    """A question about names that no page is about.

    Where a page describes the one thing asked about in its own text ("Ollama Cloud provides..."), that is quoted with
    its page; a name that only occurs as somebody's alternative is not described by that.
    """
    if len(question.unknown) == 1 and question.criteria and _answer_from_mentions(draft, question, sources):
        return
    told = join_names(f"**{plain_text(name)}**" for name in question.unknown)
    be = "is" if len(question.unknown) == 1 else "are"
    if question.intent in _REPLACING and _tell_rivals(draft, question.unknown, f"{told} {be}", sources):
        return
    draft.status = "not_found"
    draft.blocks.append(f"{told} {be} not in the library, so the saved pages do not answer this.")
    if len(question.unknown) == 1:
        _show_mention(draft, question.unknown[0], sources)
    draft.blocks.append(nearest_block(draft, question.unknown, names))


def _tell_rivals(draft: Draft, unknown: Sequence[str], they_are: str, sources: Evidences) -> bool:
    """What could take the place of an unknown thing: the artifacts whose pages compare themselves with it."""
    found = sources.retriever.across((" ".join(unknown),), artifacts=_RIVALS)
    rivals = [draft.library.get(artifact) for artifact in found]
    claims = [claim for rival in rivals for claim in _claims_of(rival, unknown, sources.retriever)[:1]]
    if not claims:
        return False
    draft.name([draft.library.get(claim.artifact) for claim in claims])
    _tell_claims(draft, they_are, claims)
    return True


def _tell_claims(draft: Draft, they_are: str, claims: Sequence[Evidence]) -> None:
    """What pages say of things that the library does not hold, each with its artifact."""
    draft.blocks.append(f"{they_are} not in the library; what saved pages say beside it:")
    lines = [f"- **{draft.library.get(claim.artifact).label}**: {draft.quote(claim)}" for claim in claims[:_CLAIMS]]
    draft.blocks.append("\n".join(lines))


def _show_mention(draft: Draft, name: str, sources: Evidences) -> None:
    """Where a page describes something by means of the name, that sentence; claims about alternatives do not count."""
    for hits in sources.retriever.across((name,), artifacts=5, each=200).values():
        for hit in hits:
            text = hit.sentence.text
            if hit.passage.part == "description" and _about(name, text):
                owner = draft.library.get(hit.passage.artifact)
                draft.blocks.append(f"The page about **{owner.label}** mentions it: {draft.quote(as_evidence(hit))}")
                return


def answer_half_known(
    draft: Draft, artifacts: Sequence[Artifact], question: Question, names: NameIndex, retriever: Retriever
) -> None:
    """A comparison as a whole with something that is not in the library: what pages claim of it, else why it fails."""
    draft.name(artifacts)
    known = join_names(f"**{artifact.label}**" for artifact in artifacts)
    told = join_names(f"**{plain_text(name)}**" for name in question.unknown)
    be = "is" if len(question.unknown) == 1 else "are"
    claims = [claim for artifact in artifacts for claim in _claims_of(artifact, question.unknown, retriever)]
    if claims:
        draft.status = "partial"
        _tell_claims(draft, f"{told} {be}", claims)
        return
    draft.status = "not_found"
    draft.blocks.append(f"{told} {be} not in the library, so the saved pages cannot settle a comparison with {known}.")
    draft.blocks.append(nearest_block(draft, question.unknown, names))


def _claims_of(artifact: Artifact, unknown: Sequence[str], retriever: Retriever) -> list[Evidence]:
    """The sentences of an artifact's page that write each of some names that the library does not hold."""
    return [
        as_evidence(hit)
        for hit in retriever.sentences(artifact.id)[0]
        if all(_places(name, hit.sentence.text) for name in unknown)
    ]


def _places(name: str, sentence: str) -> list[int]:
    """Where a sentence writes a name, by the number of its word."""
    words, own = _folded(sentence), _folded(name)
    return [i for i in range(len(words) - len(own) + 1) if words[i : i + len(own)] == own]


def _folded(text: str) -> list[str]:
    return [token.folded.removesuffix("'s") for token in tokens(text)]


def add_unknown(draft: Draft, question: Question, names: NameIndex) -> None:
    """Sides of a comparison that are not in the library at all.

    "Is it quicker than Midjourney?" is answered by a page that claims so.
    """
    if not question.unknown:
        return
    told = join_names(f"**{plain_text(name)}**" for name in question.unknown)
    be = "is" if len(question.unknown) == 1 else "are"
    quoted = [citation.quote for citation in draft.citations]
    if question.polar and all(any(_places(name, quote) for quote in quoted) for name in question.unknown):
        draft.notes.append(f"{told} {be} not in the library: what is said of it is the claim of another page.")
        return
    draft.blocks.append(f"{told} {be} not in the library. {nearest_block(draft, question.unknown, names)}")
    draft.status = "not_found" if draft.status == "not_found" else "partial"


def nearest_block(draft: Draft, unknown: Sequence[str], names: NameIndex) -> str:
    """The artifacts whose names are nearest, or what the library holds."""
    near = list(dict.fromkeys(a for name in unknown for a in names.nearest(name)))[:3]
    if near:
        labels = join_names((f"**{draft.library.get(a).label}**" for a in near), "or")
        return f"Nearest names in the library: {labels}."
    holds = [artifact.label for artifact in draft.library.artifacts[:4]]
    more = len(draft.library.artifacts) - len(holds)
    return f"The library holds {join_names([*holds, *([f'{more} more'] if more > 0 else [])])}."


def plain_text(name: str) -> str:
    """A name from the question without characters that mean something in Markdown."""
    return "".join(char for char in name if char not in "*_`[]<>|\\")


def _answer_from_mentions(draft: Draft, question: Question, sources: Evidences) -> bool:
    """Quote what descriptions say about a thing without a page of its own; False where that is nothing to the point."""
    name = question.unknown[0]
    criterion = Criterion(question.aspect, f"{name}: {question.aspect}")
    looks = []
    for artifact in sources.retriever.across((f"{name} {question.aspect}",), artifacts=5):
        hits = [
            hit
            for hit in sources.retriever.inside(artifact, (criterion.query,), k=200)
            if hit.passage.part != "alternatives" and _about(name, hit.sentence.text)
        ]
        if hits:
            owner = draft.library.get(artifact)
            looks.append((sources.grid.look(owner, criterion, hits), owner))
    looks = [item for item in looks if item[0].probability >= STATED]
    if not looks:
        return False
    look, owner = max(looks, key=lambda item: item[0].probability)
    draft.name([owner])
    draft.blocks.append(f"On the page about **{owner.label}**: {draft.quote(as_evidence(look.rated[0].hit))}")
    draft.notes.append(
        f"{plain_text(name)} has no page of its own in the library; this is what another page says about it."
    )
    return True


def _about(name: str, sentence: str) -> bool:
    """Whether a sentence is about the name rather than measuring something else against it."""
    places = _places(name, sentence)
    if not places:
        return False
    before = _folded(sentence)[max(0, places[0] - 3) : places[0]]
    return not {"than", "vs", "versus", "unlike", "to", "like"} & set(before)
