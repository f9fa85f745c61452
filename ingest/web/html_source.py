"""The source of HTML before it is parsed: its characters, XHTML as HTML, and its depth."""

import codecs
import re
from contextlib import suppress

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from docqa.ingest.encoding import decode
from docqa.ingest.errors import TooLarge, refuse_over_limit
from docqa.ingest.language.words import word_set
from docqa.ingest.limits import MAX_HTML_ATTRIBUTES, MAX_HTML_DEPTH

_VOID = word_set("area base br col embed hr img input link meta source track wbr")
# Their end tags may be left out, and an open one does not make those after it lie deeper.
_IMPLIED = word_set("p li dt dd tr td th thead tbody tfoot colgroup option optgroup rp rt")
_SCRIPTS = ("script", "style")
_TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]*)")
_ATTRIBUTE = re.compile(
    r"""[\s/]*+[^\s"'>/=]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"']++))?+|[\s/]++|["'=]"""
)
_CHARSET = re.compile(
    rb"""(?:<meta[^>]{0,200}?charset|<\?xml[^>]{0,200}?encoding)\s*+=\s*+["']?+\s*+([\w.:-]{2,40})""",
    re.I,
)
_XHTML = re.compile(
    r"\s*(?:<\?xml|<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML|<html[^>]*\sxmlns=)", re.IGNORECASE
)
_EMPTY_ELEMENT = re.compile(r"<([a-zA-Z][\w:-]*)(\s[^<>]*)?/>")
_CDATA = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|\Z)", re.DOTALL)


def decode_html(data: bytes) -> tuple[str, tuple[str, ...]]:
    """The characters of `data` with warnings: by its byte order mark, the encoding it names, or as
    text.
    """
    match = _CHARSET.search(data[:4096])
    if (
        match
        and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"))
        and b"\0" not in data[:65536]
    ):
        # An encoding may be unknown to Python, or be none (such as "hex").
        with suppress(LookupError, ValueError, TypeError):
            name = codecs.lookup(match.group(1).decode("ascii")).name
            # Browsers read Latin-1 as Windows-1252; a page that says UTF-16 in ASCII letters is
            # not.
            name = {"iso8859-1": "cp1252", "ascii": "cp1252"}.get(name, name)
            if name != "utf-8" and not name.startswith(("utf-16", "utf-32")):
                return data.decode(name, "replace"), ()
    return decode(data)


def parse_html(source: str) -> LexborHTMLParser:
    """The elements of `source`. Raises TooLarge for nesting that would take minutes, MemoryError."""
    if _XHTML.match(source[:2000]):
        source = _xhtml_as_html(source)
    depth = deepest = 0
    script = ""
    before = len(source)
    for match in _TAG.finditer(source):  # counts tags, so it may see more than there is
        name = match.group(2).lower()
        if not script and match.start() - before > MAX_HTML_ATTRIBUTES:
            _refuse_too_many_attributes(source, before)
        before = match.end()
        if name in _SCRIPTS:
            script = "" if match.group(1) else name
        if name not in _VOID and name not in _IMPLIED:
            depth = max(depth - 1, 0) if match.group(1) else depth + 1
            deepest = max(deepest, depth)
    if not script and len(source) - before > MAX_HTML_ATTRIBUTES:
        _refuse_too_many_attributes(source, before)
    what = "levels of HTML elements"
    refuse_over_limit(MAX_HTML_DEPTH, deepest, what, "Check that this is the right file")
    try:
        return LexborHTMLParser(source)
    except SelectolaxError as error:  # it takes any characters, so it fails for memory alone
        raise MemoryError from error


def _refuse_too_many_attributes(source: str, start: int) -> None:
    """More of them than the parser compares with each other in a second."""
    count = 0
    while (match := _ATTRIBUTE.match(source, start)) and match.end() > start:
        start = match.end()
        count += 1
        if count > MAX_HTML_ATTRIBUTES:
            what = f"an element with more than {MAX_HTML_ATTRIBUTES:,} attributes"
            raise TooLarge(what, hint="Check that this is the right file")


def _xhtml_as_html(source: str) -> str:
    """XHTML in the spelling of HTML: `<title/>` would swallow all that follows."""

    def open_and_close(match: re.Match[str]) -> str:
        name = match.group(1)
        return (
            match.group() if name.lower() in _VOID else f"<{name}{match.group(2) or ''}></{name}>"
        )

    source = _CDATA.sub(lambda m: m.group(1).replace("&", "&amp;").replace("<", "&lt;"), source)
    return _EMPTY_ELEMENT.sub(open_and_close, source)
