"""Words shown with insertions lead back to the characters of the page that they are."""

from docqa.model.heads.shown_text import show_with_insertions


def test_spans_that_begin_in_inserted_words_are_no_words_of_the_page():
    shown = show_with_insertions("Turnover | 812 | 640", 0, 20, [(11, "2016: "), (17, "2015: ")])
    assert shown.text == "Turnover | 2016: 812 | 2015: 640"
    assert shown.source_span(11, 20) is None
    assert shown.source_span(17, 32) == (11, 20)
    assert shown.source_span(0, 15) == (0, 11)
