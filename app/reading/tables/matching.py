"""The cell of a table that a question asks for, by the words of the row's name, of the column's
heads, and above the table. A row or column must have more of the question's words than any
other."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from docqa.app.answer.confidence import LEAST_CELL_COVERED, OTHER_CELL_COVERED
from docqa.app.evidence.terms import distinct_terms, plain_words, stems, terms
from docqa.ingest.structure.tables.named import Cell, NamedTable
from docqa.ingest.structure.values import is_year
from docqa.ingest.types import Span

from ..wording.forms import asks_for_list, asks_for_reason
from .scoring import Field, TableWords, best_row_and_column

_FIGURE = frozenset(stems(["many", "much", "percentage"]))
"""What asks for a figure."""
_HEAD_ASKED = re.compile(
    r"\b(?:which|what)\s+(?:\w+\s+)?(?:years?|quarters?|periods?|months?)\b", re.IGNORECASE
)


def asks_for_cell(question: str) -> bool:
    """Whether one cell may answer: no reason is asked for, no list, and no head of a column."""
    other = asks_for_reason(question) or asks_for_list(question)
    return not (other or _HEAD_ASKED.search(question))


@dataclass(frozen=True)
class AskedStems:
    """A question as tables see it: its stems, and the years among its words."""

    stems: frozenset[str]
    years: tuple[str, ...]

    @classmethod
    def from_question(cls, question: str) -> Self:
        apart = {
            word.strip(".,;:?!()[]'\"“”‘’") for word in re.split(r"[\s/–-]", question)
        }  # not "Series2000"
        years = tuple(
            dict.fromkeys(word for word in plain_words(question) if is_year(word) and word in apart)
        )
        return cls(distinct_terms(question) - _FIGURE, years)


@dataclass(frozen=True)
class TableWithWordsAbove:
    """A table of document `document`, and the words of its caption, headings, and the title."""

    document: int
    table: NamedTable
    words: str


@dataclass(frozen=True)
class CellChoice:
    """Cells of a table that answer, in the order of the text, and the place and words of their row,
    `quoted` and `row`. `covered`: the share, 0 to 1, of the question's words in the names of row
    and column or above the table."""

    above: TableWithWordsAbove
    cells: tuple[Cell, ...]
    quoted: Span
    row: str
    covered: float


def choose_cells(question: str, tables: Sequence[TableWithWordsAbove]) -> CellChoice | None:
    """What the question asks for in one of `tables`; None where no cell, or more than one, fits
    best.
    """
    if not asks_for_cell(question):
        return None
    asked = AskedStems.from_question(question)
    found = [choice for above in tables if (choice := _choose_cells_in_table(asked, above))]
    found.sort(key=lambda choice: -choice.covered)
    if not found or found[0].covered < LEAST_CELL_COVERED:
        return None
    said = [cell.text for cell in found[0].cells]
    for other in found[1:]:
        if (
            found[0].covered - other.covered < OTHER_CELL_COVERED
            and [cell.text for cell in other.cells] != said
        ):
            return None
    return found[0]


def _choose_cells_in_table(
    question_stems: AskedStems, table_with_words: TableWithWordsAbove
) -> CellChoice | None:
    table = table_with_words.table
    words = TableWords.from_table(table, table_with_words.words)
    if not words.known.union(*words.names, *words.heads).issuperset(question_stems.years):
        return None
    fields = _fields_asked_for(question_stems, table, words)
    if not fields:
        return None
    row = fields[0][0]
    entry = table.entries[row]
    if any(field[0] != row for field in fields):
        return None
    columns = sorted({column for _, column in fields})
    cells = tuple((*entry.values, entry.name)[column] for column in columns)
    told = words.names[row].union(*(words.heads[column] for column in columns))
    if not all(cell.text for cell in cells) or all(
        cell.is_year for cell in entry.values if cell.text
    ):
        return None  # the row is a head
    told = told.union(terms(f"{table_with_words.words} {table.corner}"))
    covered = len(question_stems.stems & told) / max(len(question_stems.stems), 1)
    words_of_row = " ".join(cell.text for cell in entry.cells)
    return CellChoice(table_with_words, cells, Span(entry.start, entry.end), words_of_row, covered)


def _fields_asked_for(
    question_stems: AskedStems, table: NamedTable, words: TableWords
) -> list[Field]:
    """The row and column that are asked for, or one for each of several years; none where that is
    not clear.
    """
    wanted = question_stems.stems
    heads = words.heads
    dated = any(
        year in head for year in question_stems.years for head in heads[: len(table.columns)]
    )
    if question_stems.years and not dated and any(is_year(stem) for head in heads for stem in head):
        in_rows = [
            year for year in question_stems.years if any(year in name for name in words.names)
        ]
        if not in_rows:
            return []
    found: list[Field] = []
    years = frozenset(question_stems.years)
    for year in question_stems.years if dated else ("",):
        allowed = [at for at, head in enumerate(heads) if not year or year in head]
        if year:  # "2019" and not "2019 vs. 2018"
            allowed = [at for at in allowed if sum(map(is_year, heads[at])) == 1] or allowed
        if len(allowed) > 1 and not any(heads[at] & wanted for at in allowed):
            allowed = [at for at in allowed if not heads[at]]
        others = years - {year} if dated else frozenset()
        best = best_row_and_column(wanted - others, table, words, allowed) if allowed else None
        if not best:
            return []
        found.append(best)
    return found
