"""The work of `docqa summarize`: the summary of one document, and its record under a name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from docqa.app.answerers.loading import load_model
from docqa.app.batch.documents import NAMELESS, UNTITLED, open_document, read_document
from docqa.app.batch.machine import bound_kept_products
from docqa.app.batch.work import Processed
from docqa.app.options import Options
from docqa.app.session.engine import open_store

if TYPE_CHECKING:
    from docqa.app.answer.events import Event
    from docqa.app.summary.record import SummaryRecord


SUMMARY_VERSION = 1
"""Raised whenever the same document would get another summary: those of before are made again."""


@dataclass
class Summaries:
    """Summaries in one style. Mutable: holds the model once it is loaded."""

    options: Options
    style: str
    name: str = "summarize"
    by_name: bool = False
    _model: Any = field(default=None, repr=False)

    @classmethod
    def from_spec(cls, spec: dict[str, Any]) -> Summaries:
        return cls(Options(**spec["options"]), spec["style"])

    def spec(self) -> dict[str, Any]:
        return {"name": self.name, "options": asdict(self.options), "style": self.style}

    def identity(self) -> dict[str, Any]:
        from docqa.app.batch.identity import reading_identity
        from docqa.app.summary.record import SCHEMA

        return {
            "work": self.name,
            "schema": SCHEMA,
            "version": SUMMARY_VERSION,
            "style": self.style,
            **reading_identity(self.options),
        }

    def prepare(self) -> None:
        if self._model is None:
            bound_kept_products()
            self._model = load_model(self.options)

    def process(self, content: bytes, name: str, told: Callable[[Event], None]) -> Processed:
        from docqa.app.summary.process import summarize_document, to_json_line

        self.prepare()
        store = open_store(self.options) if self.options.store else None
        source = read_document(content, UNTITLED + PurePosixPath(name).suffix.lower(), self.options, store)
        with open_document(source.document, self.options, store, self._model) as session:
            for event in session.read():
                told(event)
            tokens = len(session.context)
            record = summarize_document(
                source.document, session.context, self._model, self.style,
                rows=session.local.token_rows(), path=NAMELESS,
            )  # fmt: skip
        return Processed(to_json_line(record), tokens, source.seconds)


def named(record: SummaryRecord, path: str, stem: str) -> SummaryRecord:
    """The record of a document as that of the file at `path`, called by its `stem` where it has no title."""
    return replace(record, path=path, title=stem if record.title == UNTITLED else record.title)
