"""Where the time of a command goes: `python -m docqa.app.bench.sampling FILE ARGUMENTS...` runs `docqa ARGUMENTS`
and writes into FILE, as JSON, how many seconds each part of it took.

A thread looks every few milliseconds at what the command is doing, which slows nothing down and needs no marks in the
code that is measured.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import threading
import time
from pathlib import Path
from types import FrameType

_EVERY_S = 0.002
PARTS = ("import", "document", "context", "index", "model", "question", "reader")
"""The parts of a question: modules imported; the document found and taken from what is kept; its tokens and what was
read of them; words and vectors to find passages by; weights loaded; what is done with the question itself; the reader
over the passages that were found."""

# The first that is met from the outermost call inwards; what a part calls belongs to it, except for imports and the
# reader.
_OF_FILE = {
    "app/storage/": "document", "ingest/": "document", "app/context/": "context", "app/evidence/": "index",
    "app/models/": "model", "app/answerers/loading.py": "model", "model/load.py": "model",
    "model/checkpoints/": "model",
}  # fmt: skip
_READER = ("model/heads/excerpt_reading.py", "read_excerpts")
_IMPORT = "<frozen importlib._bootstrap>"
_ROOT = f"{Path(__file__).parents[2]}{os.sep}"


class Sampler:
    """Counts seconds by part, from `start` until `seconds` is read. Of the thread that makes it."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(PARTS, 0.0)
        self._watched, self._thread = threading.get_ident(), threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def _watch(self) -> None:
        before = time.perf_counter()
        while True:
            time.sleep(_EVERY_S)
            frame = sys._current_frames().get(self._watched)
            now = time.perf_counter()
            if frame is None:
                return
            self.seconds[part_of(_places(frame))] += now - before
            before = now


def _places(frame: FrameType | None) -> list[tuple[str, str]]:
    """File and function of each call, the outermost first."""
    found: list[tuple[str, str]] = []
    while frame is not None:
        found.append((frame.f_code.co_filename, frame.f_code.co_name))
        frame = frame.f_back
    return found[::-1]


def part_of(places: list[tuple[str, str]]) -> str:
    """Which of PARTS the calls at `places` (file and function, the outermost first) are."""
    part = "question"
    for file, function in places:
        if file == _IMPORT:
            return "import"
        within = file.removeprefix(_ROOT).replace(os.sep, "/")
        if (within, function) == _READER:
            part = "reader"
        elif part == "question":
            part = next((name for start, name in _OF_FILE.items() if within.startswith(start)), part)
    return part


def main() -> None:
    """Run the command, which ends this process with its exit code."""
    file, *arguments = sys.argv[1:]
    sampler = Sampler()

    def write() -> None:
        Path(file).write_text(json.dumps(sampler.seconds), encoding="utf-8")

    leave = os._exit

    def write_and_leave(code: int) -> None:
        write()
        leave(code)

    os._exit = write_and_leave  # type: ignore[assignment]  # how docqa ends amid an import
    sampler.start()
    sys.argv = ["docqa", *arguments]
    try:
        runpy.run_module("docqa.app", run_name="__main__")
    finally:
        write()


if __name__ == "__main__":
    main()
