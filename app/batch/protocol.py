"""What a batch asks of a job: the work that is done with each of its documents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NotRequired, Protocol, TypedDict

if TYPE_CHECKING:
    from docqa.app.answer.events import Event
    from docqa.app.batch.items import Item

Json = dict[str, object]


class JobSpec(TypedDict):
    """JSON that makes a job: its name, the fields of Options, and what the jobs of that name need besides."""

    name: str
    options: dict[str, Any]
    questions: NotRequired[list[str]]
    style: NotRequired[str]
    focus: NotRequired[str]


@dataclass(frozen=True)
class Processed:
    """What `process` made: a line of JSON, from so many tokens; making text of the bytes took `reading_s` seconds."""

    record: str
    tokens: int
    reading_s: float


class Job(Protocol):
    """What is done with every document of a batch."""

    name: str
    by_name: bool
    """Whether equal bytes under two names are two tasks."""

    def spec(self, threads: int | None = None) -> JobSpec:
        """What `jobs.make_job` makes the same job of, in another process with so many threads."""

    def identity(self) -> Json:
        """All that a record depends on besides the bytes of its document and their kind."""

    def prepare(self) -> None:
        """Load what every document needs. Raises what would fail for all of them."""

    def process(self, item: Item, content: bytes, on_event: Callable[[Event], None]) -> Processed:
        """The record of a document: the same for the same bytes, wherever and whenever. Raises for this one alone.

        Of the name of `item` only the suffix may count where not `by_name`.
        """

    def kept_record(self, item: Item) -> str | None:
        """The record of `item` where all of it was kept by an earlier run; None where there is something to do."""
