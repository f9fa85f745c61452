"""Signals of a question, and the calibrated decision to refuse."""

import math
from typing import Any

import pytest

from docqa.app.context.context import lay_out
from docqa.app.evidence.ranking import WordIndex, rank
from docqa.app.reading.answerability import (
    STRUCTURE_CHANCE,
    counts_line,
    features,
    first_passage_probability,
    missing_names,
    possible,
    probability,
    refused,
    word_counts,
)
from docqa.app.reading.candidates import BY_STRUCTURE, Form

TEXT = (
    "The tenant pays rent of 1200 dollars to Marten Hale. Rents are due on the first day. "
    "The roof is repaired by Hale."
)


@pytest.fixture
def indexed(document: Any, model: Any) -> Any:
    context = lay_out(
        [document(TEXT, "Nothing of note stands on this second page.")], model.tokenizer
    )
    return context, WordIndex.of(context)


def test_signals_are_higher_for_a_question_that_the_text_answers(indexed):
    context, index = indexed
    questions = "What rent does the tenant pay?", "Which zebra won the race?"
    near, far = (
        features(question, context, index, rank(question, index), None) for question in questions
    )
    for name in ("idf_coverage_passage", "idf_coverage_sentence"):
        assert near[name] > far[name] >= 0.0


def test_all_signals_are_finite_even_without_words_or_passages(indexed, document, model):
    context, index = indexed
    empty = lay_out([document("")], model.tokenizer)
    for where, words in ((context, index), (empty, WordIndex.of(empty))):
        values = features("of the", where, words, rank("of the", words), None)
        assert all(math.isfinite(value) for value in values.values())


def test_names_and_numbers_that_stand_nowhere_are_counted(indexed):
    context, index = indexed
    assert missing_names("Did Odile Crane pay 1200 to Hale in 1999?", index) == [
        "Odile",
        "Crane",
        "1999",
    ]


def test_the_decision_is_the_calibrated_logistic():
    calibration = {"features": ["a", "b"], "weights": [2.0, -1.0], "bias": 0.5, "threshold": 0.7}
    likely = probability({"a": 1.0, "b": 3.0}, calibration)
    assert likely == pytest.approx(1 / (1 + math.exp(0.5)))
    assert refused(likely, calibration)
    assert not refused(0.71, calibration)


def test_a_form_has_its_own_logistic_and_the_rest_the_common_one():
    calibration: Any = {"features": ["a"], "weights": [1.0], "bias": 0.0, "threshold": 0.5}
    calibration["forms"] = {"list": {"weights": [0.0], "bias": 2.0}}
    calibration["evidence"] = {"weights": [3.0], "bias": 0.0}
    assert probability({"a": -1.0}, calibration, Form.LIST) == pytest.approx(
        1 / (1 + math.exp(-2.0))
    )
    assert probability({"a": -1.0}, calibration, Form.YES_NO) == pytest.approx(
        1 / (1 + math.exp(1.0))
    )
    assert first_passage_probability({"a": -1.0}, calibration) == pytest.approx(
        1 / (1 + math.exp(3.0))
    )
    assert probability({BY_STRUCTURE: 1.0}, calibration) == STRUCTURE_CHANCE


def test_only_what_was_calibrated_for_it_is_possible():
    calibration: Any = {"features": [], "weights": [], "bias": 0.0, "threshold": 0.5}
    assert not possible(0.4, None)
    assert not possible(0.4, calibration)
    assert possible(0.4, calibration | {"possible_threshold": 0.4})
    assert not possible(0.39, calibration | {"possible_threshold": 0.4})


def test_word_counts_take_every_inflection(indexed):
    context, _ = indexed
    counts = word_counts("What rent and which subsidies?", context)
    assert counts == {"rent": 2, "subsidies": 0}
    assert counts_line(counts) == 'The question\'s words in the text: "rent" 2, "subsidies" 0.'
