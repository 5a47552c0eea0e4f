"""S5: script, Markdown, image and link payloads in page texts, names, table cells and questions.

    python benchmarks/reliability/payloads.py

Everything the page would show of them is rendered and read again as a browser reads it: no element, attribute or
address may come from a payload. That browsers agree is tested in tests/browser (nothing runs, nothing is fetched).
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from _rows import Outcome

from invented import open_assistant, page_text, write_index
from sidebyside.app.answers import turn_html
from sidebyside.app.export import export
from sidebyside.app.library_view import artifact_html, library_html
from sidebyside.app.sides_tab import requested_sides
from sidebyside.app.turns import Turn
from sidebyside.errors import PageError
from sidebyside.pages import parse_page

PAYLOADS = (
    "<script>window.pwned=1</script>",
    "<SCRIPT SRC=//pwned.example/x.js></SCRIPT>",
    "<img src=x onerror=pwned()>",
    '"><svg/onload=pwned()>',
    "'><iframe src='https://pwned.example'></iframe>",
    "<a href='javascript:pwned()'>click</a>",
    "<math><mtext></mtext><script>pwned()</script></math>",
    "<details open ontoggle=pwned()>",
    "<style>@import 'https://pwned.example/x.css'</style>",
    "<link rel=stylesheet href=https://pwned.example/x.css>",
    "<meta http-equiv=refresh content='0;url=https://pwned.example'>",
    "<form action=https://pwned.example><input name=x></form>",
    "<object data=https://pwned.example></object>",
    "<base href=https://pwned.example/>",
    "<template><script>pwned()</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=pwned()>'>",
    "![picture](https://pwned.example/p.png)",
    "![x](data:image/svg+xml;base64,PHN2Zy8+)",
    "[click](javascript:pwned())",
    "[click](https://pwned.example 'title')",
    "[click][1]\n\n[1]: https://pwned.example",
    "<https://pwned.example>",
    "https://pwned.example/auto",
    "www.pwned.example",
    "**bold** `code` # heading",
    "| a | b |",
    "```html <script>pwned()</script> ```",
    "> quote\n\n- list",
    "[^1] [^1]: https://pwned.example",
    "{{constructor.constructor('pwned()')()}}",
    "${pwned()}",
    "<%= pwned() %>",
    "{% raw %}{{ config }}{% endraw %}",
    "&lt;script&gt;pwned()&lt;/script&gt;",
    "&#60;script&#62;pwned()&#60;/script&#62;",
    "\\u003cscript\\u003epwned()\\u003c/script\\u003e",
    "%3Cscript%3Epwned()%3C/script%3E",
    "<scr<script>ipt>pwned()</scr</script>ipt>",
    "<!--><script>pwned()</script>-->",
    "<![CDATA[<script>pwned()</script>]]>",
    "]]><script>pwned()</script>",
    "</textarea><script>pwned()</script>",
    "</title><script>pwned()</script>",
    "</script><script>pwned()</script>",
    "'-pwned()-'",
    '";pwned();//',
    "` onmouseover=pwned() x=`",
    '" autofocus onfocus=pwned() x="',
    "' style='background:url(https://pwned.example)' '",
    "x\u202e>tpircs<",
    "<\u200bscript>pwned()</script>",
    "＜script＞pwned()＜/script＞",
    "[1] [2] [99]",
    "=HYPERLINK(\"https://pwned.example\")",
    "=cmd|' /C calc'!A0",
    "+1+1|pwned",
    "\x1b]8;;https://pwned.example\x07link\x1b]8;;\x07",
    "<audio src=https://pwned.example autoplay>",
    "<video poster=https://pwned.example>",
    "<svg><use href='https://pwned.example#x'/></svg>",
)  # fmt: skip


# What Markdown in an answer may become (see app/markup.py): it runs nothing and fetches nothing.
FORMATTING = frozenset("p strong em code pre br ul ol li blockquote".split())


class _Reader(HTMLParser):
    """Collects the elements of a page, and what may be in none."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: set[str] = set()
        self.forbidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        for name, value in attrs:
            if name.startswith("on") or (name == "style" and "url(" in (value or "")):
                self.forbidden.append(f"{tag} {name}={value}")
            fetched = name in ("href", "src", "action", "poster", "xlink:href", "formaction", "srcset")
            if fetched and not (value or "").startswith(("#", "/", "?", "data:text/plain")):
                self.forbidden.append(f"{tag} {name}={value}")

    def handle_comment(self, data: str) -> None:
        self.forbidden.append(f"comment {data[:40]}")


