"""Lines that go on below their own first word."""

import pytest
from textual.content import Content

from docqa.app.tui.widgets.hanging import HangingText


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("1  Who pays for the lock?", ["1  Who pays for", "   the lock?"]),
        ("▶1 “The keeper of the door”", ["▶1 “The keeper", "   of the door”"]),
        ("• the first of two items", ["• the first of", "  two items"]),
        ("plain words that are long", ["plain words that", "are long"]),
        ("", [""]),
    ],
)
def test_a_line_goes_on_below_its_own_first_word(text, lines):
    assert [line.rstrip() for line in HangingText(Content(text)).laid_out(16).plain.split("\n")] == lines


def test_where_there_is_no_room_lines_begin_at_the_edge():
    shown = HangingText(Content("1  Who pays for")).laid_out(10).plain
    assert shown.split("\n")[1].startswith("pays")


def test_the_style_of_words_stays_with_them():
    text = Content.assemble("1  Who pays ", ("for the lock", "bold"), "?")
    shown = HangingText(text).laid_out(16)
    assert [shown.plain[span.start : span.end] for span in shown.spans if span.style == "bold"] == ["for", "the lock"]
