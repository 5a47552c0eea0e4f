"""What is full is named, and what to do."""

from __future__ import annotations

import errno
import os
import tempfile

import pytest

from sidebyside.errors import no_room


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_what_is_full_is_named(number):
    told = os.strerror(number)
    advice = "make room there, or set TMPDIR to another folder"
    assert no_room(OSError(number, told, "/data/x")) == f"/data/x: {told}; {advice}"
    anywhere = f"the temporary folder {tempfile.gettempdir()}, or else the disk of the index"
    assert no_room(OSError(number, told)) == f"{anywhere}: {told}; {advice}"


def test_no_temporary_folder_at_all_is_told_with_what_to_set():
    error = FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")
    assert no_room(error) == (
        "No usable temporary directory found in ['/tmp']; make room in one of them, or set TMPDIR to a folder that can "
        "be written"
    )


def test_other_errors_are_about_something_else():
    assert no_room(FileNotFoundError(errno.ENOENT, "No such file or directory", "/data/x")) == ""
