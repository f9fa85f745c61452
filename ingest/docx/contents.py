"""Tables of contents that were typed into a DOCX: their entries are words of later headings and begin no section."""

from __future__ import annotations

import re
from collections.abc import Sequence

from docqa.ingest.docx.outline import OutlineParagraph
from docqa.ingest.structure.clean import folded
from docqa.ingest.structure.outline import runs_that_return

_PAGE_BEHIND = re.compile(r"[\s.…·]{1,200}\d{1,4}$")
_NAME = re.compile(r"(?:table\s+of\s+)?contents[.:]?$", re.IGNORECASE)
_MOST_CHARS = 160
_LEAST_ENTRIES, _LEAST_BELOW_NAME = 3, 2


def typed_contents(items: Sequence[OutlineParagraph]) -> frozenset[int]:
    """Where the entries of a typed table of contents begin: paragraphs in a row that come again later, word for word
    but for a page number behind them."""
    found: set[int] = set()
    for run in runs_that_return([_key(item) for item in items]):
        named = run.start > 0 and _NAME.match(items[run.start - 1].text.strip()) is not None
        if len(run) >= (_LEAST_BELOW_NAME if named else _LEAST_ENTRIES):
            found.update(items[at].start for at in run)
    return frozenset(found)


def _key(item: OutlineParagraph) -> str:
    """The letters and digits of an entry without its page; empty for what is too long for one."""
    text = item.text.strip()
    return folded(_PAGE_BEHIND.sub("", text)) if len(text) <= _MOST_CHARS else ""
