"""What a statement says that its quotes do not: numbers, dates, negations, duties, names."""

import pytest

from docqa.app.answerers.writing.literal import literal_differences
from docqa.app.facts.facts import parse_dates
from docqa.ingest.language.quantities import figures


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("two (2) year period", [("2", "year"), ("2", "year")]),
        ("$1.2 million", [("1200000", "dollar")]),
        ("one hundred and twenty-five dollars", [("125", "dollar")]),
        ("ten percent", [("10", "%")]),
    ],
)
def test_numbers_are_read_however_they_are_written(text, values):
    assert [(figure.value, figure.unit) for figure in figures(text)] == values


def test_may_is_a_month_only_where_it_is_a_date():
    assert [parse_dates(text)[0].value for text in ("on 1 May 2020", "May 1, 2020")] == 2 * [
        "2020-05-01"
    ]
    assert parse_dates("The tenant may leave in 2020.") == []


@pytest.mark.parametrize(
    ("statement", "quoted", "kind"),
    [
        ("The rent is 911 dollars.", "The rent is 119 dollars.", "numbers"),
        ("The term is 5 months.", "The term is five (5) years.", "numbers"),
        ("It is dated 1 April 2025.", "It is dated 1 May 2025.", "numbers"),
        ("It ends on 5 May 2026.", "It begins on 5 May 2025 and ends on 6 June 2026.", "numbers"),
        ("Write to hello@club.org.", "Mail to sayhello@club.org is read daily.", "numbers"),
        (
            "The landlord shall enter the cellar.",
            "The landlord shall not enter the cellar.",
            "negations",
        ),
        (
            "The landlord may enter unless told.",
            "The landlord may not enter unless told.",
            "negations",
        ),
        ("The lease does not begin in June.", "The lease begins in June.", "negations"),
        ("The court did not reverse.", "We reverse the judgment of the court below.", "negations"),
        ("The tenant must pay.", "The tenant may pay.", "modals"),
        ("The tenant may leave.", "The tenant shall leave.", "modals"),
        ("The rent is owed to Smith.", "The rent is owed to Jones.", "names"),
    ],
)
def test_what_the_quotes_do_not_say_is_found(statement, quoted, kind):
    assert getattr(literal_differences(statement, quoted), kind)


@pytest.mark.parametrize(
    ("statement", "quoted"),
    [
        ("North keeps records for 2 years.", "North shall keep records for a two (2) year period."),
        ("The fee is $1,200,000.", "The fee is 1.2 million dollars."),
        ("The tenant needs consent to assign.", "The tenant shall not assign without consent."),
        ("Assignment is prohibited.", "The tenant shall not assign."),
        ("The tenant may not assign.", "The tenant shall not assign."),
        (
            "Notice is due within 30 days.",
            "Notice shall be given no later than 30 days after the breach.",
        ),
        ("The notice goes to room no. 5.", "Notices are sent to room 5."),
        ("It lasts 12 months.", "It lasts one year."),
        ("Mail goes to hello@club.org.", "Mail goes to the club (hello@club.org)."),
    ],
)
def test_other_words_for_the_same_are_no_difference(statement, quoted):
    assert not literal_differences(statement, quoted)


def test_names_may_stand_in_the_heading_or_beside_the_quote():
    quoted = "Two names are shown on the golf bag."
    assert not literal_differences("The golf bag of North shows two names.", quoted, "North agrees")
