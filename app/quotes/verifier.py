"""Where a quote is in the documents, and how exactly.

Searched are the cited page, the pages beside it, its section, its document, the other documents; a
quote may cross to the next page. The strongest grade wins: exact, normalised (`normalise.FOLDING`),
damaged (all words in order with debris of the extraction between), near. A protected word
(`align.is_protected`) that is changed, lost or inserted never grades above near.
"""

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, chain

from docqa.app.answer.grades import Grade, Place
from docqa.app.evidence.terms import count_content_words
from docqa.ingest.language.expressions import lazily
from docqa.ingest.types import Document

from .align import Match, find_damaged, find_near, find_whole
from .normalise import Folded, fold

MIN_CHARACTERS = 12
MIN_CONTENT_WORDS = 3
_SHORTEST_REACH = 512
_NOTHING = "\u200b"
_RULE = lazily(r"\n[—–_-]{3,}\s*\n")
# Verbatim words on the cited page beat an exact copy elsewhere; an edited form never beats them.
_PASSES = ((Grade.EXACT, Grade.NORMALISED), (Grade.DAMAGED,), (Grade.NEAR,))


@dataclass(frozen=True)
class CitedPlace:
    """Where somebody says a quote is; `start` decides between equal places, `page` None:
    anywhere.
    """

    document: int
    page: int | None = None
    start: int | None = None


@dataclass(frozen=True)
class Located:
    """Half-open characters of one page's text; `page` counts from 1."""

    document: int
    page: int
    start: int
    end: int

    def text_in(self, documents: Sequence[Document]) -> str:
        return documents[self.document].pages[self.page - 1].text[self.start : self.end]


LocatedSpans = tuple[Located, ...]
"""What stands together: in one place, or in two over a page's end."""


@dataclass
class JoinedPages:
    """The text of pages joined by line ends, and the way back. `document`: its number; `pieces`:
    (page, offset in that page's text, text)."""

    document: int
    pieces: Sequence[tuple[int, int, str]]

    def __post_init__(self) -> None:
        texts = [text for _, _, text in self.pieces]
        self._starts = list(accumulate((len(text) + 1 for text in texts[:-1]), initial=0))
        self.text = "\n".join(texts)

    def offset(self, page: int, start: int) -> int:
        return self._starts[page - self.pieces[0][0]] + start

    def located(self, start: int, end: int) -> LocatedSpans:
        """The pieces of pages between two offsets, none empty."""
        spans = []
        for number in range(bisect_right(self._starts, start) - 1, bisect_left(self._starts, end)):
            page, offset, text = self.pieces[number]
            low = max(0, start - self._starts[number])
            high = min(len(text), end - self._starts[number])
            if low < high:
                spans.append(Located(self.document, page, offset + low, offset + high))
        return tuple(spans)


def join_pages(
    document: Document, number: int = 0, first: int = 1, last: int | None = None
) -> JoinedPages:
    """The pages `first` to `last` of `document`, the one with that number."""
    pages = document.pages[max(1, first) - 1 : last]
    return JoinedPages(number, [(page.page, 0, page.text) for page in pages])


@dataclass(frozen=True)
class QuoteVerdict:
    """`spans` has two members where the quote crosses a page, none when nothing was located.
    `count`: how often it is found at this grade in the region of the chosen page; `places`: the
    spans of each, the chosen one first."""

    grade: Grade
    place: Place
    spans: LocatedSpans = ()
    count: int = 0
    places: tuple[LocatedSpans, ...] = ()

    @property
    def verified(self) -> bool:
        return self.grade.verified


@dataclass(frozen=True)
class _Region:
    """A page, or the seam of it and the next with `reach` characters of each. `bare`: without notes
    and their marks.
    """

    document: int
    pieces: tuple[tuple[int, int, str], ...]
    reach: int = 0
    bare: bool = False

    @property
    def page(self) -> int:
        return self.pieces[0][0]


@lru_cache(maxsize=64)
def _folded_quote(quote: str, keep_line_hyphens: bool) -> str:
    return fold(quote, keep_line_hyphens=keep_line_hyphens).text.strip()


