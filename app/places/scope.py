"""The part of the documents that a question is about: "in Schedule 2", "on page 12", "in
lease.pdf".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from docqa.app.answer.text import one_line
from docqa.app.context.context import Context
from docqa.app.evidence.front_matter import DOCUMENT_WORDS
from docqa.app.evidence.terms import STOP_WORDS, plain_words
from docqa.app.quotes.verifier import Located, LocatedSpans
from docqa.ingest.language.expressions import lazily
from docqa.ingest.language.places import ATTACHMENTS
from docqa.ingest.language.words import ASKING_VERB, QUESTION
from docqa.ingest.types import Document, Span

from .cites import PlaceCite, find_cites, with_places_in_full
from .named import DocumentNames
from .resolve import CitedPlaces, Region, intersect_spans, strip_span

_OF_ATTACHED = lazily(
    rf",?\s+(?:of|in|to|under)\s+(?:the\s+)?(?:\w+\s+)?(?:{'|'.join(ATTACHMENTS)})\b", re.IGNORECASE
)
_ALSO = ("footnote", "title", "annexure", "recital", "count", "amendment")
"""Words for places that no cite uses."""
_OF_THE_DOCUMENT = lazily(
    rf"@(?:\s+(?:of|in)\s+(?:the|this|that|my|our)\s+(?:\w+\s+)?(?:{DOCUMENT_WORDS}|law|code|bill|deed))+",
    re.IGNORECASE,
)
_TOGETHER = lazily(r"@(?:[,)]?\s*(?:(?:and|or|of|in|to|under|from|&)\s+)?(?:the\s+)?@)+")
_ALL_OF_IT = lazily(
    r"\b(?:does|do|did) (?:the )?@ \w+(?: (?:about|to|for))?\W*$|^\w+ (?:me |us )?(?:the )?@(?: in \w+ \w+)?",
    re.IGNORECASE,
)
"""The end of "what does @ say?", and all of "summarise @": whoever asks wants all of it."""
_LOOKS = lazily(
    r"\b(?:in|under|of|on|by|per|from|within|to|at|with)\s+(?:the\s+)?@|^(?:the\s+)?@|"
    r"\b(?:what|which|who|whom|when|where|why|how)\b.{0,300}\b(?:does|do|did)\s+(?:the\s+)?@|"
    r"\b(?:does|do|did)\s+(?:the\s+)?@\s+\w*[^\W_s]\b",
    re.IGNORECASE,
)
_SECOND_PART = lazily(
    rf"(?:,|(?<![\s,]))\s++and\s+(?=(?:{'|'.join(QUESTION)}|to whom|{ASKING_VERB})\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Scope:
    """What a question is limited to, in order. `whole`: it asks for the place itself ("what does
    section 13 say?"). `inside`: the fact is looked for there ("in", "under", "does section 13
    require"); else the place is only spoken of."""

    spans: LocatedSpans
    whole: bool
    inside: bool

    def parts(self, document: int, page: int, start: int, end: int) -> list[Span]:
        return intersect_spans(
            [span for span in self.spans if (span.document, span.page) == (document, page)],
            start,
            end,
        )


def find_scope(question: str, documents: Sequence[Document]) -> Scope | None:
    """The part of `documents` that `question` is limited to; None where it names no place that they
    have.
    """
    typed = with_places_in_full(question)
    which = DocumentNames(documents).documents_meant_by(typed) or None
    mentions = _mentioned_places(typed, documents, which)
    if not mentions:
        if which is None:
            return None
        pages = [
            Region(number, (1, 0), (len(documents[number].pages) + 1, 0))
            for number in sorted(which)
        ]
        spans = _spans_of_regions(documents, pages)
        return Scope(spans, False, True) if spans else None
    every = [region for _, regions in mentions for region in regions]
    # Of "Part A of Schedule 2" those that are within another.
    spans = _spans_of_regions(
        documents, [one for one in every if any(one.is_inside(other) for other in every)] or every
    )
    masked = _masked_places(typed, [where for where, _ in mentions])
    words = plain_words(_ALL_OF_IT.sub(" ", masked).replace("@", " "))
    parts = _SECOND_PART.split(masked, maxsplit=1)
    # It wants all that the place says, where no word says anything else; not where only one of its
    # two parts does.
    whole = len(parts) == 1 and STOP_WORDS.issuperset(words)
    looks = _LOOKS.search(masked) is not None and all("@" in part for part in parts)
    return Scope(spans, whole, whole or looks) if spans else None


def passages_in(scope: Scope, context: Context) -> list[int]:
    """The passages of `context` that the scope touches, in order."""
    return [
        number
        for number, placed in enumerate(context.passages)
        if scope.parts(
            placed.document, placed.passage.page, placed.passage.start, placed.passage.end
        )
    ]


Mention = tuple[Span, list[Region]]
"""Where a question names a place, and where that is."""


def _mentioned_places(
    typed: str, documents: Sequence[Document], which: set[int] | None
) -> list[Mention]:
    """The places that are named and exist, in order."""
    heads = [f"{document.title} {document.pages[0].text[:1500]}" for document in documents]
    works = [
        one_line(head.lower()).replace("_", " ") for head in heads
    ]  # as "section 5 of the Companies Act"
    named = [(cite, one_line((cite.work or "").lower())) for cite in find_cites(typed, _ALSO)]
    cites = [
        cite for cite, work in named if cite.work is None or any(work in head for head in works)
    ]
    found: dict[Span, list[Region]] = {}
    for number, document in enumerate(documents):
        if which is not None and number not in which:
            continue
        places = CitedPlaces(document, number)
        for cite in cites:
            regions = places.regions_of_cite(cite)
            if _OF_ATTACHED.match(typed, cite.end):
                regions = [
                    *regions,
                    *(
                        region
                        for number in cite.numbers
                        for region in places.regions_of_inner_number(number)
                    ),
                ]
            else:
                regions = _prefer_main_body(regions, places, cite)
            found.setdefault(Span(cite.start, cite.end), []).extend(regions)
    kept: list[Mention] = []
    for span, regions in sorted(found.items(), key=lambda item: (item[0].start, -item[0].end)):
        if regions and not (kept and span.start < kept[-1][0].end):
            kept.append((span, list(dict.fromkeys(regions))))
    return kept


def _prefer_main_body(regions: list[Region], places: CitedPlaces, cite: PlaceCite) -> list[Region]:
    """Where schedules use a number again, the section of the document's body."""
    if cite.kind != "section" or cite.word in ATTACHMENTS or len(regions) < 2:
        return regions
    document = places.document
    # By the first words of a number or heading: "first", "schedule".
    attached = [
        places.region_of(section)
        for section in document.sections
        if ATTACHMENTS & set((section.number or section.title).lower().split()[:2])
    ]
    body = [r for r in regions if not any(a.start < r.start < a.end for a in attached)]
    return body or regions


def _spans_of_regions(documents: Sequence[Document], regions: Sequence[Region]) -> LocatedSpans:
    found = [
        Located(region.document, page.page, part.start, part.end)
        for region in regions
        for page, span in region.parts(documents[region.document])
        if (part := strip_span(page.text, span))
    ]
    return tuple(dict.fromkeys(found))


def _masked_places(question: str, places: Sequence[Span]) -> str:
    """ "@" for `places`, once for those that belong together ("Part A of Schedule 2", "sections 3
    and 4"), without "of the contract" after them."""
    text = question
    for span in sorted(places, key=lambda span: -span.start):
        text = f"{text[: span.start]}@{text[span.end :]}"
    return one_line(_OF_THE_DOCUMENT.sub("@", _TOGETHER.sub("@", text)))
