"""What a question takes in this process, of a document that was read, and how much of it is the reader's."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from docqa.app.bench.rows import Measurement
from docqa.app.options import Options
from docqa.app.session.engine import open_session
from docqa.model.heads.excerpt_reading import ExcerptLogits, ExcerptReader
from docqa.model.heads.reader_text import Pair
from docqa.model.load import NetworkModel

QUESTIONS = (
    "How long do I hold down the red distress button?",
    "Who may take the boat out, and when?",
    "What does a member have to pay?",
    "May guests stay overnight?",
)


class TimedReader:
    """A reader that adds what each call took, in seconds, to `spent`."""

    def __init__(self, reader: ExcerptReader, spent: list[float]) -> None:
        self._reader, self._spent = reader, spent
        self.tokenizer, self.none, self.judge = reader.tokenizer, reader.none, reader.judge

    def read(self, pairs: Sequence[Pair]) -> list[ExcerptLogits]:
        """As the reader does."""
        started = time.perf_counter()
        found = self._reader.read(pairs)
        self._spent.append(time.perf_counter() - started)
        return found


def question_row(model: NetworkModel, document: Path) -> Iterator[Measurement]:
    """question: the slowest of QUESTIONS about a document that was read in this process; nothing without the file."""
    if model.reader is None or not document.is_file():
        return
    spent: list[float] = []
    taken: list[tuple[float, float]] = []
    model.__dict__["reader"] = TimedReader(model.reader, spent)
    with open_session([str(document)], Options(store=False, preview=False), model=model) as session:
        for _ in session.read():
            pass
        for question in QUESTIONS:
            spent.clear()
            started = time.perf_counter()
            session.answer(question)
            taken.append((time.perf_counter() - started, sum(spent)))
    del model.__dict__["reader"]
    slowest, of_reader = max(taken)
    method = f"{document.name}, read before, in this process; the slowest of {len(QUESTIONS)} questions; the reader's "
    yield Measurement("question", slowest, "s", None, None, f"{method}own time in it: {of_reader:.2f} s")
