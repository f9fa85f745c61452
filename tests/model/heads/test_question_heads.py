"""What a question is after, by heads of random weights on made-up states."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from docqa.model.errors import WeightsMismatch
from docqa.model.heads.question_heads import (
    CLAUSES,
    QUESTION_HEADS_FILE,
    QuestionHeads,
    QuestionKind,
    words_with_states,
)

HIDDEN = 8
PARTS = {
    "kind": (len(QuestionKind), 2 * HIDDEN),
    "kind_bias": (len(QuestionKind),),
    "itself": (2 * HIDDEN,),
    "itself_bias": (),
    "follows": (2 * HIDDEN,),
    "follows_bias": (),
    "clause": (len(CLAUSES), HIDDEN),
    "clause_bias": (len(CLAUSES),),
    "kept": (2, HIDDEN),
    "kept_bias": (2,),
    "refuses": (HIDDEN,),
    "refuses_bias": (),
    "two": (2 * HIDDEN,),
    "two_bias": (),
    "parts": (2, HIDDEN),
    "parts_bias": (2,),
}


def places_of(question: str) -> list[tuple[int, int]]:
    """Pieces of at most three characters of each word."""
    found = []
    at = 0
    for word in question.split(" "):
        found += [(at + start, at + min(start + 3, len(word))) for start in range(0, len(word), 3)]
        at += len(word) + 1
    return found


WORDS = st.lists(st.sampled_from(["which", "leases", "Zurich", "2019", "end", "well-kept", "is"]))


@given(WORDS, st.integers(0, 99))
def test_words_stay_whole_and_in_order_and_names_and_numbers_always(words, seed):
    rng = np.random.default_rng(seed)
    words = ["do", *words]
    heads = QuestionHeads(
        **{name: rng.normal(size=shape).astype(np.float32) for name, shape in PARTS.items()}
    )
    question = " ".join(words)
    places = places_of(question)
    assert [question[start:end] for start, end, _ in words_with_states(question, places)] == words
    states = rng.normal(size=(len(places) + 3, HIDDEN)).astype(np.float32)
    asked = heads.parse_question_of_several(question, places, states).asked.split()
    left = iter(words)
    assert all(word in left for word in asked)
    named = [[word for word in some if word in ("Zurich", "2019")] for some in (words, asked)]
    assert named[0] == named[1]


@pytest.mark.parametrize(
    ("question", "parts", "split"),
    [
        ("Who pays and when ?", "AAxBB", ("Who pays?", "when?")),
        (
            "By whom and on what grounds can it end",
            "AAxBBBCCC",
            ("By whom can it end?", "on what grounds can it end?"),
        ),
        # One word in the middle is mistaken.
        (
            "How long is the notice and what must it say",
            "AABAAxBBBB",
            ("How long is the notice?", "what must it say?"),
        ),
        (
            "What is paid in May and what in June",
            "CCCAAxBBB",
            ("What is paid in May?", "what in June?"),
        ),
    ],
)
def test_a_question_of_two_is_cut_into_runs_of_its_words(question, parts, split):
    """`parts`: of each word, of the first question (A), the second (B), both (C) or neither."""
    heads = QuestionHeads(
        **{name: np.zeros(shape, np.float32) for name, shape in PARTS.items()}
        | {"parts": np.eye(2, HIDDEN, dtype=np.float32), "two_bias": np.float32(1)}
    )
    places = [(at, at + len(word)) for at, word in zip(starts_of(question), question.split(" "))]
    states = np.zeros((len(places) + 3, HIDDEN), np.float32)
    for row, part in zip(states[1:], parts):
        row[:2] = part in "AC", part in "BC"
    states[1 : len(places) + 1, :2] -= 0.5
    assert heads.split_into_two_questions(question, places, states) == split


def starts_of(question: str) -> list[int]:
    words = question.split(" ")
    return [sum(map(len, words[:number])) + number for number in range(len(words))]


def test_another_file_in_their_place_is_named(tmp_path):
    assert QuestionHeads.load(tmp_path) is None
    save_file({"kind": np.zeros(3, np.float32)}, tmp_path / QUESTION_HEADS_FILE)
    with pytest.raises(WeightsMismatch, match="heads for questions"):
        QuestionHeads.load(tmp_path)
