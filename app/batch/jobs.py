"""The jobs of the commands: the same questions put to each document (`extract`, `ask --each`), or its summary."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, cast

from docqa.app.answer.answer import SCHEMA, Answer, Cite, EvidenceItem
from docqa.app.answer.events import Finished
from docqa.app.answerers.loading import find_model
from docqa.app.batch.documents import NAMELESS, UNTITLED, open_document, read_document
from docqa.app.batch.identity import reading_identity
from docqa.app.batch.kept_answers import Kept, KeptAnswers
from docqa.app.batch.protocol import Job, JobSpec, Json, Processed
from docqa.app.options import Options
from docqa.app.session.engine import open_store

if TYPE_CHECKING:
    from docqa.app.answer.events import Event
    from docqa.app.answerers.remote.model import RemoteModel
    from docqa.app.batch.items import Item
    from docqa.app.session.session import Session
    from docqa.app.summary.record import SummaryRecord
    from docqa.ingest.types import Document
    from docqa.model.protocol import Model

_Placed = TypeVar("_Placed", Cite, EvidenceItem)

SUMMARY_VERSION = 1
"""Raised whenever the same document would get another summary: those of before are made again."""
_KEPT_PRODUCTS = ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")
"""By default oneDNN keeps 1,024 matrix products compiled for a length of document: over a folder of small files, a
gigabyte a process. What the user set stays."""


class _DocumentJob:
    """What both jobs share: the options that documents are read with, and a model that is loaded once."""

    name: str
    by_name: bool

    def __init__(self, options: Options) -> None:
        self.options = options
        self._store = open_store(options) if options.store else None
        self._model: Model | RemoteModel | None = None

    def prepare(self) -> None:
        if self._model is None:
            os.environ.setdefault(*_KEPT_PRODUCTS)
            self._model = find_model(self.options)

    def kept_record(self, item: Item) -> str | None:
        return None

    def spec(self, threads: int | None = None) -> JobSpec:
        return {"name": self.name, "options": {**asdict(self.options), "threads": threads or self.options.threads}}

    def process(self, item: Item, content: bytes, on_event: Callable[[Event], None]) -> Processed:
        self.prepare()
        # Without `by_name` a document that has no title is read as "Untitled", whatever its file is called.
        name = item.name if self.by_name else UNTITLED + item.suffix
        started = time.monotonic()
        document = read_document(content, name, self.options, self._store)
        reading_s = time.monotonic() - started
        with open_document(document, self.options, self._store, self._model) as session:
            record = self._record(item, session, document, on_event)
            return Processed(record, len(session.context), reading_s)

    def _record(self, item: Item, session: Session, document: Document, on_event: Callable[[Event], None]) -> str:
        raise NotImplementedError


class AnswerJob(_DocumentJob):
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
        kept = self._kept.find(item) if self._kept is not None else None
        if kept is None or any(question not in kept.answers for question in self.questions):
            return None
        return self._line(kept)

    def _record(self, item: Item, session: Session, document: Document, on_event: Callable[[Event], None]) -> str:
        found = self._kept.find(item) if self._kept is not None else None
        kept = found or Kept(list(document.coverage.warnings), {})
        left = [question for question in self.questions if question not in kept.answers]
        for question in left:
            for event in session.ask(question):
                if isinstance(event, Finished):
                    kept.answers[question] = event.answer.to_json_object()
                else:
                    on_event(event)
        if left and self._kept is not None:
            self._kept.put(item, kept)
        return self._line(kept)

    def _line(self, kept: Kept) -> str:
        answers = [kept.answers[question] for question in self.questions]
        return json.dumps({"warnings": kept.warnings, "answers": answers}, ensure_ascii=False, separators=(",", ":"))

    @cached_property  # its names are hashed into the keys of workspaces, of older versions too
    def _identity(self) -> Json:
        options = self.options.recorded()
        return {"work": self.name, "schema": SCHEMA, "options": options, **reading_identity(self.options)}

    @cached_property
    def _kept(self) -> KeptAnswers | None:
        # The name of a server's model does not say which weights answer: it is asked again.
        from docqa.app.answerers.remote.address import is_remote

        if self._store is None or is_remote(self.options.model):
            return None
        return KeptAnswers(self._store, self._identity, self.options.password)


class SummaryJob(_DocumentJob):
    """Summaries in one style."""

    name = "summarize"
    by_name = False

    def __init__(self, options: Options, style: str) -> None:
        super().__init__(options)
        self.style = style

    def spec(self, threads: int | None = None) -> JobSpec:
        return {**super().spec(threads), "style": self.style}

    def identity(self) -> Json:
        from docqa.app.summary.record import SCHEMA as SUMMARY_SCHEMA

        return {
            "work": self.name, "schema": SUMMARY_SCHEMA, "version": SUMMARY_VERSION, "style": self.style,
            **reading_identity(self.options),
        }  # fmt: skip

    def _record(self, item: Item, session: Session, document: Document, on_event: Callable[[Event], None]) -> str:
        from docqa.app.summary.process import summarize_document
        from docqa.app.summary.record import to_json_line

        for event in session.read():
            on_event(event)
        model = cast("Model", self._model)  # a server has none that could summarize
        rows = session.local.token_rows() if model.heads else None
        made = summarize_document(document, session.context, model, self.style, rows=rows, path=NAMELESS)
        return to_json_line(made)


def make_job(spec: JobSpec) -> Job:
    """The job that said `spec`. Raises KeyError for a kind that there is not."""
    options = Options(**spec["options"])
    kinds: dict[str, Callable[[], Job]] = {
        AnswerJob.name: lambda: AnswerJob(options, spec["questions"]),
        SummaryJob.name: lambda: SummaryJob(options, spec["style"]),
    }
    return kinds[spec["name"]]()


def identity_hash(identity: Json) -> str:
    """The hash that the tasks of a job of this identity are keyed by."""
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def answers_of(record: str, file: str) -> list[Answer]:
    """The answers of a record, as those about `file`. Raises ValueError, KeyError or TypeError for another's record."""
    return [_about(Answer.from_json_object(answer), file) for answer in json.loads(record)["answers"]]


def warnings_of(record: str) -> list[str]:
    """What was not read of the document of a record."""
    return [str(warning) for warning in json.loads(record)["warnings"]]


def with_path(record: SummaryRecord, path: str, stem: str) -> SummaryRecord:
    """The record of a document as that of the file at `path`, called by its `stem` where it has no title."""
    return replace(record, path=path, title=stem if record.title == UNTITLED else record.title)


def _about(answer: Answer, file: str) -> Answer:
    def placed(cited: _Placed) -> _Placed:
        return replace(cited, file=file) if cited.file == NAMELESS else cited

    return replace(
        answer,
        quotes=tuple(replace(quote, cites=tuple(placed(cite) for cite in quote.cites)) for quote in answer.quotes),
        evidence=tuple(placed(item) for item in answer.evidence),
    )
