"""The log: one JSON object a line in a file that is rotated; no question, no page text and no secret in it."""

from __future__ import annotations

import json
import logging
import logging.handlers
import os
import sys
import traceback
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

if TYPE_CHECKING:
    from sidebyside.settings import Settings

OFF = "off"
NO_HOME = "no home folder is known"
MAX_BYTES = 5_000_000
KEPT_FILES = 3

# What every record has; anything else came with `extra` and is a field of its own.
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_SHORTEST_SECRET = 4


def log_path(settings: Settings) -> Path | None:
    """The file that is written to, None where the log is off or would lie in a home folder that is not known.

    By default below $XDG_STATE_HOME or ~/.local/state, as the XDG base directory specification says.
    """
    if settings.log == OFF:
        return None
    try:
        if settings.log:
            return Path(settings.log).expanduser()
        state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    except RuntimeError:  # no HOME, and a user id that the system does not know
        return None
    return state / "sidebyside" / "sidebyside.log"


def set_up_log(settings: Settings) -> None:
    """Write the package's log to its file from now on; a second call replaces the first.

    A log that cannot be written keeps nobody from an answer: one line on stderr says so.
    """
    logger = logging.getLogger("sidebyside")
    for handler in [handler for handler in logger.handlers if isinstance(handler, _PrivateFile)]:
        logger.removeHandler(handler)
        handler.close()
    path = log_path(settings)
    if path is None:
        if settings.log != OFF:
            print(f"no log is kept: {NO_HOME}; set SIDEBYSIDE_LOG to a file or to off", file=sys.stderr)
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = _PrivateFile(path, maxBytes=MAX_BYTES, backupCount=KEPT_FILES, encoding="utf-8")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        print(f"no log is kept: {path}: {reason}; set SIDEBYSIDE_LOG to another file or to off", file=sys.stderr)
        return
    handler.setFormatter(JsonLines(settings))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)


class _PrivateFile(logging.handlers.RotatingFileHandler):
    """A rotated file that only its owner can read."""

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return open(descriptor, "a", encoding=self.encoding, errors="backslashreplace")  # noqa: PTH123

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """A full disk is no reason to stop, nor to print a traceback for every line."""


class JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, event, the fields given with it, and where an error arose.

    What an exception says may quote a question, so its message is left out unless questions may be logged.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._questions = settings.log_questions
        self._secrets = _secrets(settings)

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        entry |= {name: value for name, value in vars(record).items() if name not in _USUAL and name != "question"}
        question = getattr(record, "question", None)
        if question is not None:
            entry |= {"question": question} if self._questions else {"question_characters": len(str(question))}
        if record.exc_info and record.exc_info[1] is not None:
            entry["error"] = self._error(record.exc_info[1])
        return self._without_secrets(json.dumps(entry, ensure_ascii=False, default=str))

    def _error(self, error: BaseException) -> dict[str, Any]:
        frames = traceback.extract_tb(error.__traceback__)[-8:]
        told: dict[str, Any] = {
            "type": type(error).__name__,
            "at": [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames],
        }
        return told | ({"message": str(error)} if self._questions else {})

    def _without_secrets(self, line: str) -> str:
        for secret in self._secrets:
            line = line.replace(secret, "***")
        return line


def _secrets(settings: Settings) -> list[str]:
    """Every secret of the settings as it would stand in JSON, longest first; the parts of USER:PASSWORD too."""
    found = set()
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            whole = value.get_secret_value()
            found |= {whole, whole.partition(":")[2]}
    if settings.token_file is not None and settings.token_file.is_file():
        found.add(settings.token_file.read_text(encoding="utf-8", errors="replace").strip())
    return sorted((json.dumps(text)[1:-1] for text in found if len(text) >= _SHORTEST_SECRET), key=len, reverse=True)
