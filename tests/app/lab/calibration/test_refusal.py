"""The fit of refusal and confidence, on trials that were made up."""

from collections.abc import Sequence

import numpy as np
import pytest

from docqa.app.answer.confidence import answer_chance, first_passage_chance
from docqa.app.lab.calibration.fitting import chance
from docqa.app.lab.calibration.refusal import (
    LEAST_THRESHOLD,
    PRECISION,
    UNANSWERABLE,
    fit,
    fit_refusal,
)
from docqa.app.lab.calibration.trials import SIGNALS, Trial
from docqa.app.reading.candidates import AnswerForm


def made(
    count: int, form: AnswerForm, bias: float, seed: int, unanswerable: float = 0.2
) -> list[Trial]:
    """Trials that are right by a logistic of their margin, less likely where there is no answer."""
    source = np.random.default_rng(seed)
    trials = []
    for number in range(count):
        none = source.random() < unanswerable
        signals = dict.fromkeys(SIGNALS, 0.0) | {
            "margin": float(source.normal(-4.0 if none else 2.0, 2.0))
        }
        signals["missing_names"] = float(source.integers(0, 3))
        right = not none and source.random() < chance(np.array(signals["margin"] + bias))
        trials.append(
            Trial(
                f"doc{number % 50}",
                "near",
                "?",
                none,
                True,
                bool(right),
                right or number % 4 == 0,
                form,
                signals,
            )
        )
    return trials


def certainty(trials: Sequence[Trial], fitted) -> float:
    return float(np.mean([answer_chance(trial.signals, fitted, trial.form) for trial in trials]))


def test_a_form_that_is_wrong_more_often_is_trusted_less():
    facts = made(1_000, AnswerForm.FACT, 1.0, 0)
    lists = made(400, AnswerForm.LIST, -2.0, 1)
    fitted = fit([*facts, *lists], pull=3.0)
    assert fitted["features"] == list(SIGNALS) and set(fitted["forms"]) == {"fact", "list"}
    for trials in (facts, lists):
        assert certainty(trials, fitted) == pytest.approx(
            np.mean([trial.right for trial in trials]), abs=0.03
        )
    every = [*facts, *lists]
    first = np.mean([first_passage_chance(trial.signals, fitted) for trial in every])
    assert first == pytest.approx(np.mean([trial.first for trial in every]), abs=0.03)


def test_questions_without_an_answer_count_as_often_as_people_ask_them():
    few = made(3_000, AnswerForm.FACT, 1.0, 0, UNANSWERABLE)
    many = made(3_000, AnswerForm.FACT, 1.0, 0, 0.6)
    asked_by_people = np.mean([trial.right for trial in few])
    for trials in (few, many):
        assert certainty(few, fit(trials, pull=3.0)) == pytest.approx(asked_by_people, abs=0.03)


def test_signals_speak_in_their_own_direction_only():
    fitted = fit(
        [*made(300, AnswerForm.FACT, 0.0, 3), *made(300, AnswerForm.LIST, 0.0, 8)], pull=3.0
    )
    weights = dict(zip(SIGNALS, fitted["weights"], strict=True))
    assert weights["margin"] > 0 >= weights["missing_names"]


def test_what_is_fitted_is_calibrated_and_its_figures_are_told():
    told = []
    trials = [*made(900, AnswerForm.FACT, 1.0, 5), *made(200, AnswerForm.YES_NO, 0.0, 6)]
    fitted = fit_refusal(trials, lambda **figures: told.append(figures))
    assert told[0]["threshold"] == fitted["threshold"] >= LEAST_THRESHOLD
    every = told[1]["all"]
    assert every["precision"] >= PRECISION and every["refused_unanswerable"] >= 0.85
    assert every["calibration_error"] < 0.08
    assert set(told[2]["by_form"]) == {"fact", "yes_no"}
    assert fitted["possible_threshold"] == 0.5
