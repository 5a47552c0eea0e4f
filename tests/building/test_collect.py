"""Finding page files: folders, globs, archives, and what is refused."""

from __future__ import annotations

import os
import socket
import stat
import zipfile
from pathlib import Path

import pytest

from sidebyside.building.collect import collect_pages
from sidebyside.errors import PageError
from sidebyside.pages import parse_page, read_page

PAGE = b"Lantern vs Beacon\n| Feature | Lantern | Beacon |\n|---|---|---|\n| Capabilities | 1 | 1 |\nGlows.\nShines.\n"


def put(path: Path, data: bytes = PAGE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def sources(files):
    return [file.source for file in files]


def zip_of(path: Path, members) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_single_file_is_called_by_its_name(tmp_path):
    files, skipped = collect_pages([put(tmp_path / "deep" / "a.txt")])
    assert sources(files) == ["a.txt"]
    assert files[0].read() == PAGE
    assert skipped == []


def test_folder_is_read_in_order_with_relative_names(tmp_path):
    for name in ("b.txt", "a.md", "sub/c.html", "sub/deeper/d"):
        put(tmp_path / name)
    files, skipped = collect_pages([tmp_path])
    assert sources(files) == ["a.md", "b.txt", "sub/c.html", "sub/deeper/d"]
    assert {file.root for file in files} == {tmp_path}
    assert skipped == []


def test_folder_and_glob_give_a_file_once(tmp_path):
    put(tmp_path / "a.txt")
    put(tmp_path / "b.txt")
    files, _ = collect_pages([tmp_path, tmp_path / "a.txt", f"{tmp_path}/*.txt", str(tmp_path / "b.txt")])
    assert sources(files) == ["a.txt", "b.txt"]


def test_recursive_glob_names_files_from_its_fixed_part(tmp_path):
    put(tmp_path / "x" / "a.txt")
    put(tmp_path / "x" / "y" / "b.txt")
    put(tmp_path / "x" / "y" / "c.json")
    files, skipped = collect_pages([f"{tmp_path}/x/**/*.txt"])
    assert sources(files) == ["a.txt", "y/b.txt"]
    assert skipped == []


def test_what_is_not_there_is_told(tmp_path):
    (tmp_path / "empty").mkdir()
    files, skipped = collect_pages([tmp_path / "nope.txt", f"{tmp_path}/*.md", tmp_path / "empty"])
    assert files == []
    assert skipped == [
        (f"{tmp_path}/nope.txt", "no such file or folder"),
        (f"{tmp_path}/*.md", "nothing matches"),
        (f"{tmp_path}/empty", "the folder is empty"),
    ]


def test_hidden_files_and_links_out_of_the_folder_are_refused(tmp_path):
    outside = put(tmp_path / "outside.txt")
    folder = tmp_path / "pages"
    put(folder / "a.txt")
    put(folder / ".hidden.txt")
    put(folder / ".git" / "config")
    (folder / "out.txt").symlink_to(outside)
    (folder / "up").symlink_to(tmp_path)
    (folder / "in.txt").symlink_to(folder / "a.txt")
    (folder / "nowhere.txt").symlink_to(folder / "gone.txt")
    (folder / "loop").symlink_to(folder / "loop")
    files, skipped = collect_pages([folder])
    assert sources(files) == ["a.txt"]
    assert dict(skipped) == {
        f"{folder}/.git": "hidden",
        f"{folder}/.hidden.txt": "hidden",
        f"{folder}/loop": "a link that leads nowhere",
        f"{folder}/nowhere.txt": "a link that leads nowhere",
        f"{folder}/out.txt": "a link that leads out of its folder",
        f"{folder}/up": "a link that leads out of its folder",
    }


def test_links_are_refused_in_globs_too(tmp_path):
    outside = put(tmp_path / "outside" / "a.txt")
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "link.txt").symlink_to(outside)
    files, skipped = collect_pages([f"{folder}/*.txt"])
    assert files == []
    assert skipped == [(f"{folder}/link.txt", "a link that leads out of its folder")]


def test_devices_and_pipes_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        files, skipped = collect_pages([tmp_path, "/dev/null"])
    assert files == []
    assert {reason for _, reason in skipped} == {"not a regular file"}
    assert len(skipped) == 3


