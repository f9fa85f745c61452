"""The table of files by questions: cells, which of them differ from the rest of their column, and the conflicts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from docqa.app.answer.answer import Answer, Cite, EvidenceItem
from docqa.app.answer.grades import Grade, Status
from docqa.app.facts.facts import normal_form


@dataclass(frozen=True)
class AnswerCell:
    """One question of one file. `status` is that of the answer; `quote`, `grade` and `cites` are of its first quote.

    `differs`: it was answered, and not as most of its column. `possibly`: the passage that may hold what is not
    answered.
    """

    status: Status
    answer: str | None = None
    confidence: float = 0.0
    quote: str | None = None
    grade: Grade | None = None
    cites: tuple[Cite, ...] = ()
    differs: bool = False
    possibly: EvidenceItem | None = None


@dataclass(frozen=True)
class FileRow:
    """One file, a cell for each question; `error` says why a file has no answers."""

    file: str
    cells: tuple[AnswerCell, ...]
    error: str | None = None


@dataclass(frozen=True)
class Conflict:
    """A cell that differs, and the first with the most frequent answer: `others` of the `answered` files give that."""

    question: str
    file: str
    cell: AnswerCell
    other_file: str
    other: AnswerCell
    others: int
    answered: int


@dataclass(frozen=True)
class AnswerTable:
    """Rows in the order of the files, cells in the order of the questions."""

    questions: tuple[str, ...]
    rows: tuple[FileRow, ...]
    conflicts: tuple[Conflict, ...] = ()

    @property
    def failed(self) -> int:
        """How many files have no answers."""
        return sum(row.error is not None for row in self.rows)

    @property
    def answered(self) -> int:
        """How many cells have an answer."""
        return sum(cell.answer is not None for row in self.rows for cell in row.cells)


def cell_of(answer: Answer) -> AnswerCell:
    """What a table keeps of an Answer."""
    cell = AnswerCell(answer.status, answer.answer, answer.confidence)
    if answer.status == Status.POSSIBLE and answer.evidence:
        return replace(cell, possibly=answer.evidence[0])
    if not answer.quotes:
        return cell
    first = answer.quotes[0]
    return replace(cell, quote=first.text, grade=first.grade, cites=first.cites)


def make_table(questions: list[str], rows: list[FileRow]) -> AnswerTable:
    """The AnswerTable of `rows`, its differing cells marked.

    Answers are compared folded: without case, punctuation, articles and the numbers of clauses; dates and numbers
    however they are written. A cell differs unless its answer is given by more files than any other; where two answers
    are given equally often, or no two files agree, all cells differ. Each conflict is with the most frequent answer,
    of several such with the first in the column.
    """
    marked = [list(row.cells) for row in rows]
    conflicts: list[Conflict] = []
    for column, question in enumerate(questions):
        answers = {number: row.cells[column].answer for number, row in enumerate(rows)}
        compared = {number: normal_form(answer) for number, answer in answers.items() if answer}
        ranked = Counter(compared.values()).most_common(2)  # of equal counts the first of the column comes first
        if len(ranked) < 2:
            continue
        (usual, most), (_, next_most) = ranked
        for number, words in compared.items():
            if words != usual or most == next_most:
                marked[number][column] = replace(marked[number][column], differs=True)
        against = next(number for number, words in compared.items() if words == usual)
        conflicts += [
            Conflict(
                question, rows[number].file, marked[number][column], rows[against].file, marked[against][column],
                most, len(compared),
            )
            for number, words in compared.items()
            if words != usual
        ]  # fmt: skip
    kept = tuple(replace(row, cells=tuple(cells)) for row, cells in zip(rows, marked))
    return AnswerTable(tuple(questions), kept, tuple(conflicts))
