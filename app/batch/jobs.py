"""The jobs of the commands: the same questions put to each document (`extract`, `ask --each`), or
its summary.
"""

import json
import os
import sys
import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, Self

from docqa.app import report
from docqa.app.answer.answer import SCHEMA, Answer, Usage, record_from_json
from docqa.app.answer.events import Event, Finished, OnEvent
from docqa.app.answer.text import JsonObject, compact_json
from docqa.app.answerers.loading import find_model
from docqa.app.answerers.remote.address import is_remote
from docqa.app.answerers.third_party import options_for_provenance
from docqa.app.errors import StoreDamagedError
from docqa.app.options import Options
from docqa.app.session.engine import open_session
from docqa.app.session.session import Session
from docqa.app.storage.store import Details, Store, key_of, sha256_of, store_of
from docqa.app.summary.process import summarize_document
from docqa.app.summary.record import SCHEMA as SUMMARY_SCHEMA
from docqa.app.summary.record import SummaryRecord, to_json_line
from docqa.app.summary.written.composing import Writer
from docqa.app.summary.written.process import write_summary
from docqa.ingest.types import Document
from docqa.model.protocol import Model

from .documents import (
    KEEP_STATE_FROM_CHARACTERS,
    NAMELESS,
    UNTITLED,
    read_document,
    reading_identity,
)
from .fields import Field, field_of
from .items import BatchItem, Failure, failure_of, read_content

ANSWER_VERSION = 7
"""Raised whenever the same question would get another answer."""
_ANSWERS_FILE = "answers.json"
SUMMARY_VERSION = 7
"""Raised whenever the same document would get another summary."""
_KEPT_PRODUCTS = ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")
"""By default oneDNN keeps 1,024 matrix products compiled for a length of document: a gigabyte a
process over many small files. What the user set stays."""


@dataclass(frozen=True)
class Outcome:
    """How one task ended: with a `record`, a `failure`, or `fatal`, the message of what all would
    share; else its process died. `peak_bytes`: of its
    process."""

    record: str | None = None
    failure: Failure | None = None
    fatal: str | None = None
    seconds: float = 0.0
    tokens: int = 0
    peak_bytes: int = 0
    machine: str | None = None

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Self:
        """Raises ValueError or TypeError for anything that `to_json` did not write."""
        outcome: Self = record_from_json(cls, json.loads(line))
        return outcome


