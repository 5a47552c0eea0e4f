"""Random artifacts and how each page format would show them: the way back from reading."""

from __future__ import annotations

import html
import json
import random
from dataclasses import dataclass

from hypothesis import strategies as st

LABELS = ("Adoption", "Quality", "Ecosystem", "Match Graph", "Times Matched", "Licence", "Réseau")
TYPES = ("Model", "Repository", "MCP Server", "Extension", "Product", "Web App", "CLI", "API")
SHOWN = 8


@dataclass(frozen=True)
class Ability:
    """One capability; "" where a page would not say."""

    title: str
    description: str
    unique: str
    alternatives: str


@dataclass(frozen=True)
class Thing:
    """One artifact; `total` is what its page says there are."""

    name: str
    kind: str
    facts: tuple[tuple[str, str], ...]
    abilities: tuple[Ability, ...]
    total: int


_WORDS = st.one_of(
    st.sampled_from(
        "images tokens 128K e.g. vs. U.S. 3.2 GPT-4V naïve 日本語 – — & <b> \"quoted\" 'x' (see it) a;b $20/mo 100% "
        "file.py http://a.b/c?d=e&f 'it's C++ [V] {x} ~40% x/y +3 more Unique: alternatives".split(" ")
    ),
    st.text(alphabet="abcdefghijklmnopqrstuvwxyzäßéñж漢", min_size=1, max_size=9),
)
_FIRST = st.sampled_from(("Does", "Keeps", "Über", "Señala", "Writes", "Ждёт", "Łączy", "A", "The"))


@st.composite
def sentences(draw, most=3):
    """One to `most` sentences on one line, the last without period now and then."""
    parts = []
    for _ in range(draw(st.integers(1, most))):
        parts.append(" ".join([draw(_FIRST), *draw(st.lists(_WORDS, min_size=1, max_size=8))]))
    return ". ".join(parts) + draw(st.sampled_from((".", "", "!")))


@st.composite
def names(draw):
    """Names with scopes, brackets, signs, " vs " and letters of other alphabets."""
    core = draw(st.text(alphabet="abcdefgHIJKLMnopqrsäñж漢0123456789", min_size=1, max_size=8))
    shape = draw(
        st.sampled_from(
            ("{}", "{} (8B)", "@scope/{}", "owner/{}", "{} vs Q", "{} 3.2 [beta]", "{}_x", "{} C++", "*{}*")
        )
    )
    return shape.format("N" + core)


@st.composite
def things(draw, name, titled, claims=True):
    """An artifact with up to eight shown capabilities, and more that are only counted."""
    shown = draw(st.integers(1, SHOWN))
    total = draw(st.integers(SHOWN + 1, 400)) if shown == SHOWN and draw(st.booleans()) else shown
    labels = draw(st.lists(st.sampled_from(LABELS), unique=True, max_size=4))
    value = st.sampled_from(("0", "1", "45/100", "$5 – $9", "n/a", "très bon"))
    abilities = tuple(
        Ability(
            title=" ".join(["Can", *draw(st.lists(_WORDS, min_size=1, max_size=3)), "well"]) if titled else "",
            description=draw(sentences()),
            unique=draw(sentences(most=2)) if claims and draw(st.booleans()) else "",
            alternatives=draw(sentences(most=2)) if claims and draw(st.booleans()) else "",
        )
        for _ in range(shown)
    )
    facts = (
        ("UnfragileRank", f"{draw(st.integers(0, 100))}/100"),
        ("Pricing", draw(st.sampled_from(("Free", "Paid")))),
    )
    return Thing(
        name, draw(st.sampled_from(TYPES)), facts + tuple((label, draw(value)) for label in labels), abilities, total
    )


