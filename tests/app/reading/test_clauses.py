"""The clauses of contracts, and the names of the parties in them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docqa.app.context.context import lay_out
from docqa.app.reading.clauses import (
    OF_FIRST_PAGES,
    clause_classifiers,
    clause_sentences,
    sentences_naming_parties,
    shipped_weights,
)
from docqa.app.reading.parties import (
    BEGINS,
    GOES_ON,
    OUTSIDE,
    best_state_sequence,
    party_name_spans,
    token_spans,
)
from docqa.model.heads.question_heads import CLAUSES

CONTRACT = """SUPPLY AGREEMENT
This Supply Agreement is made as of March 3, 2010 by and between Tarn Foods, Inc., a Delaware corporation ("Supplier"), and Alder & Sons GmbH, a company organized under the laws of Germany ("Buyer").
1. Term. This Agreement shall commence on the Effective Date and shall continue for an initial term of three (3) years.
2. Renewal. Thereafter this Agreement shall automatically renew for successive one (1) year terms unless either party gives written notice of non-renewal at least ninety (90) days prior to the end of the then current term.
3. Delivery. Supplier shall deliver the goods to the warehouse of Buyer on pallets that are marked with the order.
4. Insurance. Supplier shall maintain commercial general liability insurance in an amount of not less than $1,000,000 per occurrence.
5. Assignment. Neither party may assign this Agreement without the prior written consent of the other party.
6. Governing Law. This Agreement shall be governed by and construed in accordance with the laws of the State of New York.
"""  # noqa: E501


@pytest.fixture
def context(document, model):
    """The contract, laid out."""
    return lay_out((document(CONTRACT, path="supply.txt", paged=False),), model.tokenizer)


def _best(context, name):
    rows = clause_sentences(context)
    head = clause_classifiers()[name]
    scores = head.scores(rows)
    row = rows[int(scores.argmax())]
    return context.text_of(context.passages[row.passage_number])[row.start : row.end], head.chance(
        float(scores.max())
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("term", "initial term of three"),
        ("renewal", "automatically renew"),
        ("notice to end", "ninety (90) days"),
        ("governing law", "State of New York"),
        ("insurance", "$1,000,000 per"),
        ("assignment", "may assign"),
        ("parties", "by and between Tarn"),
    ],
)
def test_a_clause_is_found_by_what_it_is_about(context, name, words):
    sentence, chance = _best(context, name)
    assert words in sentence
    assert chance > 0.5


def test_every_clause_of_a_question_has_a_head_that_finds_it():
    assert {*clause_classifiers(), "", *OF_FIRST_PAGES} >= set(CLAUSES)


@pytest.mark.parametrize("name", ["exclusivity", "liability cap", "termination for convenience"])
def test_a_clause_that_there_is_not_is_unlikely(context, name):
    assert _best(context, name)[1] < 0.5


def test_the_names_of_the_parties_are_whole_and_nothing_else_is_one(context):
    rows = clause_sentences(context)
    found = []
    for row in sentences_naming_parties(rows, clause_classifiers()["parties"].scores(rows)):
        text = context.text_of(context.passages[row.passage_number])[row.start : row.end]
        found += [
            text[name.start : name.end]
            for name in party_name_spans(text, *shipped_weights("names", "follow"))
        ]
    assert [name.rstrip(".") for name in found] == ["Tarn Foods, Inc", "Alder & Sons GmbH"]


@given(
    st.lists(st.tuples(*[st.integers(-9, 9)] * 3), min_size=1, max_size=30),
    st.integers(0, 2**32 - 1),
)
def test_no_name_goes_on_that_has_not_begun(scores, seed):
    follow = np.random.default_rng(seed).normal(size=(3, 3))
    way = best_state_sequence(np.array(scores, dtype=float), follow)
    assert len(way) == len(scores)
    assert all(
        here in (OUTSIDE, BEGINS) or before != OUTSIDE for before, here in zip([OUTSIDE, *way], way)
    )
    assert GOES_ON not in way[:1]


@given(st.text(alphabet="ab .,'\"()&-\n", max_size=60))
def test_tokens_cover_all_but_white_space_in_order(text):
    found = token_spans(text)
    assert all(a.end <= b.start for a, b in zip(found, found[1:]))
    assert "".join(text[each.start : each.end] for each in found) == "".join(text.split())
