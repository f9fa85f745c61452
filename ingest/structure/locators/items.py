"""Parts of a section that have a number and no heading: subsections, paragraphs, items, clauses,
theorems, notes.

A mark that opens a line counts where it is the next of an open level, or the first of a new one
that goes on.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from docqa.ingest.language.numbers import Ordinals, ordinal_of
from docqa.ingest.structure.clean import collapse_whitespace
from docqa.ingest.structure.nesting import NAMES_OF_LISTS
from docqa.ingest.structure.numbering import parse_heading
from docqa.ingest.structure.sequence import can_number_follow
from docqa.ingest.types import Item, Note, Page, Section, location_of

from . import sections as printed
from .excluded import lines_of_inserted_text, table_of_contents_lines
from .marks import (
    ABJAD,
    ALONE,
    BRACKET,
    DIVISION,
    WORDED,
    MarkedLine,
    NumberingLevelStack,
    NumberMark,
    parse_marked_lines,
    possible_kinds_and_ordinals,
)

_LEAST_PARAGRAPHS = 4
_CLAUSE_AHEAD = 40
"""Lines in which the second clause is looked for, where no section has its number."""
_OWN_MARKS = (
    ("(a)", re.compile(r"(?:\([A-Za-z0-9]{1,6}\)){1,12}$")),
    ("a.", re.compile(r"(?:^|\.)[A-Za-z]$")),
)
_HEADING = re.compile(r"\s*\d{1,3}(?:\.\d{1,3}){1,5}\s+[A-Z][^.;:|]{2,70}[^.;:,|\s]$")
_ENDED = re.compile(r"(?:[;,.:—]|[;,]\s+(?:and|or))\s*$")
# The words above the signatures of a contract, which belong to no clause.
_CLOSES = re.compile(
    r"\s{0,80}(?:IN\s+WITNESS\s+(?:WHEREOF|HEREOF)|\[?(?:the\s+)?(?:remainder|rest)\s+of\s+(?:this\s+|the\s+)?page|"
    r"\[?signature\s+page)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")
_LAST_NUMBER = re.compile(r"(?<!\d)\d{1,9}(?=\D{0,2}$)")
_GAP = 3
"""Articles that may be missing between one that is a heading and the next."""


def find_numbered_parts(
    pages: Sequence[Page], sections: Sequence[Section], notes: Sequence[Note] = ()
) -> list[Item]:
    """The numbered parts of `sections`, which have their locators, in order. After a part that is
    only a line ("Theorem 2", a note) the locator before it comes again."""
    return list(DocumentPartScanner(pages, sections, notes).items())


class DocumentPartScanner:
    """All lines of a document in order, each in its section."""

    def __init__(
        self, pages: Sequence[Page], sections: Sequence[Section], notes: Sequence[Note]
    ) -> None:
        lines = list(parse_marked_lines(pages))
        contents = table_of_contents_lines(lines, pages, sections)
        self.lines = [line for number, line in enumerate(lines) if number not in contents]
        self.inserted = lines_of_inserted_text(self.lines)
        self.sections = sorted(sections, key=location_of)
        self.starts = list(map(location_of, self.sections))
        self.headed = set(self.starts)
        self.is_opinion = any(section.source == "opinion" for section in sections)
        self.is_plain = not any(printed.printed_number(section) for section in sections)
        self.attachments = printed.attachment_locator_by_section_id(sections)
        self.notes = sorted(notes, key=location_of)
        self.note_starts = list(map(location_of, self.notes))
        self.counted: dict[str, int] = {}
        self.paragraphs = self._lines_of_numbered_paragraphs()

    def items(self) -> Iterator[Item]:
        scanner = SectionPartScanner(self, None)
        index = -1
        before: str | None = None
        for number, line in enumerate(self.lines):
            section_index = bisect_right(self.starts, (line.page, line.end - 1)) - 1
            if section_index != index:
                index = section_index
                scanner = SectionPartScanner(self, self.sections[index])
                before = self.sections[index].locator
            for start, locator in scanner.scan_line(number, line):
                if locator != before:
                    yield Item(line.page, start, locator or "")
                    before = locator

    def note_around_line(self, line: MarkedLine) -> Note | None:
        at = bisect_right(self.note_starts, location_of(line)) - 1
        if at < 0 or self.note_starts[at] in self.headed:
            return None
        note = self.notes[at]
        return note if note.page == line.page and line.start < note.end else None

    def _lines_of_numbered_paragraphs(self) -> frozenset[int]:
        """The lines whose number counts paragraphs through the document ("14." of a complaint,
        "[14]").
        """
        best: list[int] = []
        for shape in ("[1]", "1."):
            chain: list[int] = []
            last = 0
            for number, line in enumerate(self.lines):
                mark = line.marks[0] if line.marks else None
                if mark is None or mark.shape != shape:
                    continue
                value = int(mark.text)
                if value == last + 1 or (len(chain) >= 10 and value == last + 2):
                    chain.append(number)
                    last = value
            best = max(best, chain, key=len)
        counted = sum(printed.printed_number(section).isdigit() for section in self.sections)
        if counted >= _LEAST_PARAGRAPHS:
            return frozenset()  # what counts through the document are its sections
        # A judgment's paragraphs run through it; in a reported opinion the parts do, and lists are
        # lists.
        most = (
            not self.is_opinion
            and len(best) > _LEAST_PARAGRAPHS
            and best[-1] - best[0] >= 0.5 * len(self.lines)
        )
        return frozenset(best) if most else frozenset()


class SectionPartScanner:
    """The lines of one section while they are gone through. Mutable."""

    def __init__(self, document: DocumentPartScanner, section: Section | None) -> None:
        self.document = document
        self.section = section
        self.base = ""
        self.number = ""
        self.attachment_locator = ""
        self.source = ""
        # A bibliography or a table of contents, whose numbers name nothing in the document.
        self.skipped = False
        if section:
            self.base = section.locator or ""
            self.number = printed.printed_number(section)
            self.attachment_locator = document.attachments.get(section.id, "")
            self.source = section.source
            self.skipped = section.title.casefold().strip(" .:") in NAMES_OF_LISTS
        # Headings by look alone, and no number in any: the numbered paragraphs are all that the
        # document prints.
        self.is_plain = document.is_plain and self.source in ("", "style", "bookmark")
        self.is_attached = bool(self.attachment_locator) and printed.is_attachment(self.number)
        self.levels = NumberingLevelStack(document.lines)
        self._open_levels_of_section_number()
        self.clause = _ordinals_of_decimal(self.number)
        self.before: MarkedLine | None = None
        self.terms: int | None = None
        self.divisions: dict[str, int] = {}

    def _open_levels_of_section_number(self) -> None:
        """In section "(a)" or "5.A" the next is "(b)" or "B.": its number is the last mark of an
        open level.
        """
        for shape, pattern in _OWN_MARKS:
            match = pattern.search(self.base)
            if match and pattern.search(self.number):
                self.levels.open_own_levels(_WORD.findall(match[0]), shape)
                self.base = self.base[: match.start()].rstrip(" ,")

    def scan_line(self, line_number: int, line: MarkedLine) -> Iterator[tuple[int, str | None]]:
        """The (offset, locator) of the parts that begin on a line."""
        if self.skipped:
            return
        note = self.document.note_around_line(line)
        if note:
            yield (
                line.start,
                f"note {note.mark}" if note.mark.isdigit() else self._current_locator(),
            )
            return
        if line_number in self.document.inserted:
            yield line.start, self._current_locator()
            return
        if _CLOSES.match(line.text):
            self._restart_parts_below("")
        if line.name is not None:
            yield line.start, line.name
            return
        if not line.marks:
            self._close_levels_at_unmarked_line(line_number, line)
            yield line.start, self._current_locator()
        for mark in line.marks:
            if not self._is_number_of_section(mark):
                self._open_level_of_mark(line_number, line, mark)
                yield max(mark.start, line.start), self._current_locator()
        yield from self._scan_inline_marks(line_number, line)
        self.before = line

    def _scan_inline_marks(
        self, line_number: int, line: MarkedLine
    ) -> Iterator[tuple[int, str | None]]:
        """The parts within a line; a list in a sentence ends with it."""
        depth = len(self.levels.open)
        begun = False
        for mark in line.inline:
            if self.levels.open_if_next_inline(line_number, mark):
                begun = True
                yield mark.start, self._current_locator()
        if begun and line.sentence_end:
            self.levels.close_below_depth(depth)
            yield line.sentence_end, self._current_locator()

    def _is_number_of_section(self, mark: NumberMark) -> bool:
        """Whether a mark is the section's own number on its first line."""
        if not self.section or not self.number or mark.page != self.section.page:
            return False
        return 0 <= mark.start - self.section.start <= 2

    def _open_level_of_mark(self, line_number: int, line: MarkedLine, mark: NumberMark) -> None:
        if mark.shape == ALONE:
            if self.source and self.document.is_opinion:
                self.levels.open_if_next(line_number, mark)
        elif mark.shape == WORDED:
            self._open_article_without_heading(mark)
        elif mark.shape == DIVISION:
            self._open_division(mark)
        elif mark.shape == "1.1":
            self._open_clause(line_number, line, mark)
        elif mark.shape in ("1.", "[1]"):
            self._open_paragraph(line_number, mark)
        elif mark.shape in BRACKET or self.number or self.levels.open:
            taken = self.levels.open_if_next(line_number, mark)
            if not taken and mark.shape == ABJAD:
                # "د –" is a mark wherever it is, also where the one before it is lost.
                self.levels.reopen_alone(mark)
            if taken and mark.text.isdigit():
                self.terms = None

    def _open_clause(self, line_number: int, line: MarkedLine, mark: NumberMark) -> None:
        ordinals = _ordinals_of_decimal(mark.text)
        before = self.clause
        # A heading that the outline does not have.
        missed = ordinals > before and _HEADING.match(line.text)
        inner = ordinals[len(before) :] if ordinals[: len(before)] == before else ()
        inside = inner and max(inner) <= 2
        begun = not before and self._is_followed_by_next_clause(line_number, ordinals)
        if missed or inside or begun or can_number_follow(before, ordinals):
            self._begin_clause(mark, ordinals)

    def _is_followed_by_next_clause(self, line_number: int, ordinals: Ordinals) -> bool:
        """Whether the next clause number after line `line_number` follows from `ordinals`."""
        marks = (
            mark
            for line in self.document.lines[line_number + 1 : line_number + _CLAUSE_AHEAD]
            for mark in line.marks[:1]
        )
        after = next((mark for mark in marks if mark.shape == "1.1"), None)
        return after is not None and can_number_follow(ordinals, _ordinals_of_decimal(after.text))

    def _open_article_without_heading(self, mark: NumberMark) -> None:
        """An article between two headings, whose text begins on the line of its number."""
        own = _last_number(self.base)
        value = _last_number(mark.text)
        if (
            own is None
            or value is None
            or printed.word_in_printed_number(mark.text) != self._word_before_section_number()
        ):
            return
        following = self._next_section_number()
        if 0 < value - own <= _GAP and (following is None or value < following):
            self._restart_parts_below(
                printed.append_to_locator(self.attachment_locator, collapse_whitespace(mark.text))
            )

    def _open_division(self, mark: NumberMark) -> None:
        """A part of a schedule that is no heading: "Part II – High Court Act" after Part I."""
        if not self.section or not self.is_attached:
            return
        word, core = mark.text.split()
        word = word.capitalize()
        last = self.divisions.get(word, 0)
        # "L" after "XLIX" is a numeral.
        numerals = [
            value for kind, value in possible_kinds_and_ordinals(core.lower()) if kind == "i"
        ]
        for ordinal in sorted({*ordinal_of(core)[:1], *numerals}):
            if ordinal == 1 or 0 < ordinal - last <= _GAP:
                self.divisions[word] = ordinal
                self._restart_parts_below(
                    printed.append_to_locator(self.section.locator or "", f"{word} {core}")
                )
                return

    def _begin_clause(self, mark: NumberMark, ordinals: Ordinals) -> None:
        self.clause = ordinals
        self._restart_parts_below(printed.append_to_locator(self.attachment_locator, mark.text))

    def _open_paragraph(self, line_number: int, mark: NumberMark) -> None:
        if line_number in self.document.paragraphs and not self.number.isdigit():
            self._restart_parts_below(mark.text)
        elif self.levels.open or self._has_list_of_parts():
            self._open_part_of_schedule(line_number, mark)
        elif self._is_next_clause(int(mark.text)):
            self._begin_clause(mark, (int(mark.text),))

    def _is_next_clause(self, value: int) -> bool:
        """Whether "5." follows section 4, no heading having it; "Section 4" is no 4."""
        counted = not self._word_before_section_number() and self.clause[:1] == (value - 1,)
        return counted and self._next_section_number() != value

    def _open_part_of_schedule(self, line_number: int, mark: NumberMark) -> None:
        """Opens "5." of a schedule, whose paragraphs count on from part to part."""
        above = self.attachment_locator
        value = int(mark.text)
        before = self.document.counted.get(above, 0)
        if before and value == before + 1 and not self.levels.open:
            self.levels.reopen_alone(mark)
        elif not self.levels.open_if_next(line_number, mark):
            return
        if above and self.levels.open[0].text == mark.text:
            self.document.counted[above] = value

    def _restart_parts_below(self, parent_locator: str) -> None:
        """What follows is a part of `parent_locator`."""
        self.base = parent_locator
        self.levels.clear()
        self.terms = None

    def _has_list_of_parts(self) -> bool:
        """Whether "1." may be cited: of a schedule, article IV or 5.A; not a list in 4.2."""
        number = self.number
        if not number:
            return self.document.is_plain or self.source == "opinion"
        return self.is_attached or not (number[-1:].isdigit() or printed.is_division(number))

    def _word_before_section_number(self) -> str:
        """ "article" where the section's number is "Article 4", empty for a bare one."""
        return printed.word_in_printed_number(self.number)

    def _next_section_number(self) -> int | None:
        """The number of the next section counted as this one."""
        if not self.section:
            return None
        sections = self.document.sections
        for later in sections[sections.index(self.section) + 1 :]:
            if later.parent == self.section.parent:
                number = printed.printed_number(later)
                value = _last_number(number)
                if (
                    value is not None
                    and printed.word_in_printed_number(number) == self._word_before_section_number()
                ):
                    return value
        return None

    def _close_levels_at_unmarked_line(self, line_number: int, line: MarkedLine) -> None:
        """Words that close a list belong to what it is a part of; the next defined term closes the
        last's list.
        """
        words = line.text.lstrip()
        depth = len(self.levels.open)
        if words.startswith(("Provided that", "Provided further", "PROVIDED")):
            return  # what it limits is the item before it
        if depth and self.levels.open[-1].shape == ALONE:
            return  # parts of an opinion, which end where the next begins
        if words[:1] in ("“", '"', "‘"):
            if self.terms is not None:
                self.levels.close_below_depth(min(self.terms, depth))
            self.terms = len(self.levels.open)
        elif self.before and _ENDED.search(self.before.text[-20:]):
            # A new paragraph after one that ended is no part of the item.
            new = words[:1].islower() or self.before.marks or self.before.inline
            if new and not self.levels.is_innermost_continued_after(line_number):
                self.levels.close_below_depth(depth - 1)

    def _current_locator(self) -> str | None:
        locator = "" if self.is_plain and self.levels.open and not self.clause else self.base
        for level in self.levels.open:
            mark = f"({level.text})" if level.shape in BRACKET else level.text
            locator = printed.append_to_locator(locator, mark)
        return locator or None


def _last_number(text: str) -> int | None:
    match = _LAST_NUMBER.search(text)
    return int(match[0]) if match else None


def _ordinals_of_decimal(number: str) -> Ordinals:
    """(4, 2) of "4.2"; empty for no decimal number."""
    parsed = parse_heading(f"{number} Words") if number else None
    if parsed is not None and parsed.family in ("decimal", "article", "section", "clause"):
        return parsed.ordinals
    return ()
