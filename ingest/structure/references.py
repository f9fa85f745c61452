"""Cross references resolved: "Section 4.2(b)", "Articles IV and V", "§ 204(a)", "Schedule 2", "Fig. 3" point at those
places.

What names another law or contract ("section 5 of the Companies Act", "42 U.S.C. § 1983") points at nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from docqa.ingest.structure.numbering import ordinal_of
from docqa.ingest.types import Document, Page, Reference, Section

_WORDS = (
    "sections?|secs?\\.|clauses?|subclauses?|paragraphs?|articles?|chapters?|parts?|titles?|schedules?|exhibits?|"
    "appendix|appendices|annex(?:es)?|attachments?|figures?|figs?\\.|tables?"
)
_NUMBER = r"(?:\d{1,4}[A-Z]{0,2}(?:[.\-–]\d{1,3})*|[IVXLC]{1,7}|[A-Z])(?![\w])"
_SUBS = r"((?:\s?\([A-Za-z0-9]{1,4}\))*)"
_REFERENCE = re.compile(rf"(?:(?i:\b(?P<word>{_WORDS}))\s+|(?P<sign>§{{1,2}})\s?)(?P<number>{_NUMBER}){_SUBS}")
_MORE = re.compile(rf"\s*(?:,|,?\s+(?:and|or|to|through))\s*(?P<number>{_NUMBER}){_SUBS}")
_ELSEWHERE = re.compile(
    r"(?:\s*\[[^\]\n]{0,80}\])?,?\s+(?:of|to|in|under)\s+(?:the|that|such|its|an?|title|[A-Z])", re.IGNORECASE
)
_HERE = re.compile(
    r"(?:\s*\[[^\]\n]{0,80}\])?,?\s+(?:of|to|in)\s+(?:this\b|the\s+(?:Agreement|Contract|Lease)\b|"
    r"(?:section|clause|part|schedule|article|chapter|exhibit|appendix|annex)\s+[\dA-Z])",
    re.IGNORECASE,
)
_CODE_BEFORE = re.compile(
    r"(?:U\.\s?S\.\s?C\.|C\.\s?F\.\s?R\.|Code|Stat\.|Act|Rules?|Regulations?|Law)\s*(?:Ann\.\s*)?$"
)
_CAPTION = re.compile(
    rf"(?P<word>(?i:figure|fig\.|table))\s+(?P<number>{_NUMBER})(?:\s*[.:|—–-]|\s+(?=[A-Z“\"(])|\s*$)"
)
_CLAUSE = re.compile(r"(\d{1,3}(?:\.\d{1,3}){1,4})[.)]?\s")
_SUB = re.compile(r"\([A-Za-z0-9]{1,4}\)")
_ROMAN_KINDS = frozenset(("article", "chapter", "part", "title", "schedule", "appendix", "annex", "exhibit"))
_PLAIN = {
    "sec": "section", "clause": "section", "subclause": "section", "paragraph": "section", "appendice": "appendix",
    "annexe": "annex", "fig": "figure",
}  # fmt: skip

_FAR = 4

Key = tuple[str, str]


class Target(NamedTuple):
    """A numbered place: the id of its section (None: a clause before any heading), page and offset."""

    section: str | None
    page: int
    start: int


def caption_of(text: str) -> Key | None:
    """("figure", "3") of the caption "Fig. 3: The sea wall", None of other text ("Table 2 shows that ...")."""
    match = _CAPTION.match(text)
    return (_kind(match["word"]), _ordinal("", match["number"])) if match else None


def find_references(document: Document) -> list[Reference]:
    """The references that point at a place of this document, in its order."""
    resolver = _Resolver(document)
    return [reference for page in document.pages for reference in resolver.on_page(page)] if resolver.places else []


class _Resolver:
    """What can be pointed at: numbered sections, clauses whose number opens a paragraph, and captions."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.places: dict[Key, list[Target]] = {}
        self.headings = {(section.page, section.start) for section in document.sections}
        self.children = {(s.parent, s.number): s for s in reversed(document.sections) if s.number}
        self.ends = _ends(document)
        for section in document.sections:
            key = _key(section)
            if key is not None:
                self.places.setdefault(key, []).append(Target(section.id, section.page, section.start))
        known = set(self.places)
        for page in document.pages:
            for block in page.blocks:
                caption = caption_of(page.text[block.start : block.end])
                if caption is not None:
                    self.places.setdefault(caption, []).append(Target(None, page.page, block.start))
                match = _CLAUSE.match(page.text, block.start, block.end)
                if match and ("section", match.group(1)) not in known:
                    here = document.section_of(page.page, block.start)
                    target = Target(here.id if here else None, page.page, block.start)
                    self.places.setdefault(("section", match.group(1)), []).append(target)

    def on_page(self, page: Page) -> Iterator[Reference]:
        for match in _REFERENCE.finditer(page.text):
            heading = (page.page, match.start()) in self.headings
            if not heading and not _CODE_BEFORE.search(page.text, max(0, match.start() - 24), match.start()):
                yield from self._resolved(page, match)

    def _resolved(self, page: Page, match: re.Match[str]) -> Iterator[Reference]:
        """The reference, and those that follow its word ("Sections 4.2 and 5.1(a)")."""
        kind = _kind(match["word"] or "section")
        items = [match]
        plural = match["sign"] == "§§" or (match["word"] or "").lower().endswith(("s", "ices"))
        while plural and (more := _MORE.match(page.text, items[-1].end())):
            items.append(more)
        end = items[-1].end()
        if _ELSEWHERE.match(page.text, end) and not _HERE.match(page.text, end):
            return
        for item in items:
            target = self._find(kind, item["number"], page.page, match.start())
            if target is None:
                continue
            subs = _SUB.findall(page.text, item.end("number"), item.end())
            section, to_page, to_start = self._below(target, subs)
            start = item.start() if item is match else item.start("number")
            if (to_page, to_start) != (page.page, start):
                yield Reference(page.page, start, item.end(), section, to_page, to_start)

    def _find(self, kind: str, number: str, page: int, start: int) -> Target | None:
        """The place of that number; where numbers begin again, the one under the same roof as the reference."""
        found = self.places.get((kind, _ordinal(kind, number)))
        if not found and kind == "article":
            found = self.places.get(("section", number))
        if not found or len(found) == 1:
            return found[0] if found else None
        for roof in self.document.sections_above(self.document.section_of(page, start)):
            for target in found:
                if target.section == roof.id or (target.section or "").startswith(roof.id + "."):
                    return target
        return found[0]

    def _below(self, target: Target, subs: list[str]) -> Target:
        """The place of "(b)(2)" within a section, as deep as it can be followed."""
        section, page, start = target
        pages = self.document.pages
        last_page, last = self.ends.get(section or "", (len(pages), len(pages[-1].text)))
        last_page, last = min((last_page, last), (page + _FAR, 0))
        for sub in subs:
            child = self.children.get((section, sub)) if section else None
            if child is not None:
                section, page, start = child.id, child.page, child.start
                continue
            opener = re.compile(rf"(?:(?<=\n)|(?<=[;:—.]\s)|(?<=\d\s)|(?<=\d\.\s))({re.escape(sub)})\s")
            place = None
            for number in range(page, min(last_page, len(pages)) + 1):
                text = pages[number - 1].text
                begin, end = start + 1 if number == page else 0, last if number == last_page else len(text)
                match = opener.search(text, begin, end)
                if number > page and text.startswith(sub):
                    place = number, 0
                elif match is not None:
                    place = number, match.start(1)
                if place is not None:
                    break
            if place is None:
                break
            page, start = place
        return Target(section, page, start)


