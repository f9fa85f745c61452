"""Cross references resolved: "Section 4.2(b)", "Articles IV and V", "§ 204(a)", "Clause 14(b) of
Schedule 3", "Fig. 3"; not those to another law or contract ("section 5 of the Companies Act", "42
U.S.C. § 1983")."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from docqa.ingest.language.expressions import lazily
from docqa.ingest.language.numbers import ROMAN
from docqa.ingest.language.places import (
    ATTACHMENTS,
    PROVISIONS,
    NamedPlaces,
    division_of,
    named_place_at,
    named_places,
)
from docqa.ingest.types import Document, Location, Page, Reference, Section, location_of

from .locators.sections import append_to_locator

_PARTS_OF_CONTRACTS = "section clause part schedule article chapter exhibit appendix annex"
_NAMES = (
    *_PARTS_OF_CONTRACTS.split(),
    "subclause",
    "paragraph",
    "attachment",
    "title",
    "table",
    "figure",
)
_ELSEWHERE = lazily(
    r"(?:\s*\[[^\]\n]{0,80}\])?,?\s+(?:of|to|in|under)\s+(?:the|that|such|its|an?|title|[A-Z])",
    re.IGNORECASE,
)
_HERE = lazily(
    r"(?:\s*\[[^\]\n]{0,80}\])?,?\s+(?:of|to|in)\s+(?:this\b|the\s+(?:Agreement|Contract|Lease)\b|"
    rf"(?:{_PARTS_OF_CONTRACTS.replace(' ', '|')})\s+[\dA-Z])",
    re.IGNORECASE,
)
_INSIDE = lazily(r",?\s+(?:of|in|to)\s+(?:the\s+)?")
_CODE_BEFORE = lazily(
    r"(?:U\.\s?S\.\s?C\.|C\.\s?F\.\s?R\.|Code|Stat\.|Act|Rules?|Regulations?|Law)\s*(?:Ann\.\s*)?$"
)
_BEHIND_CAPTION = lazily(r"\s*[.:|—–-]|\s+(?=[A-Z“\"(])|\s*$")
_KEY = lazily(r"([^\W\d_]+\.?|§+)?\s*([\dA-Z][\w.\-–]*)", re.IGNORECASE)
_ROMAN_KINDS = ATTACHMENTS | {"article", "chapter", "part", "title"}
Key = tuple[str, str]


class ReferenceTarget(NamedTuple):
    """A numbered place: the id of its section (None: a clause before any heading), page and
    offset.
    """

    section: str | None
    page: int
    start: int


def kind_and_number_of_caption(text: str) -> Key | None:
    """("figure", "3") of the caption "Fig. 3: The sea wall", None of "Table 2 shows that ..."."""
    named = named_place_at(text, 0, ("figure", "table"))
    if named is None or not _BEHIND_CAPTION.match(text, named.numbers[0].end):
        return None
    return named.word, _normalised_number("", named.numbers[0].number)


def find_references(document: Document) -> list[Reference]:
    """The references that point at a place of this document, in order."""
    resolver = _ReferenceResolver(document)
    return [reference for page in document.pages for reference in resolver.references_on_page(page)]


class _ReferenceResolver:
    """What can be pointed at: sections, parts whose number opens a paragraph, captions."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.places: defaultdict[Key, list[ReferenceTarget]] = defaultdict(list)
        self.located: defaultdict[str, list[ReferenceTarget]] = defaultdict(list)
        self.sections = {section.id: section for section in document.sections}
        self.headings = set(map(location_of, document.sections))
        for section in document.sections:
            target = ReferenceTarget(section.id, *location_of(section))
            key = _section_key(section)
            if key:
                self.places[key].append(target)
            if section.locator:
                self.located[section.locator.casefold()].append(target)
        self.kinds = {kind for kind, _ in self.places}
        for item in document.items:
            around = document.section_of(*location_of(item))
            target = ReferenceTarget(around.id if around else None, *location_of(item))
            self.located[item.locator.casefold()].append(target)
        for page in document.pages:
            for block in page.blocks:
                caption = kind_and_number_of_caption(page.words(block))
                if caption:
                    self.places[caption].append(ReferenceTarget(None, page.page, block.start))

    def references_on_page(self, page: Page) -> Iterator[Reference]:
        for named in named_places(page.text, _NAMES) if self.places or self.located else ():
            for reference in self._references_after_word(page, named):
                if not self._is_pointing_at_own_line(reference):
                    yield reference

    def _is_pointing_at_own_line(self, reference: Reference) -> bool:
        """Whether a reference leads to its own line."""
        page = reference.page
        if page != reference.to_page:
            return False
        text = self.document.pages[page - 1].text

        def line_and_locator(start: int) -> tuple[int, str | None]:
            return text.rfind("\n", 0, start), self.document.locator_of(page, start)

        return line_and_locator(reference.start) == line_and_locator(reference.to_start)

    def _references_after_word(self, page: Page, places: NamedPlaces) -> Iterator[Reference]:
        """The references after one word ("Sections 4.2 and 5.1(a)")."""
        text = page.text
        first = places.numbers[0]
        if (page.page, places.start) in self.headings or _fills_line(text, places.start, first.end):
            return
        if _CODE_BEFORE.search(text, max(0, places.start - 24), places.start):
            return
        container = self._container_after_reference(page, places.end)
        if container is None and _is_other_work_named(page, places.end):
            return
        for item in places.numbers:
            target = self._find_target(
                _number_family(places.word), item.number, page.page, places.start, container
            )
            if target is not None:
                # (b) of a figure is in it.
                subs = () if places.word in ("figure", "table") else item.subs
                start = places.start if item is first else item.start
                yield Reference(page.page, start, item.end, *self._deepest_target(target, subs))

    def _container_after_reference(self, page: Page, end: int) -> ReferenceTarget | None:
        """The schedule or section of this document named after a reference ("of Schedule 3")."""
        inside = _INSIDE.match(page.text, end)
        named = named_place_at(page.text, inside.end(), _NAMES) if inside else None
        if named is None or _is_other_work_named(page, named.numbers[0].end):
            return None
        target = self._find_target(
            _number_family(named.word), named.numbers[0].number, page.page, end, None
        )
        return self._deepest_target(target, named.numbers[0].subs) if target else None

    def _find_target(
        self, kind: str, number: str, page: int, start: int, container: ReferenceTarget | None
    ) -> ReferenceTarget | None:
        """Where numbers begin again, under the named `container`, else the reference's own."""
        targets = self.places.get((kind, _normalised_number(kind, number)), [])
        if not targets and kind in ("article", "section"):
            other = "section" if kind == "article" else "article"
            if kind not in self.kinds:
                targets = self.places.get((other, _normalised_number(other, number)), [])
            targets = targets or self.located.get(number.casefold(), [])
        if container is not None:
            section = self.sections.get(container.section or "")
            end = self.document.end_of(section) if section else (len(self.document.pages) + 1, 0)
            inner = [t for t in targets if location_of(container) < location_of(t) < end]
            for name in (number, f"{kind} {number}"):
                inner += self._targets_with_inner_number(container, name)
            return inner[0] if inner else None
        for above in self.document.sections_above(self.document.section_of(page, start)):
            for target in targets if len(targets) > 1 else ():
                if f"{target.section}.".startswith(f"{above.id}."):
                    return target
        return targets[0] if targets else None

    def _targets_with_inner_number(
        self, target: ReferenceTarget, number: str
    ) -> list[ReferenceTarget]:
        """Where `number` is, written after the locator of `target`."""
        around = self.document.locator_of(*location_of(target)) or ""
        return self.located.get(append_to_locator(around, number).casefold(), [])

    def _deepest_target(
        self, target: ReferenceTarget, inner_numbers: Sequence[str]
    ) -> ReferenceTarget:
        """The place of "(b)(2)" in a section, as deep as it can be followed."""
        for inner in (
            self._targets_with_inner_number(target, "".join(inner_numbers)) if inner_numbers else ()
        ):
            if location_of(inner) > location_of(target):
                return inner
        return target


