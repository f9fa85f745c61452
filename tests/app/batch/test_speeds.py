"""What runs took, and the estimates that follow."""


import pytest
from hypothesis import given
from hypothesis import strategies as st

from docqa.app.batch.speeds import FILE, Line, Speeds, load_speeds, save_speeds

# Whole numbers: where torch flushes denormals, Hypothesis makes no floats.
_POINTS = st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 10**4)), min_size=1, max_size=20)


def test_a_line_goes_through_points_that_lie_on_one():
    line = Line()
    for x in (1, 5, 20):
        line.add(x, 3 + 2 * x)
    assert line.at(100) == pytest.approx(203)
    assert Line().at(1) is None


@given(_POINTS)
def test_estimates_of_the_same_documents_add_up_to_what_they_took(points):
    line = Line()
    for x, y in points:
        line.add(x, y)
    estimates = [line.at(x) for x, _ in points]
    assert all(estimate is not None and estimate >= 0 for estimate in estimates)
    assert sum(filter(None, estimates)) == pytest.approx(sum(y for _, y in points), rel=1e-3, abs=1e-3)


def test_newer_runs_count_more():
    line = Line()
    for y in (10.0, 10.0, 20.0, 20.0):
        line.age()
        line.add(100, y)
    found = line.at(100)
    assert found is not None
    assert 17 < found < 20


def test_learned_speeds_are_loaded_and_a_damaged_file_counts_as_none(tmp_path):
    speeds = Speeds()
    speeds.add("tokens .txt", 400, 100)
    save_speeds(tmp_path, "one", speeds)
    save_speeds(tmp_path, "two", Speeds())
    assert load_speeds(tmp_path, "one") == speeds
    assert load_speeds(tmp_path, "two") == Speeds()
    (tmp_path / FILE).write_text('{"schema": 2, "speeds": {"one": {"lines": 3}}}')
    assert load_speeds(tmp_path, "one") == Speeds()
    (tmp_path / FILE).write_text("nothing of JSON")
    assert load_speeds(tmp_path, "one") == Speeds()
