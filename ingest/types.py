"""What a reader returns: a Document of pages, sections and passages.

`page` counts from 1 and is all that users see; `index` counts from 0 and stays inside ingest. Every
`start` and `end` is a half-open offset in code points of one page's text.
"""

import hashlib
import json
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any

Location = tuple[int, int]
"""(page, offset in its text)."""
location_of: Callable[[Any], Location] = attrgetter("page", "start")
"""The Location where a section, an item, a note or any other part of a document begins."""
_reach_of: Callable[[Any], Location] = attrgetter("from_page", "from_start")
_end_of_reach: Callable[[Any], Location] = attrgetter("to_page", "to_end")


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range `start:end` of code points in one text."""

    start: int
    end: int

    @property
    def has_words(self) -> bool:
        """Whether it is not empty."""
        return self.start < self.end

    def of(self, text: str) -> str:
        """The characters of `text` in this range."""
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Block(Span):
    """A range of a page's text and its kind: `para`, `heading`, `list`, `table` (a row), `caption`,
    `code`, `hidden`: what a reader cannot see, where asked for.

    Next to the text: `comment` (in the margin or on a PDF page; its author is before the first
    colon), `field` (what was filled into a form), `margin` (headers and footers of DOCX).
    """

    kind: str


@dataclass(frozen=True, slots=True)
class NumberedLine:
    """A line with its printed `number`; it begins at offset `start` of its page's text."""

    start: int
    number: int


@dataclass(frozen=True, slots=True)
class TableCell(Span):
    """A cell of a table: its words, `start:end` of its page's text, the field of the grid where it
    begins, and how many `rows` and `columns` it covers. Cells without words are left out."""

    row: int
    column: int
    rows: int = 1
    columns: int = 1


@dataclass(frozen=True, slots=True)
class Table(Span):
    """A table as a grid: `start:end` of its page's text, all numbers from 0.

    The first `heads` rows name the columns (0: none does, or they are on a page before), the first
    `names` columns the rows. `cells` are in the order of the text. `continued`: it goes on from the
    last table of the page before, whose heads are its own. `caption` and `unit`: the page's words
    that name the table ("Table 2: Rents") and the unit of all its values ("in thousands").
    """

    rows: int
    columns: int
    heads: int
    cells: tuple[TableCell, ...]
    continued: bool = False
    names: int = 1
    caption: Span | None = None
    unit: Span | None = None

    def fields(self) -> dict[tuple[int, int], TableCell]:
        """(row, column) of the grid -> the cell that covers it."""
        return {
            (row, column): cell
            for cell in self.cells
            for row in range(cell.row, cell.row + cell.rows)
            for column in range(cell.column, cell.column + cell.columns)
        }


