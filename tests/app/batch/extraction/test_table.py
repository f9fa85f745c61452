"""Which cells of a table differ from the rest of their column, and its conflicts."""

import pytest

from docqa.app.answer.answer import Cite
from docqa.app.batch.extraction.table import AnswerCell, AnswerTable, FileRow, make_table
from docqa.app.batch.fields import Field
from docqa.app.facts.facts import FactKind


def _table(*answers: str | None) -> AnswerTable:
    rows = []
    for number, answer in enumerate(answers, start=1):
        cell = AnswerCell("not_found")
        cite = Cite(f"{number}.pdf", 1, "1", None, 0, 5)
        if answer:
            cell = AnswerCell("answered", answer, 0.9, f"It is {answer}.", "exact", (cite,))
        rows.append(FileRow(f"{number}.pdf", (cell,)))
    return make_table([Field("Which law?", "Which law?")], rows)


@pytest.mark.parametrize(
    ("answers", "differing"),
    [
        (("Lower Tarn", "Lower Tarn", "Upper Tarn"), ["3.pdf"]),
        (("Lower Tarn", "the  lower-Tarn", "“Lower Tarn”."), []),
        (("4. The tenant pays it.", "12.3 The Tenant pays\nit", "(b) the tenant  pays, it"), []),
        (
            ("4. The tenant pays it.", "Clause 7: The tenant pays it.", "The tenant pays him."),
            ["3.pdf"],
        ),
        (("Section 4 of the Act", "Section 5 of the Act"), ["1.pdf", "2.pdf"]),
        (("30 days after the notice", "60 days after the notice"), ["1.pdf", "2.pdf"]),
        (("3.5 Million", "4.5 Million"), ["1.pdf", "2.pdf"]),
        (("1. May 2020 until the end", "2. May 2020 until the end"), ["1.pdf", "2.pdf"]),
        (("-5 degrees", "5 degrees"), ["1.pdf", "2.pdf"]),
        (("four years", "4 years", "Four years."), []),
        (("thirty days", "30 days", "thirty (30) days", "forty-five days"), ["4.pdf"]),
        (("2,400 marks", "2400 marks"), []),
        (("3.5 per cent", "35 per cent"), ["1.pdf", "2.pdf"]),
        (("May", "June"), ["1.pdf", "2.pdf"]),
        (("May", "May", "June", "June"), ["1.pdf", "2.pdf", "3.pdf", "4.pdf"]),
        (("May", None, "May"), []),
        ((None, "May", None), []),
        ((None, None), []),
    ],
)
def test_cells_that_differ_from_the_rest_of_their_column(answers, differing):
    assert [row.file for row in _table(*answers).rows if row.cells[0].differs] == differing


def test_a_conflict_has_both_quotes_and_counts_the_other_files():
    (conflict,) = _table("Lower Tarn", "Upper Tarn", "Lower Tarn").conflicts
    assert (conflict.file, conflict.cell.quote) == ("2.pdf", "It is Upper Tarn.")
    assert (conflict.other_file, conflict.other.quote, conflict.others) == (
        "1.pdf",
        "It is Lower Tarn.",
        2,
    )


def test_two_files_that_differ_are_one_conflict():
    assert [(c.file, c.other_file) for c in _table("May", "June").conflicts] == [("2.pdf", "1.pdf")]


def test_conflicts_are_with_the_most_frequent_answer_not_the_first_file():
    conflicts = _table("April", "May", "May", "June", "June").conflicts
    found = [(c.file, c.other_file, c.others, c.answered) for c in conflicts]
    assert found == [("1.pdf", "2.pdf", 2, 5), ("4.pdf", "2.pdf", 2, 5), ("5.pdf", "2.pdf", 2, 5)]


def test_only_what_ought_to_agree_differs_and_by_its_normalised_value():
    period = Field("notice", "How long is the notice?", FactKind.PERIOD)
    cells = [
        AnswerCell("answered", said, normalised="P30D")
        for said in ("thirty days", "a month of 30 days")
    ]
    assert not make_table(
        [period], [FileRow(f"{n}.pdf", (cell,)) for n, cell in enumerate(cells)]
    ).conflicts
    parties = Field("parties", "Who?", FactKind.PARTY, agree=False)
    apart = [
        FileRow("a.pdf", (AnswerCell("answered", "Acme"),)),
        FileRow("b.pdf", (AnswerCell("answered", "Tarn"),)),
    ]
    assert not make_table([parties], apart).conflicts
    assert len(make_table([Field("parties", "Who?", FactKind.PARTY)], apart).conflicts) == 1
