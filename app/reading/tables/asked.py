"""A question as tables see it: whether a cell can answer it, and the words and years to look for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from docqa.app.evidence.terms import plain_words, stems, terms
from docqa.app.reading.candidates import Form
from docqa.app.reading.tables.stems import table_stems
from docqa.app.reading.wording.forms import form_of
from docqa.ingest.structure.values import is_year

_GENERIC_WORDS = """
amount value number figure table row column list show shown report reported record recorded state stated company
companies respective respectively year years fiscal ended end total many much according given go goes went get gets got
come comes
"""
_DERIVED_WORDS = """
change increase decrease difference percentage percent average growth ratio rise fall drop movement decline grow portion
proportion variance versus vs
"""


def _of(words: str) -> frozenset[str]:
    return frozenset(stems(words.split()))


GENERIC = _of(_GENERIC_WORDS)
"""Stems that hardly tell one place from another; they may still tell two rows apart."""
DERIVED = _of(_DERIVED_WORDS)
"""What may be worked out of cells: asked for, it is the cell's only where its row or column is called so."""
_GENERIC_WEIGHT = 0.2
_SUPERLATIVE = re.compile(
    r"\b(?:highest|largest|most|biggest|greatest|maximum|longest|lowest|smallest|(?<!at )least|fewest|minimum|shortest)"
    r"\b(?!\s+recent)",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"why\b|how\s+(?:do|does|did|can|could|has|have|will|would|should|may)\b|\bunits?\b|\b(?:mean|do|stand\s+for)\s*\?*$|"
    r"\b(?:reasons?|primarily|mainly|includes?|consists?|due\s+to|affect\w*|impact|caus\w+|dr[io]ve|led|lead|explain\w*)\b",
    re.IGNORECASE,
)
_HEAD_ASKED = re.compile(r"\b(?:which|what)\s+(?:\w+\s+)?(?:years?|quarters?|periods?|months?)\b", re.IGNORECASE)
_COUNTED = re.compile(r"\bhow\s+(?:much|many|large|high|big|long)\b|\bpercent", re.IGNORECASE)


def asks_for_cell(question: str) -> bool:
    """Whether one cell may answer: no reason is asked for, no list, no yes or no, and no head of a column."""
    words = _REASON.search(question) or _HEAD_ASKED.search(question)
    return words is None and form_of(question) is Form.FACT


@dataclass(frozen=True)
class Asked:
    """A question as tables see it: its stems, and as `words` those that names and heads are compared with, the years
    among them, the stems of a word such as "highest"; `counted`: it asks for a number."""

    stems: frozenset[str]
    words: frozenset[str]
    years: tuple[str, ...]
    superlative: frozenset[str]
    counted: bool

    @classmethod
    def of(cls, question: str) -> Asked:
        superlative = _of(" ".join(_SUPERLATIVE.findall(question)).lower())
        apart = {word.strip(".,;:?!()[]'\"“”‘’") for word in re.split(r"[\s/–-]", question)}  # not "Series2000"
        years = tuple(dict.fromkeys(word for word in plain_words(question) if is_year(word) and word in apart))
        counted = _COUNTED.search(question) is not None
        return cls(frozenset(terms(question)), table_stems(question), years, superlative, counted)

    def share(self, words: Iterable[str]) -> float:
        """The share of the question's stems, by weight, that are among `words`."""
        total = sum(map(_weight, self.stems))
        return sum(_weight(stem) for stem in self.stems & frozenset(words)) / total if total else 0.0


def _weight(stem: str) -> float:
    return _GENERIC_WEIGHT if stem in GENERIC else 1.0