@dataclass(frozen=True, slots=True)
class Page:
    """One physical page in reading order.

    `label`: what is printed on it, if known. `grade`: A (order certain), B (repaired, or well
    recognised from an image), C (doubtful), D (recognised with doubt) or F (no usable text).
    `furniture`: running heads, feet and line numbers, which `text` lacks. `lines`: those with a
    printed number; `tables`: those whose grid is known; in order.
    """

    index: int
    label: str | None
    text: str
    grade: str
    blocks: tuple[Block, ...] = ()
    furniture: tuple[str, ...] = ()
    lines: tuple[NumberedLine, ...] = ()
    tables: tuple[Table, ...] = ()

    @property
    def page(self) -> int:
        """The physical page, counted from 1."""
        return self.index + 1

    def words(self, part: "Span | Passage | Note | Lead") -> str:
        """The characters of the text in the range of `part`."""
        return self.text[part.start : part.end]

    def line_numbers(self, start: int, end: int) -> tuple[int, int] | None:
        """The printed numbers of the lines on which `start:end` of the text begins and ends, if
        any.
        """
        first = bisect_right(self.lines, start, key=attrgetter("start")) - 1
        last = bisect_right(self.lines, max(end - 1, start), key=attrgetter("start")) - 1
        if first < 0 or "\n" in self.text[self.lines[first].start : start]:
            first += 1
        if not 0 <= first <= last:
            return None
        return self.lines[first].number, self.lines[last].number


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and all that follows it, up to the next one of its level or above.

    `start`: of the heading in the text of `page`. `source`: who named it: `bookmark`, `numbering`,
    `markup`, `style`, or `opinion` for what a judge says; `confidence`: 0 to 1. `locator`: what the
    document prints to name it, with what is above where needed ("7.A(2)", "Article 70", "Schedule 2
    Part A"), else its heading. `label`: of the page, without pages the locator.
    """

    id: str
    number: str | None
    title: str
    level: int
    page: int
    start: int
    source: str
    confidence: float
    parent: str | None
    label: str | None
    locator: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """Where a part of a section begins that has a number but no heading ("186(3)", "Theorem 2"), up
    to the next item or section, and its `locator`, empty where nothing names what follows."""

    page: int
    start: int
    locator: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of one page's text, at most 200 words, with the headings above it, outermost first.
    `kind`: `text`, `contents` (of a table of contents) or `references` (a bibliography), which
    mention much and answer little."""

    page: int
    start: int
    end: int
    section: tuple[str, ...]
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Reference:
    """A mention of another place: the words `start:end` of `page` ("Section 4.2(b)") point at
    offset `to_start` of `to_page`, in the section with the id `section`."""

    page: int
    start: int
    end: int
    section: str | None
    to_page: int
    to_start: int


@dataclass(frozen=True, slots=True)
class ListItem:
    """An item of a list without its mark: from `start` of `page` to `end` of `end_page`."""

    page: int
    start: int
    end_page: int
    end: int


@dataclass(frozen=True, slots=True)
class Lead:
    """Words without which others do not mean what they say: `start:end` of `page`, the stem of a
    list or what completes it, for all from `from_start` of `from_page` to `to_end` of `to_page`:
    the `items` of the list, in order, each with the lists in it."""

    page: int
    start: int
    end: int
    from_page: int
    from_start: int
    to_page: int
    to_end: int
    items: tuple[ListItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote or endnote: the words `start:end` of `page`, and where its `mark` is (`at` of
    `at_page`).
    """

    mark: str
    page: int
    start: int
    end: int
    at_page: int
    at: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was and was not read: counts, and a line for all that a reader should know. `lost_pages`
    ran over a limit of time or memory; another reading may get them."""

    pages: int
    pages_without_text: tuple[int, ...]
    ocr_pages: tuple[int, ...]
    hidden_spans: int
    warnings: tuple[str, ...]
    lost_pages: tuple[int, ...] = ()

    @property
    def health(self) -> str:
        """What a reader should know before opening it, in a word or two; empty where all is text
        that is seen.
        """
        if self.ocr_pages or len(self.pages_without_text) * 2 > self.pages:
            return "scan"
        return (
            "missing text"
            if self.pages_without_text
            else "hidden text"
            if self.hidden_spans
            else ""
        )


@dataclass(frozen=True)
class Document:
    """A file as docqa read it. `id`: sha256 of its bytes; `path`: as given; `title`: in the file's
    record, else its name; `printed_title`: the largest words of a PDF's first page. Without pages
    (`paged` False) one Page has the whole text. `sections` are in order, a parent before its
    children."""

    id: str
    path: str
    title: str
    media_type: str
    paged: bool
    pages: Sequence[Page]
    sections: tuple[Section, ...]
    passages: tuple[Passage, ...]
    coverage: Coverage
    references: tuple[Reference, ...] = ()
    notes: tuple[Note, ...] = ()
    items: tuple[Item, ...] = ()
    leads: tuple[Lead, ...] = ()
    printed_title: str = ""

    @property
    def shown_title(self) -> str:
        """`title`, or what is printed where that is a mere word, as the name of a file or a number."""
        return self.title if " " in self.title else self.printed_title or self.title

    def passage_text(self, passage: Passage | Lead) -> str:
        """The words of `passage`."""
        return self.pages[passage.page - 1].words(passage)

    def section_of(self, page: int, start: int) -> Section | None:
        """The innermost section around offset `start` of `page`, if any."""
        before = self._sections_before(page, start)
        return self._ordered_sections[before - 1] if before else None

    def section_after(self, page: int, start: int) -> Section | None:
        """The first section after offset `start` of `page`, if any."""
        return next(iter(self._ordered_sections[self._sections_before(page, start) :]), None)

    def _sections_before(self, page: int, start: int) -> int:
        return bisect_right(self._ordered_sections, (page, start), key=location_of)

    def block_at(self, page: int, start: int) -> Block | None:
        """The block around offset `start` of `page`, if any."""
        blocks = self.pages[page - 1].blocks
        at = bisect_right(blocks, start, key=attrgetter("start")) - 1
        return blocks[at] if at >= 0 and start < blocks[at].end else None

    def locator_of(self, page: int, start: int) -> str | None:
        """What the document prints to name the place ("186(3)", "Article 70", "Schedule 2 Part A"),
        else the heading; None before the first."""
        section = self.section_of(page, start)
        at = bisect_right(self.items, (page, start), key=location_of) - 1
        if at >= 0:
            item = self.items[at]
            if not section or location_of(item) >= location_of(section):
                return item.locator or None
        return self.name_of(section) if section else None

    def leads_of(self, page: int, start: int) -> tuple[Lead, ...]:
        """The leads of what begins at offset `start` of `page`, in the order of the text."""
        at: int | None = bisect_right(self.leads, (page, start), key=_reach_of) - 1
        around: list[Lead] = []
        while at is not None and at >= 0:
            lead = self.leads[at]
            if (page, start) < _end_of_reach(lead):
                around.append(lead)
            at = self._outer_leads[at]
        return tuple(sorted(around, key=location_of))

    def name_of(self, section: Section) -> str | None:
        """The locator of `section`, else its label (without pages), number or heading."""
        return (
            section.locator
            or (None if self.paged else section.label)
            or section.number
            or section.title
            or None
        )

    def section_path(self, section: Section | None) -> tuple[str, ...]:
        """The headings from the outermost down to `section`, with their numbers."""
        path = [
            f"{s.number} {s.title}".strip() if s.number else s.title
            for s in self.sections_above(section)
        ]
        return tuple(reversed(path))

    def sections_above(self, section: Section | None) -> tuple[Section, ...]:
        """`section` and all around it, from the inside out; empty for None."""
        above: list[Section] = []
        while section:
            above.append(section)
            section = None if section.parent is None else self._sections_by_id.get(section.parent)
        return tuple(above)

    def end_of(self, section: Section) -> Location:
        """(page, offset) where `section` ends: at the next one of its level or above, or after the
        last page.
        """
        return self._section_ends.get(section, (len(self.pages) + 1, 0))

    def speaker_of(self, page: int, start: int) -> str | None:
        """Who speaks there in an opinion ("Stevens, dissenting") or comment ("Comment by Jo Reed"),
        or None.
        """
        block = self.block_at(page, start)
        if block and block.kind == "comment":
            return self.pages[page - 1].words(block).partition(":")[0]
        above = self.sections_above(self.section_of(page, start))
        return next((section.title for section in above if section.source == "opinion"), None)

    @cached_property
    def content_hash(self) -> str:
        """sha256 of title, pages, sections and passages: equal Documents can share what was made of
        one.
        """
        shape = [
            self.title,
            self.paged,
            [(page.label, len(page.text)) for page in self.pages],
            [(s.page, s.start, s.number, s.label) for s in self.sections],
            [(p.page, p.start, p.end, p.section, p.kind) for p in self.passages],
        ]
        digest = hashlib.sha256(json.dumps(shape, separators=(",", ":")).encode())
        for page in self.pages:
            digest.update(page.text.encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    @cached_property
    def _outer_leads(self) -> list[int | None]:
        """The index of the lead around each, if any."""
        outer: list[int | None] = []
        open_: list[int] = []
        for at, lead in enumerate(self.leads):
            while open_ and _end_of_reach(self.leads[open_[-1]]) <= _reach_of(lead):
                open_.pop()
            outer.append(open_[-1] if open_ else None)
            open_.append(at)
        return outer

    @cached_property
    def _section_ends(self) -> dict[Section, Location]:
        ends: dict[Section, Location] = {}
        open_: list[Section] = []
        for section in self.sections:
            while open_ and open_[-1].level >= section.level:
                ends[open_.pop()] = location_of(section)
            open_.append(section)
        return ends

    @cached_property
    def _ordered_sections(self) -> list[Section]:
        """The sections in the order of the pages."""
        return sorted(self.sections, key=location_of)

    @cached_property
    def paragraph_numbers(self) -> dict[tuple[int, int], dict[int, int]]:
        """What `structure.paragraphs` has counted so far, by range of blocks, to count only
        once.
        """
        return {}

    @cached_property
    def _sections_by_id(self) -> dict[str, Section]:
        return {section.id: section for section in self.sections}


def lines_of(text: str) -> Iterator[Span]:
    """Where the lines of `text` are, without their ends."""
    start = 0
    for line in text.split("\n"):
        yield Span(start, start + len(line))
        start += len(line) + 1
