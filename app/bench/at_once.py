"""What is there at once: a second question, a preliminary answer, the first frame, the help; each in a new process.

Walls are the best of three. They depend on what else the machine does, so that each row says the load beside them.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from docqa.app.bench.processes import run_docqa, sampled_docqa
from docqa.app.bench.rows import Measurement
from docqa.app.bench.sampling import PARTS
from docqa.app.bench.terminal import NoTerminal, first_frame
from docqa.ingest.process.forks import usable_cores
from docqa.ingest.request import ReadRequest
from docqa.ingest.worker import read_in_worker

REPEATS = 3
SAMPLES = Path(__file__).parents[2] / "sample_docs"
_HANDBOOK, _AGREEMENT = "handbook.pdf", "services_agreement.pdf"
_QUESTION = {_HANDBOOK: "How long do I hold down the red distress button?", _AGREEMENT: "When does it take effect?"}
_BESIDE_READER_S = {_HANDBOOK: 0.7, _AGREEMENT: 0.5}
QUICK_WITHIN_S, FRAME_WITHIN_S, HELP_WITHIN_S = 4.0, 0.4, 0.12
PAGES, LEAST_SPEED_UP = 400, 1.6
_WARM_UP = 1  # the first one writes what Python compiles


@dataclass(frozen=True)
class _Timed:
    """Seconds of one run in processes of its own: by the clock, and of the processor."""

    wall_s: float
    processor_s: float


@dataclass(frozen=True)
class _TimedQuestion(_Timed):
    """A question in a new process, with the seconds of each of PARTS."""

    parts: dict[str, float]

    @property
    def beside_reader_s(self) -> float:
        return self.wall_s - self.parts["reader"]


def second_question(name: str, row: str) -> Iterator[Measurement]:
    """`row`: a question about the sample `name`, which was read before, without the reader's own time; and that."""
    document = SAMPLES / name
    if not document.is_file():
        yield from _missing(row, f"{row}_reader")
        return
    with tempfile.TemporaryDirectory(prefix="docqa-bench-") as folder:
        run_docqa("read", str(document), cache=folder)
        asked = [_ask(document, _QUESTION[name], folder) for _ in range(REPEATS + _WARM_UP)][_WARM_UP:]
    best = min(asked, key=lambda one: one.beside_reader_s)
    start = best.wall_s - sum(best.parts.values())
    profile = ", ".join(f"{part} {best.parts[part]:.2f}" for part in PARTS)
    yield Measurement(
        row, best.beside_reader_s, "s", None, None,
        f"a question about {name}, read before, in a new process, beside the reader; best of {REPEATS}; wall "
        f"{best.wall_s:.2f} s: start {start:.2f}, {profile}; {_spent(best)}; bar {_BESIDE_READER_S[name]:g}",
    )  # fmt: skip
    reader = min(one.parts["reader"] for one in asked)
    yield Measurement(
        f"{row}_reader", reader, "s", None, None, f"the reader's own time in it; best of {REPEATS}; {_load()}"
    )


def _ask(document: Path, question: str, cache: str) -> _TimedQuestion:
    worked = _processor_s()
    wall, parts = sampled_docqa("ask", "--json", str(document), question, cache=cache)
    return _TimedQuestion(wall, _processor_s() - worked, parts)


def quick_row() -> Iterator[Measurement]:
    """quick_unread: `docqa ask --quick` about a document that nobody has read."""
    document = SAMPLES / _HANDBOOK
    if not document.is_file():
        yield from _missing("quick_unread")
        return

    def ask() -> None:
        with tempfile.TemporaryDirectory(prefix="docqa-bench-") as folder:
            run_docqa("ask", "--quick", str(document), _QUESTION[_HANDBOOK], cache=folder)

    best = _best(ask, REPEATS)
    yield Measurement(
        "quick_unread", best.wall_s, "s", None, None,
        f"docqa ask --quick {_HANDBOOK} in a new process, with nothing kept; best of {REPEATS}; {_spent(best)}; "
        f"bar {QUICK_WITHIN_S:g}",
    )  # fmt: skip


