"""The fits of the calibration, on data whose right answer is known."""

from __future__ import annotations

import numpy as np

from docqa.app.lab.fitting import conditional_logit, logistic


def test_the_signal_of_the_right_row_in_each_group_gets_the_weight() -> None:
    source = np.random.default_rng(0)
    groups = []
    for _ in range(80):
        x = source.normal(size=(6, 3))
        groups.append((x, x[:, 1] == x[:, 1].max()))
    weights = conditional_logit(groups)
    assert abs(weights[1]) > 5 * max(abs(weights[0]), abs(weights[2]))
    assert np.mean([right[np.argmax(x @ weights)] for x, right in groups]) > 0.95


def test_the_scale_of_a_signal_does_not_change_who_wins() -> None:
    source = np.random.default_rng(1)
    groups = [(x, x[:, 0] == x[:, 0].max()) for x in (source.normal(size=(5, 2)) for _ in range(60))]
    scaled = [(x * [1000.0, 0.001], right) for x, right in groups]
    plain, other = conditional_logit(groups), conditional_logit(scaled)
    for (x, _), (wide, _) in zip(groups, scaled, strict=True):
        assert np.argmax(x @ plain) == np.argmax(wide @ other)


def test_rows_that_count_more_move_the_bias_their_way() -> None:
    source = np.random.default_rng(2)
    x, y = source.normal(size=(200, 2)), source.random(200) < 0.5
    even = logistic(x, y.astype(float), np.ones(200))[1]
    more = logistic(x, y.astype(float), np.where(y, 5.0, 1.0))[1]
    assert more > even + 1


def test_a_signal_that_the_fit_would_turn_round_is_left_out() -> None:
    source = np.random.default_rng(3)
    truth = source.normal(size=400)
    x = np.stack([truth + 0.1 * source.normal(size=400), -truth + source.normal(size=400)], 1)
    y = (truth + 0.5 * source.normal(size=400) > 0).astype(float)
    free, _ = logistic(x, y, np.ones(400))
    kept, _ = logistic(x, y, np.ones(400), signs=np.array([1.0, 1.0]))
    alone, _ = logistic(x[:, :1], y, np.ones(400))
    assert free[1] < 0 == kept[1]
    assert kept[0] == alone[0] > 0