@st.composite
def pairs(draw, titled=False):
    """Two artifacts of different names with the same table labels."""
    first, second = draw(st.lists(names(), min_size=2, max_size=2, unique_by=str.casefold))
    one = draw(things(first, titled))
    other = draw(things(second, titled))
    labels = [label for label, _ in one.facts]
    known = dict(other.facts)
    other = Thing(
        other.name, other.kind, tuple((label, known.get(label, "2")) for label in labels), other.abilities, other.total
    )
    return one, other


def rows(pair):
    """The table, header first."""
    table = [["Feature", *(thing.name for thing in pair)], ["Type", *(thing.kind for thing in pair)]]
    for place, (label, _) in enumerate(pair[0].facts):
        table.append([label, *(thing.facts[place][1] for thing in pair)])
    table.append(["Capabilities", *(f"{thing.total} decomposed" for thing in pair)])
    return table


def expected(pair):
    """What reading must give: per artifact name, type, facts and the texts of its capabilities."""
    return [
        {
            "name": thing.name,
            "type": thing.kind,
            "facts": [("Type", thing.kind), *thing.facts, ("Capabilities", f"{thing.total} decomposed")],
            "capabilities": [
                {part: text for part, text in vars(ability).items() if text} for ability in thing.abilities
            ],
        }
        for thing in pair
    ]


def verdict_of(pair):
    return f"{pair[1].name} scores higher at 55/100 vs {pair[0].name} at 45/100. It leads on adoption."


def render_text(pair, seed):
    """A text extract: rows broken at random, verdict and footer anywhere in the second part."""
    dice = random.Random(seed)
    lines = [f"{pair[0].name} vs {pair[1].name}"]
    second_line = dice.random() < 0.3
    lines.append(verdict_of(pair) if second_line else "Side-by-side comparison to help you choose.")
    table = rows(pair)
    lines += [*broken_row(table[0], dice), "|---|---|---|"]
    for row in table[1:]:
        lines += broken_row(row, dice)
    first, second = ([line for ability in thing.abilities for line in claims(ability)] for thing in pair)
    for thing, block in zip(pair, (first, second), strict=True):
        if thing.total > SHOWN:
            block.append(f"+{thing.total - SHOWN} more capabilities")
    if not second_line:
        place = dice.randint(0, len(second))
        second[place:place] = [
            verdict_of(pair),
            "Need something different?",
            "Search the match graph ↗© 2026 Unfragile. X.",
        ]
    newline = dice.choice(("\n", "\r\n", "\r"))
    encoding = dice.choice(("utf-8", "utf-8-sig", "utf-16"))
    return newline.join(lines + first + second).encode(encoding)


def broken_row(cells, dice):
    """A row on one line, or broken behind, before or instead of a pipe."""
    row = "| " + " | ".join(cells) + " |"
    kind = dice.choice(("whole", "whole", "behind", "before", "double"))
    if kind == "whole":
        return [row]
    cut = dice.choice([place for place, char in enumerate(row) if char == "|" and 0 < place < len(row) - 1])
    if kind == "behind":
        return [row[: cut + 1], row[cut + 1 :].strip()]
    if kind == "before":
        return [row[:cut].rstrip(), row[cut:]]
    return [row[: cut + 1], row[cut:]]


def claims(ability):
    lines = [ability.description]
    if ability.unique:
        lines.append(f"Unique: {ability.unique}")
    if ability.alternatives:
        lines.append(f"vs alternatives: {ability.alternatives}")
    return lines