def find_matches_of_grade(
    grade: Grade,
    text: str,
    folded: Callable[[bool], Folded],
    quote: str,
    furniture: tuple[str, ...] = (),
) -> Iterator[list[Match]]:
    """The spans of `text` that have `quote` with `grade`, but those that are not exact by
    `folded(keep_line_hyphens)`: first with divided words joined, then with their hyphens, if that
    makes a difference."""
    if grade == Grade.EXACT:
        yield find_whole(text, quote)
        return
    for keep in (False, True):
        searched = folded(keep)
        wanted = _folded_quote(quote, keep)
        if not wanted or (
            keep and (searched.text, wanted) == (folded(False).text, _folded_quote(quote, False))
        ):
            continue
        if grade == Grade.NORMALISED:
            matches = find_whole(searched.text, wanted)
        elif grade == Grade.DAMAGED:
            matches = find_damaged(searched.text, wanted, furniture)
        else:
            matches = find_near(searched.text, wanted)
        yield [
            Match(searched.original_start(one.start), searched.original_end(one.end), one.score)
            for one in matches
        ]


def is_too_short_quote(quote: str) -> bool:
    """Whether `quote` is too little to be evidence: under 12 characters or under 3 content
    words.
    """
    return len(quote.strip()) < MIN_CHARACTERS or count_content_words(quote) < MIN_CONTENT_WORDS