class Job(ABC):
    """What is done with every document of a batch, by a model that is loaded once."""

    name: str
    by_name: bool
    """Whether equal bytes under two names are two tasks."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.store = store_of(options)
        self.model: Model | None = None

    @abstractmethod
    def identity(self) -> JsonObject:
        """All that a record depends on besides its document."""

    @property
    @abstractmethod
    def asked(self) -> JsonObject:
        """What the job is made of besides its options, by the names of its arguments."""

    def spec(self, threads: int) -> JsonObject:
        """JSON of which `make_job` makes the same job, with so many threads."""
        return {
            "name": self.name,
            "options": {**asdict(self.options), "threads": threads},
            "asked": self.asked,
        }

    def prepare(self) -> None:
        """Load what every document needs. Raises what would fail for all of them."""
        if not self.model:
            os.environ.setdefault(*_KEPT_PRODUCTS)
            self.model = find_model(self.options)

    def kept_record(self, item: BatchItem) -> str | None:
        """The record of `item` where earlier runs kept all of it."""
        return None

    def process(self, item: BatchItem, content: bytes, on_event: OnEvent) -> Outcome:
        """The record of a document: the same for the same bytes and suffix, and where `by_name` the
        same name. Raises for this document alone."""
        self.prepare()
        # Without `by_name` one without a title is read as "Untitled", whatever its file is called.
        name = item.name if self.by_name else UNTITLED + item.suffix
        return self.process_document(
            item, read_document(content, name, self.options, self.store), on_event
        )

    def process_document(self, item: BatchItem, document: Document, on_event: OnEvent) -> Outcome:
        """The same of a document that is parsed already."""
        self.prepare()
        # Its state is kept where reading it again would take long.
        long = sum(len(page.text) for page in document.pages) >= KEEP_STATE_FROM_CHARACTERS
        options = self.options if long else replace(self.options, store=False)
        with open_session([document], options, model=self.model, called=NAMELESS) as session:
            return Outcome(self._make_record(item, session, on_event), tokens=len(session.context))

    @abstractmethod
    def _make_record(self, item: BatchItem, session: Session, on_event: OnEvent) -> str:
        """The line of JSON that the workspace keeps."""


def _mark_as_reused(answer: dict[str, Any]) -> JsonObject:
    usage = answer["usage"]
    tokens = usage["tokens_read"] + usage["tokens_reused"]
    return answer | {"usage": asdict(Usage(0, tokens, 0.0, True))}


class AnswerJob(Job):
    """Answers to `questions`, in order, those answered before from the store. Since a file name may
    be read as title, two names are two tasks: answers must be those of `docqa ask`."""

    name = "ask"
    by_name = True

    def __init__(self, options: Options, questions: list[str]) -> None:
        super().__init__(options)
        self.questions = questions

    @property
    def asked(self) -> JsonObject:
        return {"questions": self.questions}

    def identity(self) -> JsonObject:
        return {**self._cached_identity, **self.asked}

    def kept_record(self, item: BatchItem) -> str | None:
        warnings, answers = self._load_stored_answers(item)
        return (
            self._record_line(warnings, answers)
            if all(question in answers for question in self.questions)
            else None
        )

    def _make_record(self, item: BatchItem, session: Session, on_event: OnEvent) -> str:
        warnings = list(session.documents[0].coverage.warnings)
        answers = self._load_stored_answers(item)[1]
        left = [question for question in self.questions if question not in answers]
        for question in left:
            for event in self._answer_events(session, question):
                if isinstance(event, Finished):
                    answers[question] = event.answer.to_json_object()
                else:
                    on_event(event)
        if left and self._answer_store:
            self._store_answers(
                item, {"warnings": warnings, "answers": answers}, self._answer_store
            )
        return self._record_line(warnings, answers)

    def _record_line(self, warnings: list[str], answers: dict[str, JsonObject]) -> str:
        record = {
            "warnings": warnings,
            "answers": [answers[question] for question in self.questions],
        }
        return compact_json(record)

    def _answer_events(self, session: Session, question: str) -> Iterator[Event]:
        return session.ask(question)

    def _load_stored_answers(self, item: BatchItem) -> tuple[list[str], dict[str, JsonObject]]:
        """What earlier runs kept of a document, by content and name: warnings, and `--json` objects
        by question.
        """
        store = self._answer_store
        key = self._store_key(item)
        if store:
            store.meet(filter(None, [item.digest]))
            with suppress(
                StoreDamagedError, OSError, ValueError, KeyError, TypeError
            ):  # `_keep` writes it anew
                if store.has("answers", key):
                    folder, _ = store.open("answers", key)
                    raw = json.loads((folder / _ANSWERS_FILE).read_bytes())
                    answers = {
                        question: _mark_as_reused(answer)
                        for question, answer in raw["answers"].items()
                    }
                    return list(raw["warnings"]), answers
        return [], {}

    def _store_answers(self, item: BatchItem, content: JsonObject, store: Store) -> None:
        details: Details = {
            "documents": [item.digest or ""],
            "files": [item.shown_path],
            "paths": [os.path.abspath(item.source)],
        }
        with suppress(OSError):
            store.put(
                "answers",
                self._store_key(item),
                details,
                {_ANSWERS_FILE: json.dumps(content).encode()},
            )

    def _store_key(self, item: BatchItem) -> str:
        """A document that needed a password is found only with that password."""
        secret = sha256_of((self.options.password or "").encode())
        return key_of(
            [
                ANSWER_VERSION,
                self._cached_identity,
                secret,
                os.environ.get("DOCQA_DTYPE"),
                item.digest,
                item.name,
            ]
        )

    @cached_property  # hashed into the keys of older workspaces too
    def _cached_identity(self) -> JsonObject:
        options = options_for_provenance(self.options)
        if self.options.source != "auto":
            options |= {"from": self.options.source}
        return {
            "work": self.name,
            "schema": SCHEMA,
            "options": options,
            **reading_identity(self.options),
        }

    @property
    def _answer_store(self) -> Store | None:
        """None for a server, whose model's name does not say which weights."""
        return None if is_remote(self.options.model) else self.store


class FieldsJob(AnswerJob):
    name = "fields"

    def __init__(self, options: Options, fields: Sequence[Field | dict[str, Any]]) -> None:
        found = [each if isinstance(each, Field) else field_of(each, "the job") for each in fields]
        super().__init__(options, [field.key for field in found])
        self.fields = {field.key: field for field in found}

    @property
    def asked(self) -> JsonObject:
        return {"fields": [asdict(field) for field in self.fields.values()]}

    def _answer_events(self, session: Session, question: str) -> Iterator[Event]:
        return session.ask(self.fields[question].question, wanted=self.fields[question].wanted)


