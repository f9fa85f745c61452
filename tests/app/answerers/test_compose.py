"""The Answer made of what was found: the forms of an answer, its statements, and what is possible
or not found.
"""

from dataclasses import replace

import pytest

from docqa.app.answer.answer import Answer, CoverageReport, Usage
from docqa.app.answer.grades import Support, Verdict
from docqa.app.answerers.compose import (
    Draft,
    compose_answer,
    question_word_counts,
    question_word_counts_line,
)
from docqa.app.context.context import Context, lay_out
from docqa.app.evidence.ranking import RankedPassage
from docqa.app.reading.candidates import AnswerForm, Candidate, CandidateSet

PAGES = (
    "The Keeper pays the deposit, the rent\nand the heating in full. The gate stays open until noon on every day.",
    "Nobody may sublet the tower without leave. The lamp oil is paid by the owner of the whole island.",
)


@pytest.fixture
def context(document, model) -> Context:
    return lay_out([document(*PAGES)], model.tokenizer)


def found(*words: str, context: Context) -> tuple[Candidate, ...]:
    """A candidate for each of `words`, where they stand first."""
    made = []
    for said in words:
        page = next(page for page in context.documents[0].pages if said in page.text)
        start = page.text.index(said)
        made.append(Candidate(0, 0, page.page, start, start + len(said), -1.0, 0.0))
    return tuple(made)


def answer(context: Context, candidates: tuple[Candidate, ...] = (), **changes) -> Answer:
    reading = changes.pop("reading", CandidateSet(candidates, 0))
    possible = changes.pop("possible", False)
    draft = Draft(
        question="What does the keeper pay?",
        ranked=[RankedPassage(0, 1.0, 0.0), RankedPassage(1, 0.5, 0.0)],
        coverage=CoverageReport(90, 90, 2),
        usage=Usage(90, 0, 0.1, False),
        provenance={},
    )
    parts = reading if isinstance(reading, list) else [reading]
    return compose_answer(replace(draft, **changes), parts, 0.375, context, is_possible=possible)


def read(context: Context, form: AnswerForm, *words: str, **changes) -> Answer:
    """The answer of this form whose best candidate, or whose items, are `words`."""
    candidates = found(*words, context=context)
    items = candidates if form is AnswerForm.LIST else ()
    reading = CandidateSet(candidates, 0, form=form, items=items, **changes)
    return answer(context, candidates, reading=reading)


def test_a_fact_is_one_quoted_statement_and_its_chance_the_confidence(context):
    made = read(context, AnswerForm.FACT, "until noon")
    (statement,) = made.statements
    assert (made.status, made.answer, made.verdict, made.confidence) == (
        "answered",
        "until noon",
        None,
        0.375,
    )
    assert (statement.text, statement.support, statement.quotes) == (
        "until noon",
        Support.QUOTED,
        (0,),
    )


def test_items_are_joined_and_those_of_one_sentence_share_its_quote(context):
    made = read(
        context, AnswerForm.LIST, "the deposit", "The lamp oil", "the rent\nand the heating"
    )
    assert made.answer == "the deposit; The lamp oil; the rent\nand the heating"
    shown = [(statement.text, statement.quotes) for statement in made.statements]
    assert shown == [
        ("the deposit", (0,)),
        ("The lamp oil", (1,)),
        ("the rent\nand the heating", (0,)),
    ]
    assert [quote.cites[0].page for quote in made.quotes] == [1, 2]
    listed = [quote.text[quote.answer_start : quote.answer_end] for quote in made.quotes]
    assert listed == ["the deposit", "The lamp oil"]
    assert all(statement.text in made.answer for statement in made.statements)


def parts(context: Context, *words: str) -> Answer:
    """The answer to a question of as many parts; none is found where there are no words."""
    found_parts = [
        CandidateSet(found(said, context=context), 0) if said else None for said in words
    ]
    return answer(context, reading=found_parts)


def test_the_parts_of_a_question_are_stated_in_the_order_asked(context):
    made = parts(context, "The lamp oil", "the deposit")
    assert (made.status, made.answer) == ("answered", "The lamp oil; the deposit")
    assert [statement.quotes for statement in made.statements] == [(0,), (1,)]