def first_frame_row() -> Iterator[Measurement]:
    """tui_first_frame: from the start of `docqa tui` until the list of documents is drawn."""
    with tempfile.TemporaryDirectory(prefix="docqa-bench-") as folder:
        Path(folder, "notes.md").write_text("# Notes\n\nThe gate is opened at six.\n", encoding="utf-8")
        try:
            frames = [_Timed(*first_frame([folder], cache=folder)) for _ in range(REPEATS + _WARM_UP)][_WARM_UP:]
        except NoTerminal as error:
            yield Measurement("tui_first_frame", None, "s", None, None, f"not measured: {error}")
            return
    best = min(frames, key=lambda frame: frame.wall_s)
    yield Measurement(
        "tui_first_frame", best.wall_s, "s", None, None,
        f"docqa tui FOLDER in a terminal of 120x40, from its start until its documents are drawn; best of {REPEATS}; "
        f"{_spent(best)}; bar {FRAME_WITHIN_S:g}",
    )  # fmt: skip


def help_row() -> Iterator[Measurement]:
    """help: `docqa --help` in a process of its own."""
    best = _best(lambda: run_docqa("--help"), REPEATS + _WARM_UP)
    method = f"docqa --help in a new process; best of {REPEATS + _WARM_UP}; {_spent(best)}; bar {HELP_WITHIN_S:g}"
    yield Measurement("help", best.wall_s, "s", None, None, method)


def ingest_parallel_row(pages: int = PAGES) -> Iterator[Measurement]:
    """ingest_parallel: a PDF of `pages` read by a worker with a process for each core, beside one process."""
    document, cores = SAMPLES / _HANDBOOK, usable_cores()
    if not document.is_file():
        yield from _missing("ingest_parallel")
        return
    if cores < 2:
        yield Measurement("ingest_parallel", None, "s", "one process", None, "not measured: there is one core")
        return
    with tempfile.TemporaryDirectory(prefix="docqa-bench-") as folder:
        file = Path(folder) / "long.pdf"
        _write_long(document, file, pages)
        found = [[_read(file, processes) for processes in (1, cores)] for _ in range(REPEATS)]
    alone, together = (min(times, key=lambda time: time.wall_s) for times in zip(*found, strict=True))
    yield Measurement(
        "ingest_parallel", together.wall_s, "s", "one process", alone.wall_s,
        f"{pages} pages of {_HANDBOOK} from the file to the Document, by {cores} processes; best of {REPEATS} in turn; "
        f"{_spent(together)}, {alone.processor_s:.2f} s of one; the bar is a ratio of {LEAST_SPEED_UP:g} with two",
    )  # fmt: skip


def _read(file: Path, processes: int) -> _Timed:
    return _best(lambda: read_in_worker(ReadRequest(file, processes=processes)), 1)


def _write_long(source: Path, file: Path, pages: int) -> None:
    """The pages of `source` again and again, until there are so many."""
    from pypdf import PdfReader, PdfWriter

    reader, writer = PdfReader(source), PdfWriter()
    while len(writer.pages) < pages:
        writer.append(reader, pages=(0, min(len(reader.pages), pages - len(writer.pages))))
    writer.write(file)


def _missing(*names: str) -> Iterator[Measurement]:
    for name in names:
        yield Measurement(name, None, "s", None, None, "not measured: the sample documents are not here")


def _best(action: Callable[[], object], repeats: int) -> _Timed:
    """The shortest of several runs of what starts processes and waits for them."""
    times: list[_Timed] = []
    for _ in range(repeats):
        started, worked = time.perf_counter(), _processor_s()
        action()
        times.append(_Timed(time.perf_counter() - started, _processor_s() - worked))
    return min(times, key=lambda one: one.wall_s)


def _processor_s() -> float:
    """Of all processes that were started here and have ended; 0 where the system does not tell."""
    times = os.times()
    return times.children_user + times.children_system


def _spent(run: _Timed) -> str:
    """What a run took of the processor, and what else the machine does."""
    return f"{run.processor_s:.2f} s of the processor, {_load()}"


def _load() -> str:
    return f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"


_MEASURES: dict[tuple[str, ...], Callable[[], Iterator[Measurement]]] = {
    ("help",): help_row,
    ("tui_first_frame",): first_frame_row,
    ("second_question", "second_question_reader"): partial(second_question, _HANDBOOK, "second_question"),
    ("second_question_sample", "second_question_sample_reader"): (
        partial(second_question, _AGREEMENT, "second_question_sample")
    ),
    ("quick_unread",): quick_row,
    ("ingest_parallel",): ingest_parallel_row,
}
NAMES = tuple(name for names in _MEASURES for name in names)


def at_once_rows(only: Container[str] = NAMES) -> Iterator[Measurement]:
    """Measure the rows NAMES, or those of them that are in `only`. No model is loaded in this process."""
    for names, measure in _MEASURES.items():
        if any(name in only for name in names):
            yield from (row for row in measure() if row.name in only)
