"""The items of a list that a place leads to, contains, or is in, as ingest found them."""

import re
from collections.abc import Iterator

from docqa.ingest.types import Document, Lead, ListItem, Span

from .candidates import trim_span

_MOST = 0.6
_SOME = 0.2
_AT_ONCE = 4
"""A place is an item where it has most of its characters, or some of them and its beginning."""
_JOINING = re.compile(
    r"(?<![\s;,])[\s;,]++(?:and/or|and|or|but|then)[\s;,:.]*+$|(?<![\s;,:.])[\s;,:.]*+$",
    re.IGNORECASE,
)

Item = tuple[int, Span]
"""(page from 1, where in its text)."""


def items_below(document: Document, page: int, start: int, end: int) -> list[Item]:
    """The items of the list that characters `start:end` of `page` lead to, contain, or are in, in
    order. Each is whole, with the items below it, without its mark, the "; and" after it and its
    last stop; of one over a page end the longer part. They do not overlap."""
    for lead in _lists_of_place(document, page, start, end):
        items = [item for each in lead.items if (item := _longest_part(document, each))]
        if len(items) > 1:
            return items
    return []


def _lists_of_place(document: Document, page: int, start: int, end: int) -> Iterator[Lead]:
    """The lists that may be meant: that begin in the place, that it leads to, then around it,
    innermost first."""
    for lead in document.leads:
        if (page, start) <= (lead.from_page, lead.from_start) < (page, end):
            yield lead
    for lead in reversed(document.leads):
        if lead.page == page and lead.start < end and start < lead.end:
            yield lead
    for lead in reversed(document.leads_of(page, start)):
        if any(_is_item(document, page, start, end, item) for item in lead.items):
            yield lead


def _is_item(document: Document, page: int, start: int, end: int, item: ListItem) -> bool:
    """Whether the place is an item, its beginning or most of it, and not a word in it."""
    part = _longest_part(document, item)
    if not part or part[0] != page:
        return False
    span = part[1]
    share = (min(end, span.end) - max(start, span.start)) / (span.end - span.start)
    return share >= _MOST or (share >= _SOME and abs(start - span.start) <= _AT_ONCE)


def _longest_part(document: Document, item: ListItem) -> Item | None:
    """The page that has most of an item, and where there; None where nothing is left of it."""
    parts: list[Item] = []
    for page in range(item.page, item.end_page + 1):
        text = document.pages[page - 1].text
        start = item.start if page == item.page else 0
        end = item.end if page == item.end_page else len(text)
        stop = _JOINING.search(text, start, end)
        span = Span(*trim_span(text, start, stop.start() if stop else end))
        if span.start < span.end:
            parts.append((page, span))
    return max(parts, key=lambda part: part[1].end - part[1].start, default=None)
