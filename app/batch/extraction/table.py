"""The table of files by questions: cells, which of them differ from their column, and the
conflicts.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from docqa.app.answer.answer import Answer, Cite, EvidenceItem
from docqa.app.answer.grades import Grade, Status
from docqa.app.facts.facts import (
    Fact,
    FactKind,
    computed_end,
    name_with_role,
    normal_form,
    parse_first_fact,
)
from docqa.app.reading.direct_answers import TERM

from ..fields import Field

NORMALISED = (FactKind.DATE, FactKind.PERIOD, FactKind.AMOUNT)


@dataclass(frozen=True)
class AnswerCell:
    """One question of one file; `quote`, `grade`, `cites` and `leads` are of the first quote. `normalised`:
    a date or period by ISO 8601, an amount by currency and number. `differs`: not as most of its
    column. `possibly`: the passage that may hold what is not answered."""

    status: Status
    answer: str | None = None
    confidence: float = 0.0
    quote: str | None = None
    grade: Grade | None = None
    cites: tuple[Cite, ...] = ()
    leads: tuple[str, ...] = ()
    normalised: str | None = None
    differs: bool = False
    possibly: EvidenceItem | None = None


@dataclass(frozen=True)
class FileRow:
    """One file, a cell for each question; `error` says why it has no answers."""

    file: str
    cells: tuple[AnswerCell, ...]
    error: str | None = None


@dataclass(frozen=True)
class Conflict:
    """A cell that differs, and the first with the most frequent answer, given by `others` of the
    `answered` files.
    """

    question: str
    file: str
    cell: AnswerCell
    other_file: str
    other: AnswerCell
    others: int
    answered: int


@dataclass(frozen=True)
class AnswerTable:
    fields: tuple[Field, ...]
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


def cell_of(answer: Answer, field: Field) -> AnswerCell:
    """What a table keeps of an Answer. Parties come with what the document calls them: "Acme Inc.
    (Supplier)".
    """
    words = answer.answer
    if words is not None and field.type in (FactKind.PARTY, FactKind.PERSON):
        quoted = " ".join(quote.text for quote in answer.answering_quotes)
        words = "; ".join(name_with_role(statement.text, quoted) for statement in answer.statements)
    fact = _fact_of(words, field) if words is not None else None
    cell = AnswerCell(
        answer.status, words, answer.confidence, normalised=fact.value if fact else None
    )
    if answer.status == Status.POSSIBLE and answer.evidence:
        return replace(cell, possibly=answer.evidence[0])
    if not answer.quotes:
        return cell
    first = answer.quotes[0]
    leads = tuple(answer.quotes[number].text for number in first.leads)
    return replace(cell, quote=first.text, grade=first.grade, cites=first.cites, leads=leads)


def _fact_of(words: str, field: Field) -> Fact | None:
    """The value that the answer to `field` says; of an end that is said by a start and a length the
    computed date."""
    if field.clause == TERM and (computed := computed_end(words)):
        return computed
    kinds = (field.kind, FactKind.PERIOD if field.or_clause else None)
    found = (parse_first_fact(kind, words) for kind in kinds if kind in NORMALISED)
    return next((fact for fact in found if fact), None)


def make_table(fields: Sequence[Field], rows: list[FileRow]) -> AnswerTable:
    """The AnswerTable of `rows`, its differing cells marked, in columns that ought to `agree`.
    Answers are compared normalised or folded. A cell differs unless more files give its answer than
    any other. Each conflict is with the most frequent answer, the first of several in the
    column."""
    marked = [list(row.cells) for row in rows]
    conflicts: list[Conflict] = []
    for column, field in enumerate(fields):
        cells = {number: row.cells[column] for number, row in enumerate(rows) if field.agree}
        compared = {
            n: cell.normalised or normal_form(cell.answer)
            for n, cell in cells.items()
            if cell.answer
        }
        ranked = Counter(compared.values()).most_common(2)  # of equals the first of the column
        if len(ranked) < 2:
            continue
        (usual, most), (_, next_most) = ranked
        for number, words in compared.items():
            if words != usual or most == next_most:
                marked[number][column] = replace(marked[number][column], differs=True)
        against = next(number for number, words in compared.items() if words == usual)
        conflicts += [
            Conflict(
                field.name,
                rows[number].file,
                marked[number][column],
                rows[against].file,
                marked[against][column],
                most,
                len(compared),
            )
            for number, words in compared.items()
            if words != usual
        ]
    marked_rows = tuple(replace(row, cells=tuple(cells)) for row, cells in zip(rows, marked))
    return AnswerTable(tuple(fields), marked_rows, tuple(conflicts))