@dataclass
class Verifier:
    """Checks quotes against documents; folded pages are kept, so that many quotes are cheap.
    `on_page` is called before each page, and may raise."""

    documents: Sequence[Document]
    on_page: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self._folded: dict[tuple[int, int, int, bool, bool], Folded] = {}
        self._bare = [_pages_without_footnotes(document) for document in self.documents]

    def verify(self, quote: str, cited: CitedPlace | None = None) -> QuoteVerdict:
        """The best QuoteVerdict for `quote`; `absent` when nothing comparable is anywhere."""
        wanted = unicodedata.normalize("NFC", quote).strip()
        if not wanted:
            return QuoteVerdict(Grade.ABSENT, Place.UNKNOWN)
        rings = list(self._page_groups_nearest_first(cited))
        for grades in _PASSES:
            for ring, grade in ((ring, grade) for ring in rings for grade in grades):
                found = self._best_verdict_in_group(ring, wanted, grade, cited)
                if found:
                    return found
        if cited and cited.page is not None:
            pages = self.documents[cited.document].pages
            page = pages[cited.page - 1] if 1 <= cited.page <= len(pages) else None
            if not page or page.grade == "F" or not page.text.strip():
                return QuoteVerdict(Grade.UNCHECKABLE, Place.UNKNOWN)
        return QuoteVerdict(Grade.ABSENT, Place.UNKNOWN)

    def _page_groups_nearest_first(
        self, cited: CitedPlace | None
    ) -> Iterator[list[tuple[int, int]]]:
        """Groups of (document, page), nearest first; no page is in two."""
        seen: set[tuple[int, int]] = set()

        def ring(pages: list[tuple[int, int]]) -> list[tuple[int, int]]:
            fresh = [
                key
                for key in pages
                if key not in seen and 1 <= key[1] <= len(self.documents[key[0]].pages)
            ]
            seen.update(fresh)
            return fresh

        if cited:
            number = cited.document
            if cited.page is not None:
                yield ring([(number, cited.page)])
                yield ring([(number, cited.page - 1), (number, cited.page + 1)])
                yield ring(
                    [
                        (number, page)
                        for page in self._pages_of_section(number, cited.page, cited.start or 0)
                    ]
                )
            yield ring([(number, page.page) for page in self.documents[number].pages])
        for number, document in enumerate(self.documents):
            yield ring([(number, page.page) for page in document.pages])

    def _pages_of_section(self, number: int, page: int, start: int) -> range:
        document = self.documents[number]
        here = document.section_of(page, start)
        if not here:
            return range(0)
        return range(here.page, min(document.end_of(here)[0], len(document.pages)) + 1)

    def _best_verdict_in_group(
        self, ring: list[tuple[int, int]], wanted: str, grade: Grade, cited: CitedPlace | None
    ) -> QuoteVerdict | None:
        scored: list[tuple[float, LocatedSpans]] = []
        regions = list(self._search_regions(ring, len(wanted)))
        if grade == Grade.DAMAGED:
            regions += self._search_regions(ring, len(wanted), bare=True)
        for region in regions:
            self.on_page()
            pages = JoinedPages(region.document, region.pieces)
            for match in self._matches_in_region(region, pages.text, wanted, grade):
                spans = pages.located(match.start, match.end)
                # At a seam only a match that crosses it, for the rest lies on a page.
                if len(spans) == len(region.pieces):
                    scored.append((match.score, spans))
        if not scored:
            return None
        best = max(score for score, _ in scored)
        distinct = sorted(
            dict.fromkeys(spans for score, spans in scored if score == best),
            key=lambda s: self._distance_from_cited_place(s, cited),
        )
        return QuoteVerdict(
            grade,
            self._place_relative_to_cite(distinct[0], cited),
            distinct[0],
            len(distinct),
            tuple(distinct),
        )

    def _search_regions(
        self, ring: list[tuple[int, int]], length: int, *, bare: bool = False
    ) -> Iterator[_Region]:
        """The pages of `ring` and the seams between; `bare`: those that have footnotes, without
        these.
        """
        # Few lengths: a folded seam serves many quotes.
        reach = _SHORTEST_REACH << max(0, (2 * length + 200 - 1) // _SHORTEST_REACH).bit_length()
        for number, page in ring:
            pages = self.documents[number].pages
            notes = self._bare[number] if bare else {}
            if not bare or page in notes:
                text = notes.get(page, pages[page - 1].text)
                yield _Region(number, ((page, 0, text),), bare=bare)
            for first in (page - 1, page):
                if (number, first) in ring and first != page:
                    continue  # that seam comes with the page before
                if 1 <= first < len(pages) and (not bare or first in notes or first + 1 in notes):
                    text = notes.get(first, pages[first - 1].text)
                    offset = max(0, len(text) - reach)
                    tail = text[offset:]
                    head = notes.get(first + 1, pages[first].text)[:reach]
                    if text.strip() and head.strip():
                        yield _Region(
                            number, ((first, offset, tail), (first + 1, 0, head)), reach, bare
                        )

    def _matches_in_region(
        self, region: _Region, text: str, wanted: str, grade: Grade
    ) -> Iterator[Match]:
        furniture = self.documents[region.document].pages[region.page - 1].furniture
        form = Grade.NORMALISED if region.bare else grade

        def folded(keep: bool) -> Folded:
            key = (region.document, region.page, region.reach, region.bare, keep)
            if key not in self._folded:
                self._folded[key] = fold(text, keep_line_hyphens=keep)
            return self._folded[key]

        return chain.from_iterable(find_matches_of_grade(form, text, folded, wanted, furniture))

    def _distance_from_cited_place(
        self, spans: LocatedSpans, cited: CitedPlace | None
    ) -> tuple[int, int, int, int]:
        first = spans[0]
        if not cited or cited.page is None:
            return (len(spans), first.document, first.page, first.start)
        pages = min(abs(span.page - cited.page) for span in spans)
        return (pages, len(spans), abs(first.start - (cited.start or 0)), first.start)

    def _place_relative_to_cite(self, spans: LocatedSpans, cited: CitedPlace | None) -> Place:
        if not cited:
            return Place.AS_CITED
        if spans[0].document != cited.document:
            return Place.OTHER_DOCUMENT
        if cited.page is None or any(span.page == cited.page for span in spans):
            return Place.AS_CITED
        return Place.MOVED


def _pages_without_footnotes(document: Document) -> dict[int, str]:
    """Pages without footnotes, zero-width characters for marks: the rest keeps its place."""
    found: dict[int, str] = {}
    for note in sorted(document.notes, key=lambda note: (note.at_page, -note.start)):
        page = note.at_page
        text = found.get(page, document.pages[page - 1].text)
        text = text[: note.at] + _NOTHING * len(note.mark) + text[note.at + len(note.mark) :]
        if note.page == page and note.at < note.start <= len(text) and not text[note.end :].strip():
            rule = _RULE.search(text, note.at, note.start)
            text = text[: rule.start() if rule else note.start].rstrip()
        found[page] = text
    return found
