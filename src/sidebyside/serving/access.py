"""Who may ask: a token for programs, a name with a password for people; and when a server may do without."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from sidebyside.errors import SettingsError

if TYPE_CHECKING:
    from sidebyside.settings import Settings

MIN_TOKEN = 16
MIN_PASSWORD = 8
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[a-z0-9.-]+(?::\d{1,5})?", re.ASCII)


@dataclass(frozen=True, slots=True, repr=False)
class Access:
    """What opens the server. With neither token nor password everybody who reaches it may ask.

    `hosts` are the names under which it answers, beside those of this machine; `origins` the pages of others that may
    ask the API from a browser ("app://obsidian.md").
    """

    token: str = ""
    user: str = ""
    password: str = ""
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()

    @property
    def required(self) -> bool:
        """Whether asking takes a token or a password."""
        return bool(self.token or self.password)

    def allows(self, authorization: str) -> bool:
        """Whether an Authorization header is good: the token as Bearer, the name and password as Basic.

        Where a browser asks for a name and a password, the token will do as the password of any name.
        """
        scheme, _, value = authorization.strip().partition(" ")
        if scheme.casefold() == "bearer":
            return bool(self.token) and _equal(value.strip(), self.token)
        if scheme.casefold() == "basic":
            user, _, password = _decoded(value.strip()).partition(":")
            # All are compared, whatever the first one says: the time tells nothing about which one failed.
            known = _equal(user, self.user) & _equal(password, self.password) & bool(self.password)
            return known | (bool(self.token) & _equal(password, self.token))
        return False

    @property
    def challenges(self) -> list[str]:
        """WWW-Authenticate headers for who came without."""
        bearer = ['Bearer realm="sidebyside"'] if self.token else []
        return [*bearer, 'Basic realm="sidebyside", charset="UTF-8"']


def access_from(settings: Settings) -> Access:
    """The access that settings describe. Raises SettingsError for one that is too weak or cannot be read."""
    token = settings.token.get_secret_value().strip()
    if settings.token_file is not None:
        if token:
            raise SettingsError("a token and a token file are given; leave one of them out")
        try:
            token = settings.token_file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"token file {settings.token_file} cannot be read: {error}") from None
        if not token:
            raise SettingsError(f"token file {settings.token_file} is empty; put a token of {MIN_TOKEN} characters in")
    if token and (len(token) < MIN_TOKEN or not token.isascii() or not token.isprintable() or " " in token):
        raise SettingsError(
            f"the token must have at least {MIN_TOKEN} letters, digits or signs without spaces; make one with:"
            ' python -c "import secrets; print(secrets.token_urlsafe())"'
        )
    user, _, password = settings.auth.get_secret_value().partition(":")
    if settings.auth.get_secret_value() and (not user or len(password) < MIN_PASSWORD):
        raise SettingsError(f"--auth takes USER:PASSWORD, with a password of at least {MIN_PASSWORD} characters")
    hosts = (settings.host.casefold(), *(name.casefold() for name in _names(settings.allowed_hosts)))
    origins = tuple(_origin(name) for name in _names(settings.allowed_origins))
    return Access(token, user, password, hosts, origins)


def check_reach(settings: Settings, access: Access) -> None:
    """Raise SettingsError where others could reach the server and nothing would keep them out."""
    if not access.required and not is_loopback(settings.host):
        raise SettingsError(
            f"host {settings.host}: others could reach it, and without a password it listens on this machine only; "
            "give --auth USER:PASSWORD or a token (--token-file, SIDEBYSIDE_TOKEN), or use 127.0.0.1"
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server on this address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _names(setting: str) -> list[str]:
    return [name.strip() for name in setting.split(",") if name.strip()]


def _origin(name: str) -> str:
    """An origin as browsers send it. Raises SettingsError for anything else, and for one that stands for all."""
    origin = name.rstrip("/").lower()
    if not _ORIGIN.fullmatch(origin):
        raise SettingsError(
            f"--allowed-origin {name}: an origin looks like https://notes.example.org or app://obsidian.md, "
            "without a path; name each one"
        )
    return origin


def _equal(given: str, wanted: str) -> bool:
    """Equality in a time that depends on neither text nor length."""
    return secrets.compare_digest(sha256(given.encode(errors="replace")).digest(), sha256(wanted.encode()).digest())


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""
