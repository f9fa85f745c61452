"""Invented facts: what is asked is what their sentence says, and hidden ones are answered by
copying.
"""

import random

from hypothesis import given
from hypothesis import strategies as st

from docqa.model.prompts.prompt import REFUSAL
from docqa.model.training.data.facts import invent
from docqa.model.training.data.sequences import END, IGNORED, FileTokenizer, facts_in_prose


class Prose:
    """Sentences of one word, so many tokens of them as are asked for."""

    def __init__(self, tokenizer):
        self.ids = tokenizer.encode("Rain. " * 600)

    def plain(self, length):
        return self.ids[:length]


@given(seed=st.integers(0, 10**6))
def test_the_answer_stands_in_the_sentence_and_the_question_names_the_thing(seed):
    fact = invent(random.Random(seed))
    answer = fact.sentence[fact.start : fact.end]
    assert answer.strip() == answer and answer and "{" not in fact.sentence + fact.question
    assert answer not in fact.question and fact.question.endswith("?")
    town = max((word.strip(".,?") for word in fact.question.split() if word[0].isupper()), key=len)
    assert town in fact.sentence


def test_hidden_facts_are_answered_by_tokens_that_the_prose_has(checkpoint):
    tokenizer = FileTokenizer(checkpoint / "tokenizer.json")
    prose = Prose(tokenizer)
    refusal = tokenizer.encode(REFUSAL)
    answered = refused = 0
    for seed in range(20):
        ids, labels = facts_in_prose(tokenizer, prose, random.Random(seed), 1024)
        assert len(ids) == len(labels) <= 1024
        first = next(n for n, label in enumerate(labels) if label != IGNORED)
        answer: list[int] = []
        for token in [label for label in labels if label != IGNORED]:
            if token != END:
                answer.append(token)
                continue
            if answer == refusal:
                refused += 1
            else:
                answered += 1
                assert any(ids[n : n + len(answer)] == answer for n in range(first))
            answer = []
    assert answered > 3 * refused > 0
