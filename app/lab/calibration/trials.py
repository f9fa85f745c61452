"""Questions that were asked of a model folder with refusal switched off: what it noticed, and
whether it was right.

Asking takes nearly all of the time of a calibration, so what came of it is kept in a file of its
own and taken up.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from docqa.app.eval.evaluate import overlaps
from docqa.app.eval.judging import is_right
from docqa.app.eval.questions import EvalDocument, GoldQuestion
from docqa.app.options import Options
from docqa.app.reading.candidates import AnswerForm
from docqa.app.session.engine import open_session
from docqa.app.session.session import Session
from docqa.ingest.types import Document, Passage
from docqa.model.protocol import Model, RefusalCalibration

SIGNALS = (
    "margin",
    "likely",
    "lead",
    "answers",
    "answers_alone",
    "answers_elsewhere",
    "form_chance",
    "behind",
    "missing_names",
    "names_elsewhere",
)
"""The signals that a calibration of the reader weighs."""

NEVER_REFUSED: RefusalCalibration = {"features": [], "weights": [], "bias": 0.0, "threshold": 0.0}


@dataclass(frozen=True)
class Trial:
    """One question: what was asserted, and what spoke for it.

    `right` as judging.py has it; `first`: whether the first passage overlaps a right answer; `form`
    and `signals` of what was asserted; `of_extract`: about a text, not a file.
    """

    document: str
    kind: str
    question: str
    unanswerable: bool
    asserted: bool
    right: bool
    first: bool
    form: AnswerForm
    signals: dict[str, float]
    of_extract: bool = False

    @classmethod
    def of_record(cls, record: dict[str, Any]) -> "Trial":
        """The trial that `asdict` made a record of."""
        return cls(**record | {"form": AnswerForm(record["form"])})


def ask_document(document: EvalDocument, options: Options, model: Model) -> list[Trial]:
    """Ask all questions of a file whose right pages are known, or of a text. The model forgets when
    it is to refuse.
    """
    model.calibration["refusal"] = NEVER_REFUSED
    parsed, places = (None, None) if document.file else document.parse()
    asked: Sequence[str] | Sequence[Document] = [document.file] if parsed is None else [parsed]
    with open_session(asked, options, model=model) as session:
        paged = session.documents[0].paged

        def holds(question: GoldQuestion, passage: Passage) -> bool:
            if places is not None:
                return overlaps(passage, places.spans(question.spans))
            return not paged or passage.page in question.pages

        return [
            _ask(session, document, question, partial(holds, question))
            for question in document.questions
        ]


def _ask(
    session: Session,
    document: EvalDocument,
    question: GoldQuestion,
    right: Callable[[Passage], bool],
) -> Trial:
    answer = session.answer(question.text)
    ranked, reading = session.local.find_candidates(question.text)
    values = session.local.reader_and_word_signals(question.text)
    return Trial(
        document.name,
        question.kind,
        question.text,
        question.unanswerable,
        asserted=not answer.refused,
        right=is_right(answer, question),
        first=bool(ranked)
        and not question.unanswerable
        and right(session.context.passages[ranked[0].passage_number].passage),
        form=reading.form if reading is not None else AnswerForm.FACT,
        signals={name: round(values.get(name, 0.0), 5) for name in SIGNALS},
        of_extract=not document.file,
    )


class TrialFile:
    """Trials on disk, a line of JSON for each document. Mutable: `add` appends.

    `source` names what makes them, such as a sum of the weights; the lines of other sources are
    passed over, and a line that was not written whole. Without a path nothing is kept.
    """

    def __init__(self, path: Path | None, source: str) -> None:
        self._path = path
        self._source = source
        self._known: dict[str, list[Trial]] = {}
        if path is None or not path.exists():
            return
        whole = [
            line
            for line in path.read_text(encoding="utf-8").splitlines(keepends=True)
            if line.endswith("\n")
        ]
        path.write_text("".join(whole), encoding="utf-8")
        for record in map(json.loads, whole):
            if record["source"] == source:
                trials = [Trial.of_record(each) for each in record["trials"]]
                self._known[record["name"]] = trials

    def get(self, name: str) -> list[Trial] | None:
        """The trials of a document, None where they are not known."""
        return self._known.get(name)

    def add(self, name: str, trials: list[Trial]) -> None:
        """Keep the trials of a document."""
        self._known[name] = trials
        if self._path is not None:
            line = {"source": self._source, "name": name, "trials": [asdict(t) for t in trials]}
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
