"""Passages: runs of a page's text of 80 to 200 words, cut where sentences or clauses end."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from docqa.ingest.language.sentences import sentences
from docqa.ingest.types import Span

MIN_WORDS = 80
AIM_WORDS = 130
MAX_WORDS = 200

# A word is a run without white space; East Asian characters count one each, and an endless run
# counts by length, so that 200 words are a bounded number of characters in every script.
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\s\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]{1,40}"
)
_CLAUSE_END = re.compile(r"[;:]\s|[,—–]\s")

_Unit = tuple[Span, int]  # with its number of words
_Group = tuple[int, int]  # the first unit of a passage, and that after its last


def count_words(text: str) -> int:
    """The words of `text` as passages count them, at least `len(text.split())`."""
    return len(_WORD.findall(text))


def cut_passages(text: str, headings: Sequence[int] = ()) -> list[Span]:
    """Passages of a page's text, in order, of at most 200 words, which cover all but white space;
    under 80 words there is one. They prefer to begin at `headings`, offsets."""
    units = [unit for sentence in sentences(text) for unit in _cut_long_sentence(text, sentence)]
    ends = [piece.end for piece, _ in units]
    starts = {bisect_right(ends, heading) for heading in headings}
    groups = list(_group_sentences(units, starts))
    return [
        Span(units[a][0].start, units[b - 1][0].end) for a, b in _balance_last_groups(units, groups)
    ]


def _cut_long_sentence(text: str, span: Span) -> list[_Unit]:
    """A sentence with its number of words; over 200 it is cut at clause ends or between words."""
    count = len(_WORD.findall(text, span.start, span.end))
    if count <= MAX_WORDS:
        return [(span, count)]
    words = [match.span() for match in _WORD.finditer(text, span.start, span.end)]
    # A match begins at its punctuation, and a word that ends there begins a clause end.
    ends = {match.start() + 1 for match in _CLAUSE_END.finditer(text, span.start, span.end)}
    pieces: list[Span] = []
    first = 0
    while len(words) - first > MAX_WORDS:
        cut = first + AIM_WORDS
        for last in range(first + MAX_WORDS, first + MIN_WORDS, -1):
            if words[last - 1][1] in ends:
                cut = last
                break
        pieces.append(Span(words[first][0], words[cut - 1][1]))
        first = cut
    pieces.append(Span(words[first][0], span.end))
    return [(piece, count_words(piece.of(text))) for piece in pieces]


def _group_sentences(units: list[_Unit], section_starts: set[int]) -> Iterator[_Group]:
    first = total = 0
    for number, (_, words) in enumerate(units):
        full = total + words > MAX_WORDS or total >= AIM_WORDS
        if number > first and (full or (number in section_starts and total >= MIN_WORDS)):
            yield first, number
            first = number
            total = 0
        total += words
    if first < len(units):
        yield first, len(units)


def _balance_last_groups(units: list[_Unit], groups: list[_Group]) -> list[_Group]:
    """Gives a short last passage to the one before it, or shares their sentences evenly."""
    if len(groups) < 2:
        return groups
    (a, b), (_, c) = groups[-2], groups[-1]
    total = sum(words for _, words in units[a:c])
    if sum(words for _, words in units[b:c]) >= MIN_WORDS:
        return groups
    if total <= MAX_WORDS:
        return [*groups[:-2], (a, c)]
    lefts = accumulate(words for _, words in units[a : c - 1])
    cuts = (
        (abs(total - 2 * left), cut)
        for cut, left in enumerate(lefts, a + 1)
        if max(left, total - left) <= MAX_WORDS
    )
    _, best = min(cuts, default=(total, b))
    return [*groups[:-2], (a, best), (best, c)]
