"""Proxies from the environment: never for this machine's own addresses, and none that nothing here can speak with."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from typing import NamedTuple

OWN = ("localhost", "127.0.0.1", "::1")
_NAMES = ("http_proxy", "https_proxy", "all_proxy")
_SCHEMES = frozenset({"http", "https", "socks5", "socks5h"})


class Proxies(NamedTuple):
    """The variables that name proxies: those in use, and those that are set aside since their scheme is unknown."""

    used: dict[str, str]
    unknown: dict[str, str]


def given_proxies(environment: MutableMapping[str, str] | None = None) -> Proxies:
    """What the environment says. Where a scheme is missing, it is http, as everywhere."""
    environment = os.environ if environment is None else environment
    used: dict[str, str] = {}
    unknown: dict[str, str] = {}
    for name in (*_NAMES, *map(str.upper, _NAMES)):
        value = environment.get(name, "").strip()
        scheme, mark, _rest = value.partition("://")
        if value:
            (used if not mark or _named(scheme) in _SCHEMES else unknown)[name] = value
    return Proxies(used, unknown)


def settle_proxies(environment: MutableMapping[str, str] | None = None) -> None:
    """Keep requests to this machine away from proxies, for this process and those that it starts.

    `socks://`, as GNOME writes it, becomes `socks5://`. A proxy of an unknown scheme would be an error in the first
    request to anywhere, the page's own included: it is taken out, and `sidebyside doctor` tells of it.
    """
    environment = os.environ if environment is None else environment
    used, unknown = given_proxies(environment)
    for name in unknown:
        del environment[name]
    for name, value in used.items():
        scheme, mark, rest = value.partition("://")
        environment[name] = f"{_named(scheme)}://{rest}" if mark else value
    if used or unknown:
        exempt = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
        names = [name.strip() for name in exempt.split(",") if name.strip()]
        listed = ",".join(dict.fromkeys((*names, *OWN)))
        environment["no_proxy"] = environment["NO_PROXY"] = "*" if "*" in names else listed


def _named(scheme: str) -> str:
    scheme = scheme.casefold()
    return "socks5" if scheme == "socks" else scheme
