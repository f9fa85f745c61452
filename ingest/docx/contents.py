"""Tables of contents that were typed into a DOCX: their entries are words of later headings and begin no section."""

from __future__ import annotations

import re
from collections.abc import Sequence

from docqa.ingest.docx.outline import OutlineParagraph

_PAGE_BEHIND = re.compile(r"[\s.…·]{1,200}\d{1,4}$")
_LETTERS_AND_DIGITS = re.compile(r"[^\W_]+")
_NAME = re.compile(r"(?:table\s+of\s+)?contents[.:]?$", re.IGNORECASE)
_MOST_CHARS = 160
_LEAST_ENTRIES, _LEAST_BELOW_NAME = 3, 2


def typed_contents(items: Sequence[OutlineParagraph]) -> frozenset[int]:
    """Where the entries of a typed table of contents begin: paragraphs in a row that come again later, word for word
    but for a page number behind them."""
    keys = [_key(item) for item in items]
    last = {key: at for at, key in enumerate(keys) if key}
    found: list[int] = []
    at = 0
    while at < len(items):
        end = at
        while end < len(items) and keys[end] and last[keys[end]] > end:
            end += 1
        named = at > 0 and _NAME.match(items[at - 1].text.strip()) is not None
        outside = all(last[keys[entry]] >= end for entry in range(at, end))
        if outside and end - at >= (_LEAST_BELOW_NAME if named else _LEAST_ENTRIES):
            found.extend(items[entry].start for entry in range(at, end))
        at = max(end, at + 1)
    return frozenset(found)


def _key(item: OutlineParagraph) -> str:
    """The letters and digits of an entry without its page; empty for what is too long for one."""
    text = item.text.strip()
    if len(text) > _MOST_CHARS:
        return ""
    return "".join(_LETTERS_AND_DIGITS.findall(_PAGE_BEHIND.sub("", text))).casefold()
