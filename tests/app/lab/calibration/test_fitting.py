"""The fits of the calibration, on data whose right answer is known."""

import numpy as np
import pytest

from docqa.app.lab.calibration.fitting import Line, chance, choose_threshold, logistic


def drawn(weights: list[float], bias: float, rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of normal columns, and 0 or 1 by the chance that a known logistic gives each."""
    source = np.random.default_rng(seed)
    x = source.normal(size=(rows, len(weights)))
    return x, (source.random(rows) < chance(x @ np.array(weights) + bias)).astype(float)


def test_a_known_logistic_is_found_again() -> None:
    x, y = drawn([2.0, -1.0, 0.0], 0.5, 20_000, 0)
    found = logistic(x, y, pull=1.0)
    assert found.weights == pytest.approx([2.0, -1.0, 0.0], abs=0.1)
    assert found.bias == pytest.approx(0.5, abs=0.1)


def test_a_row_that_counts_twice_is_as_two_rows() -> None:
    x, y = drawn([2.0, -1.0, 0.0], 0.5, 200, 3)
    twice = logistic(x, y, pull=1.0, counts=np.where(np.arange(200) < 50, 2.0, 1.0))
    doubled = logistic(np.vstack([x, x[:50]]), np.concatenate([y, y[:50]]), pull=1.0)
    assert twice.weights == pytest.approx(doubled.weights, abs=1e-6)


def test_few_rows_stay_near_the_known_fit_and_many_leave_it() -> None:
    known = Line(np.array([1.0, 1.0]), 0.0)
    few, many = (logistic(*drawn([3.0, 0.0], -1.0, rows, 1), pull=30.0, towards=known) for rows in (10, 20_000))
    assert np.abs(few.weights - known.weights).max() < 0.25 and abs(few.bias) < 0.25
    assert many.weights == pytest.approx([3.0, 0.0], abs=0.2) and many.bias == pytest.approx(-1.0, abs=0.1)


def test_a_column_that_the_fit_would_turn_round_is_left_out() -> None:
    x, y = drawn([2.0, -1.0], 0.0, 400, 3)
    free = logistic(x, y, pull=1.0)
    kept = logistic(x, y, pull=1.0, signs=np.array([1, 1]))
    alone = logistic(x[:, :1], y, pull=1.0)
    assert free.weights[1] < 0 == kept.weights[1]
    assert kept.weights[0] == pytest.approx(alone.weights[0]) and kept.weights[0] > 0


CHANCES = np.array([0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3])
RIGHT = np.array([True, True, True, False, True, False, False, False])
UNANSWERABLE = np.array([False, False, False, False, False, True, False, True])


def test_the_threshold_has_most_right_answers_among_those_that_reach_both_aims() -> None:
    found = choose_threshold(CHANCES, RIGHT, UNANSWERABLE, precision=0.8, refusing=0.78)
    assert found.reached and 0.5 < found.value <= 0.6
    strict = choose_threshold(CHANCES, RIGHT, UNANSWERABLE, precision=0.9, refusing=0.78)
    assert strict.reached and 0.7 < strict.value <= 0.8
