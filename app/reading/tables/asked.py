"""A question as tables see it: whether a cell can answer it, and the words and years to look for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from docqa.app.evidence.terms import plain_words, stems, terms
from docqa.app.reading.wording.forms import asks_for_list
from docqa.ingest.structure.values import is_year

_REASON = re.compile(
    r"why\b|how\s+(?:do|does|did|can|could|has|have|will|would|should|may)\b|\bunits?\b|\b(?:mean|do|stand\s+for)\s*\?*$|"
    r"\b(?:reasons?|primarily|mainly|includes?|consists?|due\s+to|affect\w*|impact|caus\w+|dr[io]ve|led|lead|explain\w*)\b",
    re.IGNORECASE,
)
_FIGURE = frozenset(stems(["many", "much", "number", "amount", "value", "figure", "percentage"]))
"""What asks for a figure of whatever it is."""
_HEAD_ASKED = re.compile(r"\b(?:which|what)\s+(?:\w+\s+)?(?:years?|quarters?|periods?|months?)\b", re.IGNORECASE)


def asks_for_cell(question: str) -> bool:
    """Whether one cell may answer: no reason is asked for, no list, and no head of a column."""
    return not (_REASON.search(question) or _HEAD_ASKED.search(question) or asks_for_list(question))


@dataclass(frozen=True)
class Asked:
    """A question as tables see it: its stems, and the years among its words."""

    stems: frozenset[str]
    years: tuple[str, ...]

    @classmethod
    def of(cls, question: str) -> Asked:
        apart = {word.strip(".,;:?!()[]'\"“”‘’") for word in re.split(r"[\s/–-]", question)}  # not "Series2000"
        years = tuple(dict.fromkeys(word for word in plain_words(question) if is_year(word) and word in apart))
        return cls(frozenset(terms(question)) - _FIGURE, years)

    def share(self, words: Iterable[str]) -> float:
        """The share of the question's stems that are among `words`."""
        return len(self.stems.intersection(words)) / len(self.stems) if self.stems else 0.0
