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
from typing import TYPE_CHECKING, TypeVar

from docqa.app.answer.answer import SCHEMA, Answer, Cite, EvidenceItem
from docqa.app.answer.events import Finished
from docqa.app.answerers.loading import find_model
from docqa.app.batch.documents import KEEP_STATE_FROM_CHARACTERS, NAMELESS, UNTITLED, read_document, reading_identity
from docqa.app.batch.protocol import Job, JobSpec, Json, Processed
from docqa.app.errors import StoreDamaged
from docqa.app.options import Options
from docqa.app.session.engine import open_store
from docqa.app.summary.record import SCHEMA as SUMMARY_SCHEMA
from docqa.app.summary.record import SummaryRecord, to_json_line

if TYPE_CHECKING:
    from docqa.app.answer.events import Event
    from docqa.app.answerers.remote.model import RemoteModel
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


class _DocumentJob(ABC):
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
        from docqa.app.session.session import Session

        self.prepare()
        # Without `by_name` a document that has no title is read as "Untitled", whatever its file is called.
        name = item.name if self.by_name else UNTITLED + item.suffix
        started = time.monotonic()
        document = read_document(content, name, self.options, self._store)
        reading_s = time.monotonic() - started
        # Its state is kept only where reading it again would take long.
        long = sum(len(page.text) for page in document.pages) >= KEEP_STATE_FROM_CHARACTERS
        with Session([document], self.options, store=self._store if long else None, model=self._model) as session:
            record = self._record(item, session, document, on_event)
            return Processed(record, len(session.context), reading_s)

    @abstractmethod
    def _record(self, item: Item, session: Session, document: Document, on_event: Callable[[Event], None]) -> str:
        """The line of JSON that the workspace keeps of a document."""


@dataclass(frozen=True)
class Kept:
    """Of one document: what was not read of it, and the `--json` object of each answer by its question. Mutable."""

    warnings: list[str]
    answers: dict[str, Json]


class KeptAnswers:
    """The answers in `store` under one `identity`: all that they depend on but the document and the question.

    A document that needed a password is found only with that password.
    """

    def __init__(self, store: Store, identity: Json, password: str | None) -> None:
        self._store = store
        secret = hashlib.sha256((password or "").encode()).hexdigest()
        self._fields: list[object] = [ANSWER_VERSION, identity, secret, os.environ.get("DOCQA_DTYPE")]

    def find(self, item: Item) -> Kept | None:
        """What is kept of a document by its content and file name; None where nothing is that can be used."""
        self._store.meet(filter(None, [item.digest]))
        key = self._key(item)
        if not self._store.has("answers", key):
            return None
        try:
            folder, _ = self._store.open("answers", key)
            raw = json.loads((folder / _ANSWERS_FILE).read_text(encoding="utf-8"))
            answers = {question: _reused(answer) for question, answer in raw["answers"].items()}
            return Kept(list(raw["warnings"]), answers)
        except (StoreDamaged, OSError, ValueError, KeyError, TypeError):  # `put` writes it anew
            return None

    def put(self, item: Item, kept: Kept) -> None:
        """Keep `kept`; a disk that refuses costs only the time to answer again."""
        details: Details = {
            "documents": [item.digest or ""],
            "files": [item.shown_path],
            "paths": [os.path.abspath(item.source)],
        }
        with suppress(OSError):
            self._store.put("answers", self._key(item), details, {_ANSWERS_FILE: json.dumps(vars(kept)).encode()})

    def _key(self, item: Item) -> str:
        return identity_hash([*self._fields, item.digest, item.name])


def _reused(answer: Json) -> Json:
    usage = answer["usage"]
    if not isinstance(usage, dict):
        raise TypeError("no usage")
    tokens = usage["tokens_read"] + usage["tokens_reused"]
    return {**answer, "usage": {**usage, "tokens_read": 0, "tokens_reused": tokens, "seconds": 0.0, "cached": True}}


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
        if self.options.source != "auto":
            options |= {"from": self.options.source}
        return {"work": self.name, "schema": SCHEMA, "options": options, **reading_identity(self.options)}

    @cached_property
    def _kept(self) -> KeptAnswers | None:
        # The name of a server's model does not say which weights answer: it is asked again.
        from docqa.app.answerers.remote.address import is_remote

        if self._store is None or is_remote(self.options.model):
            return None
        return KeptAnswers(self._store, self._identity, self.options.password)


class SummaryJob(_DocumentJob):
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
        from docqa.app.summary.written.process import write_summary
        from docqa.app.summary.written.writers import writer_of

        writer = writer_of(session)
        if writer is None:
            return to_json_line(self._extracted(session, document, on_event))
        writing = write_summary(document, writer, self.style, focus=self.focus, path=NAMELESS)
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
        return summarize_document(
            document, session.context, model, self.style, path=NAMELESS, focus=self.focus, ranked=ranked
        )


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
