"""The items of a list by its structure: "(a)" to "(d)", numbered or bulleted lines, "(i) ... and
(ii) ...".
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from docqa.app.evidence.terms import STOP_WORDS
from docqa.ingest.language.sentences import is_opener, sentences
from docqa.ingest.language.words import AUXILIARY, CONJUNCTION, word_set
from docqa.ingest.types import Document, Page, Span

from .candidates import trim_span
from .list_marks import ListMark, find_list_marks, list_starting_at_mark

_PAGES_BEFORE = 1
_PAGES_BEHIND = 4
_LEAD = 200
"""Characters from a place in a lead-in to the first item, at most."""
_SHORT_LEAD = 60
_MOST = 0.6
_SOME = 0.2
_AT_ONCE = 4
_ENDED = re.compile(r"[.?!][\"”’)\]]*\s+(?=[A-Z“\"(\d•])|[.?!][\"”’)\]]*\s*$")
_STOPPED = re.compile(r"[.?!][\"”’)\]]*\s*$")
_JOINING = re.compile(
    r"(?<![\s;,])[\s;,]++(?:and/or|and|or|but|then)[\s;,:.]*+$|(?<![\s;,:.])[\s;,:.]*+$",
    re.IGNORECASE,
)
_UNFINISHED = (
    STOP_WORDS
    | AUXILIARY
    | CONJUNCTION
    | word_set("following follows include includes including means")
)
"""Words that end no sentence."""
_LAST_WORD = re.compile(r"(?<!\w)\w*$")
_ENDS_LINE = re.compile(r"[.:;?!][\"”’)\]]*$")

Item = tuple[int, Span]
"""(page from 1, where in its text)."""


def items_below(document: Document, page: int, start: int, end: int) -> list[Item]:
    """The items of the list that characters `start:end` of `page` lead to, contain, or are in, in
    order. Each is whole, with the items below it, without its mark, the "; and" after it and its
    last stop; of one over a page end the longer part. They do not overlap."""
    flat = _JoinedPages(document, page)
    marks = find_list_marks(flat.text)
    stops = flat._section_starts(document)
    begin = flat.offset(page, start)
    finish = flat.offset(page, end)
    for first in _marks_that_may_begin_list(flat.text, marks, begin, finish):
        run, last = list_starting_at_mark(marks, first, stops)
        spans = _item_spans(flat.text, marks, run, last)
        # An item, its beginning or most of it, not a word in it?
        held = [
            ((min(finish, s.end) - max(begin, s.start)) / (s.end - s.start), abs(begin - s.start))
            for s in spans
        ]
        one = any(share >= _MOST or (share >= _SOME and apart <= _AT_ONCE) for share, apart in held)
        if len(spans) > 1 and (begin <= marks[first].at or one):
            items = [item for span in spans if (item := flat._item_at_span(span)) is not None]
            return items if len(items) > 1 else []
    return []


def _marks_that_may_begin_list(
    text: str, marks: Sequence[ListMark], start: int, end: int
) -> Iterator[int]:
    """Marks that may begin the list: in the place, after it, then around it, nearest first."""
    ones = [number for number, mark in enumerate(marks) if mark.places[0][1] <= 1]
    yield from (number for number in ones if start <= marks[number].at < end)
    behind = next((number for number in ones if marks[number].at >= end), None)
    if behind is not None and _is_lead_in_to_mark(text, end, marks[behind]):
        yield behind
    for number in reversed([number for number in ones if marks[number].at < end]):
        mark = marks[number]
        opens = not mark.is_bullet or not (number and marks[number - 1].places == mark.places)
        if opens and (mark.is_bullet or _has_introduction(text, mark)):
            yield number


def _is_lead_in_to_mark(text: str, end: int, mark: ListMark) -> bool:
    between = text[end : mark.at]
    if len(between) > _LEAD or _ENDED.search(between) or ";" in between or between.count("\n") > 2:
        return False
    return len(between) <= _SHORT_LEAD or between.rstrip()[-1:] in ":—–-"


def _has_introduction(text: str, mark: ListMark) -> bool:
    """Whether a list follows words that are no whole sentence: "if:", "the following", "may—"."""
    before = text[max(0, mark.at - _LEAD) : mark.at].rstrip()
    if mark.opens_line:
        bare = before.rstrip('"”’)]')
        return bare.endswith(tuple(":—–,-")) or _LAST_WORD.findall(bare)[0].lower() in _UNFINISHED
    return bool(before) and not _STOPPED.search(before[-4:])


def _item_spans(
    text: str, marks: Sequence[ListMark], run: Sequence[int], last: int | None
) -> list[Span]:
    """What each mark of a run marks, up to the next; the last one's to the end of its paragraph or
    sentence.
    """
    spans = []
    for position, number in enumerate(run):
        after = run[position + 1] if position + 1 < len(run) else None
        limit = marks[after].at if after is not None else len(text) if last is None else last
        inner = [m for m in marks[number : after or len(marks)] if m.at < limit]
        owner = inner[-1] if inner[-1].opens_line and inner[0].opens_line else inner[0]
        body = marks[number].body
        paragraph = text.find("\n", owner.body)
        end = limit if paragraph < 0 else min(limit, paragraph)
        if after is None and not marks[run[0]].opens_line:
            end = body + next((found.end for found in sentences(text[body:end])), end - body)
        stop = _JOINING.search(text, body, end)
        span = Span(*trim_span(text, body, stop.start() if stop else end))
        if span.start >= span.end:
            break
        spans.append(span)
        if marks[number].is_bullet and text[end:limit].strip():
            break  # other text: the next bullet is of another list
    return spans


class _JoinedPages:
    """A page with its neighbours as one text, in which a paragraph is one line."""

    def __init__(self, document: Document, page: int) -> None:
        first = max(page - 1 - _PAGES_BEFORE, 0)
        self.starts: dict[int, int] = {}  # where in the joined text each page begins
        self.pages = document.pages
        self.text = ""
        for one in document.pages[first : page + _PAGES_BEHIND]:
            if self.starts:
                runs_on = one.text[:1].islower() and not _ENDS_LINE.search(self.text.rstrip()[-4:])
                self.text += " " if runs_on else "\n"
            self.starts[one.page] = len(self.text)
            self.text += _join_wrapped_lines(one)

    def offset(self, page: int, page_offset: int) -> int:
        return self.starts[page] + page_offset

    def _section_starts(self, document: Document) -> list[int]:
        """Where sections begin in the joined text."""
        return sorted(
            self.offset(s.page, s.start) for s in document.sections if s.page in self.starts
        )

    def _item_at_span(self, span: Span) -> Item | None:
        """The page that has most of `span`, and where there; None where nothing is left of it."""
        found: list[Item] = []
        for page, first in self.starts.items():
            text = self.pages[page - 1].text
            start = max(span.start - first, 0)
            end = min(span.end - first, len(text))
            if start < end:
                cut = Span(*trim_span(text, start, end))
                if cut.start < cut.end:
                    found.append((page, cut))
        return max(found, key=lambda item: item[1].end - item[1].start, default=None)


def _join_wrapped_lines(page: Page) -> str:
    """A page's text, as long, with a space for each line break inside a paragraph."""
    characters = list(page.text)
    starts = [block.start for block in page.blocks]
    for match in re.finditer("\n", page.text):
        at = match.start()
        line = page.text[at + 1 : at + 60].lstrip(" \t")
        block = bisect_right(starts, at) - 1
        inside = (
            block >= 0 and at < page.blocks[block].end - 1 and page.blocks[block].kind != "table"
        )
        goes_on = line[:1].islower() and not _ENDS_LINE.search(page.text[max(0, at - 4) : at])
        if (
            (inside or goes_on)
            and line[:1].strip()
            and not is_opener(line)
            and page.text[at - 1] != "\n"
        ):
            characters[at] = " "
    return "".join(characters)
