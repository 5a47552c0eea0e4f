"""Words that tell what a table's head cells and first column are: criteria, names of things, or neither."""

from __future__ import annotations

import re

from sidebyside.pages.pipe_table import KNOWN_LABELS

LONGEST_NAME = 80
COMPARES = re.compile(r"\b(?:vs\.?|versus|compar\w*|alternatives?|vergleich\w*|comparati\w+)\b", re.IGNORECASE)

# What stands above a column of criteria.
FEATURE = frozenset(
    "feature features criterion criteria attribute attributes aspect aspects capability capabilities spec specs "
    "specification specifications property properties characteristic characteristics comparison compare functionality "
    "dimension metric benchmark requirement merkmal merkmale funktion eigenschaft kriterium fonctionnalité critère "
    "caractéristique característica función criterio caratteristica funzione recurso característica".split()
)
# What stands above a column of things.
THINGS = frozenset(
    "tool tools product products model models software library libraries app apps application applications framework "
    "frameworks extension extensions plugin plugins agent agents llm llms artifact artifacts repository repositories "
    "repo sdk chatbot chatbots editor editors ide ides werkzeug produkt modell anwendung programm bibliothek outil "
    "produit modèle logiciel herramienta producto modelo aplicación strumento prodotto modello ferramenta".split()
) | {"mcp server", "mcp servers", "web app", "web apps", "cli tool", "cli tools"}
# The same, but as often above a list that compares nothing.
MAYBE_THINGS = frozenset(
    "name names project projects service services system systems device devices vendor vendors provider providers "
    "company companies platform package packages database databases engine engines browser browsers server servers "
    "item title candidate candidates alternative alternatives solution solutions option options anbieter dienst nom "
    "nombre nome".split()
)
# Head cells that name a column and no thing.
COLUMN_WORDS = frozenset(
    "date day time name value values description descriptions note notes comment comments remark remarks status state "
    "price cost amount total quantity qty unit units type default required optional column columns row field key id "
    "number no nr task tasks owner person who what when where why how link links url source example examples result "
    "results before after old new min max mean avg average median std sd train test dev validation precision recall "
    "f1 accuracy score scores size yes no true false pros cons advantages disadvantages version author year title "
    "page purpose usage use command option argument parameter meaning left right winner verdict difference better "
    "best weight baseline ours month week quarter monday tuesday wednesday thursday friday saturday sunday january "
    "february march april may june july august september october november december jan feb mar apr jun jul aug sep "
    "oct nov dec mon tue wed thu fri sat sun category feature features criteria todo done doing priority deadline "
    "phone email address city country language platform license licence file folder path error message code input "
    "output request response method us them others other competitors competition alternatives everyone".split()
)
_COLUMN_PHRASES = frozenset(
    ("other tools", "the others", "other solutions", "the competition", "traditional tools", "edge", "our pick")
)
# Rows that products are compared by.
ROWS = frozenset(
    "type pricing price prices license licence licensing platform platforms developer vendor maintainer website stars "
    "language languages storage integrations integration api support memory parameters latency offline hosting "
    "deployment encryption ratings rating".split()
)
ROW_PHRASES = frozenset(
    "open source|open-source|self-hosted|self hosted|context window|context length|starting price|free plan|free tier|"
    "free trial|latest release|release date|first release|operating system|operating systems|file formats|"
    "mobile app|rate limit|rate limits|maximum file size".split("|")
)
# Further words of criteria, in labels of several words too ("Price a month", "Largest file").
_IN_CRITERIA = ROWS | frozenset(
    "cost costs size speed version release released weight height width length resolution battery capacity context "
    "tokens limit limits plan plans users seats export import sync backup security privacy hosted source training "
    "accuracy score rank quality adoption ecosystem capabilities downloads popularity founded country year ram vram "
    "gpu cpu strengths weaknesses strength weakness pros cons windows macos linux android ios web preis "
    "kosten lizenz sprache sprachen speicher größe gewicht prix licence taille precio licencia tamaño".split()
)
_UNIT = re.compile(r"[(\[](?:in )?[A-Za-z%µ$€£/]{1,12}[)\]]$|\?$")
# Columns of lists that are kept for something else: orders, duties, addresses, the options of a program.
LISTED = frozenset(
    "qty quantity subtotal invoice assignee owner deadline due phone email e-mail mail birthday salary default "
    "required returns shortcut sku menge betrag telefon".split()
)
# What stands above the rows of a table that is about one thing, or about days and people.
NO_THINGS = frozenset(
    "plan plans tier tiers edition editions step steps phase phases stage stages question questions section sections "
    "group team teams region role roles setting settings flag flags term word chapter topic paket tarif".split()
)


def is_name(text: str) -> bool:
    """Whether a cell can be what a thing is called."""
    folded = text.casefold().strip(" .:*†‡")
    if not 0 < len(text) <= LONGEST_NAME or not re.search(r"[^\W\d_]", text):
        return False
    return not (folded in COLUMN_WORDS or folded in _COLUMN_PHRASES or re.fullmatch(r"[qh]\d(?: \d{4})?", folded))


def is_known_row(text: str) -> bool:
    """Whether products are often compared by what this cell says."""
    folded = text.casefold()
    return folded in ROWS or folded in ROW_PHRASES


def row_weight(text: str) -> float:
    """1 for a row that products are often compared by, a half for a label that holds the word of one."""
    if is_known_row(text):
        return 1.0
    words = re.findall(r"\w+", text[:LONGEST_NAME].casefold())
    return 0.5 if len(words) < 6 and any(word in ROWS for word in words) else 0.0


def criterion_weight(text: str) -> float:
    """How much a cell looks like a criterion: 1 for what is known as one, a half for what holds a word of one."""
    folded = " ".join(text.casefold().split()).strip(" .:*")
    if is_known_row(folded) or folded in KNOWN_LABELS or folded in COLUMN_WORDS or folded in _IN_CRITERIA:
        return 1.0
    words = re.findall(r"\w+", folded[:LONGEST_NAME])
    return 0.5 if _UNIT.search(text[:LONGEST_NAME]) or any(word in _IN_CRITERIA for word in words) else 0.0


def head_of_criteria(text: str) -> bool:
    """Whether this cell stands above criteria."""
    return len(text) < 40 and any(word in FEATURE for word in re.findall(r"\w+", text.casefold()))


def head_of_things(text: str) -> float:
    """How surely this cell stands above things: 1, a half, or 0 (for an empty one too)."""
    folded = " ".join(re.findall(r"\w+", text.casefold()[:LONGEST_NAME]))
    words = folded.split()
    if head_of_criteria(text) or len(words) > 3:
        return 0.0
    if folded in THINGS or any(word in THINGS for word in words):
        return 1.0
    return 0.5 if any(word in MAYBE_THINGS for word in words) else 0.0
