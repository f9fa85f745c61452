"""How well the row and column of each cell fit the words of a question.

A word counts the more the fewer rows, or columns, have it; one that also stands above the table tells them apart less.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from docqa.app.evidence.terms import plain_words
from docqa.app.reading.tables.asked import GENERIC
from docqa.app.reading.tables.named import Entry, Table
from docqa.app.reading.tables.stems import table_stems

_TOTAL = re.compile(r"(?:sub-?)?totals?\b|\ball\b|\bsum\b|\boverall\b", re.IGNORECASE)
_KNOWN = 0.3  # what a word counts that stands above the table too
_UNASKED_TOTAL = 0.8
_NAME_SHARE = 0.4  # how much of a score depends on how much of the row's name was asked for
_HEAD_SHARE = 0.3
_SAME = 0.02
_BRACKETS = re.compile(r"\([^()]*\)")
_LONGEST_LABEL = 12  # words of a cell that may name its row

Field = tuple[int, int]
"""A row, and a column of values or, behind these, the column of the names."""


@dataclass(frozen=True)
class TableWords:
    """The stems of each row's own name, of that without what is in brackets, and with the titles above it; of each
    column's heads, and of the lowest of them, last those of the names where they have a head.

    `labels`: of every cell, by row and column, that may name its row; `known`: of what stands above the table.
    """

    own: tuple[frozenset[str], ...]
    bare: tuple[frozenset[str], ...]
    names: tuple[frozenset[str], ...]
    heads: tuple[frozenset[str], ...]
    lowest: tuple[frozenset[str], ...]
    labels: Mapping[Field, frozenset[str]]
    known: frozenset[str]

    @classmethod
    def of(cls, table: Table, above: str) -> TableWords:
        """The words of `table`, below the words `above`."""
        own = tuple(table_stems(entry.name.text) for entry in table.entries)
        names = tuple(table_stems(entry.group) | mine for entry, mine in zip(table.entries, own, strict=True))
        heads = tuple(table_stems(table.column_name(at)) for at in range(len(table.columns)))
        labels = {(row, at): words for row, entry in enumerate(table.entries) for at, words in _labels(entry)}
        plain = (table_stems(_BRACKETS.sub(" ", entry.name.text)) for entry in table.entries)
        bare = tuple(words or mine for words, mine in zip(plain, own, strict=True))
        lowest = tuple(table_stems(column[-1].text) if column else frozenset() for column in table.columns)
        if table.corner:
            heads, lowest = (*heads, table_stems(table.corner)), (*lowest, table_stems(table.corner))
        return cls(own, bare, names, heads, lowest, labels, table_stems(above).union(*heads))

    def every(self) -> frozenset[str]:
        """All stems that name a row or a column, or stand above."""
        return self.known.union(*self.names, *self.heads)


def _labels(entry: Entry) -> Iterable[tuple[int, frozenset[str]]]:
    for at, cell in enumerate(entry.values):
        if cell.text and not cell.is_value and len(cell.text.split()) <= _LONGEST_LABEL:
            yield at, table_stems(cell.text)
        elif len(cell.text) > 2 and cell.is_value:
            yield at, frozenset(plain_words(cell.text))


def best_field(wanted: frozenset[str], table: Table, words: TableWords, columns: Sequence[int]) -> Field | None:
    """The row, and which of `columns`, that have most of the wanted stems; None where two fit as well or the row is
    not named."""
    scored = _scores(wanted, table, words, columns)
    if not scored:
        return None
    order = sorted(scored, key=lambda field: -scored[field])
    best = order[0]
    if scored[best] <= 0:
        return None
    width = len(table.columns)
    rivals = [field for field in order if scored[field] >= scored[best] - _SAME]
    exact = [field for field in rivals if not _extra(field, wanted, words)] if len(rivals) > 1 else rivals
    exact = exact if len(exact) == 1 else _under_fewest_titles(rivals, words)
    if len(exact) != 1:
        named = any(_is_named(field, wanted, words, width) for field in rivals)
        return None if named else _wholly_asked(order, scored, wanted, words, width)
    best = _bare_total(exact[0], wanted, table, words) or exact[0]
    return best if _is_named(best, wanted, words, width) else _wholly_asked(order, scored, wanted, words, width)


def _under_fewest_titles(rivals: Sequence[Field], words: TableWords) -> list[Field]:
    """Of rows that are called the same, that under fewer of the same titles: a total and not a part of it."""
    least = min(rivals, key=lambda field: len(words.names[field[0]]))
    others = [field for field in rivals if field != least]
    same = all(field[1] == least[1] and words.own[field[0]] == words.own[least[0]] for field in others)
    return [least] if same and all(words.names[least[0]] < words.names[field[0]] for field in others) else []


def _wholly_asked(
    order: Sequence[Field], scored: Mapping[Field, float], wanted: frozenset[str], words: TableWords, width: int
) -> Field | None:
    """The best of the fields whose row's whole name was asked for, where a better one has other words in its name."""
    whole = [field for field in order if words.own[field[0]] - GENERIC and words.own[field[0]] <= wanted]
    if not whole or len(whole) > 1 and scored[whole[1]] >= scored[whole[0]] - _SAME:
        return None
    return whole[0] if whole[0][1] < width else None


