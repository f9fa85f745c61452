"""Leads: the words without which an item of a list does not mean what it says.

The lead of an item is the stem that opens its list ("The Board shall not suspend a member —"), and
the words after the last item that complete the stem ("… unless the Board agrees"). They are found by
numbering, bullets and punctuation alone, in one walk over the blocks of all pages.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import NamedTuple

from docqa.ingest.language.sentences import is_sentence_continued, sentences
from docqa.ingest.types import (
    Block,
    Document,
    Lead,
    ListItem,
    Location,
    Note,
    Page,
    location_of,
)

from .locators.marks import (
    ALONE,
    DIVISION,
    WORDED,
    NumberMark,
    parse_line,
    possible_kinds_and_ordinals,
)
from .tables.named import named_tables_of_page

_COMPLETES = re.compile(r"Provided\b|PROVIDED\b|[a-z]")
_BULLET = re.compile("\\s*([•▪◦●■‣⁃∙·○\uf0b7\uf0a7*–—-])\\s+(?=\\w)")
_INLINE_MARK = re.compile(
    r"([,;:.—–]?)\s?(?:\b(?:and|or|and/or)\s)?(\((?:[ivx]{1,5}|[a-z]|\d{1,2})\))\s(?=[\w“\"‘'(§$])"
)
_MARK = re.compile(r"\W*\w{1,6}\W+|\W+")
_NO_LIST = (ALONE, WORDED, DIVISION)
"""Shapes of marks that number the parts of a document, not the items of a list."""
_BULLET_SHAPE = "•"
"""The shape of a mark that counts nothing."""
_BEFORE_LAST_ITEM = ("and", "or", "and/or")
_CLOSING = "\"'”’)]»"
"""Quotation marks and brackets that may follow the end of a sentence."""
_OPENING = frozenset(":—–-")
_GAP = 3
"""Items that may be missing between two marks of a list: repealed ones, or marks lost in print."""
_LOOK_AHEAD = 12
"""Blocks in which the next item of an open list is looked for."""
MOST_LEVELS = 8
"""Lists within lists that are followed; what is deeper belongs to the innermost of these."""
MOST_SHOWN = 3
"""Leads that are read and shown with what they govern, the innermost."""
_LONGEST_STEM = 400
"""Characters of a stem; of a longer one its end counts. The rest of a sentence is looked for after
at most ten times as many."""
_SHORT_BEFORE_STEM = 12
"""Characters before the last sentence of a block that belong to it: its number."""


class _Place(NamedTuple):
    """A block with its text and page."""

    page: int
    block: Block
    text: str


@dataclass
class _OpenList:
    """A list whose items are being read: the shape and kind of its marks, the ordinal of the last.
    `leads`: (page, start, end) of its stem and of what completes it; `items`: those that have
    ended, `item`: where the words of the last begin."""

    shape: str
    kind: str
    ordinal: int
    begin: Location
    item: Location
    leads: list[tuple[int, int, int]] = field(default_factory=list)
    items: list[ListItem] = field(default_factory=list)

    def next_item(self, end: Location, begin: Location) -> None:
        """Ends the last item, and begins another."""
        self.items.append(ListItem(*self.item, *end))
        self.item = begin


def find_leads(pages: Sequence[Page], notes: Sequence[Note] = ()) -> list[Lead]:
    """The leads of all lists of a document, in the order in which what they govern begins, those of
    outer lists first. Its `notes` interrupt no list. Linear in the number of blocks."""
    walk = _Walk(pages, sorted(notes, key=location_of))
    for number in range(len(walk.places)):
        walk.take(number)
    walk.close_to(0)
    return sorted(
        [*walk.found, *_leads_within_blocks(walk.places)],
        key=lambda lead: (lead.from_page, lead.from_start, -lead.to_page, -lead.to_end),
    )


class _Walk:
    """The blocks of a document while they are gone through. Mutable."""

    def __init__(self, pages: Sequence[Page], notes: Sequence[Note]) -> None:
        self.places: list[_Place] = []
        for page in pages:
            for block in page.blocks:
                start = (page.page, block.start)
                note = bisect_right(notes, start, key=location_of) - 1
                if note < 0 or start >= (notes[note].page, notes[note].end):
                    self._add_block(page, block)
        self.open: list[_OpenList] = []
        self.found: list[Lead] = []
        self.end: Location = (1, 0)

    def _add_block(self, page: Page, block: Block) -> None:
        """Adds a block that has words; the rest of a sentence goes with its beginning."""
        text = page.words(block).rstrip()
        before = self.places[-1] if self.places else None
        if before is not None and before.page == page.page and _runs_on(before, block, text):
            block = replace(before.block, end=block.end)
            text = page.words(block).rstrip()
            self.places[-1] = _Place(page.page, block, text)
        elif text:
            self.places.append(_Place(page.page, block, text))

    def take(self, number: int) -> None:
        """Opens, continues or closes lists by block `number`."""
        place = self.places[number]
        marks = _list_marks(place)
        before = self.places[number - 1] if number else None
        # After a colon a bullet, brackets or a small letter are an item's, whatever its style says.
        is_item = any(
            self._depth_continued(m)
            or (_opens_list(before) and (m.shape[0] in "(•" or m.text.islower()))
            for m in marks
        )
        if place.block.kind == "heading" and not is_item:
            self.close_to(0)
        elif marks:
            for order, mark in enumerate(marks):
                self._take_mark(mark, place, None if order else before)
        elif before is not None and self._is_item_without_mark(place, before):
            self._take_item_without_mark(place, before)
        elif self.open and before is not None:
            self._take_words_after_items(number, place, before)
        self.end = (place.page, place.block.end)

    def close_to(self, depth: int) -> None:
        """Leaves `depth` lists open."""
        while len(self.open) > depth:
            closed = self.open.pop()
            items = (*closed.items, ListItem(*closed.item, *self.end))
            self.found += [Lead(*words, *closed.begin, *self.end, items) for words in closed.leads]

    def _take_mark(self, mark: NumberMark, place: _Place, before: _Place | None) -> None:
        begin = (place.page, max(mark.start, place.block.start))
        item = _after_mark(mark, place)
        first = _first_reading(mark)
        continued = self._depth_continued(mark)
        opens = _opens_list(before)
        words = (
            _stem_of(before)
            if before is not None and (opens or _goes_on_in_item(before, place, mark))
            else []
        )
        if continued and not (first and opens and mark.shape != _BULLET_SHAPE):
            depth, kind, ordinal = continued
            self.close_to(depth)
            level = self.open[-1]
            if before is not None and opens and not _list_marks(before):
                # A stem between two items is that of those after it; one that goes on with the
                # sentence ("shall pay, and also—") completes those before it too.
                if before.text[:1].islower():
                    level.leads += words
                    words = level.leads
                self.close_to(depth - 1)
                self._open_list(_OpenList(mark.shape, kind, ordinal, begin, item, words))
                return
            level.next_item(self.end, item)
            level.ordinal = ordinal
            level.kind = kind
        elif first:
            self._open_list(_OpenList(mark.shape, *first, begin, item, words))
        else:
            self.close_to(0)

    def _depth_continued(self, mark: NumberMark) -> tuple[int, str, int] | None:
        """How many lists stay open where `mark` continues the innermost of them that it can, with
        its kind and ordinal there."""
        for depth, level in reversed(list(enumerate(self.open, 1))):
            for kind, ordinal in _readings(mark):
                step = ordinal - level.ordinal
                if (level.shape, level.kind) == (mark.shape, kind) and (
                    0 < step <= _GAP + 1 or mark.shape == _BULLET_SHAPE
                ):
                    return depth, kind, ordinal
        return None

    def _open_list(self, opened: _OpenList) -> None:
        if len(self.open) < MOST_LEVELS:
            self.open.append(opened)

    def _is_item_without_mark(self, place: _Place, before: _Place) -> bool:
        """Whether a block is an item whose bullet the text lacks: it follows a stem or such an
        item, and ends as items do, or is the last."""
        if place.block.kind in ("table", "code"):
            return False
        inside = bool(self.open) and self.open[-1].shape == ""
        if inside:
            return _ends_item(before.text) or place.block.kind == "list"
        return _opens_list(before) and (place.block.kind == "list" or _ends_item(place.text))

    def _take_item_without_mark(self, place: _Place, before: _Place) -> None:
        begin = (place.page, place.block.start)
        if self.open and self.open[-1].shape == "":
            self.open[-1].next_item(self.end, begin)
        else:
            self._open_list(_OpenList("", "", 1, begin, begin, _stem_of(before)))

    def _take_words_after_items(self, number: int, place: _Place, before: _Place) -> None:
        """Words without a mark after an item: they go on with it, complete the stem, or end the
        list."""
        if place.text[:1].islower() and self._depth_that_goes_on(number) == len(self.open):
            return  # the innermost list goes on
        ended = _is_finished(before.text)
        if place.page != before.page and (not ended or before.text.endswith(",")):
            return  # the item goes on over the page break
        apart = place.page == before.page and place.block.start - before.block.end > 1
        if (ended or apart) and _COMPLETES.match(place.text) and self.open[-1].leads:
            first = sentences(place.text)[0]
            start = place.block.start
            if len(place.text) >= _SHORT_BEFORE_STEM:
                self.open[-1].leads.append((place.page, start + first.start, start + first.end))
            if not place.text[:1].isupper():
                self.close_to(len(self.open) - 1)
            return
        if ended and self.open[-1].shape == _BULLET_SHAPE and place.text[:1].isupper():
            self.close_to(len(self.open) - 1)
        self.close_to(self._depth_that_goes_on(number))

    def _depth_that_goes_on(self, number: int) -> int:
        """How many of the open lists have another item soon after block `number`."""
        for later in self.places[number + 1 : number + _LOOK_AHEAD]:
            marks = _list_marks(later)
            if marks:
                continued = self._depth_continued(marks[0])
                return continued[0] if continued else 0
            if later.block.kind == "heading":
                return 0
        return 0


def _runs_on(before: _Place, block: Block, text: str) -> bool:
    """Whether a block of `text` is the rest of the sentence before it, on the next line."""
    return (
        block.kind in ("para", "heading")
        and block.start - before.block.end == 1
        and len(before.text) < 10 * _LONGEST_STEM
        and not _is_finished(before.text)
        and is_sentence_continued(before.text, text)
    )


def _goes_on_in_item(before: _Place, place: _Place, mark: NumberMark) -> bool:
    """Whether the sentence before the first item goes on in it."""
    words = _MARK.sub("", place.text[mark.start - place.block.start :], count=1)
    return (
        (before.text[-1] == "," or not _is_finished(before.text))
        and before.block.kind in ("para", "list")
        and is_sentence_continued(before.text, words)
    )


def _opens_list(place: _Place | None) -> bool:
    return place is not None and place.text.rstrip(_CLOSING + " \n")[-1:] in _OPENING


def _is_finished(text: str) -> bool:
    """Whether a sentence or an item ends where the text ends."""
    return text.rstrip(_CLOSING)[-1:] in ".!?…" or _ends_item(text)


def _ends_item(text: str) -> bool:
    words = text[-_SHORT_BEFORE_STEM:].split()
    if words and words[-1] in _BEFORE_LAST_ITEM:
        del words[-1]
    return bool(words) and words[-1][-1] in ";,"


def leads_outside(document: Document, page: int, start: int, end: int) -> list[Lead]:
    """The innermost leads of the words `start:end` of a page that lie outside of them, in the order
    of the text."""
    leads = [
        lead
        for lead in document.leads_of(page, start)
        if not (lead.page == page and start <= lead.start and lead.end <= end)
    ]
    return leads[-MOST_SHOWN:]


def leads_of_cells(document: Document, page: int, start: int, end: int) -> list[Lead]:
    """What names the cells of a table in `start:end` of a page, and is outside: the table's caption
    and unit, the titles of the rows' groups, and the heads of the columns."""
    for table in named_tables_of_page(document, page):
        if not table.start_offset <= start < table.end_offset:
            continue
        places = [(page, span) for span in (table.grid.caption, table.grid.unit) if span]
        for entry in table.entries:
            if entry.start < end and start < entry.end:
                places += [(page, title.span) for title in entry.titles]
            for column, cell in zip(table.columns, entry.values, strict=True):
                if cell.start < end and start < cell.end:
                    places += [(table.head_page, head.span) for head in column]
        return [
            Lead(at, span.start, span.end, page, start, page, end)
            for at, span in dict.fromkeys(places)
            if not (at == page and start <= span.start and span.end <= end)
        ]
    return []


