"""Words of opposite meaning: what a statement says with one, and its quotes, about the same, with the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from docqa.app.answerers.writing.contrasts.words import Word, left, right
from docqa.app.evidence.terms import stems
from docqa.ingest.language.opposites import AXES, NEGATING_PREFIX, PARTIES, PERSONS, RELATION, TURNED_BY_PREFIX, WORDS

_PARTIES = frozenset[str]().union(*PARTIES)
_LEAST_SHARED = 2  # words beside both, or all where there are fewer


@dataclass(frozen=True)
class _Said:
    """That an axis is spoken of: on which side, at which word of which sentence."""

    axis: int | str
    side: int
    kind: str  # of the axis
    denied: bool
    at: int
    sentence: Sequence[Word]


def opposed(statement: Sequence[Sequence[Word]], quoted: Sequence[Sequence[Word]]) -> Iterator[str]:
    """Words of `statement` whose opposite the quotes say of the same, and not them."""
    known = [said for sentence in quoted for said in _said(sentence)]
    for sentence in statement:
        own = list(_said(sentence))
        for said in own:
            if any(other.axis == said.axis and other.side != said.side for other in own):
                continue  # it speaks of both: who, or when, is not told by the word alone
            if _is_opposed(said, [other for other in known if other.axis == said.axis]):
                yield sentence[said.at].text


def _is_opposed(said: _Said, known: Sequence[_Said]) -> bool:
    same = max((_shared(said, other) for other in known if other.side == said.side), default=0)
    # What is turned by "not" is for the check of denials.
    against = [other for other in known if other.side != said.side and other.denied == said.denied]
    most = max((_shared(said, other) for other in against), default=0)
    if same and (2 * same >= most or said.kind == PERSONS):
        return said.kind == RELATION and all(_changed_places(said, o) for o in known if o.side == said.side)
    if most < min(_LEAST_SHARED, len(_near(said))) or not most:
        return False
    return not (said.kind == RELATION and any(_may_say_the_same(said, other) for other in against))


def _near(said: _Said) -> frozenset[str]:
    return left(said.sentence, said.at) | right(said.sentence, said.at)


def _shared(one: _Said, other: _Said) -> int:
    """Words beside both."""
    return len(_near(one) & _near(other))


def _changed_places(one: _Said, other: _Said) -> bool:
    (a, b), (c, d) = _beside(one), _beside(other)
    return bool(a & d) and bool(b & c) and not a & c and not b & d


def _may_say_the_same(one: _Said, other: _Said) -> bool:
    """Whether what stands on the two sides of a relation has changed places with the opposite word, or is not to be
    told."""
    (a, b), (c, d) = _beside(one), _beside(other)
    return _changed_places(one, other) or not (a and b and c and d)


def _beside(said: _Said) -> tuple[frozenset[str], frozenset[str]]:
    return left(said.sentence, said.at), right(said.sentence, said.at)


def _said(sentence: Sequence[Word]) -> Iterator[_Said]:
    for at, word in enumerate(sentence):
        for axis, side, sides, kind in _axes().get(word.stem, ()):
            if kind == PERSONS and word.text.removesuffix("s") not in _PARTIES:  # "employment" is no employer
                continue
            condition = "if" in AXES[axis].sides[0] and any(each.text == "not" for each in sentence[at : at + 6])
            denied = word.denied or condition
            if denied and sides > 2:
                continue
            yield _Said(axis, 1 - side if denied else side, kind, denied, at, sentence)
        base, negative = _without_prefix(word)
        if base is not None:
            yield _Said(f"prefix {base}", int(negative != word.denied), WORDS, word.denied, at, sentence)


def _without_prefix(word: Word) -> tuple[str | None, bool]:
    """(the stem of an adjective that a prefix turns, whether it has one): `valid`, `invalid`; None for other words."""
    if word.stem in _adjectives():
        return word.stem, False
    match = NEGATING_PREFIX.match(word.text)
    if match is None:
        return None, False
    base = stems([word.text[match.end() :]])[0]
    return (base, True) if base in _adjectives() else (None, False)


@cache
def _adjectives() -> frozenset[str]:
    return frozenset(stems(sorted(TURNED_BY_PREFIX)))


@cache
def _axes() -> dict[str, list[tuple[int, int, int, str]]]:
    """stem -> (number of the axis, side, how many sides, kind)."""
    found: dict[str, list[tuple[int, int, int, str]]] = {}
    for axis, (sides, kind) in enumerate(AXES):
        for number, side in enumerate(sides):
            for stem in set(stems(sorted(side))):
                found.setdefault(stem, []).append((axis, number, len(sides), kind))
    return found
