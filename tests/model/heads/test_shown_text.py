"""Words shown with insertions lead back to the characters of the page that they are."""

from hypothesis import given
from hypothesis import strategies as st

from docqa.model.heads.shown_text import show_with_insertions


def test_spans_that_begin_in_inserted_words_are_no_words_of_the_page():
    shown = show_with_insertions("Turnover | 812 | 640", 0, 20, [(11, "2016: "), (17, "2015: ")])
    assert shown.text == "Turnover | 2016: 812 | 2015: 640"
    assert shown.source_span(11, 20) is None
    assert shown.source_span(17, 32) == (11, 20)
    assert shown.source_span(0, 15) == (0, 11)


@given(st.text(min_size=1), st.lists(st.tuples(st.integers(0, 30), st.text(max_size=3))), st.data())
def test_every_span_of_the_page_is_found_again(source, insertions, data):
    start = data.draw(st.integers(0, len(source) - 1))
    end = data.draw(st.integers(start + 1, len(source)))
    shown = show_with_insertions(source, start, end, sorted(insertions))
    first = data.draw(st.integers(start, end - 1))
    last = data.draw(st.integers(first + 1, end))
    place = shown.shown_span(first, last)
    assert shown.source_span(*place) == (first, last)
    assert len(shown.text[slice(*place)]) >= last - first
