"""The lines of a document: wrapped to cells, laid out where somebody looks, and never moving under
the reader.
"""

import time
from typing import Any

import pytest
from rich.cells import cell_len

from docqa.app.tui.page.lines import SEGMENT_CHARACTERS, PageLines, displayed
from docqa.app.tui.page.typeset import wrap

WORDS = (
    "the tenant of unit seven shall pay the keeper before the ninth day of each month in writing "
    * 3
)


@pytest.mark.parametrize("text", [WORDS, "x" * 300, "日本語の文書" * 40, "a\u0301" * 90, ""])
@pytest.mark.parametrize("width", [10, 37, 80])
def test_wrapped_rows_fit_and_lose_nothing_but_spaces(text, width):
    rows = wrap(text, 0, len(text), width)
    assert all(cell_len(text[start:end]) <= width for start, end in rows)
    gaps = [text[one[1] : other[0]] for one, other in zip(rows, rows[1:])]
    assert set(gaps) <= {"", " "}
    assert rows[0][0] == 0
    assert rows[-1][1] == len(text)


def test_what_a_terminal_would_obey_is_shown_as_a_space():
    assert displayed("a\x1b[31mb\u202ec\td\ne") == "a [31mb c d\ne"


def _lines(document: Any, pages: int = 40, width: int = 60, **changes: Any) -> PageLines:
    texts = [
        f"Page {number}. " + WORDS * (number % 5 + 1) + "\n" * (number % 7)
        for number in range(pages)
    ]
    return PageLines(document(*texts, **changes), width)


def test_a_place_and_its_line_agree(document):
    lines = _lines(document)
    for page, offset in ((1, 0), (7, 100), (23, 400), (40, 12)):
        line = lines.line_of(page, offset)
        row = lines.row(line)
        assert row is not None
        assert row.page == page
        assert row.start <= offset <= row.end
        assert lines.place(line) == (page, row.start)


def test_the_top_line_keeps_its_text_during_layout(document):
    lines = _lines(document)
    line = lines.line_of(20, 200)
    before = lines.place(line)
    moved = lines.ensure(line - 400, line + 400, line)
    assert lines.place(moved) == before
    assert lines.ensure(moved - 400, moved + 400, moved) == moved


def test_after_all_is_laid_out_the_height_is_the_number_of_lines(document):
    lines = _lines(document, pages=12)
    lines.ensure(0, 10**6, 0)
    rows = [lines.row(y) for y in range(lines.height)]
    assert None not in rows
    assert [row.page for row in rows if row.kind == "head"] == list(range(1, 13))  # type: ignore[union-attr]
    assert lines.row(lines.height) is None


def test_a_long_page_is_laid_out_in_slices_without_a_gap(document):
    text = "\n".join(f"line {number} of a register" for number in range(4_000))
    assert len(text) > 5 * SEGMENT_CHARACTERS
    lines = PageLines(document(text, paged=False), 60)
    lines.ensure(0, 10**6, 0)
    shown = [lines.row(y) for y in range(lines.height)]
    assert "\n".join(text[row.start : row.end] for row in shown if row is not None) == text


@pytest.mark.slow
def test_a_million_tokens_are_laid_out_within_a_second_of_processor_time(document):
    document = document(*[WORDS * 8 for _ in range(2_000)])
    assert sum(len(page.text) for page in document.pages) > 4_000_000
    started = time.process_time()
    lines = PageLines(document, 80)
    middle = lines.ensure(lines.height // 2 - 100, lines.height // 2 + 100, lines.height // 2)
    opened = time.process_time() - started
    assert opened < 1.0
    assert all(lines.row(middle + y) for y in range(40))


def test_an_empty_document_has_no_lines_to_fall_over(document):
    lines = PageLines(document("", paged=False), 60)
    assert lines.ensure(0, 100, 0) == 0
    assert lines.place(5) == (1, 0)


def test_a_table_stands_in_columns_with_numbers_at_the_right(document):
    lines = PageLines(document("Site | Rent\nNorth | 1,200\nSouth | 95\nEnd."), 40)
    lines.ensure(0, 9, 0)
    rows = [lines.row(at) for at in range(lines.height)]
    text = lines.document.pages[0].text
    shown = [
        "".join(" " * part.pad + text[part.start : part.end] for part in row.parts)
        for row in rows
        if row.parts
    ]
    assert shown == ["Site    Rent", "North  1,200", "South     95"]
    assert lines.character(lines.line_of(1, text.index("95")), 10) == (1, text.index("95"))


def test_a_table_wider_than_the_screen_keeps_its_words_whole(document):
    heads = " | ".join(f"Improvements{column}" for column in range(6))
    lines = PageLines(document(f"{heads}\n{heads}\nEnd."), 40)
    lines.ensure(0, 9, 0)
    assert lines.widest == len(" | ".join(["Improvements1"] * 6)) - 5
    row = lines.row(lines.line_of(1, 60))
    assert [part.end - part.start for part in row.parts] == [13] * 6
