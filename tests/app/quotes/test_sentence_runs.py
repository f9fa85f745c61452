"""Runs of sentences, grown until they are long enough."""

from hypothesis import given
from hypothesis import strategies as st

from docqa.app.quotes.sentence_runs import Sentences

TEXT = st.lists(st.integers(1, 12), min_size=1, max_size=12).map(
    lambda lengths: " ".join("Word" + " and" * (length - 1) + "." for length in lengths)
)


def _words(found: Sentences, run: range) -> int:
    return len(found.text[found.span_of_run(run).start : found.span_of_run(run).end].split())


@given(TEXT, st.data(), st.integers(1, 60))
def test_a_run_grows_until_it_is_long_enough_or_all(text, data, least):
    found = Sentences(text)
    at = data.draw(st.integers(0, len(found.spans) - 1))
    run = found.grow_run(range(at, at + 1), lambda run: _words(found, run) >= least)
    assert run.start <= at < run.stop
    assert _words(found, run) >= least or run == range(len(found.spans))
    assert (
        found.span_of_run(run).start == found.spans[run.start].start
        and found.span_of_run(run).end == found.spans[run[-1]].end
    )


def test_neighbours_come_from_behind_first():
    found = Sentences("One. Two. Three. Four. Five. Six.")
    assert found.grow_run(range(2, 3), lambda run: len(run) == 3) == range(2, 5)
    assert found.grow_run(range(4, 5), lambda run: len(run) == 3) == range(3, 6)
    assert found.sentences_touching(4, 5) == range(0)
