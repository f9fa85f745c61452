"""What a reader returns: a Document of pages, sections and passages.

`page` counts from 1 and is all that users see; `index` counts from 0 and stays inside ingest. Every `start` and
`end` is a half-open offset in code points of one page's text.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range `start:end` of code points in one text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Block:
    """A range of a page's text with its kind: `para`, `heading`, `list`, `table` (a row), `caption`, `code`, or
    `hidden`: text that a reader of the page cannot see, there only where it was asked for.

    What is beside the text has kinds of its own: `comment` (a comment in the margin, a note on a PDF page; who wrote
    it stands before the first colon), `field` (what was filled into a form), `margin` (headers and footers of DOCX).
    """

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class NumberedLine:
    """A line of print with the `number` that is printed beside it; it begins at offset `start` of its page's text."""

    start: int
    number: int


@dataclass(frozen=True, slots=True)
class TableCell:
    """A cell of a table: its words, `start:end` of its page's text, and the field of the grid where it begins.

    It covers so many `rows` and `columns` (a head over two columns has 2). Cells without words are left out.
    """

    start: int
    end: int
    row: int
    column: int
    rows: int = 1
    columns: int = 1


@dataclass(frozen=True, slots=True)
class Table:
    """A table as a grid: `start:end` of its page's text, all numbers from 0.

    The first `heads` rows name the columns (0 where none does, or where they are on a page before), the first `names`
    columns the rows. `cells` are in the order of the text. `continued`: it goes on from the last table of the page
    before, whose heads are its own. `caption` and `unit` are the words of the page that name the table ("Table 2:
    Rents") and that say the unit of all its values ("in thousands"), None where there are none.
    """

    start: int
    end: int
    rows: int
    columns: int
    heads: int
    cells: tuple[TableCell, ...]
    continued: bool = False
    names: int = 1
    caption: Span | None = None
    unit: Span | None = None

    def fields(self) -> dict[tuple[int, int], TableCell]:
        """(row, column) -> the cell that covers that field of the grid; empty fields are left out."""
        return {
            (row, column): cell
            for cell in self.cells
            for row in range(cell.row, cell.row + cell.rows)
            for column in range(cell.column, cell.column + cell.columns)
        }


