"""Words of opposite meaning, and adjectives that a prefix turns."""

from pathlib import Path
from typing import NamedTuple

from .expressions import lazily

_HERE = Path(__file__).parent
TURNED_BY_PREFIX = frozenset((_HERE / "turned_by_prefix.txt").read_text(encoding="utf-8").split())
"""Adjectives of which "invalid" and the like say the opposite."""
NEGATING_PREFIX = lazily(r"(?:non-|non|un|in|im|il|ir|dis|mis)(?=\w{4})")
RELATION = "~"
PERSONS = "@"
WORDS = "/"
Sides = tuple[frozenset[str], ...]


class OppositeWords(NamedTuple):
    """The words of each side; `kind` is RELATION, where the two sides change places with the words
    (what came before the merger is what the merger came after), PERSONS, of whom a sentence may
    name both, or WORDS."""

    sides: Sides
    kind: str


def _parse_opposite_words(line: str) -> OppositeWords:
    kind = next((mark for mark in (RELATION, PERSONS) if mark in line), WORDS)
    return OppositeWords(tuple(frozenset(side.split()) for side in line.split(kind)), kind)


AXES = tuple(
    map(_parse_opposite_words, (_HERE / "opposites.txt").read_text(encoding="utf-8").splitlines())
)
"""What is said of the same thing on one side cannot be said on the other."""
PARTIES = tuple(side for axis in AXES if axis.kind == PERSONS for side in axis.sides)
"""Words for the same party to a contract or a case."""
