"""Scores of an answer against gold answers, and gold places in a text that was normalised on the way."""

from __future__ import annotations

import re
import string
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = frozenset(string.punctuation)


def normalise(text: str) -> str:
    """SQuAD's normal form: lower case, no punctuation, no articles, single spaces."""
    bare = "".join(character for character in text.lower() if character not in _PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def exact_match(said: str, gold: str) -> float:
    """1.0 when both are equal in SQuAD's normal form, else 0.0."""
    return float(normalise(said) == normalise(gold))


def f1(said: str, gold: str) -> float:
    """Harmonic mean of word precision and recall in SQuAD's normal form."""
    left, right = normalise(said).split(), normalise(gold).split()
    if not left or not right:
        return float(left == right)
    common = sum((Counter(left) & Counter(right)).values())
    if not common:
        return 0.0
    precision, recall = common / len(left), common / len(right)
    return 2 * precision * recall / (precision + recall)


class TextMap:
    """Maps places of a source text to the same letters in the text that a reader made of it, and back.

    Works on letters and figures alone. Where the two do not agree in these, a span is found by its own letters,
    at the place nearest to where it should be.
    """

    def __init__(self, source: str, text: str) -> None:
        self._source, self._source_places = _letters(source)
        self._text, self._text_places = _letters(text)
        self._same = self._source == self._text
        self._end = len(text)

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """Half-open place in the text of `start:end` of the source; None where it is not found."""
        first, last = bisect_left(self._source_places, start), bisect_left(self._source_places, end)
        if first == last:
            return None
        if not self._same:
            letters = self._source[first:last]
            moved = self._nearest(letters, first)
            if moved is None:
                return None
            first, last = moved, moved + len(letters)
        return self._text_places[first], self._text_places[last - 1] + 1

    def spans(self, places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        """`span` of several places, those that are found."""
        return [found for place in places if (found := self.span(*place))]

    def back(self, offset: int) -> int:
        """Place in the source of `offset` in the text; in proportion where the two differ."""
        at = min(bisect_left(self._text_places, offset), max(len(self._text_places) - 1, 0))
        if not self._source_places:
            return 0
        if not self._same:
            at = at * len(self._source_places) // max(len(self._text_places), 1)
        return self._source_places[min(at, len(self._source_places) - 1)]

    def _nearest(self, letters: str, expected: int) -> int | None:
        before, after = self._text.rfind(letters, 0, expected + len(letters)), self._text.find(letters, expected)
        found = [place for place in (before, after) if place >= 0]
        return min(found, key=lambda place: abs(place - expected)) if found else None


def _letters(text: str) -> tuple[str, list[int]]:
    places = [position for position, character in enumerate(text) if character.isalnum()]
    return "".join(text[position] for position in places), places
