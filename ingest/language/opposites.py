"""Words of opposite meaning, and adjectives that a prefix turns."""

from pathlib import Path
from typing import NamedTuple

from .dates import WEEKDAYS
from .expressions import lazily

_HERE = Path(__file__).parent
TURNED_BY_PREFIX = frozenset((_HERE / "turned_by_prefix.txt").read_text(encoding="utf-8").split())
"""Adjectives of which "invalid" and the like say the opposite."""
NEGATING_PREFIX = lazily(r"(?:non-|non|un|in|im|il|ir|dis|mis)(?=\w{4})")
PERSONS = "@"
WORDS = "/"
Sides = tuple[frozenset[str], ...]


class OppositeWords(NamedTuple):
    """The words of each side; `kind` is PERSONS, of whom a sentence may name both, or WORDS."""

    sides: Sides
    kind: str


def _parse_opposite_words(line: str) -> OppositeWords:
    kind = PERSONS if PERSONS in line else WORDS
    return OppositeWords(tuple(frozenset(side.split()) for side in line.split(kind)), kind)


AXES = (
    *map(_parse_opposite_words, (_HERE / "opposites.txt").read_text(encoding="utf-8").splitlines()),
    OppositeWords(tuple(frozenset((day,)) for day in WEEKDAYS), WORDS),
)
"""What is said of the same thing on one side cannot be said on the other."""
PARTIES = tuple(side for axis in AXES if axis.kind == PERSONS for side in axis.sides)
"""Words for the same party to a contract or a case."""