@dataclass(frozen=True, slots=True)
class Page:
    """One physical page in reading order.

    `label` is what is printed on it, None where nothing is known. `grade` is A (order certain), B (repaired, or well
    recognised from a picture), C (doubtful), D (recognised with doubt) or F (no usable text). `furniture` has the
    running heads, feet and line numbers, which `text` does not. `lines` are those with a printed number, in order;
    `tables` those whose grid is known, in order.
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

    def line_numbers(self, start: int, end: int) -> tuple[int, int] | None:
        """The printed numbers of the lines on which `start:end` of the text begins and ends, or None where they have
        none."""
        first = bisect_right(self.lines, start, key=lambda line: line.start) - 1
        last = bisect_right(self.lines, max(end - 1, start), key=lambda line: line.start) - 1
        if first < 0 or "\n" in self.text[self.lines[first].start : start]:
            first += 1
        if not 0 <= first <= last:
            return None
        return self.lines[first].number, self.lines[last].number


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and all that follows it, up to the next one of its level or above.

    `start` is the offset of the heading in the text of `page`. `source` says who named it: `bookmark`, `numbering`,
    `markup`, `style`, or `opinion` for what one judge says in an opinion of a court; `confidence` (0 to 1) how far
    that can be believed. `locator` is what the document prints to name it, with what is around it where that is needed
    ("7.A(2)", "Article 70", "Schedule 2 Part A"), its heading where it has no number. `label` is the page label where
    there are pages, and the locator where there are none.
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
    """Where a part of a section begins that has a number but no heading ("186(3)", "5.A.3", "Theorem 2"), and its
    `locator`, empty where nothing names what follows; it reaches to the next item or section."""

    page: int
    start: int
    locator: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A contiguous run of one page's text, at most 200 words, with the headings above it, outermost first.

    `kind` is `text`, `contents` (lines of a table of contents) or `references` (a bibliography): the last two mention
    much and answer little.
    """

    page: int
    start: int
    end: int
    section: tuple[str, ...]
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Reference:
    """A mention of another place of the document: the words `start:end` of `page` ("Section 4.2(b)") point at offset
    `to_start` of `to_page`, in the section with the id `section`.
    """

    page: int
    start: int
    end: int
    section: str | None
    to_page: int
    to_start: int


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote or endnote: the words `start:end` of `page`, and where its `mark` is in the text (`at` of
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
    """What was and was not read: counts, and a line for everything that a reader should know about.

    `lost_pages` ran over a limit of time or memory; another reading of the same file may get them.
    """

    pages: int
    pages_without_text: tuple[int, ...]
    ocr_pages: tuple[int, ...]
    hidden_spans: int
    warnings: tuple[str, ...]
    lost_pages: tuple[int, ...] = ()

    @property
    def health(self) -> str:
        """In a word or two what a reader should know before opening it; empty where all is text that is seen."""
        if self.ocr_pages or len(self.pages_without_text) * 2 > self.pages:
            return "scan"
        return "missing text" if self.pages_without_text else "hidden text" if self.hidden_spans else ""


@dataclass(frozen=True)
class Document:
    """A file as docqa read it.

    `id` is the sha256 of the file's bytes, `path` is as given. Without pages (`paged` False) there is exactly one
    Page with the whole text. `sections` are in document order, a parent before its children.
    """

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

    def passage_text(self, passage: Passage) -> str:
        """The words of `passage`, cut from its page."""
        return self.pages[passage.page - 1].text[passage.start : passage.end]

    def section_of(self, page: int, start: int) -> Section | None:
        """The innermost section around offset `start` of `page`; None before the first heading."""
        at = bisect_right(self._section_keys, (page, start, len(self.sections))) - 1
        return self.sections[self._section_keys[at][2]] if at >= 0 else None

    def section_behind(self, page: int, start: int) -> Section | None:
        """The first section that begins behind offset `start` of `page`; None behind the last."""
        at = bisect_right(self._section_keys, (page, start, len(self.sections)))
        return self.sections[self._section_keys[at][2]] if at < len(self._section_keys) else None

    def block_at(self, page: int, start: int) -> Block | None:
        """The block around offset `start` of `page`; None between blocks."""
        blocks = self.pages[page - 1].blocks
        at = bisect_right(blocks, start, key=lambda block: block.start) - 1
        return blocks[at] if at >= 0 and start < blocks[at].end else None

    def locator_of(self, page: int, start: int) -> str | None:
        """What the document prints to name the place at `start` of `page`: "186(3)", "Article 70", "Schedule 2 Part A";
        the heading where there is no number, None before the first."""
        section = self.section_of(page, start)
        at = bisect_right(self.items, (page, start), key=lambda item: (item.page, item.start)) - 1
        if at >= 0:
            item = self.items[at]
            if section is None or (item.page, item.start) >= (section.page, section.start):
                return item.locator or None
        return self.name_of(section) if section is not None else None

    def name_of(self, section: Section) -> str | None:
        """The locator of `section`; of one that was made without, its label (without pages), number or heading."""
        return section.locator or (None if self.paged else section.label) or section.number or section.title or None

    def section_path(self, section: Section | None) -> tuple[str, ...]:
        """The headings from the outermost down to `section`, each with its number in front."""
        path = [f"{s.number} {s.title}".strip() if s.number else s.title for s in self.sections_above(section)]
        return tuple(reversed(path))

    def sections_above(self, section: Section | None) -> tuple[Section, ...]:
        """`section` and all around it, from the inside out; empty for None."""
        found: list[Section] = []
        while section is not None:
            found.append(section)
            section = self._sections_by_id.get(section.parent) if section.parent is not None else None
        return tuple(found)

    def end_of(self, section: Section) -> tuple[int, int]:
        """(page, offset) where `section` ends: where the next one of its level or above begins, or behind the last
        page."""
        return self._section_ends.get(section, (len(self.pages) + 1, 0))

    def speaker_of(self, page: int, start: int) -> str | None:
        """Who says what stands at `start` of `page` of a court's opinion ("Stevens, dissenting"), or in a comment
        ("Comment by Jo Reed"); None elsewhere."""
        block = self.block_at(page, start)
        if block is not None and block.kind == "comment":
            return self.pages[page - 1].text[block.start : block.end].partition(":")[0]
        above = self.sections_above(self.section_of(page, start))
        return next((section.title for section in above if section.source == "opinion"), None)

    @cached_property
    def content_hash(self) -> str:
        """sha256 of what it says and how that is divided, as hex: of title, pages, sections and passages, not of its
        path. Equal for equal ones, so that what was made of the one can be used for the other."""
        texts = [page.text for page in self.pages]
        shape = [
            self.title, self.paged, [(page.label, len(page.text)) for page in self.pages],
            [(s.page, s.start, s.number, s.label) for s in self.sections],
            [(p.page, p.start, p.end, p.section, p.kind) for p in self.passages],
        ]  # fmt: skip
        digest = hashlib.sha256(json.dumps(shape, separators=(",", ":")).encode())
        digest.update("".join(texts).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    @cached_property
    def _section_ends(self) -> dict[Section, tuple[int, int]]:
        ends: dict[Section, tuple[int, int]] = {}
        open_: list[Section] = []
        for section in self.sections:
            while open_ and open_[-1].level >= section.level:
                ends[open_.pop()] = (section.page, section.start)
            open_.append(section)
        return ends

    @cached_property
    def _section_keys(self) -> list[tuple[int, int, int]]:
        """(page, start, index) of the sections as they follow each other on the pages."""
        return sorted((section.page, section.start, index) for index, section in enumerate(self.sections))

    @cached_property
    def paragraph_numbers(self) -> dict[tuple[int, int], dict[int, int]]:
        """What `structure.paragraphs` has counted so far, by range of blocks: it fills this, to count only once."""
        return {}

    @cached_property
    def _sections_by_id(self) -> dict[str, Section]:
        return {section.id: section for section in self.sections}
