"""A process that does tasks: the job as first line on standard input, then an item a line, an
Outcome a line back. It ends when its input closes; an interrupt keeps what was read."""

import contextlib
import json
import os
import queue
import signal
import sys
import threading

from docqa.app.batch.items import Item
from docqa.app.batch.jobs import Outcome, attempt, make_job, prepare

READY = "ready"


def main() -> int:
    """Returns 0 when there is nothing more to do, 130 after an interrupt."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for name in ("SIGINT", "SIGBREAK"):  # the second is how Windows interrupts one process alone
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(lines,), daemon=True).start()

    def answer(text: str) -> None:
        answers.write(text + "\n")
        answers.flush()

    try:
        job = make_job(json.loads(lines.get()))
        fatal = prepare(job)
        answer(READY if fatal is None else Outcome(fatal=fatal).to_json())
        while fatal is None:
            answer(attempt(job, Item(**json.loads(lines.get())), lambda event: None).to_json())
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0
    return 0


def _receive(lines: queue.SimpleQueue[str]) -> None:
    """Put every line into `lines`; behind the last the parent is gone, and this process ends."""
    for line in sys.stdin:
        lines.put(line)
    with contextlib.suppress(ValueError):
        sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
