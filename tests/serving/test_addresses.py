"""The address a server takes: what is said where it cannot be had."""

from __future__ import annotations

import errno
import os
import socket

import pytest

from sidebyside.errors import SettingsError
from sidebyside.serving.addresses import check_free, listening, taken_error
from sidebyside.settings import Settings


def test_a_taken_port_is_told_in_our_own_words():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        settings = Settings(port=other.getsockname()[1])
        with pytest.raises(SettingsError, match=f"^port {settings.port} on 127.0.0.1 is taken by another program"):
            check_free(settings)
    check_free(settings)
    with listening(settings) as listener:
        assert listener.getsockname()[1] == settings.port


def test_addresses_that_are_not_ours_and_ports_that_are_not_allowed():
    with pytest.raises(SettingsError, match="this machine has no such address; give one of its own with --host"):
        check_free(Settings(host="192.0.2.1", port=17860))
    refused = taken_error(Settings(port=80), OSError(errno.EACCES, os.strerror(errno.EACCES)))
    assert "may not be used by this user; choose another with --port, 1024 or higher" in str(refused)
    other = taken_error(Settings(), OSError(errno.EIO, "broken"))
    assert "cannot be used (broken)" in str(other)