def test_names_that_cannot_be_shown_are_refused(tmp_path):
    put(tmp_path / "a\nb.txt")
    put(Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.txt")))
    files, skipped = collect_pages([tmp_path])
    assert files == []
    assert [reason for _, reason in skipped] == ["its name holds characters that cannot be shown"] * 2
    assert all(path.isprintable() for path, _ in skipped)


def test_resources_of_a_saved_page_are_left_alone(tmp_path):
    put(tmp_path / "page.html")
    put(tmp_path / "page_files" / "style.css")
    put(tmp_path / "other_files" / "a.txt")
    files, skipped = collect_pages([tmp_path])
    assert sources(files) == ["other_files/a.txt", "page.html"]
    assert skipped == [(f"{tmp_path}/page_files", "belongs to a saved page, and holds none")]


def test_archive_members_are_files(tmp_path):
    archive = zip_of(tmp_path / "pages.zip", {"b.txt": PAGE, "sub/a.txt": PAGE, ".hidden": b"x", "__MACOSX/a": b"x"})
    files, skipped = collect_pages([archive])
    assert sources(files) == ["pages.zip/b.txt", "pages.zip/sub/a.txt"]
    assert [file.member for file in files] == ["b.txt", "sub/a.txt"]
    assert parse_page(files[1].read(), files[1].source).artifacts[0].name == "Lantern"
    assert skipped == [(f"{archive}/.hidden", "hidden"), (f"{archive}/__MACOSX/a", "hidden")]


@pytest.mark.parametrize("name", ["../evil.txt", "a/../../evil.txt", "/etc/evil.txt", "..\\evil.txt", "C:\\evil.txt"])
def test_archives_with_ways_out_are_refused_whole(tmp_path, name):
    archive = zip_of(tmp_path / "pages.zip", {"good.txt": PAGE, name: PAGE})
    files, skipped = collect_pages([archive])
    assert files == []
    assert skipped == [(str(archive), f"the archive holds a path that leads out of it: {name}")]


def test_links_in_archives_are_refused(tmp_path):
    archive = tmp_path / "pages.zip"
    with zipfile.ZipFile(archive, "w") as writing:
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        writing.writestr(link, "/etc/passwd")
    files, skipped = collect_pages([archive])
    assert files == []
    assert skipped == [(f"{archive}/link.txt", "a link")]


def test_zip_bomb_costs_no_more_than_the_limit(tmp_path):
    archive = zip_of(tmp_path / "bomb.zip", {"bomb.txt": b"a" * 50_000_000})
    (file,), _ = collect_pages([archive], max_bytes=1000)
    assert len(file.read()) == 1001
    with pytest.raises(PageError, match="larger than 1,000 bytes"):
        parse_page(file.read(), file.source, max_bytes=1000)


def test_damaged_archive_is_told(tmp_path):
    archive = zip_of(tmp_path / "pages.zip", {"a.txt": PAGE * 50})
    data = bytearray(archive.read_bytes())
    data[40:60] = b"\xff" * 20
    archive.write_bytes(data)
    (file,), _ = collect_pages([archive])
    with pytest.raises(PageError, match=r"pages\.zip/a\.txt: cannot be unpacked"):
        file.read()


def test_names_shared_by_two_folders_are_lengthened(tmp_path):
    one, other = put(tmp_path / "one" / "a.txt"), put(tmp_path / "other" / "a.txt")
    put(tmp_path / "other" / "b.txt")
    forward, _ = collect_pages([tmp_path / "one", tmp_path / "other"])
    backward, _ = collect_pages([tmp_path / "other", tmp_path / "one"])
    assert sources(forward) == ["one/a.txt", "other/a.txt", "b.txt"]
    assert {(file.source, file.path) for file in forward} == {(file.source, file.path) for file in backward}
    assert [file.path for file in forward[:2]] == [one, other]


def test_archives_of_one_name_are_told_apart(tmp_path):
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        zip_of(tmp_path / folder / "p.zip", {"x/a.txt": PAGE})
    files, _ = collect_pages([tmp_path / "one" / "p.zip", tmp_path / "other" / "p.zip"])
    assert sources(files) == ["one/p.zip/x/a.txt", "other/p.zip/x/a.txt"]


def test_unreadable_file_is_a_page_error(tmp_path):
    with pytest.raises(PageError, match=r"gone\.txt: cannot be opened: No such file or directory"):
        read_page(tmp_path / "gone.txt")
    with pytest.raises(PageError, match="not a regular file"):
        read_page(tmp_path)


def test_source_can_be_given(tmp_path):
    assert read_page(put(tmp_path / "a.txt"), source="shelf/a").source == "shelf/a"
