"""Only whole sentences of prose, and none that hangs in the air, may come into a summary."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docqa.app.summary.sentences.readable import is_sentence, needs_the_one_before, without_number

GOOD = (
    "The tenant pays the rent on the first day of each month.",
    "16.1 Either party may end this agreement by notice in writing to the other.",
    "“The roof shall be kept in repair by the landlord,” the deed says.",
    "By 2023 the ponds had fallen to 9 nights a year, and the pipes were closed (Smith 2020).",
)
BAD = {
    "too short": "The tenant pays rent.",
    "half a sentence before": "and that the tenant pays the rent on the first day of each month.",
    "half a sentence behind": "The tenant pays the rent on the first day of each month and",
    "an item of a list": "(a) the tenant pays the rent on the first day of each month;",
    "a row of a table": "Station 12 4.1 3.3 0.2 88 91 North 14 2.2 1.9 0.3 17 South 9 1.",
    "a caption": "Figure 3. The rent of the house in each of the years of the lease.",
    "a heading in capitals": "The Rent And The Roof Of The House In The Years Of The Lease.",
    "an address": "Write to the office at rent@example.org for a copy of the deed of the house.",
    "an open bracket": "The tenant pays the rent on the first day (or the second of each month.",
    "a reference": "Smith, J. (2001), Brown, K. (2003), Lee, O. (2004) and Wood, P. (2007) on the law of the lease.",
    "a formula": "x = a + b / c - d * e (f) = 12 + 14 / 9 = 3.",
}


@pytest.mark.parametrize("text", GOOD)
def test_a_whole_sentence_is_taken(text):
    assert is_sentence(text, english=True)
    assert not needs_the_one_before(text)


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_what_is_no_sentence_of_prose_is_left_out(text):
    assert not is_sentence(text, english=True)


@pytest.mark.parametrize(
    "text",
    (
        "However, the tenant may leave in May.",
        "They agreed on a rent of forty pounds.",
        "16.2 In that event the rent falls by half.",
        "For example, the roof may leak.",
        "These were then sold to the neighbour.",
        "It did so at once and without a word.",
    ),
)
def test_a_sentence_that_points_back_needs_the_one_before(text):
    assert needs_the_one_before(text)


@pytest.mark.parametrize(
    "text",
    (
        "This agreement takes effect on 3 March 2024.",
        "These results suggest that lamps keep herons away.",
        "It is unlawful to sell spirits to a child.",
        "Both the landlord and the tenant signed the deed.",
        "Third parties have no rights under the lease.",
    ),
)
def test_words_that_only_look_as_if_they_pointed_back_do_not(text):
    assert not needs_the_one_before(text)


@given(st.text(max_size=200))
def test_any_text_is_judged_and_only_leading_numbers_are_removed(text):
    assert is_sentence(text, english=False) in (True, False)
    assert text.endswith(without_number(text))


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        (
            "Smith J, Brown A, Lee C. Herons of the coast and of its lagoons. J Birds. 2009;12:12–19.",
            True,
        ),
        (
            "Devlin, J. (2019). A model of language that was trained on the text of many books.",
            True,
        ),
        ("[12] A. Author and B. Writer, A title of the book that they wrote on the coast.", True),
        (
            "Ann Alder, Bob Birch, and Cy Cole. 2020. The retrieval of passages from the web for answers.",
            True,
        ),
        (
            "In this work we show that the new method (Devlin et al., 2019) is better than the old.",
            False,
        ),
        (
            "J. P. Morgan, B. Smith and C. Lee signed the lease of the house in the year 2010.",
            False,
        ),
        ("The parties met in 2019, 12 days before the hearing of the case by the court.", False),
    ],
)
def test_entries_of_a_bibliography_are_no_sentences(text, entry):
    assert is_sentence(text, english=True) is not entry