def lead_text(document: Document, page: int, start: int, end: int) -> str:
    """The words of `leads_outside` that come before `start`, on one line; empty where there are
    none."""
    before = (
        document.passage_text(lead)
        for lead in leads_outside(document, page, start, end)
        if (lead.page, lead.start) < (page, start)
    )
    return " ".join(" ".join(before).split())


def _after_mark(mark: NumberMark, place: _Place) -> Location:
    """Where the words after `mark` begin."""
    marked = mark.start + len(mark.shape) - 1 + len(mark.text) - place.block.start
    rest = place.text[marked:]
    return place.page, place.block.start + marked + len(rest) - len(rest.lstrip())


def _stem_of(stem: _Place) -> list[tuple[int, int, int]]:
    """(page, start, end) of the last sentence of a block."""
    spans = list(sentences(stem.text))
    start = spans[-1].start if spans else 0
    if start <= _SHORT_BEFORE_STEM:
        start = 0
    start = max(start, len(stem.text) - _LONGEST_STEM)
    return [(stem.page, stem.block.start + start, stem.block.start + len(stem.text))]


def _list_marks(place: _Place) -> tuple[NumberMark, ...]:
    """The marks of list items that open a block; a bullet counts as one."""
    if place.block.kind in ("table", "code", "caption"):
        return ()
    bullet = _BULLET.match(place.text)
    if bullet:
        return (
            NumberMark(place.page, place.block.start + bullet.start(1), bullet[1], _BULLET_SHAPE),
        )
    line = parse_line(place.page, place.block.start, place.text)
    return tuple(mark for mark in line.marks if mark.shape not in _NO_LIST)


