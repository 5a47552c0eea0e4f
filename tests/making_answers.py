"""Answers, citations and a small library made by hand, for tests of what judges answers."""

from __future__ import annotations

from sidebyside.records import Answer, Artifact, Capability, Citation, Excerpt, Fact, Library, Source


def cite(number, artifact, quote, evidence_class="description"):
    return Citation(number, artifact, evidence_class, quote, f"{artifact}.txt", 0, len(quote))


def answer(text, *citations, status="answered", question="Which has the longer context, Heron or Wren?", **more):
    artifacts = tuple(dict.fromkeys(citation.artifact for citation in citations))
    return Answer(question, text, status, citations, artifacts, **more)


def excerpt(text):
    return Excerpt(text, Source("page.txt", 0, len(text)))


def artifact(name, type_, ranks, label=None):
    facts = [Fact("UnfragileRank", f"{rank}/100", Source(f"{n}.txt", 0, 9)) for n, rank in enumerate(ranks)]
    facts.append(Fact("Pricing", "Free", Source("0.txt", 10, 19)))
    capability = Capability(f"{name}-1", excerpt(f"{name} reads tokens."))
    return Artifact(name, name, type_, label or name, (), tuple(facts), (capability,), 1, ("0.txt",))


LIBRARY = Library(
    (
        artifact("Heron", "Model", [45, 52]),
        artifact("Lantern", "Model", [60], "Lantern (Model)"),
        artifact("Lantern", "Product", [12], "Lantern (Product)"),
        artifact("Wren", "Model", [50]),
    )
)
