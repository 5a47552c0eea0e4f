"""Building: what is remembered, what is read and embedded again, what goes, and that a full build gives the same."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from fakes import FakeEncoder, comparison_page
from sidebyside.building.build import add_pages, build_index
from sidebyside.building.seeds import safe_name
from sidebyside.errors import IndexBusyError, ModelMissingError, NoPageError, SidebysideError
from sidebyside.index import versions
from sidebyside.index.chroma import mean_rows
from sidebyside.index.opened import current_version, open_index
from sidebyside.settings import Settings

SETTINGS = Settings.load()


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """A folder for an index with one page in its seeds."""
    seeds = tmp_path / "index" / "seeds"
    seeds.mkdir(parents=True)
    write(seeds / "ab.txt", "Alpha", "Beta")
    return tmp_path / "index"


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """A folder with two more pages."""
    folder = tmp_path / "pages"
    write(folder / "cd.txt", "Gamma", "Delta")
    write(folder / "deep" / "ef.txt", "Epsilon", "Zeta")
    return folder


def write(path: Path, left: str, right: str, **options) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(comparison_page(left, right, **options))
    return path


def build(index: Path, *paths, encoder=None, **options):
    return build_index(paths, index=index, settings=SETTINGS, encoder=encoder or FakeEncoder(), **options)


def artifacts(index: Path) -> list[str]:
    with open_index(index) as opened:
        assert opened.notice is None
        return [artifact.name for artifact in opened.library.artifacts]


def sources(index: Path) -> list[str]:
    with open_index(index) as opened:
        return sorted({source for artifact in opened.library.artifacts for source in artifact.sources})


def content(index: Path) -> str:
    name = current_version(index)
    assert name is not None
    return versions.read_manifest(index / "generations" / name).content


# --- what a build reads ----------------------------------------------------------------------------------------------


def test_seeds_are_always_read_and_the_report_counts(index):
    report = build(index)
    assert artifacts(index) == ["Alpha", "Beta"]
    assert (report.pages, report.artifacts, report.capabilities, report.passages) == (1, 2, 4, 12)
    assert (report.parsed, report.published, report.skipped, report.warnings) == (1, True, (), ())
    assert report.embedded == len({s.text for p in open_index(index).passages for s in p.sentences})
    assert report.generation == current_version(index)
    assert report.formats == {"text": 1}
    assert report.seconds > 0


def test_given_paths_are_read_and_remembered(index, pages):
    build(index, pages)
    assert artifacts(index) == ["Alpha", "Beta", "Delta", "Epsilon", "Gamma", "Zeta"]
    assert sources(index) == ["ab.txt", "cd.txt", "deep/ef.txt"]
    write(pages / "gh.txt", "Eta", "Theta")
    build(index)
    assert "Theta" in artifacts(index)


def test_files_globs_and_archives_are_roots_too(index, pages, tmp_path):
    with zipfile.ZipFile(tmp_path / "saved.zip", "w") as archive:
        archive.writestr("in/gh.txt", comparison_page("Eta", "Theta"))
    build(index, pages / "cd.txt", str(pages / "*" / "*.txt"), tmp_path / "saved.zip")
    assert sources(index) == ["ab.txt", "cd.txt", "deep/ef.txt", "saved.zip/in/gh.txt"]
    shutil.move(pages / "deep" / "ef.txt", pages / "deep" / "new.txt")
    build(index)
    assert sources(index) == ["ab.txt", "cd.txt", "deep/new.txt", "saved.zip/in/gh.txt"]


def test_a_single_path_may_be_given_as_it_is(index, pages):
    build_index(str(pages / "cd.txt"), index=index, settings=SETTINGS, encoder=FakeEncoder())
    assert "Gamma" in artifacts(index)


def test_one_content_in_two_places_counts_once(index, pages):
    shutil.copy(index / "seeds" / "ab.txt", pages / "same.txt")
    assert build(index, pages).pages == 3
    assert sources(index) == ["ab.txt", "cd.txt", "deep/ef.txt"]
    (index / "seeds" / "ab.txt").unlink()
    assert build(index).pages == 3
    assert sources(index) == ["cd.txt", "deep/ef.txt", "same.txt"]


def test_different_pages_of_one_name_are_told_apart(index, tmp_path):
    for number, (left, right) in enumerate([("Gamma", "Delta"), ("Epsilon", "Zeta")]):
        write(tmp_path / str(number) / "ab.txt", left, right)
    build(index, tmp_path / "0", tmp_path / "1")
    found = sources(index)
    assert found[0] == "ab.txt"
    assert len(set(found)) == 3
    assert all(name.startswith("ab~") and name.endswith(".txt") for name in found[1:])
    with open_index(index) as opened:
        assert opened.library.get("alpha").sources == ("ab.txt",), "a seed keeps its name"
        cited = {passage.source.file for passage in opened.passages}
        assert cited == set(found)


def test_a_file_inside_a_watched_folder_is_not_a_root_of_its_own(index, pages):
    build(index, pages / "cd.txt")
    build(index, pages)
    (pages / "cd.txt").unlink()
    report = build(index)
    assert report.warnings == ()
    assert "Gamma" not in artifacts(index)


def test_bad_files_are_skipped_with_their_reason_and_the_rest_is_read(index, pages):
    (pages / "bad.txt").write_bytes(b"\x00\x01\x02")
    (pages / "blank.txt").write_text(" \n")
    report = build(index, pages, pages / "missing.txt")
    skipped = dict(report.skipped)
    assert {Path(name).name for name in skipped} == {"bad.txt", "blank.txt", "missing.txt"}
    assert all(skipped.values())
    assert report.pages == 3


def test_larger_files_than_the_setting_allows_are_skipped(index, pages):
    settings = Settings.load(max_page_bytes=2_000)
    write(pages / "long.txt", "Long", "Longer", topics=[f"topic {number}" for number in range(20)])
    report = build_index([pages], index=index, settings=settings, encoder=FakeEncoder())
    assert [name for name, _ in report.skipped] == ["long.txt"]
    assert "2,000 bytes" in report.skipped[0][1]


def test_nothing_to_read_is_an_error_and_the_index_stays(tmp_path):
    with pytest.raises(SidebysideError, match="there are no pages to read; name page files"):
        build(tmp_path / "index")
    assert current_version(tmp_path / "index") is None
    (tmp_path / "bad.txt").write_text("nothing")
    with pytest.raises(SidebysideError, match=r"no page could be read: bad\.txt: .*; the index in .* stays as it was"):
        build(tmp_path / "index", tmp_path / "bad.txt")
    assert current_version(tmp_path / "index") is None


def test_new_paths_that_cannot_be_read_leave_the_rest_alone(index, tmp_path):
    build(index)
    (tmp_path / "bad.txt").write_text("nothing")
    report = build(index, tmp_path / "bad.txt")
    assert [name for name, _ in report.skipped] == ["bad.txt"]
    assert artifacts(index) == ["Alpha", "Beta"]


# --- what a build reads again ----------------------------------------------------------------------------------------


def test_an_unchanged_index_is_not_published_again(index, pages):
    first = build(index, pages)
    encoder = FakeEncoder()
    again = build(index, pages, encoder=encoder)
    assert (again.published, again.generation) == (False, first.generation)
    assert (again.parsed, again.embedded, encoder.calls) == (0, 0, [])
    assert (again.pages, again.artifacts, again.passages) == (first.pages, first.artifacts, first.passages)
    assert [path.name for path in (index / "generations").iterdir()] == [first.generation]


def test_only_what_changed_is_parsed_and_embedded(index, pages):
    build(index, pages)
    write(pages / "cd.txt", "Gamma", "Delta", topics=["speed", "memory", "price"])
    encoder = FakeEncoder()
    report = build(index, encoder=encoder)
    assert (report.parsed, report.embedded) == (1, len(encoder.calls))
    assert encoder.calls
    assert all("price" in text for text in encoder.calls)
    with open_index(index) as opened:
        texts = [sentence.text for passage in opened.passages for sentence in passage.sentences]
        assert opened.vectors.all() == pytest.approx(FakeEncoder().encode(texts))


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1], [1, 0, 2]])
def test_step_by_step_equals_all_at_once_in_any_order(index, tmp_path, order):
    files = [
        write(tmp_path / "more" / "cd.txt", "Gamma", "Delta"),
        write(tmp_path / "more" / "ae.txt", "Alpha", "Epsilon", ranks=(41, 60)),
        write(tmp_path / "other" / "cd.txt", "Delta", "Zeta", topics=["speed"]),
    ]
    for place in order:
        build(index, files[place])
    shutil.copytree(index / "seeds", tmp_path / "full" / "seeds")
    build(tmp_path / "full", *files)
    assert content(index) == content(tmp_path / "full")
    with open_index(index) as one, open_index(tmp_path / "full") as other:
        assert one.library == other.library
        assert one.passages == other.passages
        assert one.vectors.all() == pytest.approx(other.vectors.all())


def test_the_content_hash_tells_different_pages_apart(index):
    build(index)
    before = content(index)
    write(index / "seeds" / "ab.txt", "Alpha", "Beta", ranks=(41, 50))
    build(index)
    assert content(index) != before
    write(index / "seeds" / "ab.txt", "Alpha", "Beta")
    build(index)
    assert content(index) == before


def _manifest(index: Path) -> versions.Manifest:
    return versions.read_manifest(index / "generations" / str(current_version(index)))


def _search_is_exact(index: Path) -> None:
    with open_index(index) as opened:
        means = mean_rows(opened.vectors.all(), opened.first_rows)
        for position, vector in enumerate(means):
            hits = opened.search(vector, 5)
            assert [score for _, score in hits] == pytest.approx(sorted(means @ vector)[:-6:-1], abs=1e-5)
            assert means[hits[0][0]] == pytest.approx(means[position], abs=1e-5)
        assert opened.notice is None


def test_rows_that_did_not_change_are_taken_over_and_the_others_replaced(index, pages, monkeypatch):
    for number in range(6):
        write(pages / f"{number}.txt", f"Left{number}", f"Right{number}")
    build(index, pages)
    assert _manifest(index).counts["rows_changed"] == 0
    monkeypatch.setattr("sidebyside.index.opened.build_rows", None)  # would fail: from here on, rows are only updated
    write(pages / "cd.txt", "Gamma", "Delta", topics=["speed", "price"])
    build(index)
    # On each side 3 passages about memory went and 3 about price came.
    assert _manifest(index).counts["rows_changed"] == 12
    _search_is_exact(index)
    monkeypatch.undo()
    for topics in (["price"], ["speed"]):
        write(pages / "cd.txt", "Gamma", "Delta", topics=topics)
        build(index)
    assert _manifest(index).counts["rows_changed"] == 0, "after many changes all rows are built anew"
    _search_is_exact(index)


def test_rows_of_a_damaged_chroma_folder_are_built_anew(index, pages):
    build(index, pages)
    chroma = index / "generations" / str(current_version(index)) / "chroma"
    (chroma / "chroma.sqlite3").write_bytes(b"damaged")
    write(pages / "cd.txt", "Gamma", "Delta", ranks=(1, 2))
    build(index)
    _search_is_exact(index)


def test_another_encoder_embeds_everything_again(index):
    build(index)
    encoder = FakeEncoder("other", dimension=32)
    report = build(index, encoder=encoder)
    assert report.published
    assert report.embedded == len(set(encoder.calls)) > 0
    assert report.parsed == 0
    with open_index(index, fingerprint=encoder.fingerprint) as opened:
        assert opened.vectors.shape[1] == 32


def test_pages_read_by_older_readers_are_read_again(index, monkeypatch):
    build(index)
    monkeypatch.setattr("sidebyside.building.build.READER_VERSION", 10_000)
    report = build(index)
    assert (report.parsed, report.embedded, report.published) == (1, 0, True)
    assert build(index).published is False


def test_equal_sentences_are_embedded_once(index):
    encoder = FakeEncoder()
    build(index, encoder=encoder)
    assert len(encoder.calls) == len(set(encoder.calls))


def test_progress_runs_through_the_stages(index, pages):
    steps: list[tuple[str, int, int]] = []
    build(index, pages, progress=lambda *step: steps.append(step))
    assert list(dict.fromkeys(stage for stage, _, _ in steps)) == ["read", "embed", "store"]
    for stage in ("read", "embed", "store"):
        last = [step for step in steps if step[0] == stage][-1]
        assert last[1] == last[2] > 0


# --- what goes and what stays ----------------------------------------------------------------------------------------


def test_a_vanished_file_takes_only_what_it_alone_said(index, pages):
    write(pages / "ac.txt", "Alpha", "Gamma", ranks=(40, 40))
    build(index, pages)
    (pages / "cd.txt").unlink()
    build(index)
    assert artifacts(index) == ["Alpha", "Beta", "Epsilon", "Gamma", "Zeta"]
    assert sources(index) == ["ab.txt", "ac.txt", "deep/ef.txt"]
    shutil.rmtree(pages / "deep")
    (pages / "ac.txt").unlink()
    build(index)
    assert artifacts(index) == ["Alpha", "Beta"]


def test_a_vanished_root_keeps_its_pages_with_a_warning(index, pages, tmp_path):
    build(index, pages)
    pages.rename(tmp_path / "unplugged")
    report = build(index)
    assert artifacts(index) == ["Alpha", "Beta", "Delta", "Epsilon", "Gamma", "Zeta"]
    assert [path for path, _ in report.warnings] == [str(pages)]
    assert "2 pages stay" in report.warnings[0][1]
    assert report.published is False
    (tmp_path / "unplugged").rename(pages)
    assert build(index).warnings == ()


def test_a_file_that_can_no_longer_be_read_keeps_its_page(index, pages):
    build(index, pages)
    (pages / "cd.txt").write_text("cut off")
    report = build(index)
    assert "Gamma" in artifacts(index)
    ((name, reason),) = report.skipped
    assert name == "cd.txt"
    assert "the page read earlier stays (--remove cd.txt drops it)" in reason
    build(index, remove=["cd.txt"])
    assert "Gamma" not in artifacts(index)


def test_removed_pages_stay_out_until_they_are_given_again(index, pages):
    build(index, pages)
    build(index, remove=["cd.txt"])
    assert "Gamma" not in artifacts(index)
    assert (pages / "cd.txt").exists()
    report = build(index)
    assert "Gamma" not in artifacts(index)
    assert [name for name, _ in report.skipped] == ["cd.txt"]
    build(index, pages / "cd.txt")
    assert "Gamma" in artifacts(index)
    assert build(index).skipped == ()


def test_pages_are_removed_by_path_and_seeds_are_not_deleted(index, pages):
    build(index, pages)
    build(index, remove=[str(index / "seeds" / "ab.txt")])
    assert "Alpha" not in artifacts(index)
    assert (index / "seeds" / "ab.txt").exists()
    build(index, index / "seeds" / "ab.txt")
    assert "Alpha" in artifacts(index)


def test_a_root_can_be_removed_whole_even_when_it_has_vanished(index, pages):
    build(index, pages)
    shutil.rmtree(pages)
    report = build(index, remove=[str(pages)])
    assert artifacts(index) == ["Alpha", "Beta"]
    assert report.warnings == ()


def test_seeds_that_have_vanished_can_be_removed(index, pages):
    build(index, pages)
    shutil.rmtree(index / "seeds")
    ((path, _),) = build(index).warnings
    assert "Alpha" in artifacts(index)
    build(index, remove=[path])
    assert artifacts(index) == ["Delta", "Epsilon", "Gamma", "Zeta"]


def test_a_page_found_by_a_glob_can_be_removed_by_its_path(index, pages):
    build(index, str(pages / "*" / "*.txt"), pages / "*.txt")
    build(index, remove=[str(pages / "deep" / "ef.txt")])
    assert artifacts(index) == ["Alpha", "Beta", "Delta", "Gamma"]


def test_removing_what_is_not_there_names_what_is(index):
    build(index)
    before = current_version(index)
    with pytest.raises(SidebysideError, match=r"no page or folder xy\.txt .*ab\.txt"):
        build(index, remove=["xy.txt"])
    assert current_version(index) == before


def test_removing_the_last_page_is_refused(index):
    build(index)
    with pytest.raises(SidebysideError, match="no page"):
        build(index, remove=["ab.txt"])
    assert artifacts(index) == ["Alpha", "Beta"]


# --- pages handed over -----------------------------------------------------------------------------------------------


def add(index: Path, *files: Path, encoder=None):
    return add_pages(files, index=index, settings=SETTINGS, encoder=encoder or FakeEncoder())


def test_handed_over_files_are_kept_in_the_seeds_and_indexed(index, pages, tmp_path):
    (tmp_path / "bad.txt").write_text("nothing")
    report = add(index, pages / "cd.txt", tmp_path / "bad.txt", tmp_path / "missing.txt")
    assert [name for name, _ in report.skipped] == ["bad.txt", "missing.txt"]
    assert sorted(path.name for path in (index / "seeds").iterdir()) == ["ab.txt", "cd.txt"]
    shutil.rmtree(pages)
    build(index)
    assert sources(index) == ["ab.txt", "cd.txt"]


def test_handed_over_files_never_replace_one_another(index, tmp_path):
    files = [
        write(tmp_path / "1" / "ab.txt", "Gamma", "Delta"),
        write(tmp_path / "2" / "ab.txt", "Epsilon", "Zeta"),
        write(tmp_path / "3" / "ab.txt", "Alpha", "Beta"),
    ]
    add(index, *files)
    report = add(index, *files)
    assert report.published is False
    assert sources(index) == ["ab (2).txt", "ab (3).txt", "ab.txt"]


def test_a_page_handed_over_again_comes_back_after_it_was_removed(index, pages):
    add(index, pages / "cd.txt")
    build(index, remove=["cd.txt"])
    assert "Gamma" not in artifacts(index)
    add(index, pages / "cd.txt")
    assert "Gamma" in artifacts(index)


def test_an_archive_may_be_handed_over(index, tmp_path):
    with zipfile.ZipFile(tmp_path / "saved.zip", "w") as archive:
        archive.writestr("cd.txt", comparison_page("Gamma", "Delta"))
        archive.writestr("bad.txt", "nothing")
    report = add(index, tmp_path / "saved.zip")
    assert sources(index) == ["ab.txt", "saved.zip/cd.txt"]
    assert [name for name, _ in report.skipped] == ["saved.zip/bad.txt"]


def test_an_archive_that_leads_out_of_itself_and_a_link_are_not_taken(index, tmp_path):
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("../cd.txt", comparison_page("Gamma", "Delta"))
    (tmp_path / "link.txt").symlink_to(index / "seeds" / "ab.txt")
    with pytest.raises(NoPageError) as caught:
        add(index, tmp_path / "evil.zip", tmp_path / "link.txt")
    assert [name for name, _ in caught.value.skipped] == ["evil.zip", "link.txt"]
    assert [path.name for path in (index / "seeds").iterdir()] == ["ab.txt"]


def test_seeds_stay_as_they_were_when_the_build_fails(index, pages):
    build(index)
    encoder = FakeEncoder()
    encoder.encode = None
    with pytest.raises(TypeError):
        add(index, pages / "cd.txt", encoder=encoder)
    assert [path.name for path in (index / "seeds").iterdir()] == ["ab.txt"]


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("page.txt", "page.txt"),
        ("../../etc/page.txt", "page.txt"),
        ("..\\page.html", "page.html"),
        (".hidden.txt", "hidden.txt"),
        ("..", "page.txt"),
        ("a\x00b\u202ec\n.txt", "a_b_c_.txt"),
        ("A vs B: [1]?.md", "A vs B_ _1__.md"),
        ("名前.json", "名前.json"),
        ("ü" * 200 + ".txt", "ü" * 73 + ".txt"),
    ],
)
def test_names_are_made_safe(given, safe):
    assert safe_name(given) == safe


# --- trouble ---------------------------------------------------------------------------------------------------------


def test_a_damaged_index_is_rebuilt_from_the_earlier_one_and_says_so(index, pages):
    build(index)
    build(index, pages)
    damaged = index / "generations" / str(current_version(index))
    (damaged / "passages.jsonl").write_text("")
    report = build(index, pages)
    assert any("passages.jsonl" in reason for _, reason in report.warnings)
    assert artifacts(index) == ["Alpha", "Beta", "Delta", "Epsilon", "Gamma", "Zeta"]
    assert build(index).warnings == ()


def test_an_index_damaged_throughout_is_built_anew_and_its_folders_are_still_watched(index, pages):
    build(index, pages)
    for file in (index / "generations").rglob("library.jsonl"):
        file.write_text("{}")
    report = build(index)
    assert any("built anew" in reason for _, reason in report.warnings)
    assert artifacts(index) == ["Alpha", "Beta", "Delta", "Epsilon", "Gamma", "Zeta"]


def test_an_index_of_another_format_is_built_anew(index, pages, monkeypatch):
    monkeypatch.setattr(versions, "FORMAT", 0)
    build(index, pages)
    monkeypatch.undo()
    build(index)
    assert artifacts(index) == ["Alpha", "Beta", "Delta", "Epsilon", "Gamma", "Zeta"]


def test_a_build_that_fails_midway_leaves_the_old_index_and_nothing_else(index, pages):
    build(index)
    before = sorted(path.name for path in (index / "generations").iterdir())
    encoder = FakeEncoder()

    def fail(texts, *, progress=None):
        raise RuntimeError("the encoder died")

    encoder.encode = fail
    with pytest.raises(RuntimeError, match="the encoder died"):
        build(index, pages, encoder=encoder)
    assert sorted(path.name for path in (index / "generations").iterdir()) == before
    assert artifacts(index) == ["Alpha", "Beta"]
    build(index, pages)
    assert "Gamma" in artifacts(index)


def test_a_second_build_is_refused(index):
    with versions.writer_lock(index), pytest.raises(IndexBusyError, match="is building the index"):
        build(index)


def test_without_an_encoder_the_command_is_named_and_nothing_is_touched(tmp_path):
    settings = Settings.load(models=tmp_path / "models")
    with pytest.raises(ModelMissingError, match="sidebyside models pull"):
        build_index([], index=tmp_path / "index", settings=settings)
    assert not (tmp_path / "index").exists()


@pytest.mark.integration
def test_the_two_committed_pages_are_indexed_with_the_real_encoder(seed_index, encoder):
    with open_index(seed_index, fingerprint=encoder.fingerprint) as opened:
        assert len(opened.library.artifacts) == 4
        assert all(len(artifact.capabilities) == 8 for artifact in opened.library.artifacts)
        vector = encoder.encode(["pay for hosting by GPU time"])[0]
        best = opened.passages[opened.search(vector, 1)[0][0]]
        assert best.artifact == "llava-llama-3-8b"
        assert "GPU seconds" in best.text