def render_html(pair, seed):
    """A saved page: side headings or not, minified or not, entities here and there."""
    dice = random.Random(seed)
    sections = dice.random() < 0.5
    out = [
        "<!doctype html><html><head><title>x</title><script>if (a < b) { '<p>' }</script></head>",
        "<body><nav><p>Home</p></nav>",
    ]
    out.append(f"<h1>{escape(pair[0].name, dice)} vs {escape(pair[1].name, dice)}</h1><table>")
    for place, row in enumerate(rows(pair)):
        cell = "th" if place == 0 else "td"
        out.append("<tr>" + "".join(f"<{cell}>{escape(text, dice)}</{cell}>" for text in row) + "</tr>")
    out.append("</table>")
    for thing in pair:
        if sections:
            out.append(f"<h2>{escape(thing.name, dice)} Capabilities</h2>")
        for ability in thing.abilities:
            out.append(f"<h3>{escape(ability.title, dice)}</h3>")
            out += [f"<p>{escape(line, dice)}</p>" for line in claims(ability)]
        if thing.total > SHOWN:
            out.append(f"<button>+{thing.total - SHOWN} more capabilities</button>")
    out.append(f"<div><p>{escape(verdict_of(pair), dice)}</p></div><footer>© 2026</footer></body></html>")
    return dice.choice(("", "\n", "\n  ")).join(out).encode(dice.choice(("utf-8", "utf-8-sig", "utf-16")))


def escape(text, dice):
    """Escaped as it must be, and sometimes more than that."""
    text = html.escape(text)
    if dice.random() < 0.3:
        text = (
            text.replace("é", "&eacute;").replace("—", "&#8212;").replace(" ", dice.choice((" ", "\n   ", "&nbsp;")), 1)
        )
    return text


def render_markdown(pair, seed):
    """Markdown: titles one level below the artifacts' names, or without these."""
    dice = random.Random(seed)
    newline = dice.choice(("\n", "\r\n"))
    sections = dice.random() < 0.5
    out = [f"# {escape_markdown(pair[0].name)} vs {escape_markdown(pair[1].name)}", ""]
    table = rows(pair)
    out += ["| " + " | ".join(escape_markdown(cell) for cell in row) + " |" for row in table]
    out.insert(3, "|---|---|---|")
    for thing in pair:
        if sections:
            out += ["", f"## {escape_markdown(thing.name)}"]
        for ability in thing.abilities:
            out += ["", f"### {ability.title}"]
            for line in claims(ability):
                label, colon, rest = line.partition(": ")
                labelled = colon and label in ("Unique", "vs alternatives")
                out += ["", f"**{label}:** {rest}" if labelled else line]
        if thing.total > SHOWN:
            out += ["", f"*+{thing.total - SHOWN} more capabilities*"]
    out += ["", "## Verdict", "", escape_markdown(verdict_of(pair)), ""]
    return newline.join(out).encode()


def escape_markdown(text):
    return "".join(f"\\{char}" if char in "*_[]`\\<>#|" else char for char in text)


def render_card(thing, seed):
    """One artifact as a card."""
    dice = random.Random(seed)
    newline = dice.choice(("\n", "\r\n"))
    out = ["---", f"name: {json.dumps(thing.name, ensure_ascii=False)}", f"type: {thing.kind}", "facts:"]
    out += [f"  {label}: {json.dumps(value, ensure_ascii=dice.random() < 0.5)}" for label, value in thing.facts]
    out += ["---"]
    for ability in thing.abilities:
        out += ["", f"## {ability.title}", "", ability.description]
        if ability.unique:
            out += ["", f"Unique: {ability.unique}"]
        if ability.alternatives:
            out += ["", f"vs alternatives: {ability.alternatives}"]
    return newline.join(out).encode()


def render_passport(thing, seed):
    """One artifact as a passport; claims have no place in it."""
    dice = random.Random(seed)
    kinds = {"MCP Server": "mcp_server", "Web App": "web-app", "Repository": "repo"}
    artifact = {"name": thing.name, "type": kinds.get(thing.kind, thing.kind.lower()), "slug": "s"}
    artifact["pricing"] = {"model": dict(thing.facts)["Pricing"].lower(), "free": True, "starting_price": None}
    capabilities = [
        {"id": "c", "name": ability.title, "description": ability.description, "intents": [ability.title]}
        for ability in thing.abilities
    ]
    data = {"passport": {"unfragile": {"artifact": artifact, "capabilities": capabilities}}}
    return json.dumps(data, ensure_ascii=dice.random() < 0.5, indent=dice.choice((None, 2))).encode()
