"""Fit `agrees` of a calibration: for which of several files the thing asked holds.

    python -m docqa.app.lab.agreement --questions ACROSS.jsonl --folder FOLDER [--model FOLDER]

Questions that pick files (`questions/across.jsonl`) are asked of each of their files, as `docqa ask`
does. Prints, by questions left out, how many sets of files are exactly right; writes the fit into the
model's calibration.json and leaves its other keys.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from docqa.app.answer.confidence import AGREES_ODDS
from docqa.app.answerers.across import (
    scores_of_document,
    signals_of_document,
    signals_with_differences,
)
from docqa.app.eval.questions import lines
from docqa.app.options import Options
from docqa.app.reading.wording.across import per_document_question
from docqa.app.session.engine import open_session
from docqa.app.storage.atomic import write_whole
from docqa.model.folder import BUNDLED

from .calibration.fitting import FittedLine, logistic

SIGNALS = (
    *("margin", "likely", "lead", "answers", "answers_alone", "yes"),
    *("words", "front_words", "missing", "similar"),
)
FEATURES = (*SIGNALS, *(f"{name}_behind" for name in SIGNALS))
PULL = 10.0
Question = tuple[np.ndarray, np.ndarray]
"""Of the files of a question: features [files, FEATURES], and whether it holds, [files]."""


def asked_questions(rows: list[dict[str, object]], folder: Path, model: Path) -> Iterator[Question]:
    """Each question that picks files, after it was asked of each."""
    for row in rows:
        files = [str(name) for name in row["files"]]  # type: ignore[attr-defined]
        question = str(row["question"])
        options = Options(model=str(model), preview=False)
        with open_session([str(folder / name) for name in files], options) as session:
            list(session.read())
            reader = session.model.reader
            asked = per_document_question(question, reader) if reader is not None else None
            if asked is None or not asked.kind.picks_documents or asked.wanted.kind:
                continue
            scores = session.corpus.word_index.bm25_scores(question)
            signals = {}
            for number, answerer in enumerate(session.single_document_answerers):
                list(answerer.ask(asked.question, asked.wanted, include_unlikely=True))
                own = scores_of_document(scores, session.corpus, number)
                signals[number] = signals_of_document(asked, question, answerer, own)
        compared = signals_with_differences(signals)
        expected = row.get("expected_files") or ()
        x = [[compared[n].get(name, 0.0) for name in FEATURES] for n in range(len(files))]
        y = [name in expected for name in files]  # type: ignore[operator]
        yield np.array(x), np.array(y, dtype=float)


def fit(questions: list[Question]) -> FittedLine:
    """The logistic regression over all files, held towards 0 on features of one spread."""
    x = np.concatenate([features for features, _ in questions])
    y = np.concatenate([holds for _, holds in questions])
    mean, spread = x.mean(0), x.std(0) + 1e-9
    line = logistic((x - mean) / spread, y, pull=PULL)
    weights = line.weights / spread
    return FittedLine(weights, line.bias - float(weights @ mean))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Fit for which of several files a thing holds.")
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="of the files")
    parser.add_argument("--model", type=Path, default=BUNDLED)
    given = parser.parse_args(arguments)
    rows = list(map(json.loads, lines(given.questions)))
    rows = [row for row in rows if row.get("expected_files") or row["unanswerable"]]
    questions = list(asked_questions(rows, given.folder, given.model))
    right = 0
    for left_out, (x, y) in enumerate(questions):
        line = fit(questions[:left_out] + questions[left_out + 1 :])
        right += bool(((x @ line.weights + line.bias >= AGREES_ODDS) == (y > 0)).all())
    print(json.dumps({"questions": len(questions), "exactly_right": right}))
    line = fit(questions)
    path = given.model / "calibration.json"
    known = json.loads(path.read_text(encoding="utf-8"))
    weights = [round(float(weight), 4) for weight in line.weights]
    known["agrees"] = {"features": FEATURES, "weights": weights, "bias": round(line.bias, 4)}
    write_whole(path, (json.dumps(known) + "\n").encode())


if __name__ == "__main__":
    main()
