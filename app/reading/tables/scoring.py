"""How well the row and column of each cell fit a question. A word counts the more the fewer rows,
or columns, have it, and less where it is also above the table."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from docqa.app.evidence.terms import distinct_terms
from docqa.ingest.structure.tables.named import NamedTable

_KNOWN = 0.3  # of a word that is above the table too
_NAME_SHARE = 0.4  # of a score: how much of the row's name was asked for
_HEAD_SHARE = 0.3
_SAME = 0.02

Field = tuple[int, int]
"""(row, column; after those of the values: that of the names)."""


@dataclass(frozen=True)
class TableWords:
    """The stems of each row's name, without and with its group titles; of each column's heads, all
    and the lowest, last those of the names. `known`: above the rows."""

    own: tuple[frozenset[str], ...]
    names: tuple[frozenset[str], ...]
    heads: tuple[frozenset[str], ...]
    lowest: tuple[frozenset[str], ...]
    known: frozenset[str]

    @classmethod
    def from_table(cls, table: NamedTable, words_above: str) -> Self:
        own = tuple(distinct_terms(entry.name.text) for entry in table.entries)
        names = tuple(
            distinct_terms(entry.group) | mine
            for entry, mine in zip(table.entries, own, strict=True)
        )
        heads = tuple(distinct_terms(table.column_name(at)) for at in range(len(table.columns)))
        lowest = tuple(
            distinct_terms(column[-1].text) if column else frozenset() for column in table.columns
        )
        if table.corner:
            heads = (*heads, distinct_terms(table.corner))
            lowest = (*lowest, distinct_terms(table.corner))
        return cls(own, names, heads, lowest, distinct_terms(words_above).union(*heads))


def best_row_and_column(
    question_stems: frozenset[str], table: NamedTable, words: TableWords, columns: Sequence[int]
) -> Field | None:
    """The row, and which of `columns`, that have most of the wanted stems; None where two fit as
    well.
    """
    scored = _score_by_field(question_stems, table, words, columns)
    most = max(scored.values(), default=0.0)
    best = [field for field, score in scored.items() if score >= most - _SAME]
    return best[0] if most > 0 and len(best) == 1 else None


def _score_by_field(
    question_stems: frozenset[str], table: NamedTable, words: TableWords, columns: Sequence[int]
) -> dict[Field, float]:
    in_rows = Counter(stem for name in words.names for stem in name)
    in_heads = Counter(stem for at in columns for stem in words.heads[at])

    def weight(stem: str, often: int, of: int) -> float:
        return (_KNOWN if stem in words.known else 1.0) * math.log1p(of / often)

    scored: dict[Field, float] = {}
    for row, own in enumerate(words.own):
        found = {
            stem: weight(stem, in_rows[stem], len(words.names))
            for stem in words.names[row] & question_stems
        }
        share = _share_of_wanted_words(own, question_stems) if own else 0.5
        for column in columns:
            of_name = found if column < len(table.columns) else {}
            named = sum(of_name.values()) * (1 - _NAME_SHARE + _NAME_SHARE * share)
            headed = sum(
                max(weight(stem, in_heads[stem], len(columns)) - of_name.get(stem, 0.0), 0.0)
                for stem in words.heads[column] & question_stems
            )
            headed *= (
                1
                - _HEAD_SHARE
                + _HEAD_SHARE * _share_of_wanted_words(words.lowest[column], question_stems)
            )
            scored[row, column] = named + headed
    return scored


def _share_of_wanted_words(words: frozenset[str], question_stems: frozenset[str]) -> float:
    return len(words & question_stems) / len(words) if words else 0.0
