"""Tending: pages come again, are pasted, removed and taken back; where each stands; folders that are watched."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from fakes import FakeEncoder, comparison_page
from sidebyside.building import standing
from sidebyside.building.build import add_pages, build_index, undo_build
from sidebyside.building.kept import find_version, kept_versions, library_of, live_origins
from sidebyside.building.pasting import paste_page
from sidebyside.building.preview import preview_pages, preview_removal
from sidebyside.building.standing import library_standing
from sidebyside.building.watching import Looked, Watcher, watch_index
from sidebyside.errors import NoPageError, PageError, SettingsError, SidebysideError
from sidebyside.index.opened import open_index
from sidebyside.library import diff_libraries
from sidebyside.pages import decode_page, read_page
from sidebyside.settings import Settings

SETTINGS = Settings.load()
ADDRESS = "https://example.org/compare?a=1&b=2"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    seeds = tmp_path / "index" / "seeds"
    seeds.mkdir(parents=True)
    (seeds / "ab.txt").write_text(comparison_page("Alpha", "Beta"))
    build_index(index=tmp_path / "index", settings=SETTINGS, encoder=FakeEncoder())
    return tmp_path / "index"


def given(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / "given" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def add(index: Path, *files: Path, **options):
    return add_pages(files, index=index, settings=SETTINGS, encoder=FakeEncoder(), **options)


def remove(index: Path, *names: str):
    return build_index(index=index, settings=SETTINGS, encoder=FakeEncoder(), remove=names)


def undo(index: Path):
    return undo_build(index=index, settings=SETTINGS, encoder=FakeEncoder())


def ranks(index: Path, name: str) -> list[tuple[str, str]]:
    with open_index(index) as opened:
        facts = opened.library.get(name).values("UnfragileRank")
    return [(fact.value, fact.source.file) for fact in facts]


# --- pages that come again -------------------------------------------------------------------------------------------


def test_a_page_that_comes_again_replaces_the_old_one_and_can_be_taken_back(index, tmp_path):
    before = (index / "seeds" / "ab.txt").read_text()
    new = given(tmp_path, "ab.txt", comparison_page("Alpha", "Beta", ranks=(70, 50)))
    [told] = preview_pages([new], index=index, settings=SETTINGS)
    assert (told.old, told.new) == ("ab.txt", "ab.txt")
    assert [(fact.label, fact.before, fact.after) for fact in told.changes.facts] == [
        ("UnfragileRank", ("40/100",), ("70/100",))
    ]
    assert ranks(index, "alpha") == [("40/100", "ab.txt")], "a preview changes nothing"
    report = add(index, new)
    assert (report.replaced, report.taken, report.pages) == ((("ab.txt", "ab.txt"),), ("ab.txt",), 1)
    assert ranks(index, "alpha") == [("70/100", "ab.txt")]
    assert library_standing(index).undo == "added ab.txt"
    undo(index)
    assert ranks(index, "alpha") == [("40/100", "ab.txt")]
    assert (index / "seeds" / "ab.txt").read_text() == before
    with pytest.raises(SidebysideError, match="nothing to take back"):
        undo(index)


def test_both_stay_where_that_is_asked_for_and_the_older_one_is_told(index, tmp_path):
    new = given(tmp_path, "ab.txt", comparison_page("Alpha", "Beta", ranks=(70, 50)))
    assert add(index, new, replace_earlier=False).replaced == ()
    assert ranks(index, "alpha") == [("70/100", "ab (2).txt"), ("40/100", "ab.txt")]
    # What was read a moment later is the newer one, within the same second too.
    newer = {page.source: page.newer for page in library_standing(index).pages}
    assert newer == {"ab.txt": "ab (2).txt", "ab (2).txt": ""}


def test_of_pages_without_a_date_the_one_that_was_read_later_is_the_newer_one(index, tmp_path, monkeypatch):
    add(index, given(tmp_path, "zz.txt", comparison_page("Alpha", "Beta", ranks=(1, 2))), replace_earlier=False)
    origins = live_origins(index)
    times = {"ab.txt": "2026-02-01T00:00:00+00:00", "zz.txt": "2026-01-01T00:00:00+00:00"}
    files = tuple(replace(file, read=times[file.name]) for file in origins.files)
    monkeypatch.setattr(standing, "live_origins", lambda _: replace(origins, files=files))
    newer = {page.source: page.newer for page in library_standing(index).pages}
    assert newer == {"ab.txt": "", "zz.txt": "ab.txt"}


def test_a_page_of_another_name_and_title_stands_beside(index, tmp_path):
    new = given(tmp_path, "ag.txt", comparison_page("Alpha", "Gamma", ranks=(70, 50)))
    assert preview_pages([new], index=index, settings=SETTINGS) == ()
    assert add(index, new).pages == 2


def test_a_page_comes_again_under_its_address(index, tmp_path):
    first = given(tmp_path, "one.md", f"---\nsource: {ADDRESS}\n---\n{comparison_page('Eta', 'Theta')}")
    add(index, first)
    again = comparison_page("Eta", "Theta", ranks=(1, 2))
    second = given(tmp_path, "two.md", f"---\nsource: {ADDRESS}\n---\n{again}")
    assert [told.old for told in preview_pages([second], index=index, settings=SETTINGS)] == ["one.md"]
    assert add(index, second).replaced == (("one.md", "two.md"),)
    assert not (index / "seeds" / "one.md").exists()


def test_a_page_in_a_watched_folder_gives_way_but_its_file_is_not_touched(index, tmp_path):
    own = given(tmp_path, "cd.txt", comparison_page("Gamma", "Delta"))
    build_index([own], index=index, settings=SETTINGS, encoder=FakeEncoder())
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    (fresh / "cd.txt").write_text(comparison_page("Gamma", "Delta", ranks=(9, 50)))
    add(index, fresh / "cd.txt")
    assert ranks(index, "gamma") == [("9/100", "cd.txt")]
    assert own.exists()
    undo(index)
    assert ranks(index, "gamma") == [("40/100", "cd.txt")]


def test_the_next_build_ends_the_undo(index, tmp_path):
    add(index, given(tmp_path, "cd.txt", comparison_page("Gamma", "Delta")))
    (index / "seeds" / "ef.txt").write_text(comparison_page("Epsilon", "Zeta"))
    build_index(index=index, settings=SETTINGS, encoder=FakeEncoder())
    assert library_standing(index).undo == ""
    with pytest.raises(SidebysideError, match="nothing to take back"):
        undo(index)


def test_a_build_that_fails_puts_replaced_files_back(index, tmp_path):
    class Broken(FakeEncoder):
        def encode(self, texts, *, progress=None):
            raise SidebysideError("broken")

    new = given(tmp_path, "ab.txt", comparison_page("Alpha", "Beta", topics=("weather",)))
    with pytest.raises(SidebysideError, match="broken"):
        add_pages([new], index=index, settings=SETTINGS, encoder=Broken())
    assert sorted(path.name for path in (index / "seeds").iterdir()) == ["ab.txt"]
    assert ranks(index, "alpha") == [("40/100", "ab.txt")]
    assert add(index, new).replaced == (("ab.txt", "ab.txt"),)


def test_files_of_which_none_is_a_page_are_an_error_that_names_them_and_no_folder(index, tmp_path):
    files = [given(tmp_path, f"no{number}.txt", "nothing here") for number in range(5)]
    with pytest.raises(NoPageError, match=r"no0\.txt: no comparison table.*; and 2 more") as caught:
        add(index, *files)
    assert [name for name, _ in caught.value.skipped] == [path.name for path in files]
    assert str(tmp_path) not in str(caught.value)


# --- removal ---------------------------------------------------------------------------------------------------------


def test_a_removed_page_is_previewed_and_comes_back(index, tmp_path):
    add(index, given(tmp_path, "ag.txt", comparison_page("Alpha", "Gamma")))
    told = preview_removal(["ag.txt"], index=index)
    assert (told.pages, told.changes.artifacts_removed) == (("ag.txt",), ("Gamma",))
    remove(index, "ag.txt")
    assert [page.source for page in library_standing(index).pages] == ["ab.txt"]
    assert library_standing(index).undo == "removed ag.txt"
    undo(index)
    assert [page.source for page in library_standing(index).pages] == ["ab.txt", "ag.txt"]


def test_removing_what_is_not_there_is_told_before_anything_is_done(index):
    with pytest.raises(SidebysideError, match="no page or folder nothing"):
        preview_removal(["nothing"], index=index)


# --- pasting ---------------------------------------------------------------------------------------------------------

TABS = "Feature\tAlpha One\tBeta\nType\tModel\tProduct\nPricing\tFree\tPaid\nRank\t1\t2\n"
PASTED = {
    "text": (comparison_page("Alpha", "Beta"), "Alpha vs Beta.md"),
    "tabs": (TABS, "Alpha One vs Beta.txt"),
    "csv": (TABS.replace("\t", ","), "Alpha One vs Beta.csv"),
    "markdown": ("# Alpha vs Beta\n\n| | Alpha | Beta |\n|---|---|---|\n| Type | Model | App |\n", "Alpha vs Beta.md"),
    "front": ("---\nsource: https://old.example\ntitle: x\n---\n" + comparison_page("A b", "C/d"), "A b vs C-d.md"),
    "html": (
        "<!DOCTYPE html><p>x</p><table><tr><th>Feature<th>Alpha<th>Beta<tr><td>Type<td>Model<td>App<tr><td>Price"
        "<td>1<td>2</table>",
        "Alpha vs Beta.html",
    ),
}


@pytest.mark.parametrize("kind", PASTED)
@pytest.mark.parametrize("url", ["", ADDRESS])
def test_pasted_text_is_a_page_with_its_address_and_places(tmp_path, kind, url):
    text, name = PASTED[kind]
    path = paste_page(text, tmp_path, url=url, max_bytes=100_000)
    page = read_page(path)
    plain = tmp_path / "plain"
    plain.mkdir()
    alone = paste_page(text, plain, max_bytes=100_000)
    assert path.stem == alone.stem == Path(name).stem
    assert page.url == (url or read_page(alone).url)
    shape = [[(fact.label, fact.value) for fact in artifact.facts] for artifact in page.artifacts]
    assert shape == [[(fact.label, fact.value) for fact in artifact.facts] for artifact in read_page(alone).artifacts]
    opened = decode_page(path.read_bytes(), path.name).text
    for artifact in page.artifacts:
        for fact in artifact.facts:
            assert fact.value in opened[fact.source.start : fact.source.end]


def test_a_pasted_page_has_the_name_it_is_given(tmp_path):
    assert paste_page(TABS, tmp_path, name="my/../page 1", max_bytes=10_000).name == "my-..-page 1.txt"
    assert paste_page(TABS, tmp_path, name="mine.txt", max_bytes=10_000).name == "mine.txt"


def test_pasted_text_that_is_no_page_and_addresses_that_are_none_are_refused(tmp_path):
    with pytest.raises(PageError, match="pasted text: no comparison table"):
        paste_page("hello", tmp_path, max_bytes=1000)
    for url in ("javascript:alert(1)", "https://a b", 'https://a"><script>', "https://a\nname: x", "ftp://a"):
        with pytest.raises(SidebysideError, match="no address"):
            paste_page(TABS, tmp_path, url=url, max_bytes=10_000)
    assert list(tmp_path.iterdir()) == []


def test_a_page_pasted_again_without_an_address_keeps_the_one_it_had(index, tmp_path):
    def paste(text, **options):
        place = tmp_path / f"paste{len(list(tmp_path.iterdir()))}"
        place.mkdir()
        file = paste_page(text, place, max_bytes=100_000, **options)
        return add(index, file, replace_earlier=options.get("replaces_in") is not None)

    paste(TABS, url=ADDRESS, replaces_in=index)
    again = TABS.replace("1", "7")
    [replaced] = paste(again, replaces_in=index).replaced
    [page] = [page for page in library_standing(index).pages if page.source == replaced[1]]
    assert page.url == ADDRESS
    paste(again, url="https://example.org/elsewhere", replaces_in=index)
    assert "https://example.org/elsewhere" in {page.url for page in library_standing(index).pages}
    paste(TABS.replace("1", "8"))
    assert sorted(page.url for page in library_standing(index).pages)[:2] == ["", ""], "beside it, it has none"


# --- where it stands -------------------------------------------------------------------------------------------------


def test_every_page_tells_when_it_was_read_from_where_and_in_which_version(index, tmp_path):
    own = given(
        tmp_path, "cd.md", f"---\nsource: {ADDRESS}\ndate: 2025-03-01\n---\n{comparison_page('Gamma', 'Delta')}"
    )
    build_index([own.parent], index=index, settings=SETTINGS, encoder=FakeEncoder())
    seed, page = library_standing(index, older_than="2025-06-01").pages
    assert (seed.source, seed.given, seed.stale, seed.date) == ("ab.txt", True, False, "")
    assert seed.place == str((index / "seeds" / "ab.txt").resolve())
    assert (page.place, page.given, page.url, page.date) == (str(own), False, ADDRESS, "2025-03-01")
    assert page.stale
    assert page.artifacts == ("Gamma", "Delta")
    assert time.strftime("%Y-%m") == page.read[:7]
    read, version = page.read, page.version
    own.write_text(own.read_text().replace("Paid", "Free"))
    build_index(index=index, settings=SETTINGS, encoder=FakeEncoder())
    page = library_standing(index).pages[1]
    assert page.version != version
    assert page.read >= read
    assert not page.stale


def test_the_date_has_to_be_one(index):
    with pytest.raises(SettingsError, match="write it as 2026-01-31"):
        library_standing(index, older_than="last year")


def test_any_two_versions_can_be_compared_after_they_are_gone(index):
    for rank in (41, 42, 43, 44):
        (index / "seeds" / "ab.txt").write_text(comparison_page("Alpha", "Beta", ranks=(rank, 50)))
        build_index(index=index, settings=SETTINGS, encoder=FakeEncoder())
    versions = kept_versions(index)
    assert len(versions) == 5
    assert len(list((index / "generations").iterdir())) == 2
    oldest, middle = library_of(versions[-1]), library_of(versions[2])
    [fact] = diff_libraries(oldest, middle).facts
    assert (fact.before, fact.after) == (("40/100",), ("42/100",))
    assert find_version(index, versions[1].name) == versions[1]
    assert find_version(index, "2999-01-01") == versions[0]
    with pytest.raises(SidebysideError, match="no version '2001-01-01' is kept"):
        find_version(index, "2001-01-01")


# --- watching --------------------------------------------------------------------------------------------------------


class Watching:
    """Runs `watch_index` in a thread until the block ends."""

    def __init__(self, index: Path) -> None:
        self.stop, self.ready = threading.Event(), threading.Event()
        self.looked: list[Looked] = []
        self.settings = Settings.load(index=index)
        self.thread = threading.Thread(target=self.run)

    def run(self) -> None:
        for looked in watch_index(self.settings, self.stop, encoder=FakeEncoder(), ready=self.ready.set):
            self.looked.append(looked)

    def __enter__(self) -> Watching:
        self.thread.start()
        assert self.ready.wait(10)
        time.sleep(0.5)  # until the system tells about the folders
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join(20)
        assert not self.thread.is_alive()

    def wait(self, number: int) -> Looked:
        deadline = time.monotonic() + 30
        while len(self.looked) < number:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return self.looked[number - 1]


def test_a_watched_folder_is_looked_at_again_and_what_changed_is_told(index, tmp_path):
    own = given(tmp_path, "cd.txt", comparison_page("Gamma", "Delta"))
    build_index([own.parent], index=index, settings=SETTINGS, encoder=FakeEncoder())
    with Watching(index) as watching:
        (own.parent / "ef.txt").write_text(comparison_page("Epsilon", "Zeta"))
        assert watching.wait(1).changes.artifacts_added == ("Epsilon", "Zeta")
        time.sleep(0.5)
        own.unlink()
        assert watching.wait(2).changes.artifacts_removed == ("Delta", "Gamma")
        (own.parent / "note.txt").write_text("no page")
        [(name, reason)] = watching.wait(3).notices
        assert (name, reason.partition(":")[0]) == ("note.txt", "no comparison table")
        (own.parent / "note.txt").touch()
        time.sleep(3)
        assert len(watching.looked) == 3, "what changes nothing is not told"


def test_a_watched_folder_that_goes_away_is_told_and_its_pages_stay(index, tmp_path):
    own = given(tmp_path, "cd.txt", comparison_page("Gamma", "Delta"))
    build_index([own.parent], index=index, settings=SETTINGS, encoder=FakeEncoder())
    with Watching(index) as watching:
        own.parent.rename(tmp_path / "away")
        looked = watching.wait(1)
        assert looked.changes is None
        assert looked.report.pages == 2
        [(name, reason)] = looked.notices
        assert name == str(own.parent)
        assert reason.startswith("is not there now; its page stays as it was read")


def test_a_single_watched_file_is_noticed_too(index, tmp_path):
    own = given(tmp_path, "cd.txt", comparison_page("Gamma", "Delta"))
    build_index([own], index=index, settings=SETTINGS, encoder=FakeEncoder())
    with Watching(index) as watching:
        own.write_text(comparison_page("Gamma", "Delta", ranks=(1, 50)))
        [fact] = watching.wait(1).changes.facts
        assert fact.after == ("1/100",)


def test_a_watcher_can_be_switched_on_and_off(index):
    (index / "seeds" / "cd.txt").write_text(comparison_page("Gamma", "Delta"))
    watcher = Watcher(Settings.load(index=index), encoder=FakeEncoder())
    watcher.start()
    watcher.start()
    deadline = time.monotonic() + 30
    while not watcher.told:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    [(_, first)] = watcher.told
    assert first.changes.artifacts_added == ("Delta", "Gamma")
    watcher.stop()
    assert not watcher.running
    watcher.stop()
