"""What every test gets: no network, no settings from outside, and the real library where a test asks for it."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

# A busy machine is no fault of a test, and a run that fails has to fail again.
hypothesis.settings.register_profile("suite", deadline=None, derandomize=True)
hypothesis.settings.load_profile("suite")

ROOT = Path(__file__).resolve().parents[1]
SEEDS = ROOT / "index" / "seeds"

_LOCAL_NAMES = {"", "localhost", "ip6-localhost", socket.gethostname()}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the tests marked long as well (make reliability)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long tests are left out, not skipped: each has a short version that always runs."""
    if config.getoption("--long"):
        return
    left_out = [item for item in items if "long" in item.keywords]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


class NetworkBlockedError(RuntimeError):
    """A test tried to leave the machine. Not an OSError: no library may take it for a bad connection and retry."""


def is_local(host: object) -> bool:
    """Whether a host name or address stays on this machine."""
    name = host.decode() if isinstance(host, bytes) else host
    if name is None or name in _LOCAL_NAMES:
        return True
    try:
        address = ipaddress.ip_address(str(name).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _refuse_strangers(call, host_of):
    """Wrap a socket call: `host_of` finds the host in its arguments."""

    def guarded(*args, **kwargs):
        host = host_of(args, kwargs)
        if not is_local(host):
            raise NetworkBlockedError(f"{call.__name__} to {host!r}: tests do not leave the machine")
        return call(*args, **kwargs)

    return guarded


def _address_host(args, _kwargs):
    """The host of socket.connect(self, address) and socket.sendto(self, data, [flags,] address)."""
    address = args[-1]
    return address[0] if isinstance(address, tuple) else None


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Sockets and name look-ups of this process reach this machine only; child processes are told to stay offline."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, name, _refuse_strangers(getattr(socket.socket, name), _address_host))
        for name in ("getaddrinfo", "gethostbyname"):
            host_of = lambda args, kwargs: args[0] if args else kwargs.get("host")  # noqa: E731
            patch.setattr(socket, name, _refuse_strangers(getattr(socket, name), host_of))
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setenv("PIP_NO_INDEX", "1")
        yield


@pytest.fixture(scope="session", autouse=True)
def no_outside_settings() -> Iterator[None]:
    """Whatever SIDEBYSIDE_* the developer has set does not reach the tests; only the models folder may be elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.upper().startswith("SIDEBYSIDE_")]:
            if name != "SIDEBYSIDE_MODELS":
                patch.delenv(name)
        patch.setenv("SIDEBYSIDE_LOG", "off")
        # Nothing of the developer's own is counted into.
        patch.setenv("SIDEBYSIDE_MATCHES", "off")
        # Which attention is faster is measured once per index; every test has one of its own.
        patch.setenv("SIDEBYSIDE_FLASH_ATTENTION", "on")
        patch.chdir(ROOT)
        yield


@pytest.fixture(scope="session")
def seeds() -> Path:
    """The folder with the two committed pages."""
    return SEEDS


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with public data sets beside the clone; tests that use it are extra and skipped without it."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("../shared is not here")
    return folder


def _require_model(name: str) -> None:
    from sidebyside.models.catalogue import installed

    if not installed(name):
        pytest.fail(f"{name} is not installed: run `make setup`", pytrace=False)


@pytest.fixture(scope="session")
def encoder():
    """The real default encoder."""
    from sidebyside.encoding.embedding import load_encoder
    from sidebyside.settings import DEFAULT_ENCODER, Settings

    _require_model(DEFAULT_ENCODER)
    return load_encoder(Settings.load())


@pytest.fixture(scope="session")
def default_model() -> Path:
    """The GGUF file of the real default LLM."""
    from sidebyside.models.catalogue import resolve_model
    from sidebyside.settings import DEFAULT_MODEL, Settings

    _require_model(DEFAULT_MODEL)
    spec = resolve_model(Settings.load())
    assert spec is not None
    return spec.path


@pytest.fixture(scope="session")
def seed_index(tmp_path_factory: pytest.TempPathFactory, encoder) -> Path:
    """An index of the two committed pages, built once with the real encoder. Tests do not write to it."""
    from sidebyside.building.build import build_index

    folder = tmp_path_factory.mktemp("seed-index")
    build_index([SEEDS], index=folder, encoder=encoder)
    return folder
