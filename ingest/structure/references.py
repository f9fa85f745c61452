"""Cross references resolved: "Section 4.2(b)", "Articles IV and V", "§ 204(a)", "Clause 14(b) of
Schedule 3", "Fig. 3"; not those to another law or contract ("section 5 of the Companies Act", "42
U.S.C. § 1983")."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from docqa.ingest.language.expressions import lazily
from docqa.ingest.language.numbers import ROMAN, ordinal_of
from docqa.ingest.language.places import (
    ATTACHMENTS,
    PROVISIONS,
    NamedPlaces,
    division_of,
    named_place_at,
    named_places,
)
from docqa.ingest.structure.locators.sections import joined
from docqa.ingest.types import Document, Page, Reference, Section

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
Point = tuple[int, int]
"""(page, offset in its text)."""


class Target(NamedTuple):
    """A numbered place: the id of its section (None: a clause before any heading), page and
    offset.
    """

    section: str | None
    page: int
    start: int


def caption_of(text: str) -> Key | None:
    """("figure", "3") of the caption "Fig. 3: The sea wall", None of "Table 2 shows that ..."."""
    named = named_place_at(text, 0, ("figure", "table"))
    if named is None or not _BEHIND_CAPTION.match(text, named.numbers[0].end):
        return None
    return named.word, _ordinal("", named.numbers[0].number)


def find_references(document: Document) -> list[Reference]:
    """The references that point at a place of this document, in order."""
    resolver = _Resolver(document)
    return [reference for page in document.pages for reference in resolver.on_page(page)]


class _Resolver:
    """What can be pointed at: sections, parts whose number opens a paragraph, captions."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.places: dict[Key, list[Target]] = {}
        self.located: dict[str, list[Target]] = {}
        self.headings = {(section.page, section.start) for section in document.sections}
        self.sections = {section.id: section for section in document.sections}
        for section in document.sections:
            target = Target(section.id, section.page, section.start)
            key = _key(section)
            if key is not None:
                self.places.setdefault(key, []).append(target)
            if section.locator:
                self.located.setdefault(section.locator.casefold(), []).append(target)
        self.kinds = {kind for kind, _ in self.places}
        for item in document.items:
            here = document.section_of(item.page, item.start)
            target = Target(here.id if here else None, item.page, item.start)
            self.located.setdefault(item.locator.casefold(), []).append(target)
        for page in document.pages:
            for block in page.blocks:
                caption = caption_of(page.text[block.start : block.end])
                if caption is not None:
                    self.places.setdefault(caption, []).append(Target(None, page.page, block.start))

    def on_page(self, page: Page) -> Iterator[Reference]:
        for named in named_places(page.text, _NAMES) if self.places or self.located else ():
            yield from (
                reference
                for reference in self._named(page, named)
                if not self._is_itself(reference)
            )

    def _is_itself(self, reference: Reference) -> bool:
        """Whether a reference leads to its own line."""
        here = reference.page, reference.start
        to = reference.to_page, reference.to_start
        if here[0] != to[0]:
            return False
        text = self.document.pages[here[0] - 1].text
        same_line = text.rfind("\n", 0, here[1]) == text.rfind("\n", 0, to[1])
        return to == here or (
            same_line and self.document.locator_of(*here) == self.document.locator_of(*to)
        )

    def _named(self, page: Page, named: NamedPlaces) -> Iterator[Reference]:
        """The references behind one word ("Sections 4.2 and 5.1(a)")."""
        text = page.text
        first = named.numbers[0]
        if (page.page, named.start) in self.headings or _fills_line(text, named.start, first.end):
            return
        if _CODE_BEFORE.search(text, max(0, named.start - 24), named.start):
            return
        roof = self._roof(page, named.end)
        if roof is None and _is_elsewhere(page, named.end):
            return
        for item in named.numbers:
            target = self._find(_kind(named.word), item.number, page.page, named.start, roof)
            if target is not None:
                subs = (
                    () if named.word in ("figure", "table") else item.subs
                )  # (b) of a figure is in it
                section, to_page, to_start = self._below(target, subs)
                start = named.start if item is first else item.start
                yield Reference(page.page, start, item.end, section, to_page, to_start)

    def _roof(self, page: Page, end: int) -> Target | None:
        """The schedule or section of this document named behind a reference ("of Schedule 3")."""
        inside = _INSIDE.match(page.text, end)
        named = named_place_at(page.text, inside.end(), _NAMES) if inside else None
        if named is None or _is_elsewhere(page, named.numbers[0].end):
            return None
        target = self._find(_kind(named.word), named.numbers[0].number, page.page, end, None)
        return self._below(target, named.numbers[0].subs) if target else None

    def _find(
        self, kind: str, number: str, page: int, start: int, roof: Target | None
    ) -> Target | None:
        """Where numbers begin again, under the named `roof`, else the reference's own."""
        found = self.places.get((kind, _ordinal(kind, number)), [])
        if not found and kind in ("article", "section"):
            other = "section" if kind == "article" else "article"
            known = (
                self.places.get((other, _ordinal(other, number)))
                if kind not in self.kinds
                else None
            )
            found = known or self.located.get(number.casefold(), [])
        if roof is not None:
            around = self.document.locator_of(roof.page, roof.start) or ""
            inner = (joined(around, number), joined(around, f"{kind} {number}"))
            within = [target for target in found if self._is_within(target, roof)]
            return next(
                iter(
                    [*within, *(t for name in inner for t in self.located.get(name.casefold(), ()))]
                ),
                None,
            )
        for above in self.document.sections_above(self.document.section_of(page, start)):
            for target in found if len(found) > 1 else ():
                if target.section == above.id or (target.section or "").startswith(above.id + "."):
                    return target
        return found[0] if found else None

    def _is_within(self, target: Target, roof: Target) -> bool:
        section = self.sections.get(roof.section or "")
        end = self.document.end_of(section) if section else (len(self.document.pages) + 1, 0)
        return (roof.page, roof.start) < (target.page, target.start) < end

    def _below(self, target: Target, subs: Sequence[str]) -> Target:
        """The place of "(b)(2)" in a section, as deep as it can be followed."""
        around = self.document.locator_of(target.page, target.start) or ""
        found = self.located.get(joined(around, "".join(subs)).casefold(), ()) if subs else ()
        inside = [one for one in found if (one.page, one.start) > (target.page, target.start)]
        return inside[0] if inside else target


