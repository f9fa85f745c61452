"""Printed page numbers against the labels that a PDF has."""

from docqa.ingest.pdf.labels import check_labels_against_print, page_numbers_in_running_heads
from tests.ingest.reading import read_pdf


def test_numbers_of_chapters_and_front_matter_are_read_from_the_feet():
    heads = [
        ["i"],
        ["ii"],
        ["iii"],
        ["4-1 Gates"],
        ["4-2"],
        ["Gates 4-3"],
        ["5-1"],
        ["5-2"],
        ["5-3"],
    ]
    assert page_numbers_in_running_heads(heads) == [
        "i",
        "ii",
        "iii",
        "4-1",
        "4-2",
        "4-3",
        "5-1",
        "5-2",
        "5-3",
    ]


def test_dates_totals_and_pages_mentioned_are_no_page_numbers():
    heads = [
        [f"Report 2007 Page {n} of 20", f"(Continued on page {n + 1})", "1999"]
        for n in range(7, 12)
    ]
    assert page_numbers_in_running_heads(heads) == ["7", "8", "9", "10", "11"]
    assert (
        page_numbers_in_running_heads([["Chapter 1"], ["Chapter 1"], ["Chapter 1"], ["Chapter 2"]])
        == [None] * 4
    )


def test_printed_numbers_win_over_other_labels_of_the_file():
    heads = [[], ["4-2"], ["4-3"], ["4-4"]]
    assert check_labels_against_print(["3-1", "3-2", "3-3", "3-4"], heads) == (
        [None, "4-2", "4-3", "4-4"],
        [2, 3, 4],
    )
    assert check_labels_against_print(["4-1", "4-2", "4-3", "4-4"], heads) == (
        ["4-1", "4-2", "4-3", "4-4"],
        [],
    )
    assert check_labels_against_print([None] * 4, heads) == ([None, "4-2", "4-3", "4-4"], [])


def test_a_file_whose_labels_are_not_those_printed_says_so(make_pdf):
    pages = [["Words of the lock."], ["More words."], ["Other words."], ["Last words."]]
    data = make_pdf(pages, labels="ROMAN_LOWER", head="Handbook of Locks {}")
    document = read_pdf(data)
    assert [page.label for page in document.pages] == ["1", "2", "3", "4"]
    assert any("page labels differ" in warning for warning in document.coverage.warnings)
