"""What is there at once: first and second question, preliminary answer, first frame, help; each in
a new process, best of several, with the load beside it."""

import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from docqa.ingest.process.processor_time import processor_seconds

from .rows import Measurement

REPEATS = 3
SAMPLES = Path(__file__).parents[3] / "sample_docs"
_HANDBOOK = "handbook.pdf"
_AGREEMENT = "services_agreement.pdf"
_QUESTION = {
    _HANDBOOK: "How long do I hold down the red distress button?",
    _AGREEMENT: "When does it take effect?",
}
QUICK_WITHIN_S = 4.0
FRAME_WITHIN_S = 0.4
HELP_WITHIN_S = 0.12
_WARM_UP = 1  # the first one writes what Python compiles
_SIZE = (40, 120)  # rows, columns
# what every terminal is asked, and says: it has colours
_ASKED = b"\x1b[c"
_ATTRIBUTES = b"\x1b[?62;22c"
_DRAWN = b"Enter opens"
_GIVE_UP_S = 60.0
_GOOD = (0, 5)  # statuses; 5: not found, which takes as long


@dataclass(frozen=True)
class _Timed:
    """Seconds of one run: by the clock, and of the processor."""

    wall_s: float
    processor_s: float


def ask_row(
    name: str, file: str, what: str, *flags: str, read: bool = False
) -> Iterator[Measurement]:
    """The row `name`: a question about a sample document in a new process, `read` before or never
    seen.
    """
    document = SAMPLES / file
    if not document.is_file():
        yield Measurement(
            name, None, "s", None, None, "not measured: the sample documents are not here"
        )
        return
    with tempfile.TemporaryDirectory(prefix="docqa-bench-") as folder:

        def ask() -> None:
            with tempfile.TemporaryDirectory(dir=folder) as empty:
                _run_docqa(
                    "ask", *flags, str(document), _QUESTION[file], cache=folder if read else empty
                )

        if read:
            _run_docqa("read", str(document), cache=folder)
        best = _best(ask, REPEATS)
    yield Measurement(
        name, best.wall_s, "s", None, None, f"{file}, {what}; best of {REPEATS}; {_spent(best)}"
    )


def first_frame_row() -> Iterator[Measurement]:
    """tui_first_frame: from the start of `docqa tui` until the list of documents is drawn."""
    with tempfile.TemporaryDirectory(prefix="docqa-bench-") as folder:
        Path(folder, "notes.md").write_text(
            "# Notes\n\nThe gate is opened at six.\n", encoding="utf-8"
        )
        try:
            frames = [_first_frame(folder) for _ in range(REPEATS + _WARM_UP)][_WARM_UP:]
        except ImportError:
            why = "not measured: this system has no pseudo-terminals"
            yield Measurement("tui_first_frame", None, "s", None, None, why)
            return
    best = min(frames, key=lambda frame: frame.wall_s)
    yield Measurement(
        "tui_first_frame",
        best.wall_s,
        "s",
        None,
        None,
        f"docqa tui FOLDER in a terminal of 120x40, from its start until its documents are drawn; best of {REPEATS}; "
        f"{_spent(best)}; bar {FRAME_WITHIN_S:g}",
    )


def _first_frame(folder: str) -> _Timed:
    """Until `docqa tui FOLDER` has drawn its documents. Raises ImportError on Windows, which has no
    pseudo-terminals, TimeoutError where nothing is drawn."""
    import fcntl
    import pty
    import struct
    import termios

    terminal, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", *_SIZE, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "DOCQA_CACHE_DIR": folder}
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "docqa.app", "tui", folder],
        stdin=inner,
        stdout=inner,
        stderr=inner,
        start_new_session=True,
        env=environment,
    )
    os.close(inner)
    try:
        _answer_until_drawn(terminal, started + _GIVE_UP_S)
        return _Timed(time.perf_counter() - started, processor_seconds(process.pid) or 0.0)
    finally:
        process.kill()
        process.wait()
        os.close(terminal)


def _answer_until_drawn(terminal: int, end: float) -> None:
    shown = b""
    answered = 0
    while _DRAWN not in shown:
        left = end - time.perf_counter()
        if left <= 0 or not select.select([terminal], [], [], left)[0]:
            raise TimeoutError(f"docqa tui has drawn nothing after {_GIVE_UP_S:g} s")
        shown += os.read(terminal, 65_536)
        asked = shown.count(_ASKED)
        os.write(terminal, _ATTRIBUTES * (asked - answered))
        answered = asked


def help_row() -> Iterator[Measurement]:
    best = _best(lambda: _run_docqa("--help"), REPEATS + _WARM_UP)
    method = f"docqa --help in a new process; best of {REPEATS + _WARM_UP}; {_spent(best)}; bar {HELP_WITHIN_S:g}"
    yield Measurement("help", best.wall_s, "s", None, None, method)


def _best(action: Callable[[], object], repeats: int) -> _Timed:
    times: list[_Timed] = []
    for _ in range(repeats):
        started = time.perf_counter()
        worked = _processor_s()
        action()
        times.append(_Timed(time.perf_counter() - started, _processor_s() - worked))
    return min(times, key=lambda one: one.wall_s)


def _run_docqa(*arguments: str, cache: str | None = None) -> None:
    """Raises RuntimeError where it fails."""
    own = {**os.environ, "DOCQA_CACHE_DIR": cache} if cache else None
    done = subprocess.run(
        [sys.executable, "-m", "docqa.app", *arguments], capture_output=True, check=False, env=own
    )
    if done.returncode not in _GOOD:
        raise RuntimeError(
            f"docqa {' '.join(arguments)} ended with {done.returncode}: {done.stderr.decode()[-500:]}"
        )


def _processor_s() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _spent(run: _Timed) -> str:
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"
    return f"{run.processor_s:.2f} s of the processor, {load}"


_WARM = "read before, in a new process; bar"
_COLD = "in a new process, --no-store; bar 1.8"
_QUICK = f"--quick in a new process, with nothing kept; bar {QUICK_WITHIN_S:g}"
_MEASURES: dict[str, Callable[[], Iterator[Measurement]]] = {
    "help": help_row,
    "tui_first_frame": first_frame_row,
    "cold_ask": partial(ask_row, "cold_ask", _AGREEMENT, _COLD, "--no-store", "--json"),
    "warm_ask": partial(ask_row, "warm_ask", _AGREEMENT, f"{_WARM} 0.9", "--json", read=True),
    "second_question": partial(
        ask_row, "second_question", _HANDBOOK, f"{_WARM} 1", "--json", read=True
    ),
    "quick_unread": partial(ask_row, "quick_unread", _HANDBOOK, _QUICK, "--quick"),
}
NAMES = tuple(_MEASURES)


def at_once_rows(only: Container[str] = NAMES) -> Iterator[Measurement]:
    """Measure the rows NAMES, or those in `only`, without a model in this process."""
    for name, measure in _MEASURES.items():
        if name in only:
            yield from measure()
