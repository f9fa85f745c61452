"""Ranking passages by words and by the model's signals."""

from types import SimpleNamespace

import numpy as np
import pytest

from docqa.app.context.context import lay_out
from docqa.app.evidence.ranking import (
    WordIndex,
    fuse_signals,
    rank_by_signals,
    rank_by_words,
    z_scores,
)
from docqa.app.evidence.terms import key_words, names_and_numbers, terms
from docqa.ingest.types import Passage

TEXTS = [
    "The tenant pays rent to the keeper every month in advance.",
    "Deposits are returned within nine days of the end.",
    "A notice must be given in writing to the office.",
    "",
]


def ranked(question, texts, weights=None, **signals):
    """The numbers of the passages `texts`, best first."""
    placed = SimpleNamespace(passage=SimpleNamespace(kind="text"))
    context = SimpleNamespace(passages=[placed] * len(texts))
    words = WordIndex(texts)
    if weights is None:
        found = rank_by_words(question, words, context)
    else:
        found = rank_by_signals({"bm25": words.bm25_scores(question)} | signals, weights, context)
    return [item.passage_number for item in found]


def test_passages_near_the_question_in_meaning_come_before_those_in_words():
    texts = ["the laws of New York govern", "statutes of the deal", "nothing of either"]
    question = "Whose statutes rule the deal?"
    assert ranked(question, texts)[0] == 1
    weights = {"bm25": 0.5, "passage": 1.0}
    assert ranked(question, texts, weights, passage=np.array([0.9, 0.1, 0.0]))[0] == 0


def test_inflections_and_case_of_a_word_are_the_same_word():
    assert terms("Returning DEPOSITS") == terms("the return of deposit")
    assert terms("of the and") == []
    assert terms("the landlord's ﬁrst") == terms("landlord first")


def test_cjk_runs_become_pairs_so_that_a_part_matches():
    assert set(terms("三月")) <= set(terms("合意書は三月に終わる"))


def test_key_words_are_those_that_count_as_written():
    assert key_words("When does the Tenant's lease end, and the tenant?") == [
        "Tenant",
        "lease",
        "end",
    ]


def test_names_and_numbers_leave_the_opening_word_out():
    assert names_and_numbers("Which clause names Marten Hale in 2021 and 5.2?") == [
        "Marten",
        "Hale",
        "2021",
        "5.2",
    ]


def test_the_passage_with_the_words_comes_first():
    assert ranked("When is the deposit returned?", TEXTS) == [1, 0, 2, 3]


def test_headings_above_a_passage_count_as_its_words(document, model):
    from dataclasses import replace

    made = document("They are due in nine days.", "Other words stand here.")
    passages = tuple(
        Passage(p.page, p.start, p.end, ("Deposits",) if p.page == 2 else ()) for p in made.passages
    )
    context = lay_out([replace(made, passages=passages)], model.tokenizer)
    assert rank_by_words("deposit", WordIndex.from_context(context), context)[0].passage_number == 1


@pytest.mark.parametrize("question", ["", "the of and", "zebra quagga"])
def test_a_question_without_known_words_ranks_in_document_order(question):
    assert ranked(question, TEXTS) == [0, 1, 2, 3]


def test_an_empty_document_ranks_nothing():
    assert ranked("anything", []) == []
    assert ranked("anything", ["", ""]) == [0, 1]


def test_the_model_can_lift_a_passage_that_words_do_not_find():
    vector = np.array([0.0, 0.0, 1.0, 0.0])
    weights = {"bm25": 0.5, "vector": 1.0}
    assert ranked("Who pays?", TEXTS, weights, vector=vector)[0] == 2
    assert ranked("Who pays?", TEXTS, weights)[0] == 0


def test_fusion_adds_standardised_signals_by_their_weights():
    a = np.array([1.0, 2.0, 3.0])
    b = np.array([30.0, 10.0, 20.0])
    fused = fuse_signals({"bm25": a, "vector": b}, {"bm25": 2.0, "vector": 0.5})
    assert np.allclose(fused, 2.0 * z_scores(a) + 0.5 * z_scores(b))
    assert np.array_equal(z_scores(np.ones(3)), np.zeros(3))
