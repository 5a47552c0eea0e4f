"""Damaged pages: whatever the bytes, the outcome is a page that can be used or a PageError."""

from __future__ import annotations

import inspect
import json
import struct
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sidebyside.errors import PageError
from sidebyside.index.passages import build_passages
from sidebyside.library import build_library, read_library, write_library
from sidebyside.pages import decode_page, parse_page
from sidebyside.pages.files import MAX_BYTES
from sidebyside.settings import Settings

DATA = Path(__file__).parents[1] / "data"
FILES = [*sorted((DATA / "pages").iterdir()), *sorted((DATA / "saved").iterdir())]
PAGES = [path.read_bytes() for path in FILES if not path.name.endswith(".expected.json")]
# What readers trip over, to be put in the middle of good pages.
SNIPPETS = [
    *(bytes([byte]) for byte in b'|\n\r<>"\\{}[]\x00'),
    *(b"</table>", b"<table>", b"<tr>", b"<!--", b"-->", b"<script>", b"&#xD800;", b"&#0;", b"&nbsp;"),
    *(b"---\n", b"# ", b"## x\n", b"```\n", b"|---|\n", b"&x *x", b"\\ud800", b"\\u0000"),
    *(b"+9 more capabilities\n", b"Unique: ", b"vs alternatives: "),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"\xe2\x80", "é漢".encode()),
]


@st.composite
def damaged_pages(draw):
    """A file with pieces cut out, doubled, swapped for snippets or bits flipped."""
    data = bytearray(draw(st.sampled_from(PAGES)))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 400)))
        kind = draw(st.sampled_from(("cut", "double", "snippet", "flip", "end")))
        if kind == "cut":
            del data[start:end]
        elif kind == "double":
            data[start:start] = data[start:end]
        elif kind == "snippet":
            data[start:start] = draw(st.sampled_from(SNIPPETS))
        elif kind == "flip" and start < len(data):
            data[start] ^= 1 << draw(st.integers(0, 7))
        elif kind == "end":
            del data[start:]
    return bytes(data)


def read_or_refuse(data):
    """A page, or None where there is a one-line reason that names the file."""
    reason = None
    try:
        return parse_page(data, "page")
    except PageError as error:
        reason = str(error)
    assert reason.startswith("page")
    assert "\n" not in reason
    return None


def read_and_use(data, folder):
    """Read; what can be read must go the whole way, with spans inside the file."""
    page = read_or_refuse(data)
    if page is None:
        return
    text = decode_page(data, "page").text
    library = build_library([page])
    for passage in build_passages(library):
        for sentence in passage.sentences:
            assert 0 <= sentence.start < sentence.end <= len(text)
            assert passage.source.start <= sentence.start
            assert sentence.end <= passage.source.end
    write_library(library, folder / "library.jsonl")
    assert read_library(folder / "library.jsonl") == library


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


@settings(
    max_examples=1500,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=damaged_pages())
@example(data=b"---\nname: x\n---\n" + b"[" * 5000)
@example(data=b"---\nname: " + b"[" * 5000 + b"\n---\n## A\nb")
@example(data=b"[" * 100_000)
@example(data=b'{"a":' * 2000 + b"1" + b"}" * 2000)
@example(data=b'{"artifact": {"name": "\\ud800"}, "capabilities": [{"name": "a"}]}')
@example(data=b'{"artifact": {"name": "a\\u0000"}, "capabilities": [{"name": "a"}]}')
@example(data=b'{"artifact": {"name": "a", "type": 1e999}, "capabilities": [{"name": "a"}]}')
@example(data=b"@\n|---|---|")
@example(data=b"1" * 10_000)
@example(data=b'{"a":' + b"1" * 10_000 + b"}")
def test_damaged_pages_raise_nothing_but_page_errors(data, folder):
    read_and_use(data, folder)


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300))
def test_any_bytes_raise_nothing_but_page_errors(data, folder):
    read_and_use(data, folder)