def _readings(mark: NumberMark) -> Iterable[tuple[str, int]]:
    if mark.shape == _BULLET_SHAPE:
        return (("–", 1),) if mark.text in "–—-*" else ((mark.text, 1), (_BULLET_SHAPE, 1))
    if mark.shape == "1.1":
        return ()
    return possible_kinds_and_ordinals(mark.text)


def _first_reading(mark: NumberMark) -> tuple[str, int] | None:
    """The kind by which `mark` is the first of a list, if any."""
    return next((reading for reading in _readings(mark) if reading[1] == 1), None)


def _leads_within_blocks(places: Sequence[_Place]) -> Iterator[Lead]:
    """The stems of lists within a sentence: "may (a) lend, or (b) borrow"."""
    for place in places:
        runs = _runs_of_inline_marks(place) if "(" in place.text else []
        spans = list(sentences(place.text)) if runs else []
        for run in runs:
            first = run[0].start - place.block.start
            last = run[-1].start - place.block.start
            # A long sentence is cut before its items, which a stem is not.
            begin = spans[max(bisect_right(spans, first - 1, key=attrgetter("start")) - 1, 0)].start
            end = spans[max(bisect_right(spans, last, key=attrgetter("start")) - 1, 0)].end
            stem = place.text[begin:first].rstrip()
            if stem[-1:] in ".;":
                continue
            ends = [*(mark.start for mark in run[1:]), place.block.start + end]
            items = tuple(
                ListItem(*_after_mark(mark, place), place.page, until)
                for mark, until in zip(run, ends, strict=True)
            )
            begin += place.block.start
            yield Lead(
                place.page,
                begin,
                begin + len(stem),
                place.page,
                run[0].start,
                place.page,
                ends[-1],
                items,
            )


def _runs_of_inline_marks(place: _Place) -> list[list[NumberMark]]:
    """Marks in the text of a block that count on from the first, each after a stop."""
    opening = {mark.start for mark in _list_marks(place)}
    runs: list[list[NumberMark]] = []
    by_kind: dict[str, list[NumberMark]] = {}
    for match in _INLINE_MARK.finditer(place.text):
        mark = NumberMark(
            place.page, place.block.start + match.start(2), match[2][1:-1], "(a)", match[1]
        )
        if mark.start in opening:
            continue
        for kind, ordinal in _readings(mark):
            run = by_kind.get(kind, [])
            if mark.stop and ordinal == len(run) + 1 and run:
                run.append(mark)
                break
        else:
            first = _first_reading(mark)
            if first:
                by_kind[first[0]] = [mark]
                runs.append(by_kind[first[0]])
    return [run for run in runs if len(run) > 1 or run[0].stop in (":", "—", "–")]
