"""The jobs of the commands: the same questions put to each document (`extract`, `ask --each`), or its summary."""

from __future__ import annotations

import hashlib
import json
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict, TypeVar

from docqa.app.answer.answer import SCHEMA, Answer, Cite, EvidenceItem
from docqa.app.answer.events import Finished
from docqa.app.answerers.loading import find_model
from docqa.app.batch.documents import KEEP_STATE_FROM_CHARACTERS, NAMELESS, UNTITLED, read_document, reading_identity
from docqa.app.batch.items import Json
from docqa.app.errors import StoreDamaged
from docqa.app.options import Options
from docqa.app.storage.store import store_of
from docqa.app.summary.record import SCHEMA as SUMMARY_SCHEMA
from docqa.app.summary.record import SummaryRecord, to_json_line

if TYPE_CHECKING:
    from docqa.app.answer.events import Event
    from docqa.app.batch.items import Item
    from docqa.app.session.session import Session
    from docqa.app.storage.store import Details, Store
    from docqa.ingest.types import Document
    from docqa.model.protocol import Model

_Placed = TypeVar("_Placed", Cite, EvidenceItem)

ANSWER_VERSION = 2
"""Raised whenever the same question would get another answer: those of before are made again."""
_ANSWERS_FILE = "answers.json"
SUMMARY_VERSION = 3
"""Raised whenever the same document would get another summary: those of before are made again."""
_KEPT_PRODUCTS = ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")
"""By default oneDNN keeps 1,024 matrix products compiled for a length of document: over a folder of small files, a
gigabyte a process. What the user set stays."""


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


