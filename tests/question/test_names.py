"""Names in questions: exact, in part, misspelt, ambiguous, and another version of a known one."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import invented
from sidebyside.question.names import NameIndex
from sidebyside.records import Artifact, Library


def mentions(text: str, names: NameIndex | None = None) -> list[tuple[str, tuple[str, ...]]]:
    return [(m.text, m.artifacts) for m in (names or invented.names()).find(text).mentions]


def index_of(*names: str, known: frozenset[str] = frozenset()) -> NameIndex:
    """An index of bare artifacts; the id is the name in lower case."""
    artifacts = [Artifact(name.lower(), name, "Model", name, (), (), (), None, ("a.txt",)) for name in names]
    return NameIndex(Library(tuple(artifacts)), known.__contains__)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Is Kestrel 7B free?", [("Kestrel 7B", "kestrel-7b")]),
        ("KESTREL 7b", [("KESTREL 7b", "kestrel-7b")]),
        ("Kestrel-7B", [("Kestrel-7B", "kestrel-7b")]),
        ("what is marten studio's price", [("marten studio's", "marten-studio")]),
        ("Osprey Index vs Marten Studio", [("Osprey Index", "osprey-index"), ("Marten Studio", "marten-studio")]),
        ("marten-studio", [("marten-studio", "marten-studio")]),
        ("lantern-product", [("lantern-product", "lantern-product")]),
    ],
)
def test_full_names_are_found_whatever_their_case_and_joints(text, found):
    assert mentions(text) == [(written, (artifact,)) for written, artifact in found]


@pytest.mark.parametrize(
    ("text", "artifact"),
    [("kestrel's price", "kestrel-7b"), ("index of osprey", "osprey-index"), ("is the Marten free?", "marten-studio")],
)
def test_a_telling_part_stands_for_the_name(text, artifact):
    assert [ids for _, ids in mentions(text)] == [(artifact,)]


@pytest.mark.parametrize("text", ["which index is best?", "a studio", "7B parameters", "light a lantern at night"])
def test_everyday_words_of_a_name_do_not_stand_for_it(text):
    assert mentions(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # "Llama 3" alone is part of both names.
        ("What mark has the Lava Llama 3?", [("Lava Llama 3", ("llava llama 3",))]),
        ("is llama 3 any good", [("llama 3", ("llama 3 vision", "llava llama 3"))]),
        ("the Dreamboth Stable Diffusion", [("Dreamboth Stable Diffusion", ("dreambooth-stable-diffusion",))]),
        (
            "dreambooth, stable diffusion",
            [("dreambooth", ("dreambooth-stable-diffusion",)), ("stable diffusion", ("stable-diffusion",))],
        ),
    ],
)
def test_words_of_a_name_that_stand_together_are_one_name(text, found):
    names = index_of("Llama 3 Vision", "LLaVA Llama 3", "Stable-Diffusion", "Dreambooth-Stable-Diffusion")
    assert mentions(text, names) == found


def test_what_pages_write_of_their_own_artifacts_is_told_from_names_of_others():
    names = NameIndex(Library(()), is_described={"lora", "vae", "multi", "gpu"}.__contains__)
    assert all(map(names.describes, ("LoRA", "V-A-E", "multi-GPU")))
    assert not any(map(names.describes, ("Midjourney", "LoRA Midjourney", "")))


@pytest.mark.parametrize(
    ("text", "artifact"),
    [("Kestral 7B", "kestrel-7b"), ("martn studio", "marten-studio")],
)
def test_slips_of_spelling_are_forgiven(text, artifact):
    found = invented.names().find(text).mentions
    assert [(m.artifacts, m.how) for m in found] == [((artifact,), "misspelt")]


@pytest.mark.parametrize(
    ("text", "artifact"),
    [("kestrel7b pricing", "kestrel-7b"), ("Kestrel7B", "kestrel-7b"), ("ospreyindex", "osprey-index")],
)
def test_a_name_written_in_one_word_is_found(text, artifact):
    assert [ids for _, ids in mentions(text)] == [(artifact,)]


def test_a_word_that_pages_use_is_no_misspelling():
    assert mentions("kestral", index_of("Kestrel")) == [("kestral", ("kestrel",))]
    assert mentions("kestral", index_of("Kestrel", known=frozenset({"kestral"}))) == []


@pytest.mark.parametrize("text", ["Whisperwind", "Midjourney or GPT-4", "", "?!", "東京"])
def test_strange_names_are_not_found(text):
    assert mentions(text) == []


def test_one_name_of_two_artifacts_means_both():
    assert mentions("Is Lantern free?") == [("Lantern", ("lantern-model", "lantern-product"))]


@pytest.mark.parametrize(
    ("text", "artifact"),
    [
        ("Is Lantern (Product) free?", "lantern-product"),
        ("Is the Lantern product free?", "lantern-product"),
        ("Is the product Lantern free?", "lantern-product"),
        ("Lantern, the model: is it free?", "lantern-model"),
    ],
)
def test_a_type_beside_an_ambiguous_name_settles_it(text, artifact):
    assert [ids for _, ids in mentions(text)] == [(artifact,)]


@pytest.mark.parametrize("text", ["Kestrel 8B", "kestrel 13", "Kestrel 7B v2"])
def test_another_version_is_a_near_miss(text):
    found = invented.names().find(text)
    assert found.mentions == ()
    assert [m.artifacts for m in found.misses] == [("kestrel-7b",)]


@pytest.mark.parametrize("text", ["Kestrel 7B 3 images", "Kestrel 50% faster", "kestrel 2x"])
def test_a_figure_behind_a_name_is_not_always_a_version(text):
    found = invented.names().find(text)
    assert [m.artifacts for m in found.mentions] == [("kestrel-7b",)]
    assert found.misses == ()


def test_the_longest_name_wins():
    names = index_of("Heron", "Heron Chat", "Heron Chat Large")
    assert [ids for _, ids in mentions("Heron Chat Large or Heron", names)] == [("heron chat large",), ("heron",)]
    assert [ids for _, ids in mentions("Heron Chat", names)] == [("heron chat",)]


def test_a_name_does_not_reach_over_punctuation():
    assert [ids for _, ids in mentions("Kestrel, Marten", index_of("Kestrel", "Marten", "Kestrel Marten"))] == [
        ("kestrel",),
        ("marten",),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("is Paper free?", True),
        ("paper vs plastic", True),
        ("compare with paper", True),
        ("paper's price", True),
        ("what do I need to print on thick white paper sheets", False),
    ],
)
def test_an_everyday_word_is_a_name_only_where_a_name_stands(text, found):
    assert bool(mentions(text, index_of("Paper"))) is found


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("kestral", ("kestrel-7b",)),
        ("Kestrel 8B", ("kestrel-7b",)),
        ("lantern", ("lantern-model", "lantern-product")),
        ("Midjourney", ()),
        ("", ()),
    ],
)
def test_nearest_names_look_like_the_one_asked_for(name, nearest):
    assert invented.names().nearest(name) == nearest


def test_no_more_nearest_names_than_asked_for():
    names = index_of(*(f"Heron {n}" for n in range(9)))
    assert len(names.nearest("Heron", limit=2)) == 2


def test_words_of_names_and_texts_are_known():
    names = invented.names()
    assert names.knows("kestrel")
    assert names.knows("transcribes")
    assert not names.knows("midjourney")


def test_an_empty_library_knows_no_name():
    names = NameIndex(Library(()))
    assert names.find("Kestrel 7B or Marten Studio?").mentions == ()
    assert names.nearest("Kestrel") == ()


@given(
    st.text(max_size=60) | st.lists(st.sampled_from("Kestrel 7B 8B Lantern , Osprey Index or's".split())).map(" ".join)
)
def test_mentions_stand_where_they_say_in_order_without_overlap(text):
    found = invented.names().find(text)
    assert all(text[m.start : m.end] == m.text for m in (*found.mentions, *found.misses))
    assert all(a.end <= b.start for a, b in pairwise(found.mentions))
    known = {artifact.id for artifact in invented.library().artifacts}
    assert all(m.artifacts and set(m.artifacts) <= known for m in (*found.mentions, *found.misses))


@pytest.mark.parametrize("artifact", invented.library().artifacts, ids=lambda artifact: artifact.label)
def test_every_artifact_is_found_by_its_label_and_aliases(artifact):
    for name in (artifact.label, *artifact.aliases):
        assert mentions(f"Is {name} free?")[0][1] == (artifact.id,)


JOINED = index_of("LinguaFinch 3B", "HearthLoom Hub", "Relaywright")


@pytest.mark.parametrize("text", ["LinguaFinch 3B", "lingua finch", "Lingua Finch 3B", "linguafinch", "linguafinch3b"])
def test_a_name_of_joined_words_is_found_in_two(text):
    assert [ids for _, ids in mentions(f"is {text} free?", JOINED)] == [("linguafinch 3b",)]


@pytest.mark.parametrize("words", ["finch 3b", "the finch", "lingua finch", "lingua", "finch 3"])
def test_words_that_are_a_name_may_be_part_of_a_joined_one(words):
    assert JOINED.resolve(words) == ("linguafinch 3b",)


@pytest.mark.parametrize("words", ["", "@", "–", "?"])
def test_signs_alone_are_nobodys_name(words):
    assert JOINED.resolve(words) == ()


@pytest.mark.parametrize(
    ("words", "owner"),
    [
        ("the hub", ("hearthloom hub",)),
        ("the 3b one", ()),
        ("it", ()),
        ("the second one", ()),
        # Two have it.
        ("the studio", ()),
    ],
)
def test_a_pointing_word_may_be_part_of_one_name(words, owner):
    names = index_of("LinguaFinch 3B", "HearthLoom Hub", "Marten Studio", "Heron Studio")
    assert names.owner(words) == owner


def test_a_word_that_pages_write_is_no_slip_of_a_name():
    names = index_of("Llama 3.2 90B Vision", "Kestrel 7B", known=frozenset({"ollama"}))
    assert names.resolve("ollama") == ()
    assert index_of("Llama 3.2 90B Vision", "Kestrel 7B").resolve("ollama") == ("llama 3.2 90b vision",)
