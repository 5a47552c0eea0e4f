"""What the library does not hold: unknown names, silent pages, and what is nearest instead."""

from __future__ import annotations

from collections.abc import Sequence

from sidebyside.evidence import Side, as_evidence, select_evidence
from sidebyside.instructions import addresses_assistant
from sidebyside.lanes.draft import Draft
from sidebyside.names import NameIndex
from sidebyside.records import Artifact, Question
from sidebyside.retrieval import Retriever
from sidebyside.words import join_names, tokens


def answer_unknown(draft: Draft, question: Question, names: NameIndex, retriever: Retriever) -> None:
    """A question about names that no page is about.

    Where a page describes the one thing asked about in its own text ("Ollama Cloud provides..."), that is quoted with
    its page; a name that only occurs as somebody's alternative is not described by that.
    """
    if len(question.unknown) == 1 and question.topic and _answer_from_mentions(draft, question, retriever):
        return
    draft.status = "not_found"
    told = join_names(f"**{plain_text(name)}**" for name in question.unknown)
    be = "is" if len(question.unknown) == 1 else "are"
    draft.blocks.append(f"{told} {be} not in the library, so the saved pages do not answer this.")
    if len(question.unknown) == 1:
        _show_mention(draft, question.unknown[0], retriever)
    draft.blocks.append(nearest_block(draft, question.unknown, names))


def _show_mention(draft: Draft, name: str, retriever: Retriever) -> None:
    """Where a page describes something by means of the name, that sentence; claims about alternatives do not count."""
    for hits in retriever.across((name,), artifacts=5, each=200).values():
        for hit in hits:
            text = hit.sentence.text
            if hit.passage.part == "description" and _about(name, text) and not addresses_assistant(text):
                owner = draft.library.get(hit.passage.artifact)
                draft.blocks.append(f"The page about **{owner.label}** mentions it: {draft.quote(as_evidence(hit))}")
                return


def answer_half_known(draft: Draft, artifacts: Sequence[Artifact], question: Question, names: NameIndex) -> None:
    """A comparison as a whole with something that is not in the library: it cannot be made, and why."""
    draft.status = "not_found"
    draft.name(artifacts)
    known = join_names(f"**{artifact.label}**" for artifact in artifacts)
    told = join_names(f"**{plain_text(name)}**" for name in question.unknown)
    be = "is" if len(question.unknown) == 1 else "are"
    draft.blocks.append(f"{told} {be} not in the library, so the saved pages cannot settle a comparison with {known}.")
    draft.blocks.append(nearest_block(draft, question.unknown, names))


def add_unknown(draft: Draft, question: Question, names: NameIndex) -> None:
    """Sides of a comparison that are not in the library at all."""
    if not question.unknown:
        return
    told = join_names(f"**{plain_text(name)}**" for name in question.unknown)
    be = "is" if len(question.unknown) == 1 else "are"
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


def silent_text(sides: Sequence[Side], question: Question) -> str:
    """That the pages of these artifacts do not state the aspect."""
    labels = join_names((f"**{side.artifact.label}**" for side in sides), "or")
    absent = list(dict.fromkeys(word for side in sides for word in side.absent))
    about = f" (nothing on {join_names((_as_written(w, question) for w in absent), 'or')})" if absent else ""
    return f"The pages do not state this for {labels}{about}."


def _as_written(word: str, question: Question) -> str:
    """A topic word with the capitals it had in the question."""
    return next((token.text for token in tokens(question.text) if token.folded == word), word)


def plain_text(name: str) -> str:
    """A name from the question without characters that mean something in Markdown."""
    return "".join(char for char in name if char not in "*_`[]<>|\\")


def _answer_from_mentions(draft: Draft, question: Question, retriever: Retriever) -> bool:
    """Quote what descriptions say about a thing without a page of its own; False where that is nothing to the point."""
    name = question.unknown[0]
    sides = []
    query = (f"{name} {question.aspect}",)
    for artifact in retriever.across(query, artifacts=5):
        hits = [
            hit
            for hit in retriever.inside(artifact, query, k=200)
            if hit.passage.part != "alternatives" and _about(name, hit.sentence.text)
        ]
        if hits:
            background = retriever.background(artifact, query)
            rarity = retriever.rarity(question.topic)
            owner = draft.library.get(artifact)
            sides.append(select_evidence(owner, hits, question, background=background, rarity=rarity, limit=1))
    stated = sorted((side for side in sides if side.stated), key=lambda side: -side.strength)
    if not stated:
        draft.consult(item for side in sides for item in side.evidence)
        return False
    side = stated[0]
    draft.name([side.artifact])
    draft.blocks.append(f"On the page about **{side.artifact.label}**: {draft.quote(side.evidence[0])}")
    draft.notes.append(
        f"{plain_text(name)} has no page of its own in the library; this is what another page says about it."
    )
    return True


def _about(name: str, sentence: str) -> bool:
    """Whether a sentence is about the name rather than measuring something else against it."""
    words = [token.folded.removesuffix("'s") for token in tokens(sentence)]
    own = [token.folded for token in tokens(name)]
    places = [i for i in range(len(words) - len(own) + 1) if words[i : i + len(own)] == own]
    if not places:
        return False
    before = words[max(0, places[0] - 3) : places[0]]
    return not {"than", "vs", "versus", "unlike", "to", "like"} & set(before)
