"""Fits when an answer is asserted and how sure it is (RefusalCalibration of docqa.model.protocol),
from trials.

One logistic of "what is asserted is right" over all trials, of which those without an answer count
as UNANSWERABLE of all, since the questions written for this have far more of them than people ask
(the parts of a question of two parts are questions of their own form, and are not fitted on);
for each form of answer one that is pulled towards it, the more the fewer questions there are; and
one of "the first passage answers". Figures and the threshold are of probabilities that were fitted
on other documents.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from docqa.app.answer.confidence import answer_chance, first_passage_chance
from docqa.app.errors import InputError
from docqa.app.eval.evaluate import SURE, Rates, assertion_rates, grouped, mean, refusal_rates
from docqa.app.eval.judging import Asserted
from docqa.app.reading.candidates import AnswerForm
from docqa.model.protocol import Logistic, RefusalCalibration

from .fitting import (
    FittedLine,
    choose_threshold,
    log_loss,
    logistic,
)
from .trials import SIGNALS, Trial

FOLDS = 5
PRECISION = 0.80  # of all that is asserted, on the documents left out
LEAST_THRESHOLD = 0.5
EXTRACT_COUNT = 0.25  # of a question about a file, as which one about an extract counts
UNANSWERABLE = 1 / 6  # share of the questions that people ask which the documents do not answer
POSSIBLE = 0.5
PULL = 3.0  # of the fits of all forms together, in squared standard deviations of a signal
PULLS = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)  # of those of a form
SIGNS = {
    "margin": 1,
    "likely": 1,
    "answers": 1,
    "answers_alone": 1,
    "form_chance": 1,
    "behind": 1,
    "missing_names": -1,
    "names_elsewhere": -1,
}


@dataclass(frozen=True)
class Held:
    """What documents outside of a fit say of a trial: chances that it is right, and that its first
    passage answers.
    """

    trial: Trial
    right: float
    first: float


def fit_refusal(trials: Sequence[Trial], log: Callable[..., None]) -> RefusalCalibration:
    """The calibration; `log` gets the figures, which are of documents that were left out of their
    fit.

    Raises InputError where too few documents were asked about to leave one out.
    """
    if len({fold_of(trial.document) for trial in trials if trial.asserted}) < 2:
        raise InputError(
            "too few documents were asked about", hint="--questions and --data say how many"
        )
    pull, held = min(
        ((pull, left_out(trials, pull)) for pull in PULLS), key=lambda pair: surprise(pair[1])
    )
    threshold = threshold_of(held)
    log(
        pull=pull,
        surprise=round(surprise(held), 4),
        threshold=threshold,
    )
    report(held, threshold, log)
    return fit(trials, pull) | {"threshold": threshold, "possible_threshold": POSSIBLE}


def fit(trials: Iterable[Trial], pull: float) -> RefusalCalibration:
    """The logistics; forms are held at the one of all by `pull`. Asserts everything: the thresholds
    are not set.
    """
    found = [trial for trial in trials if trial.asserted and trial.form != AnswerForm.TWO_PARTS]
    x = _signals(found)
    right = np.array([trial.right for trial in found], dtype=float)
    mean_of = x.mean(0)
    spread = x.std(0)
    x = (x - mean_of) / np.where(spread > 0, spread, 1.0)
    counts = counts_of(found)
    every = logistic(x, right, pull=PULL, signs=_signs(), counts=counts)

    def raw(line: FittedLine) -> Logistic:
        weights = line.weights / np.where(spread > 0, spread, 1.0)
        bias = float(line.bias - weights @ mean_of)
        return {"weights": np.round(weights, 5).tolist(), "bias": round(bias, 5)}

    forms = {}
    for form in AnswerForm:
        rows = np.array([trial.form == form for trial in found])
        if rows.any():
            forms[str(form)] = raw(
                logistic(
                    x[rows],
                    right[rows],
                    pull=pull,
                    towards=every,
                    signs=_signs(),
                    counts=counts[rows],
                )
            )
    first = np.array([trial.first for trial in found], dtype=float)
    evidence = raw(logistic(x, first, pull=PULL, signs=_signs(), counts=counts))
    return {
        "features": list(SIGNALS),
        **raw(every),
        "threshold": 0.0,
        "forms": forms,
        "evidence": evidence,
    }


def counts_of(trials: Sequence[Trial]) -> np.ndarray:
    """As how many trials each counts, [trials]: one about an extract as EXTRACT_COUNT, another as
    1; those without an answer so much less that they are UNANSWERABLE of their sort.
    """
    none = np.array([trial.unanswerable for trial in trials])
    extract = np.array([trial.of_extract for trial in trials])
    counts = np.where(extract, EXTRACT_COUNT, 1.0)
    for sort in (extract, ~extract):
        unanswered = max(int((none & sort).sum()), 1)
        answered = int((~none & sort).sum())
        counts[none & sort] *= answered * UNANSWERABLE / (1 - UNANSWERABLE) / unanswered
    return counts


def _signals(trials: Sequence[Trial]) -> np.ndarray:
    return np.array([[trial.signals[name] for name in SIGNALS] for trial in trials], dtype=float)


def _signs() -> np.ndarray:
    return np.array([SIGNS.get(name, 0) for name in SIGNALS])


def fold_of(document: str) -> int:
    """Which of FOLDS parts a document is in."""
    return hashlib.sha256(f"fold {document}".encode()).digest()[0] % FOLDS


def left_out(trials: Sequence[Trial], pull: float) -> list[Held]:
    """Each trial with its chances by a fit on the documents of the other parts; nothing asserted
    has no chance.
    """
    held: list[Held] = []
    for fold in range(FOLDS):
        known = [trial for trial in trials if fold_of(trial.document) != fold]
        asked = [trial for trial in trials if fold_of(trial.document) == fold]
        if asked and any(trial.asserted for trial in known):
            fitted = fit(known, pull)
            held += [
                Held(
                    trial,
                    answer_chance(trial.signals, fitted, trial.form) if trial.asserted else 0.0,
                    first_passage_chance(trial.signals, fitted),
                )
                for trial in asked
            ]
    return held


def surprise(held: Sequence[Held]) -> float:
    """Log-loss of the chances of what was asserted."""
    found = [each for each in held if each.trial.asserted]
    right = np.array([each.trial.right for each in found])
    counts = counts_of([each.trial for each in found])
    return log_loss(np.array([each.right for each in found]), right, counts)


def threshold_of(held: Sequence[Held]) -> float:
    """The lowest threshold that reaches PRECISION."""
    return choose_threshold(
        np.array([each.right for each in held]),
        np.array([each.trial.right for each in held]),
        counts_of([each.trial for each in held]),
        precision=PRECISION,
        least=LEAST_THRESHOLD,
    )


def report(held: Sequence[Held], threshold: float, log: Callable[..., None]) -> None:
    """Log the figures of all, of each form and kind, and of what is refused but shown as
    possible.
    """

    def rates(rows: Sequence[Held]) -> Rates:
        return figures(rows, threshold)

    log(all=rates(held))
    log(by_form=grouped(held, lambda each: each.trial.form, rates))
    log(by_kind=grouped(held, lambda each: each.trial.kind, rates))
    refused = [each for each in held if each.right < threshold]
    shown = [each for each in refused if each.first >= POSSIBLE]
    found = [each.first >= POSSIBLE for each in refused if each.trial.first]
    log(
        refused=len(refused),
        possible=len(shown),
        right=mean(e.trial.first for e in shown),
        of_right=mean(found),
    )


def figures(held: Sequence[Held], threshold: float) -> Rates:
    """Rates, 0 to 1: of answerable questions `right` and refused, of unanswerable ones refused, and
    of what is asserted how much is right, how much of that with a confidence of 0.9 (so many are
    `sure`), and the calibration error."""
    asserted = [Asserted(each.right, each.trial.right) for each in held if each.right >= threshold]
    answerable = [each for each in held if not each.trial.unanswerable]
    found = refusal_rates((each.trial.unanswerable, each.right < threshold) for each in held)
    return {
        "questions": len(held),
        "right": mean(each.trial.right and each.right >= threshold for each in answerable),
        "right_without_refusal": mean(each.trial.right for each in answerable),
        "refused_answerable": found["refused_answerable"],
        "refused_unanswerable": found["refused_unanswerable"],
        **assertion_rates(asserted),
        "sure": sum(answer.confidence >= SURE for answer in asserted),
    }
