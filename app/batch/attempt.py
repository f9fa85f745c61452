"""One task of a batch, done: `attempt` measures `Job.process`, and separates its failure from what all would share."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from docqa.app.batch.items import Failure, Item, failure_of, read_content

if TYPE_CHECKING:
    from docqa.app.answer.events import Event
    from docqa.app.batch.jobs import Job


@dataclass(frozen=True)
class Outcome:
    """How one task ended: with a `record`, a `failure`, or `fatal`, the message of what all would share.

    None of the three: its process died. `seconds` in all, `reading_s` of them for its text; `peak_bytes` is the most
    memory of the process that did it, `machine` is the name of another one.
    """

    record: str | None = None
    failure: Failure | None = None
    fatal: str | None = None
    seconds: float = 0.0
    reading_s: float = 0.0
    tokens: int = 0
    peak_bytes: int = 0
    machine: str | None = None

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Outcome:
        """Raises ValueError or TypeError for anything that `to_json` did not write."""
        raw = json.loads(line)
        return cls(**{**raw, "failure": Failure(**raw["failure"]) if raw["failure"] else None})


def prepare(job: Job) -> str | None:
    """Load what every document needs; returns the message of what would fail for all of them."""
    from docqa.app import report

    try:
        job.prepare()
    except report.expected_errors() as error:
        return report.describe(error)
    return None


def attempt(job: Job, item: Item, on_event: Callable[[Event], None]) -> Outcome:
    """Process `item`: its own failure becomes an Outcome; so does what would fail for every other, as `fatal`."""
    from docqa.app import report

    started = time.monotonic()
    try:
        found = job.process(item, read_content(item), on_event)
    except Exception as error:  # noqa: BLE001 - a bug that one document brings out must not cost the others
        if report.exit_code(error) == report.RESOURCES and not report.out_of_memory(error):
            return Outcome(fatal=report.describe(error))
        found = Outcome(failure=_bug(error) if report.exit_code(error) == report.BUG else failure_of(error))
    return replace(found, seconds=time.monotonic() - started, peak_bytes=peak_bytes())


def _bug(error: Exception) -> Failure:
    import traceback

    if os.environ.get("DOCQA_DEBUG"):
        traceback.print_exception(error)
    return Failure(type(error).__name__, f"a bug in docqa: {error}", "Please report it, with what DOCQA_DEBUG=1 shows")


def peak_bytes() -> int:
    """The most memory that this process held since it began."""
    try:
        import resource
    except ImportError:
        import psutil

        held = psutil.Process().memory_info()
        return int(getattr(held, "peak_wset", held.rss))  # Windows knows what it was at most
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
