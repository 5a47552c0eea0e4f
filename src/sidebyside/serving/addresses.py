"""The address on which a server listens: taking it, or saying in one line why it cannot be had."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sidebyside.errors import SettingsError

if TYPE_CHECKING:
    from sidebyside.settings import Settings


@contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    """A socket bound to the address of the settings. Raises SettingsError."""
    listener = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    with listener:
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((settings.host, settings.port))
        except OSError as error:
            raise taken_error(settings, error) from None
        yield listener


def check_free(settings: Settings) -> None:
    """Raise SettingsError where the address of the settings cannot be had."""
    with listening(settings) as listener:
        try:
            listener.listen()
        except OSError as error:
            raise taken_error(settings, error) from None


def taken_error(settings: Settings, error: OSError | None = None) -> SettingsError:
    """Why the address cannot be had, and what to do."""
    where, advice = f"port {settings.port} on {settings.host}", "choose another with --port"
    if error is None or error.errno == errno.EADDRINUSE:
        return SettingsError(f"{where} is taken by another program, or another sidebyside; {advice}")
    if error.errno == errno.EACCES:
        return SettingsError(f"{where} may not be used by this user; {advice}, 1024 or higher")
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return SettingsError(f"{where}: this machine has no such address; give one of its own with --host")
    return SettingsError(f"{where} cannot be used ({error.strerror or error}); {advice}")
