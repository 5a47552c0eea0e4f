"""Records to JSON lines and back, the same bytes for the same records."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from sidebyside.errors import IndexDamagedError


def write_jsonl(path: str | Path, records: Iterable[Any]) -> None:
    """Write one record (a frozen dataclass of records) a line; fields at their default are left out."""
    with Path(path).open("w", encoding="utf-8", newline="\n") as file:
        for record in records:
            file.write(json.dumps(to_plain(record), ensure_ascii=False, separators=(",", ":")) + "\n")


def read_jsonl(path: str | Path, *kinds: type[Any]) -> Iterator[Any]:
    """Read what `write_jsonl` wrote; a line is of the first kind that has all of its fields.

    Raises IndexDamagedError for a file that is missing, cut off or something else.
    """
    try:
        with Path(path).open(encoding="utf-8", newline="\n") as file:
            for number, line in enumerate(file, start=1):
                yield _read_line(line, kinds, f"{path}, line {number}")
    except (OSError, UnicodeDecodeError) as error:
        raise IndexDamagedError(f"{path} cannot be read ({error}); build the index again: sidebyside index") from None


class LineFile:
    """The lines of a file, read one at a time; safe for several threads, and readable after the file was deleted."""

    def __init__(self, path: str | Path, places: Sequence[int] = ()) -> None:
        """`places` has where each line begins, and last where the file ends, in bytes. Raises OSError."""
        self._path = path
        self._places = places
        self._lock = threading.Lock()
        # A descriptor, closed when nobody holds this object any longer.
        self._descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))

    def record(self, number: int, kind: type[Any]) -> Any:
        """Line `number`, counted from 0, as a record of this kind. Raises IndexDamagedError."""
        line = self.read(int(self._places[number]), int(self._places[number + 1]))
        return parse_record(line, kind, where=f"{self._path}, line {number + 1}")

    def read(self, start: int, end: int) -> bytes:
        """The bytes of the file from `start` to `end`. Raises IndexDamagedError if it ends before."""
        with self._lock:
            os.lseek(self._descriptor, start, os.SEEK_SET)
            data = os.read(self._descriptor, end - start)
        if len(data) != end - start:
            raise IndexDamagedError(f"{self._path} is cut off; build the index again: sidebyside index")
        return data

    def __del__(self) -> None:
        descriptor = getattr(self, "_descriptor", None)
        if descriptor is not None:
            os.close(descriptor)


def parse_record(line: bytes, kind: type[Any], *, where: str) -> Any:
    """One record out of what `write_jsonl` wrote; `where` names the place in the error. Raises IndexDamagedError."""
    return _read_line(line, (kind,), where)


def parse_records(array: bytes, kind: type[Any], *, where: str) -> tuple[Any, ...]:
    """The records of a JSON array, as one line may hold them. Raises IndexDamagedError."""
    try:
        build = _builder(kind)  # type: ignore[arg-type]
        return tuple(build(plain) for plain in json.loads(array))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise IndexDamagedError(f"{where} is damaged; build the index again: sidebyside index") from None


def to_plain(value: Any) -> Any:
    """A record as plain JSON types."""
    if is_dataclass(value) and not isinstance(value, type):
        plain = {}
        kind: Any = type(value)
        for name, default in _fields(kind):
            item = getattr(value, name)
            if default is MISSING or item != default:
                plain[name] = to_plain(item)
        return plain
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in value]
    return value


def _read_line(line: str | bytes, kinds: tuple[Any, ...], where: str) -> Any:
    try:
        plain = json.loads(line)
        kind = next(kind for kind in kinds if _fits(plain, kind))
        return _builder(kind)(plain)
    except (ValueError, TypeError, KeyError, AttributeError, StopIteration):
        raise IndexDamagedError(f"{where} is damaged; build the index again: sidebyside index") from None


def _fits(plain: Any, kind: Any) -> bool:
    names = {name for name, _ in _fields(kind)}
    needed = {name for name, default in _fields(kind) if default is MISSING}
    return isinstance(plain, dict) and needed <= plain.keys() <= names


@cache
def _fields(kind: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((item.name, item.default) for item in fields(kind))


@cache
def _builder(hint: Any) -> Callable[[Any], Any]:
    """A function that turns plain JSON into a value of this type."""
    if isinstance(hint, type) and is_dataclass(hint):
        return _record_builder(hint)
    arguments = get_args(hint)
    if get_origin(hint) is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            item = _builder(arguments[0])
            return lambda plain: tuple(item(value) for value in plain)
        items = [_builder(argument) for argument in arguments]
        return lambda plain: tuple(build(value) for build, value in zip(items, plain, strict=True))
    if isinstance(hint, UnionType):
        inner = _builder(next(argument for argument in arguments if argument is not NoneType))
        return lambda plain: None if plain is None else inner(plain)
    return lambda plain: plain


def _record_builder(kind: Any) -> Callable[[Any], Any]:
    hints = get_type_hints(kind)
    builders = [(name, _builder(hints[name])) for name, _ in _fields(kind)]

    def build(plain: Any) -> Any:
        return kind(**{name: make(plain[name]) for name, make in builders if name in plain})

    return build
