"""What a set says of its questions, and which of them a sequence leaves unanswered."""

import gzip
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docqa.model.training.data.sequences import (
    IGNORED,
    FileTokenizer,
    QuestionSequences,
    TextSequences,
    _question,
)
from docqa.model.training.data.sets import find_sets, is_validation


def qa(*answers: str, unanswerable: bool = False, **more):
    found = [{"text": text, "start": n} for n, text in enumerate(answers)]
    return {"question": "Is it?", "answers": found, "unanswerable": unanswerable, **more}


@pytest.mark.parametrize(
    ("name", "record", "form", "verdict"),
    [
        ("squad2_train", qa("in May"), "fact", None),
        ("natural", qa("a", "b", kind="list", multi=True), "list", None),
        ("natural", qa("a", kind="yes_no", verdict="yes"), "yes_no", "yes"),
        ("natural", qa("a", "b", kind="two_places"), "two_parts", None),
        ("natural", qa(kind="unanswerable", unanswerable=True), None, None),
        ("boolq_val", qa(label="no"), "yes_no", "no"),
        ("condaqa", qa(unanswerable=True, label="no"), "yes_no", None),
        ("condaqa", qa("the first"), None, None),
        ("multispanqa_valid", qa("a", "b", multi=True), "list", None),
        ("multispanqa_valid", qa("a"), None, None),
        ("cuad", qa("a"), None, None),
    ],
)
def test_the_form_and_verdict_of_a_question_are_what_its_set_says(name, record, form, verdict):
    found = _question(name, record)
    assert (found.form, found.verdict, found.answered) == (
        form,
        verdict,
        not record["unanswerable"],
    )


def test_a_question_answered_without_marked_words_is_not_called_unanswerable(tmp_path):
    doc = next(f"doc{n}" for n in range(9) if not is_validation(f"doc{n}"))
    marked = {
        "question": "When is rent due?",
        "answers": [{"text": "May", "start": 15}],
        "unanswerable": False,
    }
    verdict = {
        "question": "Is rent due in May?",
        "answers": [],
        "unanswerable": False,
        "label": "yes",
    }
    nothing = {"question": "Who pays?", "answers": [], "unanswerable": True}
    line = {"doc": doc, "context": "Rent is due in May.", "qas": [marked, verdict, nothing]}
    with gzip.open(tmp_path / "boolq_val.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    sequences = QuestionSequences(find_sets([tmp_path]), None, 0, 512)
    source = sequences.sets["boolq_val"][0]
    for seed in range(10):
        sequences.random = random.Random(seed)
        asked = sequences._questions([(source, source.passages[0])], source)
        assert dict(asked) == {"When is rent due?": (0, 15, 18), "Who pays?": None}


class Prose:
    """Words that no question is about."""

    def some(self, length):
        return [7] * length


def test_answers_are_copied_from_a_passage_that_stands_in_prose(read_options, checkpoint):
    tokenizer = FileTokenizer(checkpoint / "tokenizer.json")
    questions = QuestionSequences(read_options.sets, tokenizer, 1, 400)
    places = set()
    for _ in range(20):
        ids, labels = questions.within_prose(Prose())
        answers = [number for number, label in enumerate(labels) if label != IGNORED]
        assert (
            len(ids) == len(labels) <= 400 and all(labels[n] == ids[n] for n in answers) and answers
        )
        places.add(next(number for number, token in enumerate(ids) if token != 7))
    assert len(places) > 10  # anywhere in the prose


@settings(max_examples=30, deadline=None)
@given(length=st.integers(70, 500), seed=st.integers(0, 1000))
def test_a_repeated_passage_stands_twice_in_a_row_of_the_asked_length(length, seed):
    texts = TextSequences([], None, seed)
    fresh = iter(range(10**9))
    texts.plain = lambda count: [next(fresh) for _ in range(count)]
    ids = texts.twice(length)
    first = {}
    gaps = {n - first[token] for n, token in enumerate(ids) if first.setdefault(token, n) != n}
    repeated = len(ids) - len(first)
    assert len(ids) == length and len(gaps) == 1 and min(32, length // 2) <= repeated <= length // 2
    assert ids[-repeated:] == ids[-repeated - gaps.pop() :][:repeated]
