"""Features of documents: whole, resumable, and questions made unanswerable."""

import random

import torch

from docqa.model.training.data import features
from docqa.model.training.data.features import DocumentFeatures
from docqa.model.training.data.sequences import Question, SourceText


def test_features_have_every_passage_and_the_tokens_of_answers(read_folder):
    paths = sorted(read_folder.glob("*.safetensors"))
    assert paths
    document = DocumentFeatures.load(paths[0])
    asked = document.golds[:, 0].tolist()
    assert len(document.passages) == 8 and len(set(asked)) == 8
    bounds = torch.cat([document.passages, document.questions])
    assert bounds[0, 0] == 0 and torch.equal(bounds[1:, 0], bounds[:-1, 1]) and bounds[-1, 1] == len(document.rows)
    for _, passage, first, last in document.golds.tolist():
        start, end = document.passages[passage].tolist()
        assert 0 <= first <= last < end - start


def test_an_altered_question_has_one_word_new_to_it_and_its_context():
    texts = {
        "Amber left Lisbon in 1921 with a cargo of copper.": "When did Amber leave Lisbon?",
        "Birch reached Antwerp in 1934 after a long storm.": "Which harbour did Birch reach in 1934?",
    }
    sources = [
        SourceText("d", text, ((0, len(text)),), (Question(question, ((0, 5),)),)) for text, question in texts.items()
    ]
    made = {text for seed in range(40) for text in features.altered_questions(sources, random.Random(seed))}
    assert made
    for text in made:
        parent = next(q for q in texts.values() if q.split()[0] == text.split()[0])
        context = next(c for c, q in texts.items() if q == parent)
        old, new = parent.split(), text.split()
        changed = [word for before, word in zip(old, new, strict=True) if before != word]
        assert len(changed) == 1 and changed[0].strip("?") not in context + parent
