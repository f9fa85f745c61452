"""The opposite of what a statement says: by words of opposite meaning, of which its quotes, about
the same, have the other, and by numbers that are bounds: "at least 30 days" is not "at most 30
days"."""

import re
from collections.abc import Iterator
from functools import cache

from docqa.app.evidence.terms import STOP_WORDS, distinct_terms, plain_words, stems
from docqa.ingest.language.opposites import (
    AXES,
    NEGATING_PREFIX,
    PARTIES,
    TURNED_BY_PREFIX,
)
from docqa.ingest.language.quantities import Figure, figures, fold_text
from docqa.ingest.language.sentences import sentence_texts
from docqa.ingest.language.words import denies

_LEAST_SHARED = 2  # words that two sentences about the same share, or all where there are fewer
_PARTIES = frozenset[str]().union(*PARTIES)
_Axis = int | str
_LEAD = 48  # characters before a number in which its bound is told
_BEFORE = re.compile(
    r"(?P<no>\b(?:no|not|never|cannot)\s+(?:\w+\s+){0,2}?)?\b(?:"
    r"(?P<upper>at (?:the )?most|maximum|(?:less|fewer|shorter|earlier|lower|smaller|younger) than|up to|limited to|"
    r"within|under|below|before)|"
    r"(?P<lower>at least|minimum|(?:more|\w+er) than|exceed\w*|over|above|after))"
    r"(?:\s+(?:\w+\s+){0,3}?(?:of|is|was|at))?\s+(?:(?:the|an?|about) |[$€£¥]\s*)*$"
)
_BEHIND = re.compile(
    r"\s+(?:[\w%]+\s+){0,3}?(?:or|and) (?:(?P<lower>more|over|above|longer|later|older|up)|"
    r"(?P<upper>less|fewer|under|below|shorter|earlier|younger))\b"
)


def words_with_opposite_in_quotes(statement: str, quoted: str) -> Iterator[str]:
    """The words of `statement` whose opposite the sentences of `quoted` about the same say, and
    none says them.
    """
    known = [(distinct_terms(part), _side_by_axis(part)) for part in sentence_texts(quoted)]
    for sentence in sentence_texts(statement):
        said = distinct_terms(sentence)
        for axis, (side, word) in _side_by_axis(sentence).items():
            least = min(_LEAST_SHARED, len(said) - 1)
            about = [
                sides[axis][0]
                for words, sides in known
                if axis in sides and len(said & words) >= least
            ]
            if about and side not in about:
                yield word


def _side_by_axis(sentence: str) -> dict[_Axis, tuple[int, str]]:
    """axis -> (its side, the word) of each axis of which `sentence` has one side; none where a
    denial turns the words."""
    words = plain_words(sentence.replace("non-", "non"))
    if any(map(denies, words)):
        return {}
    found: dict[_Axis, dict[int, str]] = {}
    for word in words:
        for axis, side in _axes_by_word().get(_lookup_key(word), ()):
            found.setdefault(axis, {})[side] = word
        match = NEGATING_PREFIX.match(word)
        base = _lookup_key(word[match.end() :]) if match else ""
        if (base, 0) in _axes_by_word().get(base, ()):
            found.setdefault(base, {})[1] = word
    return {axis: next(iter(sides.items())) for axis, sides in found.items() if len(sides) == 1}


def _lookup_key(word: str) -> str:
    """What a word is looked up by: a party by its name ("employment" is no employer), others by
    their stem.
    """
    bare = word.removesuffix("s")
    return bare if bare in _PARTIES else stems([word])[0]


@cache
def _axes_by_word() -> dict[str, list[tuple[_Axis, int]]]:
    """key -> (axis, side) of the words that say something by themselves, and of adjectives that a
    prefix turns.
    """
    found: dict[str, list[tuple[_Axis, int]]] = {
        word: [(word, 0)] for word in stems(sorted(TURNED_BY_PREFIX))
    }
    for axis, (sides, _) in enumerate(AXES):
        for side, words in enumerate(sides):
            for key in {_lookup_key(word) for word in words - STOP_WORDS}:
                found.setdefault(key, []).append((axis, side))
    return found


def numbers_with_opposite_bound(statement: str, quoted: str) -> Iterator[str]:
    """The numbers that `statement` gives as a bound, each as written, and the quotes only as the
    opposite one.
    """
    known: dict[str, set[bool | None]] = {}
    for figure, below in _numbers_with_bounds(quoted):
        known.setdefault(figure.value, set()).add(below)
    for figure, below in _numbers_with_bounds(statement):
        if below is not None and known.get(figure.value) == {not below}:
            yield figure.shown


def _numbers_with_bounds(text: str) -> Iterator[tuple[Figure, bool | None]]:
    """Each number and whether what it bounds lies below it, None where it is no bound; "not more
    than" has it below.
    """
    shown = fold_text(text)
    for figure in figures(text):
        lead = (
            shown[max(figure.start - _LEAD, 0) : figure.start].removesuffix("(").rstrip("$€£¥ ")
            + " "
        )
        found = _BEHIND.match(shown, figure.end) or _BEFORE.search(lead)
        yield (
            figure,
            (found["lower"] is None) != bool(found.groupdict().get("no")) if found else None,
        )