class Job(ABC):
    """What is done with every document of a batch: read with `options`, by a model that is loaded once."""

    name: str
    by_name: bool
    """Whether equal bytes under two names are two tasks."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.store = store_of(options)
        self._model: Model | None = None

    @abstractmethod
    def identity(self) -> Json:
        """All that a record depends on besides the bytes of its document and their kind."""

    def spec(self, threads: int | None = None) -> JobSpec:
        """What `make_job` makes the same job of, in another process with so many threads."""
        return {"name": self.name, "options": {**asdict(self.options), "threads": threads or self.options.threads}}

    def prepare(self) -> None:
        """Load what every document needs. Raises what would fail for all of them."""
        if self._model is None:
            os.environ.setdefault(*_KEPT_PRODUCTS)
            self._model = find_model(self.options)

    def kept_record(self, item: Item) -> str | None:
        """The record of `item` where all of it was kept by an earlier run; None where there is something to do."""
        return None

    def process(self, item: Item, content: bytes, on_event: Callable[[Event], None]) -> Processed:
        """The record of a document: the same for the same bytes, wherever and whenever. Raises for this one alone.

        Of the name of `item` only the suffix counts where not `by_name`.
        """
        from docqa.app.session.session import Session

        self.prepare()
        # Without `by_name` a document that has no title is read as "Untitled", whatever its file is called.
        name = item.name if self.by_name else UNTITLED + item.suffix
        started = time.monotonic()
        document = read_document(content, name, self.options, self.store)
        reading_s = time.monotonic() - started
        # Its state is kept only where reading it again would take long.
        long = sum(len(page.text) for page in document.pages) >= KEEP_STATE_FROM_CHARACTERS
        with Session([document], self.options, store=self.store if long else None, model=self._model) as session:
            record = self._record(item, session, document, on_event)
            return Processed(record, len(session.context), reading_s)

    @abstractmethod
    def _record(self, item: Item, session: Session, document: Document, on_event: Callable[[Event], None]) -> str:
        """The line of JSON that the workspace keeps of a document."""


@dataclass(frozen=True)
class KeptAnswers:
    """Of one document: what was not read of it, and the `--json` object of each answer by its question. Mutable."""

    warnings: list[str]
    answers: dict[str, Json]

    def line(self, questions: list[str]) -> str:
        """The record of a document that was asked `questions`. Raises KeyError where one was not answered."""
        found = {"warnings": self.warnings, "answers": [self.answers[question] for question in questions]}
        return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def _reused(answer: Json) -> Json:
    usage = answer["usage"]
    if not isinstance(usage, dict):
        raise TypeError("no usage")
    tokens = usage["tokens_read"] + usage["tokens_reused"]
    return {**answer, "usage": {**usage, "tokens_read": 0, "tokens_reused": tokens, "seconds": 0.0, "cached": True}}


class AnswerJob(Job):
    """Answers to `questions`, in order. What was answered before is taken from the store, question by question.

    The model reads a document's title, which may be its file name; answers must be those of `docqa ask`, so two names
    are two tasks.
    """

    name = "ask"
    by_name = True

    def __init__(self, options: Options, questions: list[str]) -> None:
        super().__init__(options)
        self.questions = questions

    def spec(self, threads: int | None = None) -> JobSpec:
        return {**super().spec(threads), "questions": self.questions}

    def identity(self) -> Json:
        return {**self._identity, "questions": self.questions}

    def kept_record(self, item: Item) -> str | None:
        kept = self._kept(item)
        return kept.line(self.questions) if all(question in kept.answers for question in self.questions) else None

    def _record(self, item: Item, session: Session, document: Document, on_event: Callable[[Event], None]) -> str:
        answers = self._kept(item).answers
        kept = KeptAnswers(list(document.coverage.warnings), answers)
        left = [question for question in self.questions if question not in answers]
        for question in left:
            for event in session.ask(question):
                if isinstance(event, Finished):
                    answers[question] = event.answer.to_json_object()
                else:
                    on_event(event)
        if left and self._answer_store is not None:
            self._keep(item, kept, self._answer_store)
        return kept.line(self.questions)

    def _kept(self, item: Item) -> KeptAnswers:
        """What earlier runs kept of a document, by its content and file name; nothing where it cannot be used."""
        store, key = self._answer_store, self._key(item)
        if store is not None:
            store.meet(filter(None, [item.digest]))
            with suppress(StoreDamaged, OSError, ValueError, KeyError, TypeError):  # `_keep` writes it anew
                if store.has("answers", key):
                    folder, _ = store.open("answers", key)
                    raw = json.loads((folder / _ANSWERS_FILE).read_text(encoding="utf-8"))
                    answers = {question: _reused(answer) for question, answer in raw["answers"].items()}
                    return KeptAnswers(list(raw["warnings"]), answers)
        return KeptAnswers([], {})

    def _keep(self, item: Item, kept: KeptAnswers, store: Store) -> None:
        """Keep `kept`; a disk that refuses costs only the time to answer again."""
        details: Details = {
            "documents": [item.digest or ""],
            "files": [item.shown_path],
            "paths": [os.path.abspath(item.source)],
        }
        with suppress(OSError):
            store.put("answers", self._key(item), details, {_ANSWERS_FILE: json.dumps(vars(kept)).encode()})

    def _key(self, item: Item) -> str:
        """A document that needed a password is found only with that password."""
        secret = hashlib.sha256((self.options.password or "").encode()).hexdigest()
        fields = [ANSWER_VERSION, self._identity, secret, os.environ.get("DOCQA_DTYPE"), item.digest, item.name]
        return identity_hash(fields)

    @cached_property  # its names are hashed into the keys of workspaces, of older versions too
    def _identity(self) -> Json:
        options = self.options.recorded()
        if self.options.source != "auto":
            options |= {"from": self.options.source}
        return {"work": self.name, "schema": SCHEMA, "options": options, **reading_identity(self.options)}

    @property
    def _answer_store(self) -> Store | None:
        """Where answers are kept; nowhere those of a server, the name of whose model does not say which weights."""
        from docqa.app.answerers.remote.address import is_remote

        return None if is_remote(self.options.model) else self.store


class SummaryJob(Job):
    """Summaries in one style, about a `focus` where there is one: in the words of a model that writes, else of
    sentences of the document."""

    name = "summarize"
    by_name = False

    def __init__(self, options: Options, style: str, focus: str = "") -> None:
        super().__init__(options)
        self.style, self.focus = style, focus

    def spec(self, threads: int | None = None) -> JobSpec:
        return {**super().spec(threads), "style": self.style, "focus": self.focus}

    def identity(self) -> Json:
        asked = {"focus": self.focus} if self.focus else {}
        given = {"from": self.options.source} if self.options.source != "auto" else {}
        return {
            "work": self.name, "schema": SUMMARY_SCHEMA, "version": SUMMARY_VERSION, "style": self.style, **asked,
            **given, **reading_identity(self.options),
        }  # fmt: skip

    def _record(self, item: Item, session: Session, document: Document, on_event: Callable[[Event], None]) -> str:
        from docqa.app.summary.written.composing import writer_of
        from docqa.app.summary.written.process import write_summary

        writer = writer_of(session)
        if writer is None:
            return to_json_line(self._extracted(session, document, on_event))
        writing = write_summary(document, writer, self.style, focus=self.focus)
        while True:
            try:
                on_event(next(writing))
            except StopIteration as end:
                return to_json_line(end.value)

    def _extracted(self, session: Session, document: Document, on_event: Callable[[Event], None]) -> SummaryRecord:
        from docqa.app.summary.process import summarize_document

        for event in session.read() if self.focus else ():  # only a focus ranks passages
            on_event(event)
        model, ranked = session.local.model, session.rank(self.focus) if self.focus else ()
        return summarize_document(document, session.context, model, self.style, focus=self.focus, ranked=ranked)


def make_job(spec: JobSpec) -> Job:
    """The job that said `spec`. Raises KeyError for a kind that there is not."""
    options = Options(**spec["options"])
    kinds: dict[str, Callable[[], Job]] = {
        AnswerJob.name: lambda: AnswerJob(options, spec["questions"]),
        SummaryJob.name: lambda: SummaryJob(options, spec["style"], spec.get("focus", "")),
    }
    return kinds[spec["name"]]()


def identity_hash(identity: Json | list[object]) -> str:
    """The hash of what a result depends on: the tasks of a job of this identity are keyed by it."""
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def answers_of(record: str, file: str) -> list[Answer]:
    """The answers of a record, as those about `file`. Raises ValueError, KeyError or TypeError for another's record."""
    return [_about(Answer.from_json_object(answer), file) for answer in json.loads(record)["answers"]]


def warnings_of(record: str) -> list[str]:
    """What was not read of the document of a record."""
    return [str(warning) for warning in json.loads(record)["warnings"]]


def with_path(record: SummaryRecord, path: str, stem: str) -> SummaryRecord:
    """The record of a document as that of the file at `path`, called by its `stem` where it has no title, or one that
    names nothing ("XXXXX", as forms and drafts have it)."""
    nothing = record.title == UNTITLED or len({char for char in record.title.casefold() if char.isalpha()}) < 2
    return replace(record, path=path, title=stem if nothing and stem else record.title)


def _about(answer: Answer, file: str) -> Answer:
    def placed(cited: _Placed) -> _Placed:
        return replace(cited, file=file) if cited.file == NAMELESS else cited

    return replace(
        answer,
        quotes=tuple(replace(quote, cites=tuple(placed(cite) for cite in quote.cites)) for quote in answer.quotes),
        evidence=tuple(placed(item) for item in answer.evidence),
    )
