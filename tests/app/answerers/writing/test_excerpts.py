"""What a model that writes is given: as much as fits, in reading order, with its places."""

from typing import Any

import pytest

from docqa.app.answerers.writing.excerpts import (
    choose_passages,
    number_all_sentences,
    number_sentences_of_passages,
)
from docqa.app.context.context import Context, lay_out
from docqa.app.evidence.ranking import RankedPassage, WordIndex, rank_by_words
from docqa.app.places.scope import find_scope

PAGES = [
    f"Clause {number}. The tenant of unit {number} pays {number * 17} dollars to the keeper before the ninth day. "
    f"The deposit of unit {number} is returned within {number + 3} days. "
    for number in range(1, 13)
]


@pytest.fixture
def context(document: Any, model: Any) -> Context:
    return lay_out([document(*PAGES)], model.tokenizer)


def ranked_for(question: str, context: Context) -> list[RankedPassage]:
    return rank_by_words(question, WordIndex.from_context(context), context)


def pages_of(context: Context, chosen: list[int]) -> list[tuple[int, int]]:
    return [
        (context.passages[index].document, context.passages[index].passage.page) for index in chosen
    ]


def test_what_fits_is_given_whole_in_reading_order(context):
    question = "What does the tenant of unit 7 pay?"
    chosen = choose_passages(context, ranked_for(question, context), None, 1_000_000)
    assert chosen == list(range(len(context.passages)))


def test_the_best_passages_are_given_in_reading_order_within_the_tokens(context):
    question = "What does the tenant of unit 7 pay?"
    ranked = ranked_for(question, context)
    size = context.passages[0].token_end - context.passages[0].token_start
    chosen = choose_passages(context, ranked, None, 4 * size)
    assert 1 < len(chosen) < 5 and chosen == sorted(chosen) and ranked[0].passage_number in chosen
    assert choose_passages(context, ranked, None, 10**9, most=2) == sorted(
        item.passage_number for item in ranked[:2]
    )


def test_documents_that_are_compared_have_their_share(document, model):
    pages = [page.replace("dollars", "dollars of liability") for page in PAGES]
    context = lay_out([document(*pages), document(*PAGES)], model.tokenizer)
    size = context.passages[0].token_end - context.passages[0].token_start
    found = {}
    for each in (True, False):
        ranked = ranked_for("How much liability is there?", context)
        chosen = choose_passages(context, ranked, None, 6 * size, each=each)
        found[each] = {document for document, _ in pages_of(context, chosen)}
    assert found == {True: {0, 1}, False: {0}}


def test_only_the_part_that_is_named_is_given(context):
    question = "What does page 3 say about the deposit?"
    scope = find_scope(question, context.documents)
    chosen = choose_passages(context, ranked_for(question, context), scope, 1_000_000)
    assert {page for _, page in pages_of(context, chosen)} == {3}


def test_sentences_are_numbered_and_lead_back_to_their_pages(context):
    given = number_sentences_of_passages(context, [2, 3])
    lines = [line for line in given.text.split("\n") if line.startswith("[")]
    assert len(lines) == len(given.sentences)
    for number, line in enumerate(lines, 1):
        place = given.sentence_location(number)
        assert place is not None
        words = (
            context.documents[place.document].pages[place.page - 1].text[place.start : place.end]
        )
        assert line == f"[{number}] {' '.join(words.split())}"
    assert given.sentence_location(0) is None and given.sentence_location(len(lines) + 1) is None
    assert "page 3" in given.text and number_all_sentences(context).text.count("## ") == len(PAGES)
