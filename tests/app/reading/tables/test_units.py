"""Where a table says the unit of a cell."""

import pytest

from docqa.app.reading.tables.units import unit_span_of_table_value

ROWS = "Rent | 4,100 | 5,200\nHeating | 310 | 12%"


@pytest.mark.parametrize(
    ("above", "unit"),
    [
        (
            "Costs of the tower (in thousands of dollars)\nCost | 2019 | 2020",
            "(in thousands of dollars)",
        ),
        ("Costs of the tower\n(In millions, unaudited) | 2019 | 2020", "(In millions, unaudited)"),
        ("Costs of the tower\nin US$ millions\n\nCost | 2019 | 2020", "in US$ millions"),
        ("Costs of the tower (in thousands)\nCost | 2019 $'000 | 2020 €m", "2019 $'000"),
        ("Costs of the tower\nCost | 2019 (Ecu 000) | 2020", "2019 (Ecu 000)"),
        ("Costs of the tower (in the north)\nCost | 2019 | 2020", None),
        ("He spent millions in a year.\nCost | 2019 | 2020", None),
    ],
)
def test_the_unit_is_that_of_the_column_or_the_table(document, above, unit):
    made = document(f"{above}\n{ROWS}")
    text = made.pages[0].text
    at = text.index("4,100")
    found = unit_span_of_table_value(made, 1, at, at + 5)
    assert (text[found.start : found.end] if found else None) == unit


def test_what_has_its_unit_or_is_no_cell_has_none(document):
    made = document(f"Costs (in thousands)\nCost | 2019 | 2020\n{ROWS}\n\nThe rent was 77 in all.")
    text = made.pages[0].text
    for words in ("12%", "Heating", "77"):
        at = text.index(words)
        assert unit_span_of_table_value(made, 1, at, at + len(words)) is None
