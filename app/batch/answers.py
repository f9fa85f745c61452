"""The work of `docqa extract` and `ask --each`: the same questions, put to one document."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from docqa.app.answer.answer import Answer
from docqa.app.answerers.loading import find_model
from docqa.app.batch.documents import NAMELESS, open_document, read_document
from docqa.app.batch.machine import bound_kept_products
from docqa.app.batch.work import Processed
from docqa.app.options import Options
from docqa.app.session.engine import open_store

if TYPE_CHECKING:
    from docqa.app.answer.events import Event


@dataclass
class Answers:
    """Answers to `questions`, in order. Mutable: holds the model once it is loaded.

    The model reads a document's title, which may be its file name; answers must be those of `docqa ask`, so two names
    are two units.
    """

    options: Options
    questions: list[str]
    name: str = "ask"
    by_name: bool = True
    _model: Any = field(default=None, repr=False)

    @classmethod
    def from_spec(cls, spec: dict[str, Any]) -> Answers:
        return cls(Options(**spec["options"]), spec["questions"])

    def spec(self) -> dict[str, Any]:
        return {"name": self.name, "options": asdict(self.options), "questions": self.questions}

    def identity(self) -> dict[str, Any]:
        from docqa.app.answer.answer import SCHEMA
        from docqa.app.batch.identity import reading_identity

        return {
            "work": self.name,
            "schema": SCHEMA,
            "questions": self.questions,
            "options": self.options.recorded(),
            **reading_identity(self.options),
        }

    def prepare(self) -> None:
        if self._model is None:
            bound_kept_products()
            self._model = find_model(self.options)

    def process(self, content: bytes, name: str, told: Callable[[Event], None]) -> Processed:
        from docqa.app.answer.events import Finished

        self.prepare()
        store = open_store(self.options) if self.options.store else None
        source = read_document(content, name, self.options, store)
        answers: list[Answer] = []
        with open_document(source.document, self.options, store, self._model) as session:
            for question in self.questions:
                for event in session.ask(question):
                    if isinstance(event, Finished):
                        answers.append(event.answer)
                    else:
                        told(event)
            tokens = len(session.context)
        record = {
            "warnings": list(source.document.coverage.warnings),
            "answers": [answer.to_json_object() for answer in answers],
        }
        return Processed(json.dumps(record, ensure_ascii=False, separators=(",", ":")), tokens, source.seconds)


def answers_of(record: str, file: str) -> list[Answer]:
    """The answers of a record, as those about `file`. Raises ValueError, KeyError or TypeError for another's record."""
    return [_about(Answer.from_json_object(answer), file) for answer in json.loads(record)["answers"]]


def warnings_of(record: str) -> list[str]:
    """What was not read of the document of a record: it must not look like what is not there."""
    return [str(warning) for warning in json.loads(record)["warnings"]]


def _about(answer: Answer, file: str) -> Answer:
    def placed(cited: Any) -> Any:
        return replace(cited, file=file) if cited.file == NAMELESS else cited

    return replace(
        answer,
        quotes=tuple(replace(quote, cites=tuple(placed(cite) for cite in quote.cites)) for quote in answer.quotes),
        evidence=tuple(placed(item) for item in answer.evidence),
    )