class SummaryJob(Job):
    """Summaries in one style, with a `focus` about that: in the words of a model that writes, else
    of the document.
    """

    name = "summarize"
    by_name = False

    def __init__(self, options: Options, style: str, focus: str = "") -> None:
        super().__init__(options)
        self.style = style
        self.focus = focus

    @property
    def asked(self) -> JsonObject:
        return {"style": self.style, "focus": self.focus}

    def identity(self) -> JsonObject:
        given = {"from": self.options.source} if self.options.source != "auto" else {}
        return {
            "work": self.name,
            "schema": SUMMARY_SCHEMA,
            "version": SUMMARY_VERSION,
            **given,
            **{name: value for name, value in self.asked.items() if value},
            **reading_identity(self.options),
        }

    def _make_record(self, item: BatchItem, session: Session, on_event: OnEvent) -> str:
        work = self.summarize(session)
        while True:
            try:
                on_event(next(work))
            except StopIteration as end:
                return to_json_line(end.value)

    def summarize(self, session: Session) -> Generator[Event, None, SummaryRecord]:
        """The events of summarizing the only document of `session`; returns its record."""
        document = session.documents[0]
        if session.writing:
            writer = Writer(session.writing)
            return (yield from write_summary(document, writer, self.style, focus=self.focus))
        if self.focus:  # only a focus ranks passages
            yield from session.read()
        model = session.local.model
        ranked = session.ranked_passages(self.focus) if self.focus else ()
        return summarize_document(
            document, session.context, model, self.style, focus=self.focus, ranked=ranked
        )


def make_job(spec: dict[str, Any]) -> Job:
    """The job that said `spec`. Raises KeyError."""
    kinds: dict[str, Callable[..., Job]] = {
        each.name: each for each in (AnswerJob, FieldsJob, SummaryJob)
    }
    return kinds[spec["name"]](Options(**spec["options"]), **spec["asked"])


def prepare(job: Job) -> str | None:
    """Load what every document needs; returns the message of what would fail for all."""
    try:
        job.prepare()
    except report.expected_errors() as error:
        return report.error_message(error)
    return None


def attempt(job: Job, item: BatchItem, on_event: OnEvent) -> Outcome:
    """Process `item`: its own failure becomes an Outcome; what would fail for every other one its
    `fatal`.
    """
    started = time.monotonic()
    try:
        outcome = job.process(item, read_content(item), on_event)
    except Exception as error:  # noqa: BLE001 - a bug that one document brings out must not cost the others
        if report.exit_code(error) == report.RESOURCES and not report.is_out_of_memory(error):
            return Outcome(fatal=report.error_message(error))
        failure = failure_of(error)
        if report.exit_code(error) == report.BUG:
            if os.environ.get("DOCQA_DEBUG"):
                traceback.print_exception(error)
            failure = Failure(
                type(error).__name__,
                f"a bug in docqa: {error}",
                "Please report it, with what DOCQA_DEBUG=1 shows",
            )
        outcome = Outcome(failure=failure)
    return replace(outcome, seconds=time.monotonic() - started, peak_bytes=peak_bytes())


def peak_bytes() -> int:
    try:
        import resource
    except ImportError:
        import psutil

        held = psutil.Process().memory_info()
        return int(getattr(held, "peak_wset", held.rss))  # Windows knows what it was at most
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
        1 if sys.platform == "darwin" else 1024
    )


def answers_of(record: str, file: str) -> list[Answer]:
    """The answers of a record, about `file`. Raises ValueError, KeyError or TypeError for another's
    record.
    """
    answers = json.loads(record)["answers"]
    for answer in answers:
        for placed in (
            *answer["evidence"],
            *(cite for quote in answer["quotes"] for cite in quote["cites"]),
        ):
            if placed["file"] == NAMELESS:
                placed["file"] = file
    return [Answer.from_json_object(answer) for answer in answers]


def with_path(record: SummaryRecord, path: str, stem: str) -> SummaryRecord:
    """`record` as that of the file at `path`, called by its `stem` without a title that names it
    ("XXXXX").
    """
    nothing = record.title == UNTITLED or len(set(filter(str.isalpha, record.title.casefold()))) < 2
    return replace(record, path=path, title=stem if nothing and stem else record.title)
