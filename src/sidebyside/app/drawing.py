"""What every part of a drawn answer needs: its citations as chips, its artifacts in their colours, page titles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sidebyside.app.markup import answer_html, cited_text, clean, inline_html, split_citations

if TYPE_CHECKING:
    from sidebyside.records import Answer


@dataclass(frozen=True, slots=True)
class Drawing:
    """One answer on its way to HTML: `prefix` makes ids unique; `colours` are the conversation's."""

    answer: Answer
    prefix: str
    colours: Mapping[str, int]
    titles: Mapping[str, str]

    def side(self, artifact: str) -> str:
        """The class that carries an artifact's colour; side-0 is nobody's."""
        return f"side-{self.colours.get(artifact, 0)}"

    def title(self, file: str) -> str:
        """What a page is called; its file name where nothing is known about it."""
        return self.titles.get(file, file)

    def markdown(self, text: str) -> str:
        """Paragraphs and lists with their chips, names that stand out in their colours."""
        html = answer_html(text, self.chip) if text else ""
        for label in self.colours:
            name = clean(label)
            html = html.replace(f"<strong>{name}</strong>", f'<strong class="{self.side(label)}">{name}</strong>')
        return html

    def plain(self, text: str) -> str:
        """Text of a page with its chips, in which nothing is markup."""
        return "".join(cited_text(split_citations(text), self.chip))

    def inline(self, text: str) -> str:
        """One line with its chips."""
        return inline_html(text, self.chip)

    def chip(self, number: int) -> str:
        """The [n] that opens its quote; nothing for a number without a citation, so that it stays plain text."""
        citation = next((item for item in self.answer.citations if item.number == number), None)
        if citation is None:
            return ""
        label = clean(f"Quote {number}: {citation.artifact}")
        return (
            f'<a class="cite {self.side(citation.artifact)}" href="#{self.prefix}-c{number}" '
            f'data-cite="{self.prefix}-c{number}" aria-haspopup="dialog" aria-label="{label}">{number}</a>'
        )
