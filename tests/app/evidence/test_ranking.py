"""Ranking passages by words and by the model's signals."""

import numpy as np
import pytest

from docqa.app.context.context import lay_out
from docqa.app.evidence.ranking import WordIndex, fuse, rank, standardise
from docqa.app.evidence.terms import key_words, names_and_numbers, terms
from docqa.ingest.types import Passage

TEXTS = [
    "The tenant pays rent to the keeper every month in advance.",
    "Deposits are returned within nine days of the end.",
    "A notice must be given in writing to the office.",
    "",
]


def test_passages_near_the_question_in_meaning_come_before_those_in_words():
    index = WordIndex(["the laws of New York govern", "statutes of the deal", "nothing of either"])
    by_words = rank("Whose statutes rule the deal?", index)
    assert by_words[0].index == 1
    weights = {"bm25": 0.5, "passage": 1.0}
    both = rank(
        "Whose statutes rule the deal?", index, passage=np.array([0.9, 0.1, 0.0]), weights=weights
    )
    assert [item.index for item in both][0] == 0


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
    ranked = rank("When is the deposit returned?", WordIndex(TEXTS))
    assert ranked[0].index == 1
    assert [item.index for item in ranked[1:]] == [0, 2, 3]


def test_headings_above_a_passage_count_as_its_words(document, model):
    from dataclasses import replace

    made = document("They are due in nine days.", "Other words stand here.")
    passages = tuple(
        Passage(p.page, p.start, p.end, ("Deposits",) if p.page == 2 else ()) for p in made.passages
    )
    context = lay_out([replace(made, passages=passages)], model.tokenizer)
    assert rank("deposit", WordIndex.of(context))[0].index == 1


@pytest.mark.parametrize("question", ["", "the of and", "zebra quagga"])
def test_a_question_without_known_words_ranks_in_document_order(question):
    assert [item.index for item in rank(question, WordIndex(TEXTS))] == [0, 1, 2, 3]


def test_an_empty_document_ranks_nothing():
    assert rank("anything", WordIndex([])) == []
    assert [item.index for item in rank("anything", WordIndex(["", ""]))] == [0, 1]


def test_the_model_can_lift_a_passage_that_words_do_not_find():
    index = WordIndex(TEXTS)
    vector = np.array([0.0, 0.0, 1.0, 0.0])
    weights = {"bm25": 0.5, "vector": 1.0}
    assert rank("Who pays?", index, vector=vector, weights=weights)[0].index == 2
    assert rank("Who pays?", index, weights=weights)[0].index == 0


def test_fusion_adds_standardised_signals_by_their_weights():
    a = np.array([1.0, 2.0, 3.0])
    b = np.array([30.0, 10.0, 20.0])
    fused = fuse(a, b, {"bm25": 2.0, "vector": 0.5})
    assert np.allclose(fused, 2.0 * standardise(a) + 0.5 * standardise(b))
    assert np.array_equal(standardise(np.ones(3)), np.zeros(3))
