"""Where in the documents a cited place is: the pages with that label, the section with that number.
Labels count as printed; where no page has one, a number is physical. With a heading in front
("Syllabus, p. 3") it is in that section, by its label there or else counted from its first page. A
line without a printed number means its page. A section is found by heading, or by the clause number
that opens a paragraph, and reaches to the next of its kind."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from docqa.app.quotes.normalise import fold
from docqa.app.quotes.verifier import Located
from docqa.ingest.language.expressions import lazily
from docqa.ingest.language.numbers import ROMAN, in_roman, ordinal, ordinal_of
from docqa.ingest.language.places import ATTACHMENTS, PROVISIONS, division_of, sub_numbers_in
from docqa.ingest.structure.locators.sections import printed_number
from docqa.ingest.structure.references import first_item_with_mark
from docqa.ingest.types import Document, Location, Page, Section, Span

from .cites import PlaceCite

_CLAUSE = lazily(r"(?:^|(?<=\n))(?P<number>\d{1,3}(?:\.\d{1,3}){1,4})[.)]?\s")
_KIND = lazily(
    r"(?:(?P<word>[^\W\d_]{1,40})\.?\s+|(?P<sign>[§¶]){1,8}\s*)?(?P<number>\(?[\w.\-–]{1,40}\)?(?:\([A-Za-z0-9]{1,4}\)){0,8})$"
)
_ASIDE = lazily(r"(?:note|figure|fig\.|table|theorem|lemma|example|remark)\s", re.IGNORECASE)
_BRACKETED = lazily(r"(?:(?<!\s)\s++)?\([^()]*+\)$")
_UNUSABLE_GRADE = "F"
_LEAST_HEADING = 4
_DOTTED_LETTER = lazily(r"\.[a-z]$", re.IGNORECASE)


@dataclass(frozen=True)
class Region:
    """From `start` up to, not including, `end` of a document."""

    document: int
    start: Location
    end: Location

    def contains(self, document: int, page: int, start: int) -> bool:
        return document == self.document and self.start <= (page, start) < self.end

    def is_inside(self, other: "Region") -> bool:
        same = self.document == other.document and self != other
        return same and other.start <= self.start and self.end <= other.end

    def parts(self, document: Document) -> Iterator[tuple[Page, Span]]:
        """The pages of `document` that it reaches over, each with what of its text belongs to
        it.
        """
        for page in document.pages[self.start[0] - 1 : self.end[0]]:
            start = self.start[1] if page.page == self.start[0] else 0
            end = self.end[1] if page.page == self.end[0] else len(page.text)
            yield page, Span(start, end)


def intersect_spans(spans: Sequence[Span | Located], start: int, end: int) -> list[Span]:
    """What of `start:end` is within each of `spans`, where something is."""
    parts = (Span(max(span.start, start), min(span.end, end)) for span in spans)
    return [part for part in parts if part.start < part.end]


def strip_span(text: str, span: Span) -> Span | None:
    """`span` of `text` without white space at its edges; None where it has no words."""
    whole = span.of(text)
    if not (words := whole.strip()):
        return None
    start = span.start + whole.index(words)
    return Span(start, start + len(words))


@dataclass
class CitedPlaces:
    """The places of one document, `number` its index."""

    document: Document
    number: int

    @property
    def _end(self) -> Location:
        return len(self.document.pages) + 1, 0

    def regions_of_cite(self, cite: PlaceCite) -> list[Region]:
        """Where `cite` may point at in this document."""
        if cite.kind == "section":
            found = [
                region
                for number in cite.numbers
                for region in self._section_regions(number, cite.word)
            ]
        elif not self.document.paged:
            found = []
        elif cite.kind == "line":
            lines = (
                self._line_range_region(first, last, cite)
                for first, last in self._first_and_last_line_pages(cite)
            )
            found = [region for region in lines if region]
        else:
            found = [
                Region(self.number, (page, 0), (page + 1, 0)) for page in self._pages_of_cite(cite)
            ]
        return list(dict.fromkeys(found))

    def can_tell_place_is_missing(self, cite: PlaceCite) -> bool:
        """Whether "there is no such place" can be said: it has pages, or sections with numbers."""
        if cite.kind != "section":
            return self.document.paged and (
                cite.kind != "line" or any(page.lines for page in self.document.pages)
            )
        spoken = (
            rf"\b{re.escape(cite.word)}s?\s+{re.escape(number)}(?!\w)"
            for number in cite.numbers
            if cite.word
        )
        if any(
            re.search(each, page.text, re.IGNORECASE)
            for each in spoken
            for page in self.document.pages
        ):
            return False  # spoken of; where it begins was not seen
        if any(
            self._section_regions(_DOTTED_LETTER.sub("", n), cite.word)
            for n in cite.numbers
            if _DOTTED_LETTER.search(n)
        ):
            return False  # it has Section 8, perhaps with an item D
        return bool(self._sections_by_number or self._clause_starts)

    def is_region_as_narrow_as_cite(self, cite: PlaceCite) -> bool:
        """Whether a region of `cite` is as narrow as what it names: lines without numbers are their
        whole page.
        """
        return cite.kind != "line" or all(
            page.lines for pair in self._first_and_last_line_pages(cite) for page in pair
        )

    def is_region_usable(self, region: Region) -> bool:
        last = region.end[0] if region.end[1] else region.end[0] - 1
        pages = self.document.pages[region.start[0] - 1 : max(last, region.start[0])]
        return any(page.grade != _UNUSABLE_GRADE and page.text.strip() for page in pages)

    def _pages_of_cite(self, cite: PlaceCite) -> list[int]:
        pages = self.document.pages
        numbers = {int(number) for number in cite.numbers if number.isdigit()}
        physical = [page.page for page in pages if page.page in numbers]
        if cite.kind != "page":
            return physical
        whole = cite.text.split(None, 1)[-1].casefold()
        labels = (
            [whole]
            if any((page.label or "").casefold() == whole for page in pages)
            else cite.numbers
        )
        folded = {label.casefold() for label in labels}
        labelled = [
            page.page
            for page in pages
            if page.label is not None and page.label.casefold() in folded
        ]
        bare = [page.page for page in pages if page.label is None and page.page in numbers]
        inside = self._named_section(cite.before)
        if inside is not None:
            counted = [page for count, page in enumerate(inside, 1) if count in numbers]
            return [page for page in [*labelled, *bare] if page in inside] or counted
        return sorted([*labelled, *bare]) or physical

    def _named_section(self, before: str) -> range | None:
        """The pages of the section whose heading ends `before`, the words in front of a page."""
        words = fold(before).text.rstrip(" ,:(")
        for title, section in self._sections_by_heading:
            if title in words and re.search(rf"(?<!\w){re.escape(title)}[ ,:(]*(?:at|on)?$", words):
                end = self.region_of(section).end
                return range(section.page, end[0] + (end[1] > 0))
        return None

    @cached_property
    def _sections_by_heading(self) -> list[tuple[str, Section]]:
        """(folded title without brackets, section), the longest first."""
        titles = [
            (fold(_BRACKETED.sub("", section.title).strip()).text, section)
            for section in self.document.sections
        ]
        return sorted(
            (pair for pair in titles if len(pair[0]) >= _LEAST_HEADING),
            key=lambda pair: -len(pair[0]),
        )

    def _first_and_last_line_pages(self, cite: PlaceCite) -> list[tuple[Page, Page]]:
        """The pages of the first and the last line, for each page that the first may be on."""
        firsts, lasts = (self._pages_with_label(end.partition(":")[0]) for end in cite.numbers)
        pairs = (
            (first, next((last for last in lasts if last.page >= first.page), None))
            for first in firsts
        )
        return [(first, last) for first, last in pairs if last]

    def _pages_with_label(self, label: str) -> list[Page]:
        """The pages with that label, else the one of that number."""
        pages = self.document.pages
        return [page for page in pages if page.label == label] or [
            page for page in pages if str(page.page) == label
        ]

    def _line_range_region(self, first: Page, last: Page, cite: PlaceCite) -> Region | None:
        """None where a page has no line of that number."""
        low, high = (int(end.partition(":")[2]) for end in cite.numbers)
        start = _line_start(first, low)
        if start is None or _line_start(last, high) is None:
            return None
        after = next(
            ((last.page, line.start) for line in last.lines if line.number > high),
            (last.page + 1, 0),
        )
        return Region(self.number, (first.page, start), max(after, (first.page, start + 1)))

    def _section_regions(self, cited: str, word: str) -> list[Region]:
        base = cited.partition("(")[0]
        subs = sub_numbers_in(cited, 0, len(cited))
        for depth in range(len(subs), -1, -1):
            number = (base + "".join(subs[:depth])).casefold()
            kin = (
                s
                for name in _spellings_of_number(number, word)
                for s in self._sections_by_number.get(name, ())
                if _is_kind_of_section(s, word)
            )
            found = [self.region_of(section) for section in kin]
            if not found and (word in PROVISIONS or word in ("part", "regulation", "")):
                found = [*self.regions_with_locator(number), *self.regions_of_inner_number(number)]
            found = found or (
                self.regions_with_locator(f"note {number}") if word in ("note", "footnote") else []
            )
            found = found or [
                self._region_of_clause(at)
                for at, clause in enumerate(self._clause_starts)
                if clause[0] == number
            ]
            if found:
                return [self._subregion_below(region, subs[depth:]) for region in found]
        return []

    def regions_with_locator(self, locator: str) -> list[Region]:
        """What the document itself calls `locator` ("186(3)", "Schedule 2 Part A"), in any case."""
        return [
            self._region_of_part(at)
            for at in self._part_indices_by_locator.get(locator.casefold(), ())
        ]

    def regions_of_inner_number(self, number: str) -> list[Region]:
        """What is called `number` in a schedule or an opinion: "14" of "Sixth Schedule, 14"."""
        tail = f", {number.casefold()}"
        named = (
            places
            for locator, places in self._part_indices_by_locator.items()
            if locator.endswith(tail)
        )
        return [self._region_of_part(at) for places in named for at in places]

    @cached_property
    def _part_starts_with_locators(self) -> list[tuple[Location, str]]:
        """(beginning, locator) of every section and every numbered part without a heading, in
        order.
        """
        sections = [
            ((s.page, s.start), self.document.name_of(s) or "") for s in self.document.sections
        ]
        return sorted(
            [*sections, *(((item.page, item.start), item.locator) for item in self.document.items)]
        )

    @cached_property
    def _part_indices_by_locator(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for at, (_, locator) in enumerate(self._part_starts_with_locators):
            known = found.setdefault(locator.casefold(), []) if locator else None
            if known is not None and not (
                known
                and self._locator_is_within(self._part_starts_with_locators[at - 1][1], locator)
            ):
                known.append(at)
        return found

    def _region_of_part(self, part_index: int) -> Region:
        """From part `part_index` to the next that is not in it."""
        start, locator = self._part_starts_with_locators[part_index]
        later = (
            place
            for place, other in self._part_starts_with_locators[part_index + 1 :]
            if place > start and not self._locator_is_within(other, locator)
        )
        return Region(self.number, start, next(later, self._end))

    @staticmethod
    def _locator_is_within(inner: str, outer: str) -> bool:
        """Whether the locator `inner` is `outer` or in it; a caption or a note is in what is around
        it.
        """
        rest = inner[len(outer) :] if inner.startswith(outer) else "x"
        return not rest or rest[0] in ".(, " or _ASIDE.match(inner) is not None

    @cached_property
    def _sections_by_number(self) -> dict[str, list[Section]]:
        """By the number as printed, and by that of the sections above before it: "4.2(b)",
        "8.d".
        """
        found: dict[str, list[Section]] = {}
        for section in self.document.sections:
            number = ""
            for above in self.document.sections_above(section):
                match = _KIND.search(_number_of(above))
                if not match:
                    break
                own = match["number"].strip(".")
                number = (
                    f"{own}.{number}" if number and not number.startswith("(") else own + number
                )
                if not own.startswith("("):
                    found.setdefault(number.casefold(), []).append(section)
                    if "." in own:
                        break
        return found

    def region_of(self, section: Section) -> Region:
        """Up to the next section of its level or above."""
        end = max(self.document.end_of(section), (section.page, section.start + 1))
        return Region(self.number, (section.page, section.start), end)

    @cached_property
    def _clause_starts(self) -> list[tuple[str, Location]]:
        """(number, place) of the clauses whose number opens a paragraph."""
        return [
            (match["number"], (page.page, match.start("number")))
            for page in self.document.pages
            for match in _CLAUSE.finditer(page.text)
        ]

    def _region_of_clause(self, clause_index: int) -> Region:
        """Up to the next that is not below it, or to the next heading."""
        number, start = self._clause_starts[clause_index]
        later = (
            place
            for other, place in self._clause_starts[clause_index + 1 :]
            if not other.startswith(number + ".")
        )
        heads = sorted((section.page, section.start) for section in self.document.sections)
        head = bisect_left(heads, (start[0], start[1] + 1))
        return Region(
            self.number,
            start,
            min(next(later, self._end), heads[head] if head < len(heads) else self._end),
        )

    def _subregion_below(self, region: Region, subs: Sequence[str]) -> Region:
        """The part of `region` under "(b)(2)", as deep as it can be followed."""
        for sub in subs:
            start = first_item_with_mark(self.document.pages, (sub,), region.start, region.end)
            if not start:
                return region
            following = first_item_with_mark(
                self.document.pages,
                _marks_that_may_follow(sub),
                (start[0], start[1] + 1),
                region.end,
            )
            region = Region(self.number, start, following or region.end)
        return region


def _line_start(page: Page, number: int) -> int | None:
    """0 where no line carries a number, None where none has that one."""
    if not page.lines:
        return 0
    before = [line for line in page.lines if line.number <= number]
    if not before or number > max(line.number for line in page.lines):
        return None
    return max(before, key=lambda line: line.number).start


def _is_kind_of_section(section: Section, word: str) -> bool:
    """ "Schedule 2" is not section 2."""
    match = _KIND.search(_number_of(section))
    own = division_of(match["word"] or "") if match else ""
    return own == word or {own, word} <= PROVISIONS | {"regulation", ""}


def _number_of(section: Section) -> str:
    """As printed; "Schedule 1" of "First Schedule", "Part XXIA" of one before a title."""
    number = printed_number(section) or ""
    words = number.split()
    count = ordinal(words[0]) if len(words) == 2 else None
    return number if count is None else f"{words[1]} {count}"


def _spellings_of_number(number: str, word: str) -> list[str]:
    """`number` in plain and in Roman numbers, where its kind is counted in both: "iv" of "Article
    4".
    """
    if word not in PROVISIONS | ATTACHMENTS | {"part", "chapter", "title", "regulation", ""}:
        return [number]
    if number.isdigit():
        return [number, in_roman(int(number))]
    return [number, *map(str, ordinal_of(number))] if number in ROMAN else [number]


def _marks_that_may_follow(sub: str) -> tuple[str, ...]:
    """The marks that may follow "(b)", "(2)" or "(i)", a letter and a Roman number."""
    inner = sub[1:-1]
    found = []
    if inner.isdigit():
        found.append(str(int(inner) + 1))
    if inner in ROMAN:
        found.append(in_roman(ROMAN[inner] + 1))
    if len(inner) == 1 and inner.isalpha() and inner not in "zZ":
        found.append(chr(ord(inner) + 1))
    return tuple(f"({mark})" for mark in found)