TABLE = b"| Feature | A | B |\n|---|---|---|\n| Capabilities | 1 decomposed | 1 decomposed |\n"
HTML = b"<html><table><tr><td>Feature<td>A<td>B<tr><td>Capabilities<td>1<td>1</table>"
SLOW = {
    "deep elements": b"<html>" + b"<div>" * 10_000,
    "unclosed comments": HTML + b"<!--x>" * 300_000,
    "unclosed declarations": HTML + b"<!" * 1_000_000,
    "unclosed tags": HTML + b"<a " * 700_000,
    "unclosed quotes": HTML + b"<a b=\"'" * 300_000,
    "unclosed scripts": HTML + b"<script>" * 250_000,
    "many tags": HTML + b"<p>x<b>y" * 200_000,
    "many entities": HTML + b"&amp;" * 400_000,
    "many lines": TABLE + b"a\n" * 49_000,
    "lower-case lines": TABLE + b"A.\n" + b"and so on\n" * 49_000,
    "one long line": TABLE + b"A b. (c " * 250_000 + b"\n",
    "many brackets": TABLE + b"(" * 2_000_000 + b"\n",
    "too many lines": TABLE + b"a\n" * 1_000_000,
    "too many headings": b"# x\n" + TABLE + b"## y\n" * 400_000,
    "many pipes": b"|" * 2_000_000,
    "pipe lines": b"|\n" * 1_000_000,
    "many headings": b"# x\n" + TABLE + b"## y\n" * 40_000,
    "many newlines in front matter": b"---\n" + b"\n" * 2_000_000,
    "unclosed front matter": b"---\n" + b"- a\n" * 500_000,
    "many emphases": b"# x\n| Feature | A" + b"*" * 500_000 + b" |\n|---|---|\n| Type | Model |\ntext",
    "many brackets in a cell": b"# x\n| Feature | " + b"[" * 500_000 + b" |\n|---|---|\n| Type | Model |\ntext",
    "emphases in a title": b"# " + b"*a" * 500_000 + b"\n" + TABLE + b"text",
    "emphases in a cell": TABLE + b"| Type | " + b"*a" * 500_000 + b" | b |\ntext",
    "long JSON array": b"[" + b"1," * 1_000_000 + b"1]",
    "long labels": TABLE + b"_" * 2_000_000,
    "spaces": b" " * 2_000_000 + b"a",
    "hashes": b"# " + b"#" * 2_000_000,
    "blanks in a heading": b"# a" + b" \t" * 1_000_000 + b"b\n" + TABLE,
}  # fmt: skip


@pytest.mark.parametrize("name", SLOW)
def test_hostile_pages_take_time_in_proportion(name, folder):
    started = time.process_time()
    read_and_use(SLOW[name], folder)
    assert time.process_time() - started < 15


def test_deep_html_is_refused_with_its_line():
    with pytest.raises(PageError, match=r"deep.html, line 2: elements are nested deeper than 512"):
        parse_page(b"<html>\n" + b"<div>" * 10_000, "deep.html")


def test_countless_tags_are_refused():
    with pytest.raises(PageError, match=r"many.html: more than 500,000 tags and texts: not a comparison page"):
        parse_page(HTML + b"<p>x<b>y</b></p>" * 100_000, "many.html")


def test_size_limit_is_named():
    with pytest.raises(PageError, match="larger than 25,000,000 bytes; SIDEBYSIDE_MAX_PAGE_BYTES sets another limit"):
        parse_page(b"a" * 25_000_001, "large.txt")
    with pytest.raises(PageError, match="larger than 10 bytes"):
        parse_page(b"a" * 11, "large.txt", max_bytes=10)
    assert Settings.model_fields["max_page_bytes"].default == MAX_BYTES


def binary_plist(objects: bytes, offsets: list[int]) -> bytes:
    """A binary property list as plistlib cannot write it: objects, references of two bytes, where each begins."""
    objects += b"\x5f\x10\x0fWebMainResource"
    table = b"".join((8 + at).to_bytes(4, "big") for at in offsets)
    return b"bplist00" + objects + table + struct.pack(">6xBBQQQ", 4, 2, len(offsets), 0, 8 + len(objects))


def nested_lists(depth: int) -> bytes:
    """A list that holds a list, and so on, and in the last one a string."""
    lists = b"".join(b"\xa1" + (place + 1).to_bytes(2, "big") for place in range(depth))
    return binary_plist(lists, [3 * place for place in range(depth + 1)])


