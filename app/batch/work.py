"""One unit of a batch, done: `Work.process` is pure, `attempt` measures it and tells its failure from everybody's."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from docqa.app.batch.items import Failure, Item, failure_of, read_content

if TYPE_CHECKING:
    from docqa.app.answer.events import Event


@dataclass(frozen=True)
class Processed:
    """What `process` made: a line of JSON, from so many tokens; `reading_s` went into making text of the bytes."""

    record: str
    tokens: int
    reading_s: float


class Job(Protocol):
    """What is done with every document of a batch."""

    name: str
    by_name: bool
    """Whether equal bytes under two names are two units."""

    def spec(self) -> dict[str, Any]:
        """JSON that `make_work` makes the same work of, in another process."""

    def identity(self) -> dict[str, Any]:
        """All that a record depends on besides the bytes of its document and their kind."""

    def prepare(self) -> None:
        """Load what every document needs. Raises what would fail for all of them."""

    def process(self, content: bytes, name: str, told: Callable[[Event], None]) -> Processed:
        """The record of a document: the same for the same bytes, wherever and whenever. Raises for this one alone.

        Of `name`, that of its file, only the suffix may count where not `by_name`.
        """


@dataclass(frozen=True)
class Outcome:
    """How one unit ended: with a `record`, a `failure`, or `fatal`, (message, exit code) of what all would share.

    None of the three: its process died. `seconds` in all, `reading_s` of them for its text; `peak_bytes` is the most
    memory of the process that did it.
    """

    key: str
    record: str | None = None
    failure: Failure | None = None
    fatal: tuple[str, int] | None = None
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
        failure, fatal = raw.pop("failure"), raw.pop("fatal")
        return cls(
            **raw,
            failure=Failure(**failure) if failure else None,
            fatal=(str(fatal[0]), int(fatal[1])) if fatal else None,
        )


def make_work(spec: dict[str, Any]) -> Job:
    """The work that said `spec`. Raises KeyError for a kind that there is not."""
    from docqa.app.batch.answers import Answers
    from docqa.app.batch.summaries import Summaries

    kinds: dict[str, Callable[..., Job]] = {"summarize": Summaries.from_spec, "ask": Answers.from_spec}
    return kinds[spec["name"]](spec)


def identity_hash(identity: dict[str, Any]) -> str:
    """The hash that the units of a work of this identity are keyed by."""
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def attempt(work: Job, key: str, item: Item, told: Callable[[Event], None]) -> Outcome:
    """Process `item`: its own failure becomes an Outcome; so does what would fail for every other, as `fatal`."""
    from docqa.app import report

    started = time.monotonic()
    reset_peak()
    try:
        made = work.process(read_content(item), item.name, told)
    except Exception as error:  # noqa: BLE001 - a bug that one document brings out must not cost the others
        if report.exit_code(error) == report.RESOURCES and not report.out_of_memory(error):
            return Outcome(key, fatal=(report.describe(error), report.RESOURCES))
        failure = _bug(error) if report.exit_code(error) == report.BUG else failure_of(error)
        return Outcome(key, failure=failure, seconds=time.monotonic() - started, peak_bytes=peak_bytes())
    seconds = time.monotonic() - started
    return Outcome(key, made.record, None, None, seconds, made.reading_s, made.tokens, peak_bytes())


def _bug(error: Exception) -> Failure:
    import traceback

    if os.environ.get("DOCQA_DEBUG"):
        traceback.print_exception(error)
    return Failure(type(error).__name__, f"a bug in docqa: {error}", "Please report it, with what DOCQA_DEBUG=1 shows")


def reset_peak() -> None:
    """Begin to measure `peak_bytes` anew, where the system can: Linux."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_bytes() -> int:
    """The most memory that this process held since `reset_peak`, else since its start."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return int(status.partition("VmHWM:")[2].split(maxsplit=1)[0]) * 1024
    except (OSError, ValueError, IndexError):
        import resource
        import sys

        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
