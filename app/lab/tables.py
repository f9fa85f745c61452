"""How often the cell that a question asks for is told by the structure of its table alone, without a model.

    python -m docqa.app.lab.tables --data FILE.jsonl... [--details]

A line of a FILE is a question for one cell: {"file", "question", "value"}, and where wanted "row" (words of the cell's
row), "page" (from 1; only the tables of that page are searched, else those of the whole document) and "doc" (the name
of a document in an evaluation file, see `questions.py`). `file` is relative to the FILE. A cell is right that says the
value, in a row with those words. Printed: the tally of each FILE, then all of them as JSON in the last line.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from docqa.app.errors import InputError
from docqa.app.eval.questions import lines, read_eval_file
from docqa.app.reading.tables.answer import above_tables
from docqa.app.reading.tables.matching import Choice, choose
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.types import Document

_NEEDED = "question", "file", "value"


@dataclass(frozen=True)
class CellQuestion:
    """A question, the document and page that its table is on (None: any), and the cell's value and words of its row."""

    question: str
    file: str
    value: str
    row: str = ""
    page: int | None = None
    doc: str = ""


def cell_questions(path: Path) -> Iterator[CellQuestion]:
    """The questions of a file. Raises InputError for a line of another form."""
    for number, line in enumerate(lines(path), 1):
        try:
            record = json.loads(line)
            wanted = {name: record[name] for name in _NEEDED}
        except (ValueError, KeyError, TypeError) as error:
            hint = f"each line needs {', '.join(_NEEDED)}"
            raise InputError(f"line {number} has another form ({error!r})", where=str(path), hint=hint) from error
        rest = {name: record[name] for name in ("row", "page", "doc") if name in record}
        yield CellQuestion(**wanted | rest | {"file": str(path.parent / record["file"])})


def verdict(asked: CellQuestion, choice: Choice | None) -> str:
    """"right", "wrong" or "none" (no cell was chosen)."""
    if choice is None:
        return "none"
    said = [_plain(cell.text) for cell in choice.cells]
    return "right" if said == [_plain(asked.value)] and _plain(asked.row) in _plain(choice.row) else "wrong"


def choice_for(asked: CellQuestion) -> Choice | None:
    """The cell chosen among the tables of the question's page, or of all pages."""
    document = _document(asked.file, asked.doc)
    pages = [asked.page] if asked.page is not None else range(1, len(document.pages) + 1)
    return choose(asked.question, above_tables(document, pages))


@lru_cache(maxsize=1)
def _texts(file: str) -> Mapping[str, Document]:
    return {document.name: document.parse()[0] for document in read_eval_file(file)}


@lru_cache(maxsize=4)
def _document(file: str, doc: str) -> Document:
    return _texts(file)[doc] if doc else read(ReadRequest(file))


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()


def main(arguments: list[str] | None = None) -> int:
    """Print the tallies; returns the exit status."""
    parser = argparse.ArgumentParser(description="Cells of tables found by structure alone.")
    parser.add_argument("--data", type=Path, nargs="+", required=True, metavar="FILE.jsonl")
    parser.add_argument("--details", action="store_true", help="a line for each question that was not answered right")
    options = parser.parse_args(arguments)
    tallies: dict[str, dict[str, float]] = {}
    for path in options.data:
        counts: Counter[str] = Counter(right=0, wrong=0, none=0)
        for asked in cell_questions(path):
            choice = choice_for(asked)
            result = verdict(asked, choice)
            counts[result] += 1
            if options.details and result != "right":
                said = "; ".join(cell.text for cell in choice.cells) if choice else "-"
                print(f"{result}: {asked.question} wanted {asked.value}, got {said}")
        total = sum(counts.values())
        print(f"{path.name}: {total} questions, " + ", ".join(f"{count} {name}" for name, count in counts.items()))
        tallies[path.name] = {"questions": total, **counts, "right_share": round(counts["right"] / max(total, 1), 3)}
    print(json.dumps(tallies))
    return 0


if __name__ == "__main__":
    sys.exit(main())
