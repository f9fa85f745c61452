"""Values of a kind: read, in one spelling, compared, printed."""

from __future__ import annotations

import pytest

from docqa.app.facts.facts import Kind, Relation, compare, normal_form, printed, read


@pytest.mark.parametrize(
    ("kind", "text", "value", "shown"),
    [
        (Kind.DATE, "It is dated the 2nd day of March, 2019.", "2019-03-02", "2 March 2019"),
        (Kind.DATE, "May 1st, 2020", "2020-05-01", "1 May 2020"),
        (Kind.DATE, "in June 2021", "2021-06", "June 2021"),
        (Kind.DATE, "on 3 April", "--04-03", "3 April"),
        (Kind.PERIOD, "within thirty (30) days", "P30D", "thirty"),
        (Kind.PERIOD, "two quarters", "P6M", "two"),
        (Kind.PERIOD, "12 hours", "PT12H", "12"),
        (Kind.AMOUNT, "a fee of $1.2 million", "USD 1200000", "USD 1,200,000"),
        (Kind.AMOUNT, "EUR 300", "EUR 300", "EUR 300"),
        (Kind.NUMBER, "12 miles", "12 mile", "12 mile"),
        (Kind.PARTY, "The Acme Holdings, Inc.", "acme holdings", "The Acme Holdings, Inc."),
        (Kind.YES_NO, "No, it may not.", "no", "no"),
    ],
)
def test_a_value_is_read_and_printed_in_one_spelling(kind: Kind, text: str, value: str, shown: str) -> None:
    fact = read(kind, text)
    assert fact is not None
    assert (fact.value, printed(fact)) == (value, shown)


@pytest.mark.parametrize(("kind", "text"), [(Kind.DATE, "3/4/2019"), (Kind.DATE, "soon"), (Kind.AMOUNT, "30 days")])
def test_what_is_not_said_or_may_be_read_two_ways_is_no_value(kind: Kind, text: str) -> None:
    assert read(kind, text) is None


@pytest.mark.parametrize(
    ("kind", "one", "other", "relation"),
    [
        (Kind.DATE, "1 May 2020", "2020-05-01", Relation.EQUAL),
        (Kind.DATE, "1 May 2020", "2 May 2020", Relation.CONFLICTING),
        (Kind.DATE, "1 May", "May 2020", Relation.INCOMPARABLE),
        (Kind.AMOUNT, "$1,200", "twelve hundred dollars", Relation.EQUAL),
        (Kind.AMOUNT, "$1,200", "$1,300", Relation.CONFLICTING),
        (Kind.AMOUNT, "$1,200", "€1,200", Relation.INCOMPARABLE),
        (Kind.PERIOD, "3 months", "one quarter", Relation.EQUAL),
        (Kind.PERIOD, "3 months", "3 years", Relation.INCOMPARABLE),
        (Kind.PARTY, "Acme Ltd", "Acme Limited", Relation.EQUAL),
        (Kind.PARTY, "Acme", "Acme Holdings", Relation.INCOMPARABLE),
        (Kind.PARTY, "Acme", "Borealis", Relation.CONFLICTING),
    ],
)
def test_values_are_equal_conflicting_or_incomparable(kind: Kind, one: str, other: str, relation: Relation) -> None:
    first, second = read(kind, one), read(kind, other)
    assert first is not None and second is not None
    assert compare(first, second) is compare(second, first) is relation


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("on May 1st, 2020", "On 1 May 2020."),
        ("$300", "300 dollars"),
        ("thirty (30) days", "30 days"),
        ("4. The tenant pays 2,400 marks.", "the Tenant pays 2400 marks"),
    ],
)
def test_answers_in_other_spellings_are_the_same(one: str, other: str) -> None:
    assert normal_form(one) == normal_form(other)
