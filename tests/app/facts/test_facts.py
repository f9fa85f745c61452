"""Values of a kind: read, in one spelling, compared."""

import pytest

from docqa.app.facts.facts import (
    FactKind,
    Relation,
    compare_facts,
    computed_end,
    fact_spans,
    name_with_role,
    normal_form,
    parse_first_fact,
)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (FactKind.DATE, "It is dated the 2nd day of March, 2019.", "2019-03-02"),
        (FactKind.DATE, "May 1st, 2020", "2020-05-01"),
        (FactKind.DATE, "in June 2021", "2021-06"),
        (FactKind.DATE, "on 3 April", "--04-03"),
        (FactKind.PERIOD, "within thirty (30) days", "P30D"),
        (FactKind.PERIOD, "two quarters", "P6M"),
        (FactKind.PERIOD, "12 hours", "PT12H"),
        (FactKind.AMOUNT, "a fee of $1.2 million", "USD 1200000"),
        (FactKind.AMOUNT, "EUR 300", "EUR 300"),
        (FactKind.NUMBER, "12 miles", "12 mile"),
        (FactKind.PARTY, "The Acme Holdings, Inc.", "acme holdings"),
        (FactKind.YES_NO, "No, it may not.", "no"),
    ],
)
def test_a_value_is_read_in_one_spelling(kind, text, value):
    fact = parse_first_fact(kind, text)
    assert fact is not None
    assert fact.value == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [(FactKind.DATE, "3/4/2019"), (FactKind.DATE, "soon"), (FactKind.AMOUNT, "30 days")],
)
def test_what_may_be_read_two_ways_is_no_value(kind, text):
    assert parse_first_fact(kind, text) is None


@pytest.mark.parametrize(
    ("kind", "one", "other", "relation"),
    [
        (FactKind.DATE, "1 May 2020", "2020-05-01", Relation.EQUAL),
        (FactKind.DATE, "1 May 2020", "2 May 2020", Relation.CONFLICTING),
        (FactKind.DATE, "1 May", "May 2020", Relation.INCOMPARABLE),
        (FactKind.AMOUNT, "$1,200", "twelve hundred dollars", Relation.EQUAL),
        (FactKind.AMOUNT, "$1,200", "$1,300", Relation.CONFLICTING),
        (FactKind.AMOUNT, "$1,200", "€1,200", Relation.INCOMPARABLE),
        (FactKind.PERIOD, "3 months", "one quarter", Relation.EQUAL),
        (FactKind.PERIOD, "3 months", "3 years", Relation.CONFLICTING),
        (FactKind.PERIOD, "12 months", "1 year", Relation.EQUAL),
        (FactKind.PERIOD, "30 days", "1 month", Relation.INCOMPARABLE),
        (FactKind.PARTY, "Acme Ltd", "Acme Limited", Relation.EQUAL),
        (FactKind.PARTY, "Acme", "Acme Holdings", Relation.INCOMPARABLE),
        (FactKind.PARTY, "Acme", "Borealis", Relation.CONFLICTING),
    ],
)
def test_values_are_equal_conflicting_or_incomparable(kind, one, other, relation):
    first = parse_first_fact(kind, one)
    second = parse_first_fact(kind, other)
    assert first is not None and second is not None
    assert compare_facts(first, second) is compare_facts(second, first) is relation


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("on May 1st, 2020", "On 1 May 2020."),
        ("$300", "300 dollars"),
        ("thirty (30) days", "30 days"),
        ("4. The tenant pays 2,400 marks.", "the Tenant pays 2400 marks"),
    ],
)
def test_answers_in_other_spellings_are_the_same(one, other):
    assert normal_form(one) == normal_form(other)


@pytest.mark.parametrize(
    ("kind", "text", "found"),
    [
        (
            FactKind.LAW,
            "governed by the laws of the State of New York applicable to contracts",
            ["New York"],
        ),
        (FactKind.LAW, "UNDER THE LAWS OF THE STATE OF TEXAS, WITHOUT REGARD TO", ["TEXAS"]),
        (FactKind.LAW, "the laws of England and Wales.", ["England and Wales"]),
        (
            FactKind.LAW,
            "the internal laws, not the laws of conflicts, of the Commonwealth of Virginia",
            ["Virginia"],
        ),
        (FactKind.LAW, "This lease is subject to English law.", ["English"]),
        (FactKind.LAW, "Applicable law and such Laws as apply", []),
        (
            FactKind.DATE,
            "from 1 May 2020 to the 2nd day of June, 2021",
            ["1 May 2020", "2nd day of June, 2021"],
        ),
        (
            FactKind.PERIOD,
            "within thirty (30) days, or two years",
            ["thirty (30) days", "two years"],
        ),
        (FactKind.AMOUNT, "not over $1,000,000 in 3 years", ["$1,000,000"]),
        (FactKind.PARTY, "Acme Inc.", []),
    ],
)
def test_values_are_found_where_they_stand(kind, text, found):
    assert [text[span.start : span.end] for span in fact_spans(kind, text)] == found


def test_a_party_comes_with_what_it_is_called():
    text = 'between Acme, Inc., a Delaware firm (the "Supplier"), and Tarn Ltd ("Tarn"), each a "Party"'
    assert name_with_role("Acme, Inc", text) == "Acme, Inc (Supplier)"
    assert name_with_role("Tarn Ltd", text) == "Tarn Ltd"  # its own name says as much
    assert name_with_role("Nobody", text) == "Nobody"


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("takes effect on 1 April 2025 and runs for an initial term of four years", "2029-03-31"),
        ("commencing January 31, 2004 for a period of thirteen (13) months", "2005-02-27"),
        ("from March 1, 2020 for ninety (90) days", "2020-05-29"),
        ("from 1 May 2020 to 3 May 2021, renewed for one year", None),
        ("for four years from the Commencement Date", None),
        ("from April 2025 for four years", None),
        ("from 1 April 2025 for 90,000 years", None),
    ],
)
def test_the_end_of_a_term_is_computed_from_its_start_and_length(text, end):
    computed = computed_end(text)
    assert (computed.value if computed else None) == end
