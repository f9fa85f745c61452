"""What a question takes: of a document that nobody has read yet, and of one that was read, in a process and in a new
one.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from docqa.app.bench.processes import run_docqa
from docqa.app.bench.rows import Measurement, fastest
from docqa.app.options import Options
from docqa.app.session.engine import open_session
from docqa.model.folder import BUNDLED
from docqa.model.heads.excerpt_reading import ExcerptLogits, ExcerptReader
from docqa.model.heads.reader_text import Pair
from docqa.model.load import NetworkModel

_SAMPLE = Path("sample_docs") / "services_agreement.pdf"
QUESTIONS = (
    "When does it take effect?",
    "Who may terminate the agreement, and why?",
    "What does the customer have to pay?",
    "May the supplier assign its rights?",
)


def ask_rows(model: NetworkModel) -> Iterator[Measurement]:
    """Seconds of a question: `cold_ask`, `warm_ask`, and `question`, which says how much of it is the reader's."""
    sample = Path(__file__).parents[2] / _SAMPLE
    document = sample if sample.is_file() else BUNDLED / "LICENSE"
    seconds = fastest(lambda: run_docqa("ask", "--no-store", "--json", str(document), QUESTIONS[0]), 2)
    yield Measurement("cold_ask", seconds, "s", None, None, f"{document.name} in a new process, --no-store; best of 2")
    with tempfile.TemporaryDirectory(prefix="docqa-bench-") as folder:
        run_docqa("read", str(document), cache=folder)
        seconds = fastest(lambda: run_docqa("ask", "--json", str(document), QUESTIONS[0], cache=folder), 3)
    yield Measurement(
        "warm_ask", seconds, "s", None, None, f"{document.name}, read before, in a new process; best of 3; bar 2.5"
    )
    yield _question(model, document)


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


def _question(model: NetworkModel, document: Path) -> Measurement:
    """A question about a document that was read in this process: the slowest of QUESTIONS."""
    spent: list[float] = []
    if model.reader is not None:
        model.__dict__["reader"] = TimedReader(model.reader, spent)
    slowest, of_reader = 0.0, 0.0
    with open_session([str(document)], Options(store=False, preview=False), model=model) as session:
        for _ in session.read():
            pass
        for question in QUESTIONS:
            spent.clear()
            started = time.perf_counter()
            for _ in session.ask(question):
                pass
            seconds = time.perf_counter() - started
            if seconds > slowest:
                slowest, of_reader = seconds, sum(spent)
    del model.__dict__["reader"]
    method = (
        f"{document.name}, read before, in this process; the slowest of {len(QUESTIONS)} questions; "
        f"the reader's own time in it: {of_reader:.2f} s; bar 2.5"
    )
    return Measurement("question", slowest, "s", None, None, method)
