"""Chroma's copy of the index lies in the temporary folder: where that has no room, it is named, and answers go on."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile

import pytest

from fakes import FakeEncoder
from sidebyside.building.build import build_index
from sidebyside.errors import LibraryIndexError
from sidebyside.index.chroma import _translated
from sidebyside.index.opened import open_index


@pytest.fixture
def index(tmp_path, seeds):
    build_index([seeds], index=tmp_path / "index", encoder=FakeEncoder())
    return tmp_path / "index"


def full_copy(number: int):
    def copytree(source, target, **_options):
        raise shutil.Error([(str(source), str(target), f"[Errno {number}] {os.strerror(number)}: 'data_level0.bin'")])

    return copytree


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
def test_a_temporary_folder_without_room_is_named_and_the_search_goes_on(index, monkeypatch, number):
    monkeypatch.setattr("sidebyside.index.chroma.shutil.copytree", full_copy(number))
    with open_index(index) as opened:
        opened.warm()
        assert opened.notice is not None
        assert f"in the temporary folder {tempfile.gettempdir()} ({os.strerror(number)})" in opened.notice
        assert "set TMPDIR to another folder; searching without it" in opened.notice
        assert "sidebyside index" not in opened.notice
        assert "[(" not in opened.notice


def test_no_temporary_folder_at_all_is_told_and_the_search_goes_on(index, monkeypatch):
    def nowhere(*_arguments, **_options):
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp', '/var/tmp']")

    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    with open_index(index) as opened:
        opened.warm()
        assert opened.notice is not None
        assert "No usable temporary directory found in ['/tmp', '/var/tmp']" in opened.notice
        assert "set TMPDIR to another folder; searching without it" in opened.notice


def test_chromas_own_words_for_a_full_disk_name_the_folders():
    told = f"temporary folder {tempfile.gettempdir()} and on the disk of the index"
    with pytest.raises(LibraryIndexError, match=told), _translated():
        raise RuntimeError("error returned from database: (code: 13) database or disk is full")


def test_what_cannot_be_read_is_still_mended_by_a_build(index, monkeypatch):
    monkeypatch.setattr("sidebyside.index.chroma.shutil.copytree", full_copy(errno.EIO))
    with open_index(index) as opened:
        opened.warm()
        assert opened.notice is not None
        assert "Mend with: sidebyside index" in opened.notice
