"""The page that waits for the page: who gets it, who is told to come again, and that the address is free afterwards."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request

import pytest

from sidebyside.app.opening import HEADER, Opening
from sidebyside.app.welcome import HEADLINE, TITLE
from sidebyside.errors import SettingsError
from sidebyside.serving.addresses import check_free
from sidebyside.settings import Settings


@pytest.fixture
def settings(free_port: int) -> Settings:
    return Settings(host="127.0.0.1", port=free_port)


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def asked(url: str, method: str = "GET", accept: str = "*/*") -> tuple[int, dict[str, str], str]:
    request = urllib.request.Request(url, method=method, headers={"Accept": accept})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=5) as response:
            return response.status, dict(response.headers), response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read().decode()


def test_a_browser_gets_the_headline_and_a_composer(settings):
    with Opening(settings) as opening:
        assert opening.url == f"http://127.0.0.1:{settings.port}"
        status, headers, text = asked(f"{opening.url}/?compare=A", accept="text/html,*/*")
    assert (status, headers[HEADER], headers["Cache-Control"]) == (200, "1", "no-store")
    # The words of the page itself, so that nothing is seen to change when it comes.
    assert f"<h1>{TITLE}</h1>" in text
    assert f"<h2>{HEADLINE}</h2>" in text
    assert "<textarea" in text


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_program_is_told_to_come_again(settings, method):
    with Opening(settings) as opening:
        status, headers, text = asked(f"{opening.url}/api/answer", method)
    assert (status, headers["Retry-After"], headers[HEADER]) == (503, "1", "1")
    assert "try again" in text


def test_the_waiting_page_looks_without_a_body(settings):
    with Opening(settings) as opening:
        status, headers, text = asked(opening.url, "HEAD")
    assert (status, headers[HEADER], text) == (200, "1", "")


def test_the_address_is_free_afterwards(settings):
    opening = Opening(settings)
    with pytest.raises(SettingsError, match="taken by another program"):
        Opening(settings)
    asked(opening.url)
    opening.close()
    opening.close()
    check_free(settings)
