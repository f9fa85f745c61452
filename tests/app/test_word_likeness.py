"""Words of a question met by rows: what counts, and from how far away."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docqa.app.word_likeness import NEAR, WordLikeness, question_words

TEXT = "Question: Which fishing gear was lost?"
OFFSETS = [(0, 9), (9, 15), (15, 20), (20, 23), (23, 28), (28, 32), (32, 37), (37, 38)]


def test_words_are_found_with_all_their_tokens() -> None:
    words = question_words(TEXT, OFFSETS, {"fishing": 2.0, "gear": 3.0, "absent": 1.0})
    assert [(word.idf, word.first, word.end) for word in words] == [(2.0, 2, 4), (3.0, 4, 5)]


def test_a_word_is_met_by_the_most_similar_token_near_and_the_rarer_word_counts_more() -> None:
    words = question_words(TEXT, OFFSETS, {"gear": 3.0, "lost": 1.0})
    question = np.eye(8, dtype=np.float32)
    passage = np.zeros((200, 8), dtype=np.float32)
    passage[60, 4], passage[61, 6], passage[61, 0] = 5.0, 1.0, 1.0
    mean, least = WordLikeness(words, question, passage).near(50, 55)
    assert least == pytest.approx(0.5**0.5, abs=1e-6)
    assert mean == pytest.approx((3 + 0.5**0.5) / 4, abs=1e-5)
    assert WordLikeness(words, question, passage).near(60 + NEAR + 2, 150) == (0.0, 0.0)


def test_a_question_without_words_is_met_by_nothing() -> None:
    assert WordLikeness([], np.ones((3, 2)), np.ones((5, 2))).near(0, 4) == (0.0, 0.0)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 120), st.integers(0, 119), st.integers(0, 20), st.integers(0, 9999))
def test_the_least_is_never_above_the_mean_and_both_are_cosines(
    tokens: int, first: int, length: int, seed: int
) -> None:
    source = np.random.default_rng(seed)
    words = question_words(TEXT, OFFSETS, {"fishing": 2.0, "gear": 3.0, "lost": 0.5})
    likeness = WordLikeness(words, source.normal(size=(8, 6)), source.normal(size=(tokens, 6)))
    start = min(first, tokens - 1)
    mean, least = likeness.near(start, min(start + length, tokens - 1))
    assert -1.001 <= least <= mean + 1e-9 <= 1.001
