"""The table of files by questions: cells, which of them differ from the rest of their column, and the conflicts."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

from docqa.app.answer.answer import Answer, Cite, EvidenceItem
from docqa.app.answer.grades import Grade, Status
from docqa.app.quotes.normalise import fold

_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_CLAUSE_NUMBER = re.compile(
    rf"""
    (?: (?:section|article|clause|paragraph|§+)\s*\d[\w.()]*:?\s+(?=(?-i:[A-Z]))
      | \d{{1,3}}(?:\.\d{{1,3}})+\s+(?=(?-i:[A-Z]))
      | \d{{1,3}}(?:\.\d{{1,3}})*[.)]\s+
      | \((?:\d{{1,3}}|[a-z]|[ivxlc]{{1,6}})\)\s+
    )+
    (?!(?:{_MONTHS})\b) (?=\S+(?:\s+\S+){{3}})
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""The number of a clause: only before four words or more, so that "30 days", "3.5 Million" and "1. May 2020" stay."""
_ARTICLE = re.compile(r"^(?:the|a|an) ")
_DIGIT_GROUP = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_PUNCTUATION = re.compile(r"[^\w\s.,%§$€£¥/-]|[.,](?!\d)|(?<!\S)-+(?!\S)")
_HYPHEN = re.compile(r"(?<=[^\W\d])-(?=[^\W\d])")
"""Between letters; in "2-3" and "-5" it says something."""
_SMALL = (  # noqa: SIM905
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()  # noqa: SIM905
_NUMBERS = {word: str(number) for number, word in enumerate(_SMALL)} | {
    ten + ("-" + _SMALL[one] if one else ""): str(10 * number + one)
    for number, ten in enumerate(_TENS, 2)
    for one in range(10)
}


@dataclass(frozen=True)
class Cell:
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
class Row:
    """One file, a cell for each question; `error` says why a file has no answers."""

    file: str
    cells: tuple[Cell, ...]
    error: str | None = None


@dataclass(frozen=True)
class Conflict:
    """A cell that differs, and the first with the most frequent answer: `others` of the `answered` files give that."""

    question: str
    file: str
    cell: Cell
    other_file: str
    other: Cell
    others: int
    answered: int


@dataclass(frozen=True)
class Table:
    """Rows in the order of the files, cells in the order of the questions."""

    questions: tuple[str, ...]
    rows: tuple[Row, ...]
    conflicts: tuple[Conflict, ...] = ()

    @property
    def failed(self) -> int:
        """How many files have no answers."""
        return sum(row.error is not None for row in self.rows)

    @property
    def answered(self) -> int:
        """How many cells have an answer."""
        return sum(cell.answer is not None for row in self.rows for cell in row.cells)


def cell_of(answer: Answer) -> Cell:
    """What a table keeps of an Answer."""
    cell = Cell(answer.status, answer.answer, answer.confidence)
    if answer.status == Status.POSSIBLE and answer.evidence:
        return replace(cell, possibly=answer.evidence[0])
    if not answer.quotes:
        return cell
    first = answer.quotes[0]
    return replace(cell, quote=first.text, grade=first.grade, cites=first.cites)


def make_table(questions: list[str], rows: list[Row]) -> Table:
    """The Table of `rows`, its differing cells marked.

    Answers are compared folded: without case, punctuation, articles and the numbers of clauses, numbers below 100 in
    words or digits alike. A cell differs unless its answer is given by more files than any other; where two answers
    are given equally often, or no two files agree, all cells differ. Each conflict is with the most frequent answer,
    of several such with the first in the column.
    """
    marked = [list(row.cells) for row in rows]
    conflicts: list[Conflict] = []
    for column, question in enumerate(questions):
        answers = {number: row.cells[column].answer for number, row in enumerate(rows)}
        compared = {number: _compared(answer) for number, answer in answers.items() if answer}
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
    return Table(tuple(questions), kept, tuple(conflicts))


def _compared(answer: str) -> str:
    number = _CLAUSE_NUMBER.match(answer.lstrip())
    text = _DIGIT_GROUP.sub("", fold(answer.lstrip()[number.end() if number else 0 :]).text)
    found = _PUNCTUATION.sub(" ", text).split()
    words = " ".join(_NUMBERS.get(word) or _HYPHEN.sub(" ", word) for word in found).split()
    # "thirty (30) days", as contracts write it, is 30 days.
    kept = [word for before, word in zip(["", *words], words) if not (word == before and word.isdigit())]
    return _ARTICLE.sub("", " ".join(kept))
