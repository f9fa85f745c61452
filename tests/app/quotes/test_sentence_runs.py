"""Runs of sentences, grown to a budget of words."""

from hypothesis import given
from hypothesis import strategies as st

from docqa.app.quotes.sentence_runs import Sentences

TEXT = st.lists(st.integers(1, 12), min_size=1, max_size=12).map(
    lambda lengths: " ".join("Word" + " and" * (length - 1) + "." for length in lengths)
)


@given(TEXT, st.data(), st.integers(1, 60), st.booleans())
def test_a_run_grows_as_far_as_the_budget_allows(text, data, most, in_turn):
    found = Sentences(text)
    at = data.draw(st.integers(0, len(found.spans) - 1))
    begin = range(at, at + 1)
    run = found.grown(begin, lambda _, longer: found.length(longer) <= most, in_turn=in_turn)
    assert run.start <= at < run.stop and found.length(run) <= max(most, found.length(begin))
    longer = [range(run.start - 1, run.stop)] * (run.start > 0)
    longer += [range(run.start, run.stop + 1)] * (run.stop < len(found.spans))
    assert all(found.length(one) > most for one in longer)
    assert found.span(run).start == found.spans[run.start].start and found.span(run).end == found.spans[run[-1]].end


def test_neighbours_come_from_both_sides_in_turn_or_from_behind():
    found = Sentences("One. Two. Three. Four. Five. Six.")
    three = {turn: found.grown(range(2, 3), lambda run, _: len(run) < 3, in_turn=turn) for turn in (True, False)}
    assert three == {True: range(1, 4), False: range(2, 5)}
    assert found.touched(4, 5) == range(0)
