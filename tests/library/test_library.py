"""Merging pages: one artifact once, conflicts kept, namesakes apart, whatever the order."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path

import pytest

from sidebyside.errors import IndexDamagedError, PageError
from sidebyside.library import build_library, diff_libraries, read_library, read_pages, write_library, write_pages
from sidebyside.pages import parse_page, read_page

FIXTURES = Path(__file__).parents[1] / "data" / "pages"
SEEDS = sorted((Path(__file__).parents[2] / "index" / "seeds").glob("*.txt"))

LIGHTS = (
    "Writes captions for photographs taken at night with lamps and headlights in view.",
    "Estimates how far one can see in fog from a single frame of a harbour camera.",
    "Removes star trails from long exposures without touching aircraft.",
)
BOOKS = (
    "Sends reminders for unpaid invoices in the language of the customer.",
    "Forecasts the bank balance for thirteen weeks from invoices and salaries.",
    "Exports the ledger to spreadsheets when the month ends.",
)


def card(source, name, *, kind="Model", texts=LIGHTS, facts=None, aliases=(), url="", date="", titles=()):
    """A page with one artifact; `texts` are the descriptions of its capabilities."""
    lines = ["---", f"name: {json.dumps(name)}", f"type: {kind}", f"aliases: {json.dumps(list(aliases))}"]
    lines += [f"url: {url}", f"date: {date}", "facts:"] if facts else [f"url: {url}", f"date: {date}"]
    lines += [f"  {label}: {json.dumps(value)}" for label, value in (facts or {}).items()] + ["---"]
    for place, text in enumerate(texts):
        lines += [f"## {titles[place] if titles else text.split('.')[0][:60]}", text, ""]
    return parse_page("\n".join(lines).encode(), source)


def extract(source, *things, total=None):
    """A text extract of (name, type, descriptions) triples."""
    lines = [" vs ".join(name for name, _, _ in things)]
    lines += ["| Feature | " + " | ".join(name for name, _, _ in things) + " |", "|---|---|---|"]
    lines += ["| Type | " + " | ".join(kind for _, kind, _ in things) + " |"]
    lines += ["| Capabilities | " + " | ".join(f"{total or len(texts)} decomposed" for _, _, texts in things) + " |"]
    lines += [text for _, _, texts in things for text in texts]
    return parse_page("\n".join(lines).encode(), source)


def labels(library):
    return [artifact.label for artifact in library.artifacts]


def only(library):
    (artifact,) = library.artifacts
    return artifact


def descriptions(artifact):
    return [capability.description.text for capability in artifact.capabilities]


def test_seeds_give_four_artifacts_with_eight_capabilities_each():
    library = build_library([read_page(path) for path in SEEDS])
    assert [(a.name, a.type, len(a.capabilities), a.capabilities_total) for a in library.artifacts] == [
        ("Dreambooth-Stable-Diffusion", "Repository", 8, 12),
        ("Llama 3.2 90B Vision", "Model", 8, 12),
        ("LLaVA Llama 3 (8B)", "Model", 8, 9),
        ("Stable-Diffusion", "Repository", 8, 13),
    ]
    assert all(c.unique and c.alternatives for a in library.artifacts for c in a.capabilities)
    cut_in_two = library.get("dreambooth-stable-diffusion").capabilities[1]
    assert cut_in_two.unique.text.endswith("but creates a feedback dependency.")
    assert cut_in_two.alternatives.text.startswith("More efficient than pre-computed regularization datasets")
    assert [verdict.artifacts for verdict in library.verdicts] == [
        ("llama-3-2-90b-vision", "stable-diffusion"),
        ("llava-llama-3-8b", "dreambooth-stable-diffusion"),
    ]


def test_order_of_pages_does_not_matter(tmp_path):
    pages = [*(read_page(path) for path in SEEDS), *fixture_pages()]
    expected = build_library(pages)
    dice = random.Random(7)
    for _ in range(5):
        dice.shuffle(pages)
        assert build_library([*pages, pages[0]]) == expected
    write_library(expected, tmp_path / "library.jsonl")
    assert read_library(tmp_path / "library.jsonl") == expected


def fixture_pages():
    pages = []
    for path in sorted(FIXTURES.iterdir()):
        try:
            pages.append(read_page(path))
        except PageError:
            continue
    return pages


def test_same_artifact_on_two_pages_is_one_with_both_sources():
    library = build_library([card("b.md", "Lantern"), card("a.md", "lantern ")])
    artifact = only(library)
    assert artifact.sources == ("a.md", "b.md")
    assert [capability.sources for capability in artifact.capabilities] == [("a.md", "b.md")] * 3
    assert {capability.description.source.file for capability in artifact.capabilities} == {"a.md"}


def test_differing_values_are_conflicts_with_their_sources_and_dates():
    library = build_library(
        [
            card("a.md", "Lantern", facts={"UnfragileRank": "40/100", "Pricing": "Free"}, date="2026-01-02"),
            card("b.md", "Lantern", facts={"UnfragileRank": "45/100", "pricing": "Free"}),
        ]
    )
    (conflict,) = library.conflicts()
    assert (conflict.artifact, conflict.label) == ("lantern", "UnfragileRank")
    assert [(fact.value, fact.source.file, fact.source.date) for fact in conflict.facts] == [
        ("40/100", "a.md", "2026-01-02"),
        ("45/100", "b.md", None),
    ]
    assert [fact.label for fact in only(library).values("Pricing")] == ["Pricing", "Pricing"]


LONG = (
    "Trains adapters on up to 128K tokens of source code without a second machine, keeps every checkpoint and never "
    "sends anything to a server, so that private repositories stay private."
)


@pytest.mark.parametrize(
    "variant",
    [
        LONG.upper(),
        LONG.removesuffix("."),
        LONG.replace(",", ";"),
        LONG.replace("checkpoint", "checkpoints"),
        LONG.replace("so that", "and so"),
        LONG.replace("keeps", "always keeps"),
        LONG.replace("private repositories", "private source repositories"),
    ],
)
def test_near_identical_wordings_are_one_capability(variant):
    artifact = only(build_library([card("a.md", "L", texts=[LONG]), card("b.md", "L", texts=[variant])]))
    assert descriptions(artifact) == [LONG]
    assert artifact.capabilities[0].sources == ("a.md", "b.md")


@pytest.mark.parametrize(
    "variant",
    [
        LONG.replace("128K", "256K"),
        LONG.replace("never ", ""),
        LONG.replace("without", "with"),
        LONG.replace("server", "browser"),
        LONG.replace("private repositories", "public repositories"),
        LONG.replace("private.", "private on Windows."),
        LONG.replace("up to", "at least"),
    ],
)
def test_wordings_that_say_something_else_stay_two(variant):
    artifact = only(build_library([card("a.md", "L", texts=[LONG]), card("b.md", "L", texts=[variant])]))
    assert descriptions(artifact) == [LONG, variant]
    assert [capability.sources for capability in artifact.capabilities] == [("a.md",), ("b.md",)]


def test_reworded_description_with_the_same_claim_is_one_capability():
    claim = "Unique: keeps the optimiser's state beside the weights in one file"
    first = "Saves the state of a training run and restores it later on another machine.\n\n" + claim
    second = "Saves the whole state of a training run, and restores it later on any machine.\n\n" + claim
    artifact = only(build_library([card("a.md", "L", texts=[first]), card("b.md", "L", texts=[second])]))
    assert len(artifact.capabilities) == 1


def test_likeness_inside_one_page_is_no_repetition():
    texts = ["Reads files in the first format of the two.", "Reads files in the second format of the two."]
    artifact = only(build_library([card("a.md", "L", texts=texts), card("b.md", "L", texts=texts[::-1])]))
    assert descriptions(artifact) == texts
    assert [capability.sources for capability in artifact.capabilities] == [("a.md", "b.md")] * 2


def test_merged_capability_takes_each_part_from_the_first_page_that_has_it():
    with_claim = LIGHTS[0] + "\n\nvs alternatives: cheaper than most"
    pages = [
        extract("a.txt", ("L", "Model", LIGHTS), ("M", "Model", BOOKS)),
        card("b.md", "L", texts=[with_claim, *LIGHTS[1:]], titles=["Night captions", "Fog", "Stars"]),
    ]
    capability = build_library(pages).get("l").capabilities[0]
    assert capability.description.source.file == "a.txt"
    assert (capability.title.text, capability.title.source.file) == ("Night captions", "b.md")
    assert (capability.alternatives.text, capability.alternatives.source.file) == ("cheaper than most", "b.md")


def test_capability_ids_stay_when_pages_come_and_go():
    alone = build_library([card("m.md", "L")]).artifacts[0]
    together = build_library([card("m.md", "L"), card("z.md", "L", texts=BOOKS[:1]), card("n.md", "Q")]).get("l")
    ids = [capability.id for capability in alone.capabilities]
    assert [capability.id for capability in together.capabilities][:3] == ids
    assert len(set(ids)) == 3


def test_namesakes_of_different_types_stay_apart():
    library = build_library([card("a.md", "Lantern"), card("b.md", "Lantern", kind="Product", texts=BOOKS)])
    assert [(a.id, a.label, a.name) for a in library.artifacts] == [
        ("lantern-model", "Lantern (Model)", "Lantern"),
        ("lantern-product", "Lantern (Product)", "Lantern"),
    ]


def test_namesakes_of_one_type_with_other_contents_stay_apart():
    library = build_library([card("a.md", "Lantern"), card("b.md", "Lantern", texts=BOOKS)])
    assert sorted(labels(library)) == ["Lantern (from a.md)", "Lantern (from b.md)"]
    assert len({artifact.id for artifact in library.artifacts}) == 2
    assert all(artifact.id.startswith("lantern-model-") for artifact in library.artifacts)


def test_namesakes_are_told_apart_by_address_or_pricing_where_there_is_one():
    by_url = [
        card("a.md", "Lantern", url="https://github.com/north/lantern"),
        card("b.md", "Lantern", texts=BOOKS, url="https://south.example/"),
    ]
    assert sorted(labels(build_library(by_url))) == [
        "Lantern (github.com/north/lantern)",
        "Lantern (south.example)",
    ]
    by_price = [
        card("a.md", "Lantern", facts={"Pricing": "Free"}),
        card("b.md", "Lantern", texts=BOOKS, facts={"Pricing": "Paid"}),
    ]
    assert sorted(labels(build_library(by_price))) == ["Lantern (Free)", "Lantern (Paid)"]


def test_three_namesakes_get_as_many_details_as_they_need():
    pages = [
        card("a.md", "Lantern"),
        card("b.md", "Lantern", texts=BOOKS),
        card("c.md", "Lantern", kind="Product", texts=BOOKS),
    ]
    assert sorted(labels(build_library(pages))) == [
        "Lantern (Model, from a.md)",
        "Lantern (Model, from b.md)",
        "Lantern (Product)",
    ]


def test_namesakes_on_one_page_stay_apart_whatever_they_share():
    library = build_library([extract("a.txt", ("L", "Model", LIGHTS), ("L", "Model", LIGHTS))])
    assert len(library.artifacts) == 2
    assert len(set(labels(library))) == 2


def test_one_artifact_with_two_halves_of_its_capabilities_is_one():
    """Pages show eight of more: the same artifact may share no capability with itself."""
    page = read_page(SEEDS[1])
    texts = [capability.description.text for capability in page.artifacts[1].capabilities]
    for half in itertools.combinations(range(8), 4):
        first = [texts[place] for place in half]
        second = [texts[place] for place in range(8) if place not in half]
        pages = [
            extract("a.txt", ("D", "Repository", first), ("E", "Model", BOOKS), total=12),
            extract("b.txt", ("D", "Repository", second), ("F", "Model", BOOKS), total=12),
        ]
        assert [artifact.id for artifact in build_library(pages).artifacts] == ["d", "e", "f"]


def test_page_without_type_joins_the_artifact_it_can_only_be():
    pages = [card("a.md", "Lantern"), card("b.md", "Lantern", kind="", texts=LIGHTS[:1])]
    assert only(build_library(pages)).type == "Model"
    pages.append(card("c.md", "Lantern", kind="Product", texts=BOOKS))
    assert build_library(pages).get("lantern-model").sources == ("a.md", "b.md")
    unclear = card("d.md", "Lantern", kind="", texts=["Is something else altogether, and says so."])
    assert labels(build_library([*pages[:1], *pages[2:], unclear])) == [
        "Lantern (Model)",
        "Lantern (Product)",
        "Lantern (type not stated)",
    ]


def test_spellings_of_a_name_are_one_artifact_only_if_a_capability_says_so():
    same = build_library([card("a.md", "Stable-Lamp"), card("b.md", "stable lamp"), card("c.md", "Stable-Lamp")])
    assert (only(same).name, only(same).aliases) == ("Stable-Lamp", ("stable lamp",))
    other = build_library([card("a.md", "Stable-Lamp"), card("b.md", "Stable Lamp", kind="Product", texts=BOOKS)])
    assert labels(other) == ["Stable-Lamp (Model)", "Stable Lamp (Product)"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("owner/lamp-kit", ("lamp-kit", "owner-lamp-kit")),
        ("@scope/lamp", ("lamp", "scope-lamp")),
        ("LLaVA Lamp 3 (8B)", ("LLaVA Lamp 3", "llava-lamp-3-8b")),
        ("Lamp [beta]", ("Lamp", "lamp-beta")),
        ("Open Lamp Protocol", ("OLP", "open-lamp-protocol")),
        ("owner/agent", ("owner-agent",)),
        ("Big Universal Tool", ("big-universal-tool",)),
        ("C++", ("c-plus-plus",)),
        ("Lámpara", ("lampara",)),
        ("灯台", ()),
        ("lamp", ()),
    ],
)
def test_aliases(name, expected):
    assert only(build_library([card("a.md", name)])).aliases == expected


def test_alias_that_could_mean_two_artifacts_is_nobodys():
    library = build_library(
        [
            card("a.md", "north/lamp"),
            card("b.md", "south/lamp", texts=BOOKS),
            card("c.md", "Torch (8B)"),
            card("d.md", "Torch", texts=BOOKS),
            card("e.md", "Quick", aliases=["Flash"]),
            card("f.md", "Flash", texts=BOOKS),
        ]
    )
    aliases = {artifact.name: artifact.aliases for artifact in library.artifacts}
    assert aliases == {
        "north/lamp": ("north-lamp",),
        "south/lamp": ("south-lamp",),
        "Torch (8B)": ("torch-8b",),
        "Torch": (),
        "Quick": (),
        "Flash": (),
    }


def test_short_name_that_is_an_ordinary_word_elsewhere_is_no_alias():
    pages = [
        card("a.md", "owner/fog"),
        card("b.md", "owner/lamp", texts=BOOKS),
        card("c.md", "Torch", texts=LIGHTS[1:]),
    ]
    aliases = {artifact.name: artifact.aliases for artifact in build_library(pages).artifacts}
    assert aliases["owner/fog"] == ("owner-fog",)
    assert aliases["owner/lamp"] == ("lamp", "owner-lamp")


def test_ids_are_readable_unique_and_independent_of_what_else_there_is():
    names = ["青い灯台", "赤い灯台", "Señal", "Senal", "C", "C++", "C#", "Моя лампа v2"]
    pages = [card(f"{place}.md", name, texts=[name + LONG]) for place, name in enumerate(names)]
    together = {artifact.name: artifact.id for artifact in build_library(pages).artifacts}
    assert len(set(together.values())) == len(names)
    assert (together["C"], together["C++"], together["C#"]) == ("c", "c-plus-plus", "c-sharp")
    assert together["Моя лампа v2"].startswith("v2-")
    assert together["青い灯台"].startswith("artifact-")
    for page in pages:
        artifact = only(build_library([page]))
        if artifact.name not in ("Señal", "Senal"):
            assert artifact.id == together[artifact.name]
    assert together["Señal"] != together["Senal"]


def test_total_is_what_pages_state_or_what_a_whole_list_shows():
    stated = [extract(f"{t}.txt", ("L", "Model", LIGHTS), ("M", "Model", BOOKS)) for t in "ab"]
    assert build_library(stated).get("l").capabilities_total == 3
    assert only(build_library([card("a.md", "L")])).capabilities_total == 3


def test_diff_tells_artifacts_facts_and_capabilities():
    old = build_library([card("a.md", "Lantern", facts={"Pricing": "Free"}), card("b.md", "Beacon", texts=BOOKS)])
    claim = LIGHTS[0] + "\n\nUnique: it is new"
    new = build_library(
        [
            card("a.md", "Lantern", texts=[claim, LIGHTS[1], BOOKS[0]], facts={"Pricing": "Paid", "Seats": "5"}),
            card("c.md", "Torch", texts=BOOKS),
        ]
    )
    diff = diff_libraries(old, new)
    assert (diff.artifacts_added, diff.artifacts_removed) == (("Torch",), ("Beacon",))
    assert [(change.label, change.before, change.after) for change in diff.facts] == [
        ("Pricing", ("Free",), ("Paid",)),
        ("Seats", (), ("5",)),
    ]
    assert [(change.before, change.after, change.changed) for change in diff.capabilities] == [
        (LIGHTS[0][:60], LIGHTS[0][:60], ("unique",)),
        (LIGHTS[2][:60], "", ()),
        ("", BOOKS[0][:60], ()),
    ]
    assert not diff.empty
    assert diff_libraries(new, new).empty
    assert json.loads(json.dumps(diff.to_dict()))["artifacts_added"] == ["Torch"]


def test_diff_tells_a_reworded_capability_from_a_new_one():
    old = build_library([card("a.md", "L", texts=[LONG, *BOOKS[:2]])])
    new = build_library([card("a.md", "L", texts=[LONG.replace("128K", "256K"), *BOOKS[1:]])])
    changes = diff_libraries(old, new).capabilities
    assert [change.changed for change in changes] == [("title", "description"), (), ()]
    assert ("128K" in changes[0].before, "256K" in changes[0].after) == (True, True)
    assert [(change.before == "", change.after == "") for change in changes[1:]] == [(False, True), (True, False)]


def test_pages_survive_the_disk(tmp_path):
    pages = fixture_pages()
    assert len(pages) == 33
    write_pages(pages, tmp_path / "pages.jsonl")
    assert read_pages(tmp_path / "pages.jsonl") == tuple(pages)
    again = tmp_path / "again.jsonl"
    write_pages(read_pages(tmp_path / "pages.jsonl"), again)
    assert again.read_bytes() == (tmp_path / "pages.jsonl").read_bytes()


def test_damaged_files_name_the_line_and_the_way_out(tmp_path):
    path = tmp_path / "library.jsonl"
    write_library(build_library(fixture_pages()), path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(
        IndexDamagedError, match=r"library.jsonl, line \d+ is damaged; build the index again: sidebyside"
    ):
        read_library(path)
    with pytest.raises(IndexDamagedError, match="cannot be read"):
        read_library(tmp_path / "gone.jsonl")
    for text in ("[1]\n", "{}\n", '"x"\n', '{"id": 1}\n', "\xff"):
        path.write_bytes(text.encode("latin-1"))
        with pytest.raises(IndexDamagedError):
            read_library(path)


def test_nothing_gives_an_empty_library(tmp_path):
    empty = build_library([])
    assert empty.artifacts == ()
    write_library(empty, tmp_path / "library.jsonl")
    assert read_library(tmp_path / "library.jsonl") == empty
