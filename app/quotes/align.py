"""Finding a quote in a text, both folded: whole, with extraction debris between its words, or with
an edit.
"""

import re
from array import array
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass

from docqa.ingest.language.dates import MONTHS, WEEKDAYS
from docqa.ingest.language.expressions import lazily
from docqa.ingest.language.numbers import VALUES
from docqa.ingest.language.words import DENIALS, EXCEPTIONS, denies

from .normalise import fold

NEAR_SCORE = 80.0
"""rapidfuzz partial ratio (0 to 100) of the same sentence with an edit."""
_MAX_GAP_WORDS = 10
WORD = lazily(r"\S+")
_EDGES = ".,;:!?\"'()[]{}"
_FOOTNOTE_MARK = lazily(r"\[?[¹²³⁰⁴-⁹*†‡]+\]?|\[\d{1,3}\]")

# Figures, amounts, dates, identifiers, negations, duties: with one changed, lost or added a quote
# is at best near.
_WORDS = """
shall may must will should percent per hundred thousand million billion trillion dollar dollars euro euros
pound pounds usd eur gbp
"""
_PROTECTED_WORDS = DENIALS | EXCEPTIONS | {*_WORDS.split(), *VALUES, *MONTHS, *WEEKDAYS}
_MARKS = lazily(r"[§¶%$€£¥°]")

_runs_of_digits = re.compile(r"\d+").findall


@dataclass(frozen=True)
class Match:
    """Half-open range of the searched text; `score` 0 to 100."""

    start: int
    end: int
    score: float = 100.0


def find_whole(text: str, quote: str) -> list[Match]:
    """Every place where `quote` is in `text` as whole words and whole numbers; none begins within
    another.
    """
    found: list[Match] = []
    at = text.find(quote)
    while at >= 0:
        end = at + len(quote)
        if whole := _is_on_word_boundaries(text, at, end):
            found.append(Match(at, end))
        at = text.find(quote, end if whole else at + 1)
    return found


def _is_on_word_boundaries(text: str, start: int, end: int) -> bool:
    """False when the range cuts a word, or a number such as 5.2 or 21,000."""
    before = text[max(0, start - 2) : start]
    after = text[end : end + 2]
    if before and before[-1].isalnum() and text[start].isalnum():
        return False
    if after and after[0].isalnum() and text[end - 1].isalnum():
        return False
    if text[start].isdigit() and len(before) == 2 and before[1] in ".," and before[0].isdigit():
        return False
    return not (
        text[end - 1].isdigit() and len(after) == 2 and after[0] in ".," and after[1].isdigit()
    )


def find_damaged(text: str, quote: str, furniture: tuple[str, ...]) -> list[Match]:
    """Places where all words of `quote` are in order, with debris between, or its spaces lost.
    Debris is at most 10 words in a gap and half the quote's words in all; a protected word in it
    must be a footnote mark or of the page's `furniture` (line numbers, running heads), else it is
    an edit."""
    if glued := _find_without_spaces(text, quote):
        return glued
    allowed = {word.strip(_EDGES) for line in furniture for word in line.lower().split()}
    found = (
        (match, [w for w in words if w.strip(_EDGES) not in allowed])
        for match, words in _find_words_in_order(text, quote)
    )
    edits = (
        (match, any(is_protected(w) and not _FOOTNOTE_MARK.fullmatch(w) for w in words))
        for match, words in found
    )
    return [match for match, edited in edits if not edited]


def _find_words_in_order(text: str, quote: str) -> list[tuple[Match, list[str]]]:
    """Where all words of `quote` are in order, with those between them, within the limits of
    damage.
    """
    wanted = [word.strip(_EDGES) or word for word in quote.split()]
    if len(wanted) < 3 or not all(word in text for word in wanted):
        return []
    starts = array("i")
    ends = array("i")
    places = {word: array("i") for word in wanted}
    for number, match in enumerate(WORD.finditer(text)):
        starts.append(match.start())
        ends.append(match.end())
        word = match.group().strip(_EDGES) or match.group()
        if word in places:
            places[word].append(number)
    found: list[tuple[Match, list[str]]] = []
    for first in places[wanted[0]]:
        at = _follow_words_in_order(wanted, places, first)
        if not at:
            continue
        inserted = [
            text[starts[number] : ends[number]]
            for number in range(first, at[-1])
            if number not in at
        ]
        if len(inserted) <= max(3, len(wanted) // 2, _MAX_GAP_WORDS):
            found.append((Match(starts[first], ends[at[-1]]), inserted))
    return found


def _find_without_spaces(text: str, quote: str) -> list[Match]:
    bare = quote.replace(" ", "")
    body = text.replace(" ", "")
    if len(bare) < 12 or bare not in body:
        return []
    origins = array("i", (position for position, character in enumerate(text) if character != " "))
    found = [
        Match(origins[match.start], origins[match.end - 1] + 1) for match in find_whole(body, bare)
    ]
    # Spaces lost inside or between figures make other figures.
    return [
        match
        for match in found
        if _runs_of_digits(text[match.start : match.end]) == _runs_of_digits(quote)
    ]


def _follow_words_in_order(
    wanted: list[str], places: "dict[str, array[int]]", first: int
) -> list[int]:
    """The numbers of the words `wanted` in order, from `first` on; empty where they are not all
    there.
    """
    at = [first]
    for word in wanted[1:]:
        numbers = places[word]
        following = bisect_left(numbers, at[-1] + 1)
        if following == len(numbers) or numbers[following] - at[-1] > _MAX_GAP_WORDS + 1:
            return []
        at.append(numbers[following])
    return at


def find_near(text: str, quote: str) -> list[Match]:
    """The best alignment of `quote` in `text` that scores NEAR_SCORE or more, grown to whole words;
    where words were left out without a mark, all its words in order."""
    from rapidfuzz import fuzz

    if len(quote) < 8 or not text.strip():
        return []
    if len(text) < len(quote):
        score = fuzz.ratio(quote, text, score_cutoff=NEAR_SCORE)
        return [Match(0, len(text), score)] if score else []
    best = fuzz.partial_ratio_alignment(quote, text, score_cutoff=NEAR_SCORE)
    if best is None or best.score < NEAR_SCORE:
        return [
            Match(match.start, match.end, NEAR_SCORE)
            for match, _ in _find_words_in_order(text, quote)
        ]
    start = best.dest_start
    end = best.dest_end
    while start > 0 and start < len(text) and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
        end += 1
    return [Match(start, end, best.score)]


def is_protected(word: str) -> bool:
    """Whether a change of a folded word changes what a sentence says, punctuation at its edges
    aside.
    """
    core = word.strip(_EDGES)
    return (
        any(character.isdigit() for character in core)
        or core in _PROTECTED_WORDS
        or denies(core)
        or _MARKS.search(core) is not None
    )


def protected_words(text: str) -> Counter[str]:
    """The protected words of `text`, folded and bare, with their counts."""
    return Counter(word.strip(_EDGES) for word in fold(text).text.split() if is_protected(word))
