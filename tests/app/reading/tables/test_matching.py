"""The cell that a question asks for by the names of row and column, and when there is none."""

import pytest

from docqa.app.reading.tables.answer import tables_with_words_above
from docqa.app.reading.tables.matching import choose_cells

RATES = (
    "Rates of unemployment by country\nCountry | 1996 | 2019 | Change 2019 versus 1996\nFrance | 12.5% | 8.5% | (4)\n"
    "Japan | 3.4% | 2.4% | (1)\nNorth Japan | 5.4% | 9.4% | 4\nSweden | 9.9% | 7.0% | (3)\nAll countries | 1% | 1% | –"
)


@pytest.mark.parametrize(
    ("question", "cells"),
    [
        ("What was the unemployment rate of France in 1996?", ["12.5%"]),
        ("Unemployment rate in Japan, 2019?", ["2.4%"]),
        ("What was the unemployment rate of Sweden in 1996 and 2019?", ["9.9%", "7.0%"]),
    ],
)
def test_the_cell_of_the_named_row_and_column_is_chosen(document, question, cells):
    choice = choose_cells(question, tables_with_words_above(document(RATES), [1]))
    assert choice is not None
    assert [cell.text for cell in choice.cells] == cells
    assert all(cell.text in choice.row for cell in choice.cells)


@pytest.mark.parametrize(
    "question",
    [
        "What was the unemployment rate of Norway in 2019?",
        "What was the unemployment rate of France in 2006?",
        "What was the unemployment rate of France?",
        "Why did the unemployment rate of France change in 2019?",
        "In which year was the unemployment rate of France higher?",
    ],
)
def test_nothing_is_chosen_where_row_or_column_is_not_clear(document, question):
    assert choose_cells(question, tables_with_words_above(document(RATES), [1])) is None


def test_the_same_row_in_two_tables_is_not_decided(document):
    text = "Tower | Height\nOld | 9\nNew | 7\n\nTower | Height\nOld | 8\nNew | 6"
    assert (
        choose_cells(
            "What is the height of the old tower?", tables_with_words_above(document(text), [1])
        )
        is None
    )


REVENUE = (
    "Results of operations which were discontinued by year\n($ in thousands) | 2019 | % Change 2018 to 2019 | 2018\n"
    "Home care | 59,545 | (8)% | 64,476\nTotal revenue | 3,788 | (25)% | 5,073\nCost of revenue | 8 | 3 | 9\n"
    "Cost of revenue and sales | 1 | 5 | 8\nSeries2000 sales | 1 | 2 | 3\n"
    "Income from discontinued operations of clinics in the north before income taxes | 7 | 8 | 9\n"
    "Income from discontinued operations of clinics in the north after income taxes | 4 | 5 | 6\n"
)
COSTS = (
    "Amortization of purchased assets by year\n"
    "Years ended | July 27, 2019 | July 28, 2018\nAmortization of purchased assets | |\nSales | 624 | 640\n"
    "Operating expenses | |\nAmortization of purchased assets | 150 | 221\n"
    "Total | 774 | 861"
)
BALANCES = "Company - 2018 | Provisions | Others\nBalance at March 2018 | 0.5 | 10.8\nBalance at April 2017 | 0.3 | 2.8"


@pytest.mark.parametrize(
    ("text", "question", "cell"),
    [
        (REVENUE, "What was the Series2000 sales figure in 2019?", "1"),
        (REVENUE, "What was total revenue of the discontinued operations in 2018?", "5,073"),
        (
            COSTS,
            "What was the amortization of purchased assets in operating expenses on July 28, 2018?",
            "221",
        ),
        (BALANCES, "What was the balance of Others at March 2018?", "10.8"),
    ],
)
def test_years_totals_and_counts_tell_the_column_and_row(document, text, question, cell):
    choice = choose_cells(question, tables_with_words_above(document(text), [1]))
    assert choice is not None and [found.text for found in choice.cells] == [cell]
