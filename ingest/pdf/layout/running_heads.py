"""Running heads and feet: lines on page after page beside the text."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from docqa.ingest.language.numbers import ROMAN
from docqa.ingest.structure.clean import mask_digits

from .lines import Line

_EDGE = 0.1  # the share of a page's height, at its top and at its foot, where running heads can be
_NEAR = 3  # pages: left and right heads take turns, and a chapter's first page has none
_MANY = 10
_NUMBER = re.compile(r"\d{1,5}")
_END_NUMBER = re.compile(r"^(\d{1,5})\b(?![.\d])|(?<![.\d])\b(\d{1,5})$")
_PAGE_OF = re.compile(
    r"\bpage\s+(\d{1,5})\b|(?:^|\s)(\d{1,5})\s*(?:of|/)\s*\d{1,5}$", re.IGNORECASE
)
_NUMBER_ONLY = re.compile(
    r"(?:page\s*|[-–—]\s*)?(\d{1,5}|[ivxlc]{1,7})(?:\s*[-–—]|\s*of\s*\d+)?$", re.IGNORECASE
)


class _LineOnPage(NamedTuple):
    """A line: its page and its number there from 0, its height from the top, its words."""

    page: int
    at: int
    top: float
    text: str


def find_running_heads(pages: Sequence[Sequence[Line]], heights: Sequence[float]) -> list[set[int]]:
    """The numbers of each page's lines that are running heads or feet.

    Such a line stands at one height on several pages, digits masked: on three in the top or bottom
    tenth (of two pages on both); among the first or last two lines on three tenths of the pages, or
    three if even digits are the same. Another of these pages must be near, and a number beside a
    single word must be the page's. At any height: first and last lines that count the pages.
    """
    found: list[set[int]] = [set() for _ in pages]
    for needed, spots in _groups_of_equal_lines(pages, heights):
        tops = Counter(round(spot.top / 4) for spot in spots)
        same = [
            s for s in spots if sum(tops[round(s.top / 4) + step] for step in (-1, 0, 1)) >= needed
        ]
        _add_running_heads(found, _lines_repeated_on_near_pages(same, needed))
    # Below a foot that was found there may be another one.
    for _ in range(2):
        _add_running_heads(found, _bare_page_numbers(_edge_lines_of_pages(pages, found)))
        _add_running_heads(
            found, _lines_with_page_numbers(_edge_lines_of_pages(pages, found), len(pages))
        )
    bare = sum(0 < len(lines) == len(spots) for lines, spots in zip(pages, found, strict=True))
    # Where most pages have nothing else, these lines are the text.
    return found if bare < max(2, 0.5 * len(pages)) else [set() for _ in pages]


def stays_in_text(page: int, line: Line) -> bool:
    """Whether a running head of `page` (from 0) stays in its text: what it says once, on the first
    page.
    """
    return page == 0 and sum(word.isalpha() for word in line.text.split()) > 1


def _groups_of_equal_lines(
    pages: Sequence[Sequence[Line]], heights: Sequence[float]
) -> Iterator[tuple[float, list[_LineOnPage]]]:
    """Lines that are equal but for digits, with the number of pages on which they must stand."""
    few = min(3, max(2, len(pages)))
    many = max(3, 0.3 * len(pages))
    places: dict[tuple[str, float], list[_LineOnPage]] = defaultdict(list)
    for number, (lines, height) in enumerate(zip(pages, heights, strict=True)):
        for at, line in enumerate(lines):
            on_edge = line.bottom < _EDGE * height or line.top > (1 - _EDGE) * height
            if not on_edge and 2 <= at < len(lines) - 2:
                continue
            if not any(
                c.isalnum() or c == "\ufffd" for c in line.text
            ):  # a rule, or the end of a comment in code
                continue
            spot = _LineOnPage(number, at, line.top, line.text)
            if on_edge:
                places[mask_digits(line.text), few].append(spot)
            else:
                places[mask_digits(line.text), many].append(spot)
                places["=" + line.text, few].append(spot)
    for (_, needed), spots in places.items():
        yield needed, spots


def _lines_repeated_on_near_pages(
    lines_on_pages: Sequence[_LineOnPage], needed: float
) -> Iterator[_LineOnPage]:
    """Those of `lines_on_pages` with another near, or that are many; a single word and a number must agree
    with the neighbour's, unlike "Article 7" at the top of a page."""
    near = _NEAR if needed > 2 else 1
    for index, spot in enumerate(lines_on_pages):
        words = spot.text.split()
        short = len(words) <= 2 and any(map(str.isdigit, spot.text))
        others = [
            o
            for o in lines_on_pages[max(index - 4, 0) : index + 5]
            if 0 < abs(o.page - spot.page) <= near
        ]
        # The last number alone may agree over many pages.
        many = len(words) >= 4 and (
            len(lines_on_pages) >= _MANY
            or any(_is_counting_with_pages(spot, other, last=True) for other in lines_on_pages)
        )
        if many or any(
            not short or o.text == spot.text or _is_counting_with_pages(spot, o) for o in others
        ):
            yield spot


def _is_counting_with_pages(a: _LineOnPage, b: _LineOnPage, *, last: bool = False) -> bool:
    """Whether the last number, or any, changes as the page does."""
    first = -1 if last else 0
    numbers = zip(_NUMBER.findall(a.text)[first:], _NUMBER.findall(b.text)[first:])
    return a.page != b.page and any(int(y) - int(x) == b.page - a.page for x, y in numbers)


def _edge_lines_of_pages(
    pages: Sequence[Sequence[Line]], found: Sequence[set[int]]
) -> Iterator[_LineOnPage]:
    """The first and last line of each page not found yet."""
    for number, lines in enumerate(pages):
        rest = [at for at in range(len(lines)) if at not in found[number]]
        for at in sorted({*rest[:1], *rest[-1:]}):
            yield _LineOnPage(number, at, lines[at].top, lines[at].text)


def _bare_page_numbers(edges: Iterator[_LineOnPage]) -> Iterator[_LineOnPage]:
    """Bare numbers that rise with the pages."""
    numbered = []
    for spot in edges:
        match = _NUMBER_ONLY.match(spot.text)
        value = (
            None
            if not match
            else int(match[1])
            if match[1].isdigit()
            else ROMAN.get(match[1].lower())
        )
        if value:
            numbered.append((value - spot.page, spot))
    shifts = Counter(shift for shift, _ in numbered)
    return (spot for shift, spot in numbered if shifts[shift] >= 3)


def _lines_with_page_numbers(edges: Iterator[_LineOnPage], pages: int) -> Iterator[_LineOnPage]:
    """Lines that begin or end with the page's number at one height, and "Page 3 of 20" at any
    height.
    """
    counted: dict[tuple[int, int], list[_LineOnPage]] = defaultdict(list)
    for spot in edges:
        match = _END_NUMBER.search(spot.text)
        if match and len(spot.text) < 100 and not spot.text.isdigit():
            counted[int(match[1] or match[2]) - spot.page, round(spot.top / 8)].append(spot)
        match = _PAGE_OF.search(spot.text)
        if match:
            counted[int(match[1] or match[2]) - spot.page, -1].append(spot)
    return (
        spot for spots in counted.values() if len(spots) >= max(4, 0.1 * pages) for spot in spots
    )


def _add_running_heads(
    heads_by_page: Sequence[set[int]], lines_on_pages: Iterator[_LineOnPage]
) -> None:
    for spot in list(lines_on_pages):
        heads_by_page[spot.page].add(spot.at)
