"""Proxies in the environment, as machines have them."""

from __future__ import annotations

import httpx
import pytest

from sidebyside.serving.proxies import OWN, given_proxies, settle_proxies

HERE = ",".join(OWN)
BOTH = "a.example,127.0.0.1,localhost,::1"


@pytest.mark.parametrize(
    ("given", "settled"),
    [
        ({}, {}),
        ({"no_proxy": "a"}, {"no_proxy": "a"}),
        ({"http_proxy": "http://p:1"}, {"http_proxy": "http://p:1", "no_proxy": HERE, "NO_PROXY": HERE}),
        (
            {"HTTPS_PROXY": "p:1", "NO_PROXY": "a.example, 127.0.0.1"},
            {"HTTPS_PROXY": "p:1", "no_proxy": BOTH, "NO_PROXY": BOTH},
        ),
        ({"all_proxy": "socks://p:1/"}, {"all_proxy": "socks5://p:1/", "no_proxy": HERE, "NO_PROXY": HERE}),
        ({"ALL_PROXY": "gopher://p", "no_proxy": "*"}, {"no_proxy": "*", "NO_PROXY": "*"}),
    ],
)  # fmt: skip
def test_this_machine_is_exempt_and_unknown_schemes_are_set_aside(given, settled):
    environment = dict(given)
    settle_proxies(environment)
    assert environment == settled
    settle_proxies(environment)
    assert environment == settled


def test_what_is_set_aside_is_told():
    environment = {"all_proxy": "gopher://p", "http_proxy": "http://p:1"}
    assert given_proxies(environment) == ({"http_proxy": "http://p:1"}, {"all_proxy": "gopher://p"})


@pytest.mark.parametrize(
    "proxy", ["http://127.0.0.1:9", "socks5://127.0.0.1:9", "socks://127.0.0.1:9", "gopher://p", "x"]
)
def test_a_client_reaches_this_machine_past_any_proxy(monkeypatch, proxy):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "no_proxy"):
        monkeypatch.setenv(name, proxy if name != "no_proxy" else "")
    settle_proxies()
    with httpx.Client() as client, pytest.raises(httpx.ConnectError, match="refused"):
        client.get("http://127.0.0.1:1/")
