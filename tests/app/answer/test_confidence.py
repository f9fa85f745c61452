"""The calibrated chance of an answer, and the decision to refuse."""

import math

import pytest

from docqa.app.answer.confidence import (
    BY_STRUCTURE,
    STRUCTURE_CHANCE,
    answer_chance,
    first_passage_chance,
    is_above_possible_threshold,
    is_below_answer_threshold,
)


def test_the_decision_is_the_calibrated_logistic():
    calibration = {"features": ["a", "b"], "weights": [2.0, -1.0], "bias": 0.5, "threshold": 0.7}
    likely = answer_chance({"a": 1.0, "b": 3.0}, calibration)
    assert likely == pytest.approx(1 / (1 + math.exp(0.5)))
    assert is_below_answer_threshold(likely, calibration)
    assert not is_below_answer_threshold(0.71, calibration)


def test_a_form_has_its_own_logistic_and_the_rest_the_common_one():
    calibration = {"features": ["a"], "weights": [1.0], "bias": 0.0, "threshold": 0.5}
    calibration["forms"] = {"list": {"weights": [0.0], "bias": 2.0}}
    calibration["evidence"] = {"weights": [3.0], "bias": 0.0}
    assert answer_chance({"a": -1.0}, calibration, "list") == pytest.approx(
        1 / (1 + math.exp(-2.0))
    )
    assert answer_chance({"a": -1.0}, calibration, "yes_no") == pytest.approx(
        1 / (1 + math.exp(1.0))
    )
    assert first_passage_chance({"a": -1.0}, calibration) == pytest.approx(1 / (1 + math.exp(3.0)))
    assert answer_chance({BY_STRUCTURE: 1.0}, calibration) == STRUCTURE_CHANCE


def test_only_what_was_calibrated_for_it_is_possible():
    calibration = {"features": [], "weights": [], "bias": 0.0, "threshold": 0.5}
    assert not is_above_possible_threshold(0.4, None)
    assert not is_above_possible_threshold(0.4, calibration)
    assert is_above_possible_threshold(0.4, calibration | {"possible_threshold": 0.4})
    assert not is_above_possible_threshold(0.39, calibration | {"possible_threshold": 0.4})