def read_html(html: str) -> tuple[set[str], list[str]]:
    """The elements of some HTML, and attributes and addresses that no page of ours has."""
    reader = _Reader()
    reader.feed(html)
    return reader.elements, reader.forbidden


def _page(payload: str, place: str) -> str:
    """A page with the payload in its texts, in a table cell or in a name."""
    line = re.sub(r"\s*\n\s*", " ", payload)
    cell = line.replace("|", "/")
    name = f"Kestrel {cell}" if place == "name" else "Kestrel"
    value = cell if place == "cell" else "Free"
    text = f"Answers prompts of up to 32K tokens. {line}" if place == "text" else "Answers prompts of up to 32K tokens."
    abilities = ((text, f"Fast {line}" if place == "text" else "Fast", "Quick"),)
    other = (("Answers prompts of up to 8K tokens.", "Slow", "Calm"),)
    return page_text(
        (name, ("Model", "41/100", "1", "0", value), abilities),
        ("Marten", ("Product", "58/100", "1", "1", "Paid"), other),
    )


def _shown(index: Path, payload: str) -> Iterator[tuple[str, str]]:
    """(where, HTML) of everything that shows the library or an answer about it."""
    with open_assistant(index) as assistant:
        library = assistant.library
        yield "library", library_html(library)
        for artifact in library.artifacts:
            yield "artifact", artifact_html(artifact, library)
        label = next(a.label for a in library.artifacts if a.label != "Marten")
        for question in (
            f"How many tokens does {label} answer?",
            f"Compare {label} and Marten",
            f"What is {label}?",
            f"Is {label} free?",
            payload[:1900] or "x",
            f"Which handles {payload} better: {label} or Marten?",
        ):
            answer = assistant.answer(question)
            yield f"answer to {question[:40]!r}", turn_html(Turn(question, answer, "done"), 1, last=True)
        sides = requested_sides(library, {"compare": [label, "Marten"]})
        assert sides is not None
        yield "export", export(sides, "html").decode()
        yield "error", turn_html(Turn(payload, None, "failed", error=payload), 1, last=True)


def row(folder: Path, trials: int) -> Outcome:
    """S5: script, Markdown, image and link payloads in pages, names and questions; nothing becomes markup."""
    outcome, refused = Outcome(), 0
    step = max(1, len(PAYLOADS) // max(1, trials))
    plain = write_index(folder / "plain", {"page.txt": _page("harmless", "text")})
    ours = FORMATTING.union(*(read_html(html)[0] for _where, html in _shown(plain, "harmless")))
    for number, payload in enumerate(PAYLOADS[::step]):
        place = ("text", "name", "cell")[number % 3]
        page = _page(payload, place)
        try:
            parse_page(page.encode("utf-8", "surrogatepass"), "page.txt")
        except PageError:
            refused += 1  # the reader does not take it at all; the question still carries it
            page = _page("harmless", place)
        index = write_index(folder / str(number), {"page.txt": page})
        found = []
        for where, html in _shown(index, payload):
            elements, forbidden = read_html(html)
            found += [f"{where}: {what}" for what in (*sorted(elements - ours), *forbidden)]
        outcome.check(not found, f"{payload!r} as {place}: {found[:3]}")
    outcome.figures["refused by the page reader"] = refused
    return outcome


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        result = row(Path(scratch), 60)
        print(result.n, json.dumps(result.figures), *result.failures, sep="\n")
