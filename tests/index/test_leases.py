"""Leases: a new value is opened aside, users of the old one are not held up, and each is freed exactly once."""

from __future__ import annotations

import threading

import pytest

from sidebyside.errors import SidebysideError
from sidebyside.index.leases import Leases

WAIT = 20  # seconds that only a hang would take


class Shelf:
    """Versions on a disk: `newest` can be set, `gate` holds up opening it, `broken` versions cannot be opened."""

    def __init__(self) -> None:
        self.newest: str | None = "1"
        self.opened: list[str | None] = []
        self.freed: list[str | None] = []
        self.gates: dict[str | None, threading.Event] = {}
        self.opening = threading.Event()
        self.broken: set[str | None] = set()

    def load(self) -> str | None:
        version = self.newest
        self.opened.append(version)
        if version in self.gates:
            self.opening.set()
            assert self.gates[version].wait(WAIT)
        if version in self.broken:
            raise SidebysideError("damaged")
        return version

    def leases(self) -> Leases[str | None]:
        return Leases(lambda: self.newest, self.load, self.freed.append)


def lease_aside(leases) -> tuple[threading.Thread, list[str | None]]:
    got: list[str | None] = []

    def work() -> None:
        with leases.lease() as value:
            got.append(value)

    thread = threading.Thread(target=work)
    thread.start()
    return thread, got


def test_others_use_the_old_value_while_the_new_one_is_opened():
    shelf = Shelf()
    leases = shelf.leases()
    shelf.newest, shelf.gates = "2", {"2": threading.Event()}
    first, got = lease_aside(leases)
    assert shelf.opening.wait(WAIT)
    with leases.lease() as value:  # would wait for ever if opening held the lock
        assert value == "1"
        shelf.gates["2"].set()
        first.join(WAIT)
        assert got == ["2"]
        assert shelf.freed == []
    assert shelf.freed == ["1"]
    assert shelf.opened == ["1", "2"]


def test_a_value_that_cannot_be_opened_is_tried_once():
    shelf = Shelf()
    leases = shelf.leases()
    shelf.newest, shelf.broken = "2", {"2"}
    for _ in range(3):
        with leases.lease() as value:
            assert value == "1"
    assert shelf.opened == ["1", "2"]
    assert shelf.freed == []


def test_a_version_that_is_overtaken_while_it_is_opened_is_freed():
    shelf = Shelf()
    leases = shelf.leases()
    shelf.newest, shelf.gates = "2", {"2": threading.Event()}
    first, got = lease_aside(leases)
    assert shelf.opening.wait(WAIT)
    shelf.newest = "3"
    with leases.lease() as value:
        assert value == "3"
    shelf.gates["2"].set()
    first.join(WAIT)
    assert got == ["3"]
    assert sorted(shelf.freed) == ["1", "2"]


def test_closing_frees_what_is_idle_now_and_what_is_in_use_later():
    shelf = Shelf()
    leases = shelf.leases()
    with leases.lease():
        leases.close()
        assert shelf.freed == []
    assert shelf.freed == ["1"]
    leases.close()
    assert shelf.freed == ["1"]


def test_a_value_that_is_opened_while_the_leases_close_is_freed():
    shelf = Shelf()
    leases = shelf.leases()
    shelf.newest, shelf.gates = "2", {"2": threading.Event()}
    first, _ = lease_aside(leases)
    assert shelf.opening.wait(WAIT)
    leases.close()
    shelf.gates["2"].set()
    first.join(WAIT)
    assert sorted(shelf.freed) == ["1", "2"]


def test_the_first_value_must_open():
    shelf = Shelf()
    shelf.broken = {"1"}
    with pytest.raises(SidebysideError, match="damaged"):
        shelf.leases()


def test_a_version_that_vanishes_changes_nothing():
    shelf = Shelf()
    leases = shelf.leases()
    shelf.newest = None
    with leases.lease() as value:
        assert value == "1"