def test_a_part_that_is_not_found_is_said_not_to_be_stated(context):
    made = parts(context, "", "the deposit")
    assert (made.status, made.exit_code) == ("partial", 0)
    assert made.answer == "not stated; the deposit"
    assert [(each.text, each.quotes) for each in made.statements] == [
        ("not stated", ()),
        ("the deposit", (0,)),
    ]
    assert all(each.is_supported for each in made.statements)
    assert parts(context, "", "").status == "not_found"


@pytest.mark.parametrize(("verdict", "said"), [(Verdict.NO, "No: "), (Verdict.YES, "Yes: ")])
def test_a_yes_no_answer_is_its_verdict_and_the_deciding_clause(context, verdict, said):
    clause = "Nobody may sublet the tower without leave"
    made = read(context, AnswerForm.YES_NO, clause, verdict=verdict)
    assert (made.verdict, made.answer) == (verdict, said + clause)
    assert [(statement.text, statement.quotes) for statement in made.statements] == [(clause, (0,))]


def test_a_yes_no_question_without_a_verdict_is_answered_as_a_fact(context):
    made = read(context, AnswerForm.YES_NO, "without leave")
    assert (made.verdict, made.answer, len(made.statements)) == (None, "without leave", 1)


def test_a_list_without_items_is_answered_as_a_fact(context):
    reading = CandidateSet(found("noon", context=context), 0, form=AnswerForm.LIST)
    made = answer(context, reading=reading)
    assert (made.status, made.answer) == ("answered", "noon")


@pytest.mark.parametrize(("possible", "status"), [(True, "possible"), (False, "not_found")])
def test_a_refusal_states_nothing_and_says_how_likely_its_first_passage_is(
    context, possible, status
):
    made = answer(context, possible=possible)
    assert (made.status, made.exit_code, made.refused, made.confidence) == (status, 5, True, 0.375)
    assert (made.answer, made.statements, made.quotes) == (None, (), ())
    assert made.evidence[0].text == PAGES[0]
    assert '"keeper" 1' in made.coverage.warnings[-1]


def test_what_is_possible_is_shown_from_the_sentence_of_its_words_on(context):
    (noon,) = found("noon", context=context)
    made = answer(context, possible=True, likeliest=noon.location)
    assert made.evidence[0].text == "The gate stays open until noon on every day."
    (lamp,) = found("lamp oil", context=context)
    assert answer(context, possible=True, likeliest=lamp.location).evidence[0].text == PAGES[0]


def test_nothing_is_possible_where_no_passage_is_left_to_show(context):
    assert answer(context, possible=True, ranked=[]).status == "not_found"


def test_a_preliminary_answer_stays_partial_whatever_is_possible(context):
    assert answer(context, possible=True, preliminary=True).status == "partial"


def test_the_unit_and_the_head_of_a_cell_are_its_leads(document, model):
    table = "Costs of the tower (in thousands)\nCost | 2019 | 2020\nRent | 4,100 | 5,200\nHeating | 310 | 420"
    context = lay_out([document(table)], model.tokenizer)
    made = answer(context, found("5,200", context=context), ranked=[RankedPassage(0, 1.0, 0.0)])
    assert made.answer == "5,200" and made.statements[0].quotes == (0,)
    assert made.quotes[0].answer_start is not None and made.quotes[0].leads == (1, 2)
    assert [(quote.text, quote.answer_start) for quote in made.quotes[1:]] == [
        ("(in thousands)", None),
        ("2020", None),
    ]


def test_word_counts_take_every_inflection(document, model):
    text = "The tenant pays rent to Marten Hale. Rents are due on the first day."
    counts = question_word_counts(
        "What rent and which subsidies?", lay_out([document(text)], model.tokenizer)
    )
    assert counts == {"rent": 2, "subsidies": 0}
    assert (
        question_word_counts_line(counts)
        == 'The question\'s words in the text: "rent" 2, "subsidies" 0.'
    )