def _bare_total(best: Field, wanted: frozenset[str], table: Table, words: TableWords) -> Field | None:
    """Where a total is asked for and `best` is none, the only row that is called "Total" and nothing else, if the rest
    of the question is about the whole table."""
    row, column = best
    if "total" not in wanted or any(map(_TOTAL.match, words.names[row] | words.heads[column])):
        return None
    totals = [row for row, own in enumerate(words.own) if own == {"total"}]
    about = words.known.union(words.heads[column], *(table_stems(entry.group) for entry in table.entries))
    return (totals[0], column) if len(totals) == 1 and wanted - about <= GENERIC else None


def _scores(wanted: frozenset[str], table: Table, words: TableWords, columns: Sequence[int]) -> dict[Field, float]:
    in_rows = Counter(stem for name in words.names for stem in name)
    in_labels = Counter(stem for label in words.labels.values() for stem in label)
    in_heads = Counter(stem for at in columns for stem in words.heads[at])
    total = len(words.names)

    def weight(stem: str, often: int, of: int) -> float:
        known = _KNOWN if stem in words.known and stem not in GENERIC else 1.0
        return known * math.log1p(of / often) * (0.3 if stem in GENERIC else 1.0)

    scored: dict[Field, float] = {}
    asks_total = any(_TOTAL.match(stem) for stem in wanted)
    for row, entry in enumerate(table.entries):
        width = len(entry.values)
        labels = {at: words.labels[row, at] & wanted for at in range(width) if (row, at) in words.labels}
        own = {stem: weight(stem, in_rows[stem], total) for stem in words.names[row] & wanted}
        share = max(_share(words.own[row], wanted), _share(words.bare[row], wanted)) if words.own[row] else 0.5
        for column in columns:
            found = dict(own) if column < width else {}
            best = share if column < width else 0.0
            for at, label in labels.items():
                if at != column:
                    best = max(best, _share(words.labels[row, at], wanted))
                    for stem in label:
                        found[stem] = max(found.get(stem, 0.0), weight(stem, in_labels[stem], total))
            named = sum(found.values()) * (1 - _NAME_SHARE + _NAME_SHARE * best)
            if _TOTAL.search(entry.name.text) and not asks_total:
                named *= _UNASKED_TOTAL
            headed = sum(max(weight(stem, in_heads[stem], len(columns)) - found.get(stem, 0.0), 0.0)
                         for stem in words.heads[column] & wanted)  # fmt: skip
            headed *= 1 - _HEAD_SHARE + _HEAD_SHARE * _share(words.lowest[column], wanted)
            scored[row, column] = named + headed
    return scored


def _share(words: frozenset[str], wanted: frozenset[str]) -> float:
    return len(words & wanted) / len(words) if words else 0.0


def _extra(field: Field, wanted: frozenset[str], words: TableWords) -> frozenset[str]:
    """The words of the row's own name and of the column's heads that were not asked for."""
    return (words.own[field[0]] | words.heads[field[1]]) - wanted - words.known


def _is_named(field: Field, wanted: frozenset[str], words: TableWords, width: int) -> bool:
    """Whether half of the words of the row's name, or of another of its cells, were asked for, or all but the generic
    words of the question stand there."""
    row, column = field
    other = [label for (at, place), label in words.labels.items() if at == row and place != column]
    own = (words.own[row], words.bare[row]) if column < width else ()
    for label in (*own, *other):
        asked = label & wanted
        if asked - GENERIC and 2 * len(asked) >= len(label):
            return True
        if asked and (label <= wanted or label >= wanted - GENERIC):
            return True
    return False
