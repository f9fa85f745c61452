"""Somebody else's text checked against documents: a grade and a place for each quotation and cite.
What cannot be told, of another work or a page without text, is `uncheckable`, not `absent`."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import count

from docqa.app.answer.answer import Cite
from docqa.app.answer.grades import Grade, Place, weakest_grade
from docqa.app.answer.text import clip
from docqa.app.evidence.terms import distinct_terms
from docqa.app.places.cites import PlaceCite, find_cites
from docqa.app.places.named import DocumentNames
from docqa.app.places.resolve import CitedPlaces, Region
from docqa.app.quotes.difference import Edit, closest_range, word_edits
from docqa.app.quotes.normalise import fold
from docqa.app.quotes.quoting import make_cite as cite_of
from docqa.app.quotes.verifier import (
    CitedPlace,
    Located,
    LocatedSpans,
    QuoteVerdict,
    Verifier,
    is_too_short_quote,
)
from docqa.ingest.types import Document, Page

from .citations import assign_cites
from .quotations import QuotedPassage, find_quotations, inner_marks_as_outer
from .quote_parts import Finding, QuotePart, assemble_parts, split_parts

_MOST_HINTS = 8
_MOST_ANCHORS = 12
_RANK = {
    Grade.EXACT: 0,
    Grade.NORMALISED: 0,
    Grade.DAMAGED: 1,
    Grade.NEAR: 2,
    Grade.UNCHECKABLE: 3,
    Grade.ABSENT: 3,
}
_LEAST_SCORE = 60.0  # rapidfuzz partial ratio (0 to 100) under which a text is not like a quotation
_PLACE_WORDS = {"page": "page", "pdf": "page", "line": "page and line"}
_PAGE_ALONE = "the lines of that page have no printed numbers: only the page was compared"


@dataclass(frozen=True)
class CheckedCite:
    """A cite by itself: `exact` where a document has that place, `absent` where none has, else
    `uncheckable`.
    """

    cite: PlaceCite
    line: int
    grade: Grade
    place: Place
    cites: tuple[Cite, ...]
    note: str = ""


@dataclass(frozen=True)
class CheckedQuotation:
    """`reads`: what the documents say where it was `found`; `difference`: the edits between.
    `cited`: the claimed places; `heading`: the section that has the words. `nearest`: the text most
    like an absent quotation, which `reads` and `difference` are then of."""

    quotation: QuotedPassage
    cited: tuple[CheckedCite, ...]
    found: Finding
    place: Place
    cites: tuple[Cite, ...] = ()
    nearest: Cite | None = None
    reads: str | None = None
    difference: tuple[Edit, ...] = ()
    speaker: str | None = None
    heading: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def grade(self) -> Grade:
        return self.found.grade


@dataclass(frozen=True)
class Verification:
    """All quotations of a text in order, the cites that belong to none, and lines with an unmatched
    mark.
    """

    quotations: tuple[CheckedQuotation, ...]
    cites: tuple[CheckedCite, ...]
    unmatched_lines: tuple[int, ...]

    @property
    def has_anything_absent(self) -> bool:
        grades = {quote.grade for quote in self.quotations} | {cite.grade for cite in self.cites}
        return Grade.ABSENT in grades

    def counts(self) -> dict[str, int]:
        return {grade: sum(q.grade == grade for q in self.quotations) for grade in Grade}


def verify_text(
    text: str, documents: Sequence[Document], on_each: Callable[[str], None] = lambda _: None
) -> Verification:
    """Every quotation and cite of `text`, checked against `documents`; `on_each` gets each before,
    "" before each page that it is compared with, and may raise."""
    try:
        return _TextCheck(
            text.replace("\r\n", "\n").replace("\r", "\n"), tuple(documents), on_each
        ).check_text()
    finally:
        _page_terms.cache_clear()


@dataclass(frozen=True)
class _Claim:
    """Where a quotation is said to be: its cites, the regions of those that are not of another work,
    and the documents that are `named` with it."""

    cites: tuple[PlaceCite, ...]
    regions: dict[PlaceCite, list[Region]]
    named: set[int]

    @property
    def all_regions(self) -> list[Region]:
        return [region for group in self.regions.values() for region in group]


@dataclass
class _TextCheck:
    text: str
    documents: tuple[Document, ...]
    on_each: Callable[[str], None]

    def __post_init__(self) -> None:
        self.verifier = Verifier(self.documents, lambda: self.on_each(""))
        self.places = [*map(CitedPlaces, self.documents, count())]
        self.names = DocumentNames(self.documents)

    def check_text(self) -> Verification:
        quotations, alone = find_quotations(self.text)
        claimed, free = assign_cites(self.text, quotations, find_cites(self.text))
        checked = (
            self._check_quotation(*each, self._documents_named(at, quotations))
            for at, each in enumerate(zip(quotations, claimed))
        )
        around = (self.text[max(0, cite.start - 80) : cite.end + 60] for cite in free)
        return Verification(
            tuple(checked),
            tuple(
                self._check_cite(cite, self.names.documents_named_in(words))
                for cite, words in zip(free, around)
            ),
            tuple(alone),
        )

    def _documents_named(self, number: int, quotations: list[QuotedPassage]) -> set[int]:
        before = quotations[number - 1].end if number else 0
        after = quotations[number + 1].start if number + 1 < len(quotations) else len(self.text)
        quotation = quotations[number]
        lead = re.split(r"\n\s*\n|[.!?]\s+(?=[A-Z])", self.text[before : quotation.start].rstrip())[
            -1
        ]
        tail = re.split(r"\n\s*\n(?!\s*[(—–-])", self.text[quotation.end : after], maxsplit=1)[0]
        return self.names.documents_named_in(tail) or self.names.documents_named_in(lead)

    def _cited_places_of_documents(self, named: set[int]) -> list[CitedPlaces]:
        return [self.places[number] for number in sorted(named)] or self.places

    def _regions_of_cite(self, cite: PlaceCite, named: set[int]) -> list[Region]:
        return [
            region
            for places in self._cited_places_of_documents(named)
            for region in places.regions_of_cite(cite)
        ]

    def _check_cite(self, cite: PlaceCite, named: set[int]) -> CheckedCite:
        self.on_each("")
        line = self.text.count("\n", 0, cite.start) + 1
        if cite.work and not named:
            return CheckedCite(
                cite, line, Grade.UNCHECKABLE, Place.UNKNOWN, (), f"names another work: {cite.work}"
            )
        if regions := self._regions_of_cite(cite, named):
            begun = (
                (region, *next(region.parts(self.documents[region.document]))) for region in regions
            )
            places = (
                Located(r.document, page.page, s.start, max(s.start, s.end)) for r, page, s in begun
            )
            cites = tuple(dict.fromkeys(cite_of(self.documents, place) for place in places))
            note = ""
            if not any(self.places[region.document].is_region_usable(region) for region in regions):
                note = "that place has no usable text"
            elif not all(
                self.places[region.document].is_region_as_narrow_as_cite(cite) for region in regions
            ):
                note = _PAGE_ALONE
            grade = Grade.UNCHECKABLE if note else Grade.EXACT
            return CheckedCite(cite, line, grade, Place.AS_CITED, cites, note)
        if any(
            places.can_tell_place_is_missing(cite)
            for places in self._cited_places_of_documents(named)
        ):
            what = _PLACE_WORDS.get(cite.kind) or cite.word or "section"
            return CheckedCite(
                cite, line, Grade.ABSENT, Place.UNKNOWN, (), f"no document has such a {what}"
            )
        paged = any(document.paged for document in self.documents)
        why = (
            "the lines of the documents have no printed numbers"
            if paged
            else "the documents have no pages"
        )
        why = "where it begins was not found" if cite.kind == "section" else why
        return CheckedCite(cite, line, Grade.UNCHECKABLE, Place.UNKNOWN, (), why)

    def _check_quotation(
        self, quotation: QuotedPassage, claimed: tuple[PlaceCite, ...], named: set[int]
    ) -> CheckedQuotation:
        self.on_each(quotation.text)
        cited = tuple(self._check_cite(cite, named) for cite in claimed)
        regions = {
            cite: self._regions_of_cite(cite, named)
            for cite in claimed
            if not (cite.work and not named)
        }
        claim = _Claim(claimed, regions, named)
        found, place = self._best_finding(quotation.text, claim)
        if found.grade == Grade.ABSENT and not all(
            self.places[r.document].is_region_usable(r) for r in claim.all_regions
        ):
            found = replace(
                found, grade=Grade.UNCHECKABLE, notes=("the cited place has no usable text",)
            )
        found = self._refine_near_finding(quotation.text, found)
        notes = [*found.notes, *self._notes_on_quotation(quotation, found, place, cited)]
        lost = found.grade == Grade.ABSENT and not found.spans
        nearest = self._nearest_text(quotation.text) if lost else None
        shown = (nearest,) if nearest else found.spans
        reads = (
            " […] ".join(self._document_words(spans) for spans in _contiguous_span_runs(shown))
            if shown
            else None
        )
        edited = (
            found.grade in (Grade.NEAR, Grade.DAMAGED) and not found.omitted and not found.replaced
        )
        speaker = None
        path = tuple[str, ...]()
        for first in found.spans[:1]:
            document = self.documents[first.document]
            speaker = document.speaker_of(first.page, first.start)
            path = document.section_path(document.section_of(first.page, first.start))
        return CheckedQuotation(
            quotation=quotation,
            cited=cited,
            found=found,
            place=place,
            cites=tuple(cite_of(self.documents, span) for span in found.spans),
            nearest=cite_of(self.documents, nearest) if nearest else None,
            reads=reads,
            difference=word_edits(quotation.text, reads or "")
            if (edited and reads is not None) or nearest
            else (),
            speaker=speaker,
            heading=path[-1] if path else None,
            notes=tuple(notes),
        )

    def _best_finding(self, text: str, claim: _Claim) -> tuple[Finding, Place]:
        """The strongest finding; of several, one at a cited place, then the one that leaves out
        least.
        """
        best: tuple[tuple[int, bool, int], Finding, Place] | None = None
        for hint in _places_to_search_first(claim):
            for finding in self._search_findings(text, hint):
                place = self._place_of_finding(finding, claim)
                key = (
                    _RANK[finding.grade],
                    place != Place.AS_CITED,
                    sum(map(len, finding.omitted)),
                )
                if not best or key < best[0]:
                    best = (key, finding, place)
            if best and (best[0][:2] == (0, False) or best[1].grade == Grade.ABSENT):
                break
        return (best[1], best[2]) if best else (Finding(Grade.ABSENT), Place.UNKNOWN)

    def _search_findings(self, text: str, hint: CitedPlace | None) -> Iterator[Finding]:
        whole = self.verifier.verify(text, hint)
        if not whole.verified and (outer := inner_marks_as_outer(text)) != text:
            inside = self.verifier.verify(outer, hint)
            inside = replace(inside, grade=Grade.NORMALISED) if inside.verified else inside
            text, whole = (
                (outer, inside) if _RANK[inside.grade] < _RANK[whole.grade] else (text, whole)
            )
        parts = split_parts(text)
        if whole.verified or [part.text for part in parts] in ([], [text]):
            yield from self._findings_of_verdict(text, whole)
        elif len(parts) == 1:
            yield from self._findings_of_verdict(
                parts[0].text, self.verifier.verify(parts[0].text, hint)
            )
        else:
            yield from self._assemble_parts(parts, hint)

    def _findings_of_verdict(self, text: str, verdict: QuoteVerdict) -> Iterator[Finding]:
        for spans in verdict.places or ((),):
            grade = verdict.grade
            if grade == Grade.DAMAGED and self._has_words_left_out(text, spans):
                grade = Grade.NEAR
            yield Finding(grade, spans, count=verdict.count)

    def _has_words_left_out(self, text: str, spans: LocatedSpans) -> bool:
        """Whether words but furniture were left out, unmarked, on pages of certain order."""
        pages = [self.documents[span.document].pages[span.page - 1] for span in spans]
        if any(page.grade != "A" for page in pages):
            return False
        heads = fold(" ".join(line for page in pages for line in page.furniture)).text
        edits = word_edits(text, self._document_words(spans))
        between = [
            word
            for edit in edits
            if edit.kind in ("removed", "changed")
            for word in edit.document.split()
        ]
        quoted = fold(text).text
        return any(
            word.isalpha()
            and len(word) > 1
            and fold(word).text not in heads
            and fold(word).text not in quoted
            for word in (word.strip(".,;:()") for word in between)
        )

    def _assemble_parts(self, parts: list[QuotePart], hint: CitedPlace | None) -> Iterator[Finding]:
        anchor = max(range(len(parts)), key=lambda index: len(parts[index].text))
        verdict = self.verifier.verify(parts[anchor].text, hint)
        if not verdict.spans:
            yield Finding(verdict.grade, notes=(f"not found: {_shorten_text(parts[anchor].text)}",))
            return
        places = verdict.places[:_MOST_ANCHORS]
        found = [
            assemble_parts(self.documents[at[0].document], at[0].document, parts, anchor, at)
            for at in places
        ]
        for whole in filter(None, found):
            yield replace(
                whole, grade=weakest_grade((whole.grade, verdict.grade)), count=verdict.count
            )
        if not any(found):
            yield self._find_scattered_parts(parts, anchor, verdict)

    def _find_scattered_parts(
        self, parts: list[QuotePart], anchor: int, verdict: QuoteVerdict
    ) -> Finding:
        """Where each part is."""
        near = CitedPlace(verdict.spans[0].document, verdict.spans[0].page)
        spans: list[Located] = []
        notes: list[str] = []
        grade = Grade.NEAR
        for index, part in enumerate(parts):
            found = verdict if index == anchor else self.verifier.verify(part.text, near)
            too_short = is_too_short_quote(part.text)
            if found.spans and (index == anchor or not too_short):
                spans += [span for span in found.spans if span not in spans]
            else:
                notes.append(f"not found there: {_shorten_text(part.text)}")
                grade = grade if too_short else Grade.ABSENT
        if not notes:
            notes.append("its parts are not together in this order")
        return Finding(grade, tuple(spans), count=verdict.count, notes=tuple(notes))

    def _nearest_text(self, quotation: str) -> Located | None:
        """The place most like a quotation, on the page that has most of its words; None where
        nothing is like it.
        """
        from rapidfuzz import fuzz

        wanted = distinct_terms(quotation)

        def shared(found: tuple[int, Page]) -> int:
            self.on_each("")
            return len(wanted & _page_terms(found[1].text))

        pages = (
            (number, page)
            for number, document in enumerate(self.documents)
            for page in document.pages
        )
        number, page = max(pages, key=shared, default=(0, None))
        if not page or is_too_short_quote(quotation):
            return None
        folded = fold(page.text)
        best = fuzz.partial_ratio_alignment(
            fold(quotation).text, folded.text, score_cutoff=_LEAST_SCORE
        )
        if best is None or best.dest_start >= best.dest_end:
            return None
        start = folded.original_start(best.dest_start)
        end = folded.original_end(best.dest_end)
        missing = max(0, len(quotation) - (end - start))
        start = max(0, start - missing)
        end = min(len(page.text), end + missing)
        return Located(number, page.page, *closest_range(quotation, page.text, start, end))

    def _refine_near_finding(self, text: str, found: Finding) -> Finding:
        if (
            found.grade != Grade.NEAR
            or len(found.spans) != 1
            or found.omitted
            or found.replaced
            or found.notes
        ):
            return found
        span = found.spans[0]
        page = self.documents[span.document].pages[span.page - 1].text
        start, end = closest_range(text, page, span.start, span.end)
        return replace(found, spans=(replace(span, start=start, end=end),))

    def _document_words(self, spans: Sequence[Located]) -> str:
        return "\n".join(span.text_in(self.documents) for span in spans)

    def _place_of_finding(self, finding: Finding, claim: _Claim) -> Place:
        """as_cited where every kind of cited place (page, section) has the words, in one of its
        cites.
        """
        spans = finding.spans
        if not spans or finding.grade == Grade.ABSENT:
            return Place.UNKNOWN
        if claim.named and spans[0].document not in claim.named:
            return Place.OTHER_DOCUMENT
        if not claim.cites:
            return Place.AS_CITED
        judged: dict[bool, bool] = {}
        for cite, group in claim.regions.items():
            if group or self.places[spans[0].document].can_tell_place_is_missing(cite):
                paged = cite.kind != "section"
                there = any(r.contains(s.document, s.page, s.start) for r in group for s in spans)
                judged[paged] = judged.get(paged, False) or there
        if not judged:
            return (
                Place.OTHER_DOCUMENT
                if all(cite.work for cite in claim.cites) and not claim.named
                else Place.UNKNOWN
            )
        return Place.AS_CITED if all(judged.values()) else Place.MOVED

    def _notes_on_quotation(
        self, quotation: QuotedPassage, found: Finding, place: Place, cited: tuple[CheckedCite, ...]
    ) -> Iterator[str]:
        for cite in cited:
            if cite.note:
                yield f"{cite.cite.text}: {cite.note}"
        if (
            place == Place.UNKNOWN
            and found.spans
            and cited
            and not any(cite.note for cite in cited)
        ):
            yield "the cited place could not be compared"
        if is_too_short_quote(quotation.text) and found.grade in (Grade.ABSENT, Grade.NEAR):
            yield "so short that it may be a word in quotation marks, not a quotation"


_page_terms = cache(distinct_terms)


def _places_to_search_first(claim: _Claim) -> list[CitedPlace | None]:
    """Where to look first: each cited place, and the pages that it reaches over."""
    hints: list[CitedPlace | None] = [CitedPlace(r.document, *r.start) for r in claim.all_regions]
    for region in claim.all_regions:
        last = region.end[0] if region.end[1] else region.end[0] - 1
        hints += [
            CitedPlace(region.document, page, 0) for page in range(region.start[0] + 1, last + 1)
        ]
    hints += map(CitedPlace, sorted(claim.named))
    return list(dict.fromkeys(hints))[:_MOST_HINTS] or [None]


def _contiguous_span_runs(spans: LocatedSpans) -> list[list[Located]]:
    """Spans that follow one another over a page break belong together."""
    runs: list[list[Located]] = []
    for span in spans:
        last = runs[-1][-1] if runs else None
        if last and (span.document, span.page, span.start) == (
            last.document,
            last.page + 1,
            0,
        ):
            runs[-1].append(span)
        else:
            runs.append([span])
    return runs


def _shorten_text(text: str) -> str:
    return f'"{clip(text, 80)}"'