def _is_other_work_named(page: Page, end: int) -> bool:
    """Whether the words after a reference name another work."""
    return _ELSEWHERE.match(page.text, end) is not None and _HERE.match(page.text, end) is None


def _fills_line(text: str, start: int, end: int) -> bool:
    """As a heading, or a line of contents."""
    before = text[text.rfind("\n", 0, start) + 1 : start]
    return not before.strip() and not text[end:].split("\n", 1)[0].strip(" .:")


def first_item_with_mark(
    pages: Sequence[Page], marks: Sequence[str], start: Location, end: Location
) -> Location | None:
    """The first place in `start` to `end` where one of `marks` ("(b)") opens an item, or None."""
    any_mark = "|".join(map(re.escape, marks))
    opener = re.compile(
        rf"(?:^|(?<=\n)|(?<=[;:—.]\s)|(?<=\d\s)|(?<=\d\.\s)|(?<=\)\s))(?:{any_mark})\s"
    )
    for page in pages[start[0] - 1 : end[0]] if marks else ():
        first = start[1] if page.page == start[0] else 0
        last = end[1] if page.page == end[0] else len(page.text)
        if match := opener.search(page.text, first, last):
            return page.page, match.start()
    return None


def _number_family(word: str) -> str:
    """The family of numbers that a word counts in: clauses and paragraphs are sections."""
    return "section" if word in PROVISIONS - {"article"} else word


def _normalised_number(kind: str, number: str) -> str:
    """One spelling for each number: Roman ones of articles and the like as digits, "–" as "-"."""
    is_roman = number.isupper() and number.lower() in ROMAN
    if kind in _ROMAN_KINDS and is_roman and (len(number) > 1 or number in "IVX"):
        return str(ROMAN[number.lower()])
    return number.replace("–", "-").upper()


def _section_key(section: Section) -> Key | None:
    number = section.number
    match = _KEY.fullmatch(number or "")
    word = division_of(match[1]) if match and match[1] else ""
    if not match or (word and word not in _NAMES):
        return None
    if not word and not match[2][0].isdigit():
        return ("appendix", match[2]) if section.level == 1 else None
    kind = _number_family(word or "section")
    return kind, _normalised_number(kind, match[2])
