"""The part of the documents that a question is about: "what does section 13 say?", "in Schedule 2", "on page 12", "the
introduction", "in lease.pdf".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from docqa.app.context.context import Context
from docqa.app.places.asking import asks_for_place, looks_inside, masked_places
from docqa.app.places.cites import PlaceCite, find_cites
from docqa.app.places.headings import named_headings
from docqa.app.places.names import DocumentNames
from docqa.app.places.resolve import CitedPlaces, Region
from docqa.app.places.wording import in_full
from docqa.app.quotes.verifier import Located
from docqa.ingest.language.expressions import lazily
from docqa.ingest.language.places import ATTACHMENTS
from docqa.ingest.types import Document, Section, Span

_OF_ATTACHED = lazily(
    rf",?\s+(?:of|in|to|under)\s+(?:the\s+)?(?:\w+\s+)?(?:{'|'.join(ATTACHMENTS)})\b", re.IGNORECASE
)
_ALSO = ("footnote", "title", "attachment", "annexure", "recital", "count", "amendment")
"""Words for places that somebody who cites a text does not use for it."""
_INSIDE = lazily(r"[,)]?\s*(?P<of>\(?(?:of|in|to|under|from)\s+(?:the\s+)?)?")


@dataclass(frozen=True)
class Scope:
    """What a question is limited to, in the order of the documents.

    `whole`: it asks for the place itself ("what does section 13 say?"), against a fact within it. `inside`: its words
    look for the fact there ("in", "under", "does section 13 require"); where False it speaks of the place ("the
    section 4 duties"), and the answer may be elsewhere.
    """

    spans: tuple[Located, ...]
    whole: bool
    inside: bool

    def parts(self, document: int, page: int, start: int, end: int) -> list[Span]:
        """What of `start:end` of that page is within the scope."""
        on_page = (span for span in self.spans if span.document == document and span.page == page)
        cut = (Span(max(span.start, start), min(span.end, end)) for span in on_page)
        return [part for part in cut if part.start < part.end]

    def touches(self, document: int, page: int, start: int, end: int) -> bool:
        """Whether any of `start:end` of that page is within the scope."""
        return bool(self.parts(document, page, start, end))


def scope_of(question: str, documents: Sequence[Document]) -> Scope | None:
    """The part of `documents` that `question` is limited to; None where it names no place that they have."""
    typed = in_full(question)
    named = DocumentNames(documents).named_in(typed)
    which = named if 0 < len(named) < len(documents) else None
    mentions = _mentions(typed, documents, which)
    if not mentions:
        if which is None:
            return None
        pages = (Region(number, (1, 0), (len(documents[number].pages) + 1, 0)) for number in sorted(which))
        spans = [span for region in pages for span in _spans(documents, region)]
        return Scope(tuple(spans), False, True) if spans else None
    spans = [span for region in _narrowed(typed, mentions) for span in _spans(documents, region)]
    masked = masked_places(typed, [where for where, _ in mentions])
    whole = asks_for_place(masked)
    return Scope(tuple(dict.fromkeys(spans)), whole, whole or looks_inside(masked)) if spans else None


def passages_in(scope: Scope, context: Context) -> list[int]:
    """The passages of `context` that the scope touches, in their order."""
    return [
        number
        for number, placed in enumerate(context.passages)
        if scope.touches(placed.document, placed.passage.page, placed.passage.start, placed.passage.end)
    ]


Mention = tuple[Span, list[Region]]
"""Where a question names a place, and where that is."""


def _mentions(typed: str, documents: Sequence[Document], which: set[int] | None) -> list[Mention]:
    """The places that are named and exist, in the order of the question."""
    cites = [cite for cite in find_cites(typed, _ALSO) if cite.work is None or _is(cite.work, documents)]
    found: dict[Span, list[Region]] = {}
    for number, document in enumerate(documents):
        if which is not None and number not in which:
            continue
        places = CitedPlaces(document, number)
        for cite in cites:
            regions = places.regions(cite)
            if _OF_ATTACHED.match(typed, cite.end):
                regions = [*regions, *(region for number in cite.numbers for region in places.inner(number))]
            else:
                regions = _main(regions, places, cite)
            found.setdefault(Span(cite.start, cite.end), []).extend(regions)
        for span, section in named_headings(typed, document):
            found.setdefault(span, []).append(places.region_of(section))
    kept: list[Mention] = []
    for span, regions in sorted(found.items(), key=lambda item: (item[0].start, -item[0].end)):
        if regions and not (kept and span.start < kept[-1][0].end):
            kept.append((span, list(dict.fromkeys(regions))))
    return kept


def _is(work: str, documents: Sequence[Document]) -> bool:
    """Whether one of `documents` is the work that is named ("section 5 of the Companies Act")."""
    name = " ".join(work.lower().split())
    heads = (" ".join(f"{document.title} {document.pages[0].text[:1500]}".lower().split()) for document in documents)
    return any(name in head.replace("_", " ") for head in heads)


def _main(regions: list[Region], places: CitedPlaces, cite: PlaceCite) -> list[Region]:
    """Where a number is used again in the schedules of a document, the section of its body."""
    if cite.kind != "section" or cite.word in ATTACHMENTS or len(regions) < 2:
        return regions
    document = places.document
    attached = [places.region_of(section) for section in document.sections if ATTACHMENTS & _first_words(section)]
    body = [r for r in regions if not any(a.start < r.start < a.end for a in attached)]
    return body or regions


def _first_words(section: Section) -> set[str]:
    """The first two words of its number or heading: "first", "schedule"."""
    return set((section.number or section.title).lower().split()[:2])


def _narrowed(typed: str, mentions: list[Mention]) -> list[Region]:
    """The regions of all mentions; of "Part A of Schedule 2" those of the one within the other."""
    kept: list[Region] = []
    outer: list[Region] | None = None
    for at in range(len(mentions) - 1, -1, -1):
        span, regions = mentions[at]
        behind = mentions[at + 1][0].start if at + 1 < len(mentions) else None
        joined = _INSIDE.fullmatch(typed, span.end, behind) if behind is not None and outer is not None else None
        if joined is not None and outer is not None:
            within = [region for region in regions if any(_within(region, one) for one in outer)]
            around = [one for one in outer if any(_within(one, region) for region in regions)]
            if within or around or joined["of"]:
                kept = [region for region in kept if region not in outer]
                regions = within or around or outer
        kept = [*regions, *kept]
        outer = regions
    return kept


def _within(inner: Region, outer: Region) -> bool:
    return inner.document == outer.document and outer.start <= inner.start and inner.end <= outer.end


def _spans(documents: Sequence[Document], region: Region) -> list[Located]:
    """The parts of `region` page by page, without white space at their edges."""
    found = []
    for page in documents[region.document].pages[region.start[0] - 1 : region.end[0]]:
        start = region.start[1] if page.page == region.start[0] else 0
        end = region.end[1] if page.page == region.end[0] else len(page.text)
        words = page.text[start:end].strip()
        if words:
            start += page.text[start:end].index(words)
            found.append(Located(region.document, page.page, start, start + len(words)))
    return found
