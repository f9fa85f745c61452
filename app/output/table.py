"""The table of files by questions: cells, which of them differ from the rest of their column, and the conflicts."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace

from docqa.app.answer.answer import Answer, Cite
from docqa.app.answer.grades import Grade, Status
from docqa.app.quotes.normalise import fold

_ARTICLE = re.compile(r"^(?:the|a|an) ")
_DIGIT_GROUP = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_PUNCTUATION = re.compile(r"[^\w\s.,%§$€£¥/-]|[.,](?!\d)")
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

    `differs`: it was answered, and not as most of its column.
    """

    status: Status
    answer: str | None = None
    confidence: float = 0.0
    quote: str | None = None
    grade: Grade | None = None
    cites: tuple[Cite, ...] = ()
    differs: bool = False


@dataclass(frozen=True)
class Row:
    """One file, a cell for each question; `error` says why a file has no answers."""

    file: str
    cells: tuple[Cell, ...]
    error: str | None = None


@dataclass(frozen=True)
class Conflict:
    """A cell that differs, and one that it differs from; `others` files say what the second one says."""

    question: str
    file: str
    cell: Cell
    other_file: str
    other: Cell
    others: int


@dataclass(frozen=True)
class Table:
    """Rows in the order of the files, cells in the order of the questions."""

    questions: tuple[str, ...]
    rows: tuple[Row, ...]
    conflicts: tuple[Conflict, ...] = field(default=())

    @property
    def failed(self) -> int:
        """How many files have no answers."""
        return sum(row.error is not None for row in self.rows)

    @property
    def answered(self) -> int:
        """How many cells hold an answer."""
        return sum(cell.answer is not None for row in self.rows for cell in row.cells)


def cell_of(answer: Answer) -> Cell:
    """What a table keeps of an Answer."""
    first = answer.quotes[0] if answer.quotes else None
    return Cell(
        status=answer.status,
        answer=answer.answer,
        confidence=answer.confidence,
        quote=first.text if first else None,
        grade=first.grade if first else None,
        cites=first.cites if first else (),
    )


def make_table(questions: list[str], rows: list[Row]) -> Table:
    """The Table of `rows`, its differing cells marked.

    Answers are compared folded, without articles and punctuation, numbers below 100 in words or digits alike. The
    answer that more files give than any other is the column's; where no two files agree, all of them differ.
    """
    marked = [list(row.cells) for row in rows]
    conflicts: list[Conflict] = []
    for column, question in enumerate(questions):
        answers = {number: row.cells[column].answer for number, row in enumerate(rows)}
        said = {number: _compared(answer) for number, answer in answers.items() if answer}
        if len(set(said.values())) < 2:
            continue
        usual = _usual(list(said.values()))
        for number, words in said.items():
            if words != usual:
                marked[number][column] = replace(marked[number][column], differs=True)
        # Each that differs against the first file that says the usual; without a usual against the first file.
        against = next(number for number, words in said.items() if usual in (words, None))
        others = sum(words == said[against] for words in said.values())
        conflicts += [
            Conflict(
                question, rows[number].file, marked[number][column], rows[against].file, marked[against][column], others
            )
            for number, words in said.items()
            if words != said[against]
        ]
    kept = tuple(replace(row, cells=tuple(cells)) for row, cells in zip(rows, marked))
    return Table(tuple(questions), kept, tuple(conflicts))


def _usual(said: list[str]) -> str | None:
    """The answer that at least two files give and no other so many do; None where there is none."""
    ranked = Counter(said).most_common(2)
    if not ranked or ranked[0][1] < 2 or (len(ranked) > 1 and ranked[1][1] == ranked[0][1]):
        return None
    return ranked[0][0]


def _compared(answer: str) -> str:
    text = _DIGIT_GROUP.sub("", fold(answer).text)
    words = [_NUMBERS.get(word, word) for word in _PUNCTUATION.sub(" ", text).split()]
    # "thirty (30) days", as contracts write it, is 30 days.
    kept = [word for before, word in zip(["", *words], words) if not (word == before and word.isdigit())]
    return _ARTICLE.sub("", " ".join(kept))