def _is_elsewhere(page: Page, end: int) -> bool:
    """Whether the words behind a reference name another work."""
    return _ELSEWHERE.match(page.text, end) is not None and _HERE.match(page.text, end) is None


def _fills_line(text: str, start: int, end: int) -> bool:
    """As a heading, or a line of contents."""
    before = text[text.rfind("\n", 0, start) + 1 : start]
    return not before.strip() and not text[end:].split("\n", 1)[0].strip(" .:")


def opener_of(
    pages: Sequence[Page], marks: Sequence[str], start: Point, end: Point
) -> Point | None:
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


def _kind(word: str) -> str:
    """The family of numbers that a word counts in: clauses and paragraphs are sections."""
    return "section" if word in PROVISIONS - {"article"} else word


def _ordinal(kind: str, number: str) -> str:
    """One spelling for each number: Roman ones of articles and the like as digits, "–" as "-"."""
    if (
        kind in _ROMAN_KINDS
        and number.isupper()
        and number.lower() in ROMAN
        and (len(number) > 1 or number in "IVX")
    ):
        return str(ordinal_of(number)[0])
    return number.replace("–", "-").upper()


def _key(section: Section) -> Key | None:
    number = section.number
    if not number:
        return None
    match = _KEY.fullmatch(number)
    word = division_of(match[1]) if match and match[1] else ""
    if match is None or (word and word not in _NAMES):
        return None
    if not word and not match[2][0].isdigit():
        return ("appendix", match[2]) if section.level == 1 else None
    kind = _kind(word or "section")
    return kind, _ordinal(kind, match[2])
