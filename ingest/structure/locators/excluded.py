"""Lines in no section of the outline: contents, text that a law inserts, tables after the last."""

import re
from collections import Counter
from collections.abc import Sequence

from docqa.ingest.structure.clean import title_comparison_key
from docqa.ingest.types import Page, Section, location_of

from .marks import MarkedLine

_INSERTED = re.compile(
    r"\s{0,80}[“\"]\s?(?:\(?\d{1,3}[A-Z]{0,3}\)?[.)]?(?=[\s(—–])|\([A-Za-z]{1,5}\)\s|[A-Z]{1,5}\.\s|"
    r"(?:part|chapter|section|article|schedule)\s+[\dA-Z])",
    re.IGNORECASE,
)
_MOST_LINES = 150
"""Lines in which the end of an insertion is looked for; without one there is no insertion."""
_LEAST_ENTRY = 5
_MOST_ENTRY = 100
"""Letters and characters that an entry of a table of contents has."""
_BESIDE = 2
_PAGE_BEHIND = re.compile(r"[\s.]{1,200}\d{1,4}$")


def lines_of_inserted_text(lines: Sequence[MarkedLine]) -> set[int]:
    """The lines of words that an amendment puts into another text ("“2A Purpose of Act ... .”"):
    from a quotation mark and a number to the end of the quotation."""
    found: set[int] = set()
    at = 0
    while at < len(lines):
        end = _end_of_quotation(lines, at) if _INSERTED.match(lines[at].text) else at
        if end > at:
            found.update(range(at, end + 1))
        at = max(end, at) + 1
    return found


def _end_of_quotation(lines: Sequence[MarkedLine], first: int) -> int:
    """The line that closes the quotation that line `first` opens; `first` where none does."""
    depth = 0
    curved = "“" in lines[first].text[:82]
    for number in range(first, min(first + _MOST_LINES, len(lines))):
        text = lines[number].text
        if curved:
            # Every paragraph of a long quotation opens it again.
            again = number > first and text.lstrip().startswith("“")
            depth += text.count("“") - text.count("”") - again
            if depth <= 0:
                return number
        elif text.rstrip(" .;,").endswith('"') and text.count('"') % 2 == 1 and number > first:
            return number
        elif text.count('"') % 2 == 0 and number == first:
            return first
    return first


def table_of_contents_lines(
    lines: Sequence[MarkedLine], pages: Sequence[Page], sections: Sequence[Section]
) -> set[int]:
    """The lines in a row that come again, word for word, as later headings: tables of contents."""
    last = {}
    for section in sections:
        if section.number and section.title:
            last[title_comparison_key(f"{section.number}{section.title}")] = (
                section.page,
                section.start,
            )
    keys = [_contents_entry_key(line) for line in lines]
    for line, key in zip(lines, keys, strict=True):
        if key:
            last[key] = max(last.get(key, (0, 0)), location_of(line))
    again = [
        bool(key) and last[key] > (line.page, line.end)
        for line, key in zip(lines, keys, strict=True)
    ]
    # What is attached twice comes again on one page.
    spread = {
        (line.page, last[key][0])
        for line, key, later in zip(lines, keys, again, strict=True)
        if later
    }
    later_pages = Counter(page for page, _ in spread)
    return {
        number
        for number, line in enumerate(lines)
        if again[number]
        and (later_pages[line.page] > 1 or len(pages) == 1)
        and sum(again[max(number - _BESIDE, 0) : number + _BESIDE + 1]) > _BESIDE
    }


def _contents_entry_key(line: MarkedLine) -> str:
    """The letters and digits of a numbered line that may be an entry of a table of contents, or
    "".
    """
    if not line.marks or len(line.text) > _MOST_ENTRY:
        return ""
    key = title_comparison_key(_PAGE_BEHIND.sub("", line.text))
    return key if sum(map(str.isalpha, key)) >= _LEAST_ENTRY else ""
