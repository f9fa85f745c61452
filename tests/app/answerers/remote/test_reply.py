"""A reply against pages: places that the model names wrongly, words that stand twice, claims that nothing bears out."""

from __future__ import annotations

from typing import Any

import pytest

from docqa.app.answerers.remote.reply import Reply, Statement, check_reply, refuses, statements_of
from docqa.app.context.context import lay_out
from docqa.app.evidence.ranking import WordIndex, rank
from docqa.app.evidence.terms import terms
from docqa.app.quotes.verifier import Verifier
from docqa.app.reading.candidates import excerpt

PAGES = (
    "The lease begins on 1 May 2020. The rent is 1,200 dollars a month, payable in advance at the office.",
    "The deposit is 1,200 dollars and is returned within thirty days. The landlord shall not enter the cellar.",
    "The lease ends on 30 April 2025 unless it is renewed in writing by both of the parties before that day.",
)
QUESTION = "How much is the deposit?"


@pytest.fixture
def check(document: Any, model: Any) -> Any:
    """Function(reply) -> (Reply, numbers of the excerpts of each page)."""
    context = lay_out([document(*PAGES)], model.tokenizer)
    index = WordIndex.of(context)
    wanted = set(terms(QUESTION))
    shown = [excerpt(context, item.index, wanted, index) for item in rank(QUESTION, index)]
    numbers = {one.page: number for number, one in enumerate(shown, 1)}

    def run(text: str) -> Reply:
        for page in numbers:
            text = text.replace(f"[p{page}]", f"[{numbers[page]}]")
        return check_reply(text, shown, QUESTION, context, index, Verifier(context.documents))

    return run


def test_words_that_stand_twice_are_taken_where_the_model_quotes_a_sentence(check: Any) -> None:
    reply = check('1,200 dollars\n"The deposit is 1,200 dollars and is returned within thirty days." [p2]')
    best = reply.candidates[0]
    assert (best.page, PAGES[1][best.start : best.end], reply.verified) == (2, "1,200 dollars", 1.0)
    assert not reply.notes
    other = check('1,200 dollars\n"The rent is 1,200 dollars a month" [p1]').candidates[0]
    assert (other.page, PAGES[0][other.start : other.end]) == (1, "1,200 dollars")


def test_without_a_quote_they_are_taken_where_the_question_is(check: Any) -> None:
    assert check("1,200 dollars").candidates[0].page == 2


def test_a_quote_under_the_wrong_number_counts_as_moved(check: Any) -> None:
    reply = check('thirty days\n"The deposit is 1,200 dollars and is returned within thirty days." [p2]\n'
                  '"unless it is renewed in writing by both of the parties" [p1]')  # fmt: skip
    (moved,) = [quote for quote in reply.also if "renewed" in quote.text]
    assert (moved.place, moved.cites[0].page, moved.grade) == ("moved", 3, "exact")


def test_a_lost_not_is_near_and_no_more(check: Any) -> None:
    reply = check('1,200 dollars\n"The landlord shall enter the cellar." [p2]')
    assert [quote.grade for quote in reply.also] == ["near"]
    assert "not enter" in reply.also[0].text and any("(near)" in note for note in reply.notes)


def test_a_yes_that_happens_to_stand_somewhere_is_no_answer(check: Any) -> None:
    reply = check('May\n"The deposit is 1,200 dollars and is returned within thirty days." [p2]')
    first = reply.candidates[0]
    assert (first.page, PAGES[1][first.start : first.end].startswith("The deposit")) == (2, True)
    assert any(note.endswith(": May") for note in reply.notes)


def test_nothing_of_a_wholly_invented_reply_is_left(check: Any) -> None:
    reply = check("The deposit is held by the Bank of Utopia [p1]. It bears four percent of interest a year.")
    assert (reply.refused, reply.candidates, reply.also, reply.verified) == (False, (), (), 0.0)
    assert len(reply.notes) == 2


def test_statements_are_told_apart_without_marks_and_labels() -> None:
    text = '**Answer:** 30 April 2025\n\n- "The lease ends on 30 April 2025." [3]\n- The clause says so [2][3].\n```\n'
    assert statements_of(text) == [
        Statement("30 April 2025"),
        Statement("The lease ends on 30 April 2025", 3, True),
        Statement("The clause says so .", 2),
    ]


@pytest.mark.parametrize("text", ["not stated", "Not stated.\n", " \n", "`not stated`", "not stated. Nothing is said."])
def test_refusals(text: str) -> None:
    assert refuses(text)


@pytest.mark.parametrize("text", ["not stated otherwise in clause 4", "The rent is not stated."])
def test_no_refusals(text: str) -> None:
    assert not refuses(text)
