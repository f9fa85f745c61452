"""How sure answers with others' models are, fitted on a user's questions: a logistic regression
whose weights are pulled towards those of the bundled models (a Gaussian prior), so that few
questions change little."""

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from docqa.app.answer.confidence import (
    answer_chance,
    first_passage_chance,
    is_below_answer_threshold,
)
from docqa.app.answerers.third_party import third_party_calibration_path
from docqa.app.errors import UsageError
from docqa.app.options import Options
from docqa.app.storage.atomic import write_whole
from docqa.model.folder import load_calibration
from docqa.model.heads.spans import sigmoid
from docqa.model.protocol import Model, RefusalCalibration

from .judging import QuestionOutcome

FEWEST = 20  # answers
PULL = 3.0  # of squared standard deviations of a signal
_OTHERS = ("said", "said_lead")  # signals of another reader
_STEPS = 500


class Fitting:
    """Made before the questions are asked: nothing is refused then. Raises UsageError where nothing
    is to be fitted.
    """

    def __init__(self, options: Options, model: Model) -> None:
        known = load_calibration(model.folder).get("refusal")
        path = third_party_calibration_path(options)
        if not path or known is None:
            raise UsageError(
                "fits how sure answers with models of others are, beside the bundled one",
                where="--fit",
                hint="name one by --reader, --encoder or --reranker",
            )
        self._path = path
        self._known = known
        model.calibration["refusal"] = {**known, "threshold": 0.0}

    def fitted(self, outcomes: Sequence[QuestionOutcome]) -> list[QuestionOutcome]:
        """The outcomes with the calibration that is fitted on them, and kept. Raises UsageError."""
        told = [each for each in outcomes if "margin" in each.signals]
        if len(told) < FEWEST or len({each.right for each in told}) < 2:
            raise UsageError(
                f"{len(told)} answers, {sum(each.right for each in told)} of them right, are too few to fit on",
                where="--fit",
                hint=f"{FEWEST} or more are needed, right ones and wrong ones",
            )
        others = [name for name in _OTHERS if name in told[0].signals]
        known: RefusalCalibration = {**self._known, "features": [*self._known["features"], *others]}
        known.pop("forms", None)
        for weights in (
            known["weights"],
            known["evidence"]["weights"] if "evidence" in known else [],
        ):
            weights.extend(0.0 for _ in others)
        x = np.array([[each.signals.get(name, 0.0) for name in known["features"]] for each in told])
        known["weights"], known["bias"] = _fit_weights(
            x, np.array([each.right for each in told]), known
        )
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self._path, (json.dumps({"refusal": known}, indent=1) + "\n").encode())
        return [_outcome_with_confidence(each, known) for each in outcomes]


def _fit_weights(
    x: np.ndarray, y: np.ndarray, known: RefusalCalibration
) -> tuple[list[float], float]:
    """Weights and bias of y [n] by signals x [n, signals], from the `known` ones on; each step is
    safe by the bound of its curvature (Böhning and Lindsay 1988)."""
    mean = x.mean(0)
    spread = np.where(x.std(0) > 1e-9, x.std(0), np.inf)
    rows = np.column_stack([(x - mean) / spread, np.ones(len(x))])
    offset = x @ known["weights"] + known["bias"]
    change = np.zeros(rows.shape[1])
    held = np.diag([*[PULL] * x.shape[1], 1e-6])
    step = np.linalg.inv(rows.T @ rows / 4 + held)
    for _ in range(_STEPS):
        change -= step @ (rows.T @ (sigmoid(offset + rows @ change) - y) + held @ change)
    added = change[:-1] / spread
    return np.round(known["weights"] + added, 5).tolist(), round(
        float(known["bias"] + change[-1] - mean @ added), 5
    )


def _outcome_with_confidence(
    outcome: QuestionOutcome, calibration: RefusalCalibration
) -> QuestionOutcome:
    likely = answer_chance(outcome.signals, calibration)
    if not (outcome.refused or is_below_answer_threshold(likely, calibration)):
        return replace(outcome, confidence=likely)
    first = first_passage_chance(outcome.signals, calibration)
    return replace(outcome, refused=True, right=False, f1=0.0, exact=0.0, confidence=first)