def shared_list(size: int) -> bytes:
    """One list that stands for each of its own members: a few bytes that unfold to their square."""
    members = b"".join(place.to_bytes(2, "big") for place in range(size))
    return binary_plist(b"\xaf\x11" + size.to_bytes(2, "big") + members, [0] * size)


PLIST = b'<?xml version="1.0"?><plist version="1.0"><dict><key>WebMainResource</key>'
NESTED = {
    "passport": (b'{"a":' * 2000 + b"1" + b"}" * 2000, "the JSON is nested deeper than 50"),
    "cut-off passport": (b'{"a":' * 2000, "the JSON is nested deeper than 50"),
    "brackets in a string": (b'{"a": "' + b"[" * 2000 + b'"}', "JSON, but not a passport"),
    "escaped quotes": (b'{"a": "' + b'\\"' * 100_000, "the JSON is cut off"),
    "flow in front matter": (b"---\nname: " + b"[" * 5000 + b"\n---\n## A\nb", "front matter is nested deeper than 20"),
    "blocks in front matter": (
        b"---\n" + b"".join(b" " * n + b"a:\n" for n in range(300)) + b"---\ntext",
        "no comparison table",
    ),
    "messages": (b"Content-Type: message/rfc822\r\n\r\n" * 5000, "more than 50 messages or groups in one file"),
    "messages of an old Mac": (
        b"Content-Type: message/rfc822\r\n\r\n" + b"Content-Type: message/rfc822\r\r" * 5000,
        "more than 50 messages or groups in one file",
    ),
    "groups": (
        b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(3000)),
        "more than 50 messages or groups in one file",
    ),
    "lists of a web archive": (PLIST + b"<array>" * 5000 + b"</array>" * 5000 + b"</dict></plist>", "a damaged Safari"),
    "name of a type": (
        PLIST
        + b"<dict><key>WebResourceData</key><data>YQ==</data><key>WebResourceMIMEType</key>"
        + b"<array>" * 5000
        + b"</array>" * 5000
        + b"</dict></dict></plist>",
        "a Safari web archive without a comparison table",
    ),
    "binary lists": (nested_lists(5000), "a Safari web archive that is nested deeper than 50"),
}


@pytest.mark.parametrize("name", NESTED)
def test_nesting_never_comes_near_the_recursion_limit(name):
    """Left to run into it, cleaning up fails as well, and whatever the interpreter is about to do next with it."""
    data, reason = NESTED[name]
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + 350)
    try:
        with pytest.raises(PageError) as caught:
            parse_page(data, "page")
    finally:
        sys.setrecursionlimit(limit)
    assert str(caught.value).startswith("page")
    assert reason in caught.value.reason
    assert "recursion" not in caught.value.reason


LONG_HEADER = b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html"
UNFOLDED = {
    "a quote in every parameter": LONG_HEADER + b';"' * 1_000_000 + b"\r\n\r\nhello\r\n--x--\r\n",
    "lists that hold one another": shared_list(20_000),
}


@pytest.mark.parametrize("name", UNFOLDED)
def test_archives_cannot_unfold_without_end(name):
    started = time.process_time()
    with pytest.raises(PageError):
        parse_page(UNFOLDED[name], "page")
    assert time.process_time() - started < 5


LONG_CELL = b"x" * 20_000


@pytest.mark.parametrize(
    "data",
    [
        TABLE + b"| Type | " + LONG_CELL + b" | b |\ntext",
        HTML.replace(b"<tr><td>Cap", b"<tr><td>Type<td>" + LONG_CELL + b"<td>b<tr><td>Cap"),
    ],
)
def test_endless_cells_are_refused(data):
    with pytest.raises(PageError, match="longer than 10,000 characters"):
        parse_page(data, "page")


def test_escapes_cannot_smuggle_in_control_characters():
    passport = {"artifact": {"name": "Lantern"}, "capabilities": [{"name": "a\u0007b"}]}
    with pytest.raises(PageError, match=r"control character U\+0007"):
        parse_page(json.dumps(passport).encode(), "p.json")
