"""Bookmarks of a PDF as headings, each checked against its page."""

import re
from collections.abc import Sequence
from itertools import compress
from typing import NamedTuple

from docqa.ingest.language.numbers import NUMBER_WORD
from docqa.ingest.language.places import DIVISIONS
from docqa.ingest.structure.clean import title_comparison_key
from docqa.ingest.structure.outline import HeadingMark, split_number
from docqa.ingest.types import Location, Page, location_of

from .measures import FOUND_BOOKMARK, LOST_BOOKMARK

_WORDS = "|".join((*DIVISIONS, "section"))
# What may stand before a title on its line: "4.A.1", "IV.", "Section 12 -".
_NUMBER_AHEAD = re.compile(
    rf"((?:(?:{_WORDS}|sec\.|§|clause)\s*)?"
    r"\(?(?:\d{1,4}|[A-Z]|[IVXLC]{1,7})[A-Z]{0,2}(?:\.(?:\d{1,3}|[A-Z]))*)[.):]{0,2}\s*[-–—]?",
    re.IGNORECASE,
)
_DIVISION_ALONE = re.compile(
    rf"((?:{_WORDS})\s+(?:\d{{1,3}}[A-Z]?|[A-Z]|[IVXLC]{{1,7}}|{NUMBER_WORD}))[.:]?", re.IGNORECASE
)

FoldedText = tuple[str, list[int]]
"""The letters and digits of a text, and where each of them is."""


class Bookmark(NamedTuple):
    """An entry of a PDF's own outline; `page` from 1."""

    level: int
    title: str
    page: int


def from_bookmarks(bookmarks: Sequence[Bookmark], pages: Sequence[Page]) -> list[HeadingMark]:
    """Bookmarks as marks in document order, placed where their titles are found. Empty for fewer
    than two, or where fewer than half stand on (or next to) their page: such an outline is another
    version's."""
    marks: list[HeadingMark] = []
    found = 0
    texts: dict[int, FoldedText] = {}
    before = (1, 0)
    for bookmark in bookmarks:
        title = " ".join(bookmark.title.split())
        if not title or not 1 <= bookmark.page <= len(pages):
            continue
        place = _find_title(title, bookmark.page, pages, texts, before)
        found += place is not None
        # A title that is not found begins where its page does, or right after the heading before
        # it.
        if not place and before[0] == bookmark.page:
            end = pages[before[0] - 1].text.find("\n", before[1])
            before = before[0], end + 1 if end >= 0 else before[1]
        before = place or max((bookmark.page, 0), before if before[0] == bookmark.page else (1, 0))
        number, name = _numbered_title(title, place, pages)
        if place:
            number, before = (number, place) if number else _division_heading_above(place, pages)
        marks.append(
            HeadingMark(
                bookmark.level,
                number,
                name,
                *before,
                "bookmark",
                FOUND_BOOKMARK if place else LOST_BOOKMARK,
            )
        )
    if len(marks) < 2 or 2 * found < len(marks):
        return []
    # Stable: a parent and its first child may share a place. Levels keep the tree when a title was
    # misplaced.
    return sorted(marks, key=location_of)


def _numbered_title(
    title: str, place: Location | None, pages: Sequence[Page]
) -> tuple[str | None, str]:
    """Number and words of a bookmark; the page may have the number that it lacks."""
    number, name = split_number(title)
    if number is None and place:
        text = pages[place[0] - 1].text
        first = title_comparison_key(title)[:1]
        ahead = _NUMBER_AHEAD.match(text, place[1])
        if (
            ahead
            and title_comparison_key(text[ahead.end() :].lstrip()[:1])[:1] == first
            and ahead.end() > ahead.start()
        ):
            rest, _ = _fold_title_with_offsets(
                text[ahead.end() : ahead.end() + 2 * len(title) + 40]
            )
            # What numbers the lines of other pages numbers those of this one.
            lines = (
                ahead.group(1).isdigit()
                and not pages[place[0] - 1].lines
                and any(page.lines for page in pages)
            )
            if rest.startswith(title_comparison_key(title)) and not lines:
                return ahead.group(1).strip(" ("), name
    return number, name


def _division_heading_above(offset: Location, pages: Sequence[Page]) -> tuple[str | None, Location]:
    """The "Chapter 3" on the line above the heading at `offset` and where it begins, or None and
    `offset`.
    """
    page, start = offset
    text = pages[page - 1].text
    above = text.rfind("\n", 0, max(start - 1, 0)) + 1
    match = _DIVISION_ALONE.fullmatch(text[above:start].strip()) if above < start else None
    return (match.group(1), (page, above)) if match else (None, offset)


def _find_title(
    title: str,
    page: int,
    pages: Sequence[Page],
    texts: dict[int, FoldedText],
    before: Location,
) -> Location | None:
    """Where `title` stands near `page`: rather after the heading before it, rather alone on its
    line.
    """
    needle = title_comparison_key(title)
    found: list[tuple[tuple[bool, ...], int, int]] = []
    for order, candidate in enumerate((page, page + 1, page - 1)):
        if not needle or not 1 <= candidate <= len(pages):
            continue
        if candidate not in texts:
            texts[candidate] = _fold_title_with_offsets(pages[candidate - 1].text)
        text, offsets = texts[candidate]
        at = text.find(needle)
        while at >= 0:
            body = pages[candidate - 1].text
            end = offsets[at + len(needle) - 1] + 1
            start, whole, opens = _heading_line_place(body, offsets[at], end)
            numbered = opens and start < offsets[at]
            behind = (candidate, start) >= before
            # Its own line after the heading before, or a number in front of it; else the page that
            # the bookmark names, not one beside it.
            rank = (
                whole and behind,
                numbered and behind,
                order == 0,
                whole,
                behind,
                opens,
                order == 1,
            )
            found.append((rank, candidate, start))
            at = text.find(needle, at + 1)
    if not found:
        return None
    _, number, start = max(found, key=lambda place: (place[0], -place[1], -place[2]))
    return number, start


def _heading_line_place(body: str, start: int, end: int) -> tuple[int, bool, bool]:
    """Where the heading at `start:end` begins with its number; whether it fills, and whether it
    opens, its line.
    """
    line_start = body.rfind("\n", 0, start) + 1
    ahead = body[line_start:start].strip()
    rest = body[end:].split("\n", 1)[0].strip(" .:")
    if ahead and not _NUMBER_AHEAD.fullmatch(ahead):
        return start, False, False
    return line_start, not rest, True


def _fold_title_with_offsets(text: str) -> FoldedText:
    if len(text.casefold()) == len(text):  # each letter folds to one
        return title_comparison_key(text), list(compress(range(len(text)), map(str.isalnum, text)))
    kept = [
        (part, at) for at, char in enumerate(text) if char.isalnum() for part in char.casefold()
    ]
    return "".join(part for part, _ in kept), [at for _, at in kept]