def _ends(document: Document) -> dict[str, tuple[int, int]]:
    """Where each section ends: where the next one of its level or above begins."""
    ends: dict[str, tuple[int, int]] = {}
    open_: list[Section] = []
    for section in document.sections:
        while open_ and open_[-1].level >= section.level:
            ends[open_.pop().id] = (section.page, section.start)
        open_.append(section)
    return ends


def _kind(word: str) -> str:
    lowered = word.lower().rstrip(".")
    lowered = lowered if lowered in ("appendix", "annex") else lowered.removesuffix("s")
    return _PLAIN.get(lowered, lowered)


def _ordinal(kind: str, number: str) -> str:
    """One spelling for each number: Roman ones of articles and the like as digits, "–" as "-"."""
    if kind in _ROMAN_KINDS and re.fullmatch(r"[IVXLC]+", number) and (len(number) > 1 or number in "IVX"):
        return str(ordinal_of(number)[0])
    return number.replace("–", "-").upper()


def _key(section: Section) -> Key | None:
    number = section.number
    if not number:
        return None
    match = re.fullmatch(rf"(?:({_WORDS}|§+)\s*)?({_NUMBER})", number, re.IGNORECASE)
    if match is None:
        return None
    word = match.group(1)
    if word is None and not match.group(2)[0].isdigit():
        return ("appendix", match.group(2)) if section.level == 1 else None
    kind = "section" if word is None or word.startswith("§") else _kind(word)
    return kind, _ordinal(kind, match.group(2))
