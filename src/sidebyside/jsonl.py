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


def parse_records(array: bytes, kind: Any, *, where: str) -> tuple[Any, ...]:
    """The records of a JSON array, as one line may hold them. Raises IndexDamagedError."""
    try:
        build = _record_builder(kind)
        return tuple(build(plain) for plain in json.loads(array))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise IndexDamagedError(f"{where} is damaged; build the index again: sidebyside index") from None


def to_plain(value: Any) -> Any:
    """A record as plain JSON types."""
    kind: Any = type(value)
    if kind is str or kind is int:
        return value
    if kind is tuple or kind is list:
        return [to_plain(item) for item in value]
    if not is_dataclass(kind):
        return value
    plain = {}
    record: Any = kind
    for name, default in _fields(record):
        item = getattr(value, name)
        if default is MISSING or item != default:
            plain[name] = to_plain(item)
    return plain


def _read_line(line: str | bytes, kinds: tuple[Any, ...], where: str) -> Any:
    try:
        plain = json.loads(line)
        kind = next(kind for kind in kinds if _fits(plain, kind))
        return _record_builder(kind)(plain)
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
def _builder(hint: Any) -> Callable[[Any], Any] | None:
    """A function that turns plain JSON into a value of this type; None where it is that value already."""
    if isinstance(hint, type) and is_dataclass(hint):
        return _record_builder(hint)
    arguments = get_args(hint)
    if get_origin(hint) is tuple:
        return _tuple_builder(arguments)
    if isinstance(hint, UnionType):
        inner = _builder(next(argument for argument in arguments if argument is not NoneType))
        return inner and (lambda plain: None if plain is None else inner(plain))
    return None


def _tuple_builder(arguments: tuple[Any, ...]) -> Callable[[Any], Any]:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        item = _builder(arguments[0])
        return tuple if item is None else lambda plain: tuple([item(value) for value in plain])
    items = [_builder(argument) for argument in arguments]
    if not any(items):
        return tuple
    return lambda plain: tuple(build(value) if build else value for build, value in zip(items, plain, strict=True))


@cache
def _record_builder(kind: Any) -> Callable[[Any], Any]:
    """Fills the plain values of an object in; the object is used up."""
    hints = get_type_hints(kind)
    builders = [(name, make) for name, _ in _fields(kind) if (make := _builder(hints[name])) is not None]

    def build(plain: Any) -> Any:
        for name, make in builders:
            if name in plain:
                plain[name] = make(plain[name])
        return kind(**plain)

    return build
