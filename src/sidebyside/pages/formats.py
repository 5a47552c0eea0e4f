"""Tells what a page file is, by its content, and opens it: text as it is, everything else as the text it holds."""

from __future__ import annotations

import io
import re
from dataclasses import replace

from sidebyside.errors import PageError
from sidebyside.pages.decoding import decode_page
from sidebyside.pages.opened import OpenedFile

_TAGS = (
    "html|head|body|div|article|section|main|header|h[1-6]|p|table|meta|title|span|a|ul|ol|nav|figure|center|link|style"
)
_FRONT = r"\A---[ \t]*(?:\r\n|\r|\n)"
# So many characters tell what a text is written in.
_LOOKED_AT = 200_000
_ZIP_END = b"PK\x05\x06"
_ZIP_TAIL = 66_000  # the end of an archive's directory, with the longest remark behind it
# A note may begin with a wikilink, [[Index]], which is no JSON.
_JSON = re.compile(r"\s*(?:\{\s*(?:[\"}]|\Z)|\[\s*(?:[{\"]|\[\s*[\[{\"\]]|\Z))")
_HTML = re.compile(rf"\s*<(?:!doctype|!--|\?xml|(?:{_TAGS})\b)", re.IGNORECASE)
# READMEs begin with a logo or badges in HTML: what follows is Markdown all the same.
_IN_MARKDOWN = re.compile(r"^[ ]{0,3}(?:#{1,6}[ \t]+\S|\|?[ ]*:?-{3,}:?[ ]*\|[ |:-]*$)", re.MULTILINE)
_ONLY_MARKDOWN = re.compile(r"^[ ]{0,3}(?:```|\|?[ ]*:?-{3,}:?[ ]*\|[ |:-]*\r?$)", re.MULTILINE)
_WHOLE_HTML = re.compile(r"<(?:html|head|body|!doctype)\b|<\?xml", re.IGNORECASE)
_MARKDOWN = re.compile(
    rf"{_FRONT}"
    r"|(?:.*[\r\n])?[ ]{0,3}#{1,6}[ \t]+\S"  # a heading
    r"|[^\r\n|]{1,200}(?:\r\n|\r|\n)(?:={3,}|-{3,})[ \t]*(?:[\r\n]|\Z)"  # a first line that is underlined
    # a further line that is underlined, an empty line before and behind it
    r"|.*(?:\r\n|\n|\r(?!\n))[ \t]*(?:\r\n|\r|\n)[^\r\n|]{1,200}(?:\r\n|\r|\n)(?:={3,}|-{3,})[ \t]*"
    r"(?:\r\n|\r|\n)[ \t]*(?:[\r\n]|\Z)"
    r"|(?:.*[\r\n])?[ \t]{0,8}<table\b"
    r"|(?:.*[\r\n])?\*\*(?:unique|vs alternatives)\b",
    re.DOTALL | re.IGNORECASE,
)
# The same for other markups: a table's rules or a first heading in AsciiDoc; directives, and headings with signs that
# Markdown does not use, in reStructuredText; keywords and the rules of tables in Org.
_OTHERS = {
    "asciidoc": re.compile(r"\A\s*(?:(?::[\w-]+:|//)[^\n]*\n\s*){0,40}=[ \t]\S|^\|={3,}[ \t]*\r?$", re.MULTILINE),
    "rst": re.compile(
        r"^\.\.[ \t]+(?:[\w:-]+::|\|[^|\n]+\|[ \t]+\w+::|_[^:\n]{1,80}:)"
        r"|^[ \t]*={2,}(?:[ ]+={2,})+[ \t]*\r?$"
        r"|\A\s*(?::[\w-]+:[^\n]*\n\s*){0,40}([=\-`:.'\"~^_*+#])\1{2,}[ \t]*\r?\n[ \t]*\w[^|\n]{0,200}\n\1{3,}"
        r"[ \t]*\r?$"
        r"|^\w[^|\n]{2,200}\n([\^\"'+])\2{3,}[ \t]*\r?$",
        re.MULTILINE,
    ),
    "org": re.compile(
        r"^[ \t]{0,8}(?:#\+(?:title|author|date|options|startup|property|filetags|caption|source|begin_\w+|tblfm)\b"
        r"|\|-+(?:\+-+)+\|?[ \t]*\r?$)",
        re.IGNORECASE | re.MULTILINE,
    ),
}


def open_page(data: bytes, source: str, max_bytes: int) -> OpenedFile:
    """Open a file by what it is: a package, a PDF, a web archive, an e-mail, or text. Raises PageError."""
    if len(data) > max_bytes:
        raise PageError(source, f"larger than {max_bytes:,} bytes; SIDEBYSIDE_MAX_PAGE_BYTES sets another limit")
    if data.startswith(b"PK\x03\x04"):
        return _open_package(data, source, max_bytes)
    if b"%PDF-" in data[:1024]:
        from sidebyside.pages.pdf import open_pdf

        return open_pdf(data, source)
    from sidebyside.pages.archives import is_mime, is_webarchive, open_mime, open_webarchive

    if is_webarchive(data):
        return open_webarchive(data, source)
    if is_mime(data):
        return open_mime(data, source)
    if data.lstrip()[:1] == b"<" and _ZIP_END in data[-_ZIP_TAIL:]:
        return _open_self_extracting(data, source, max_bytes)
    return decode_page(data, source)


def _open_self_extracting(data: bytes, source: str, max_bytes: int) -> OpenedFile:
    """Open a page that is an archive too, as SingleFile writes it: the page itself is index.html in there."""
    from sidebyside.pages.packages import open_package, read_member

    with open_package(data, source, max_bytes) as package:
        if "index.html" not in package.namelist():
            raise PageError(source, "HTML with an archive that holds no index.html; save the page as HTML only")
        page = read_member(package, "index.html", source, max_bytes)
    return replace(decode_page(page, source), format="html")


def _open_package(data: bytes, source: str, max_bytes: int) -> OpenedFile:
    from sidebyside.pages.packages import check_parts, look_into, open_package

    with open_package(data, source, max_bytes) as package:
        kind, reason = look_into(package)
        if kind == "docx":
            from sidebyside.pages.docx import open_docx

            return open_docx(package, source, max_bytes)
        if kind == "xlsx":
            from sidebyside.pages.sheets import open_xlsx

            check_parts(package, source, max_bytes)
            return open_xlsx(io.BytesIO(data), source)
    raise PageError(source, reason or "it is a zip archive")


def kind_of_text(text: str) -> str:
    """What text is, by how it begins or what it holds: passport, html, asciidoc, rst, org, markdown or text."""
    if _JSON.match(text):
        return "passport"
    if _HTML.match(text) and not (_IN_MARKDOWN.search(text) and not _WHOLE_HTML.search(text)):
        return "html"
    if text.startswith("---"):  # front matter, which is Markdown's
        return "markdown" if _MARKDOWN.match(text) else "text"
    for kind, form in _OTHERS.items():
        found = form.search(text, 0, _LOOKED_AT)
        # What stands inside a Markdown page may be an example of another markup.
        if found and (found.start() == 0 or not _ONLY_MARKDOWN.search(text, 0, _LOOKED_AT)):
            return kind
    return "markdown" if _MARKDOWN.match(text) or _HTML.match(text) else "text"
