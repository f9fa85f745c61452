"""What the date of a document is told by (docqa.app.reading.first_pages.document_date): the dates of contracts,
which are marked, and openings of documents of all kinds in `questions/openings.txt`, a line each,
the date [[in brackets]]."""

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import numpy as np

from docqa.app.eval.questions import read_eval_file
from docqa.app.reading.clauses import ClauseSentence
from docqa.app.reading.first_pages.document_date import LAST, date_features, dates_with_year
from docqa.ingest.types import Span

MARKED = re.compile(r"\[\[([^\[\]]*)\]\]")
FIRST_DATES = 40  # of a contract
TIMES = 4  # that an opening counts, beside hundreds of contracts
Dates = tuple[list[ClauseSentence], np.ndarray]
"""The dates of a document, and which are its date, [dates, 1]."""


def date_rows(contracts: str, question: str) -> Iterator[Dates]:
    """Those of every contract that has a date of its own, the answer to `question`."""
    for document in read_eval_file(contracts):
        golds = next((each.spans for each in document.questions if each.text == question), ())
        if golds and (
            rows := _rows(document.text, [Span(*gold) for gold in golds], len(document.text))
        ):
            yield rows


def opening_rows() -> Iterator[Dates]:
    """Those of the openings."""
    path = Path(str(files("docqa.app.lab").joinpath("questions/openings.txt")))
    for line in path.read_text(encoding="utf-8").splitlines():
        first, date, rest = MARKED.split(line)
        right = Span(len(first), len(first) + len(date))
        if rows := _rows(first + date + rest, [right], len(line) + LAST):
            yield rows


def _rows(text: str, right: list[Span], length: int) -> Dates | None:
    found = list(enumerate(dates_with_year(text)))[:FIRST_DATES]
    rows = [
        ClauseSentence(0, at.start, at.end, date_features(text, at, number, 0, length))
        for number, at in found
    ]
    held = [any(at.start < each.end and each.start < at.end for each in right) for _, at in found]
    return (rows, np.array(held, dtype=np.float32)[:, None]) if rows else None
