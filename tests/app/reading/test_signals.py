"""Signals of a question, all finite, and the number of its names that no document has."""

import math

import pytest

from docqa.app.reading.signals import answer_signals


@pytest.mark.parametrize("missing", [(), ("Odile", "1999")])
def test_all_signals_are_finite_even_where_nothing_was_read(missing):
    signals = answer_signals(missing, None)
    assert all(map(math.isfinite, signals.values()))
    assert signals["missing_names"] == len(missing)
