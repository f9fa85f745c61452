"""The words of passages as arrays: what they say, and the scores that come of them."""

from pathlib import Path

import bm25s
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from docqa.app.evidence.postings import Postings
from docqa.app.evidence.ranking import WordIndex
from docqa.app.evidence.terms import terms
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest

SAMPLES = Path(__file__).parents[3] / "sample_docs"
WORDS = (
    "rent",
    "rents",
    "the",
    "keeper",
    "nine",
    "9.5",
    "Köln",
    "合意書",
    "of",
    "deposit",
    "x",
    "tenant's",
)
_TEXT = st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join)


def of_bm25s(texts: list[str], question: str) -> np.ndarray:
    words = [terms(text) for text in texts]
    known = [word for word in terms(question) if any(word in each for each in words)]
    if not known:
        return np.zeros(len(texts))
    index = bm25s.BM25()
    index.index(words, show_progress=False)
    return np.asarray(index.get_scores(known), np.float64)


@settings(max_examples=150, deadline=None)
@given(st.lists(_TEXT, min_size=1, max_size=12), _TEXT, st.integers(0, 12))
def test_scores_are_bit_for_bit_those_of_bm25s(texts, question, cut):
    expected = of_bm25s(texts, question)
    assert np.array_equal(WordIndex(texts).bm25_scores(question), expected)
    joined = WordIndex(
        postings=[Postings.from_texts(texts[:cut]), Postings.from_texts(texts[cut:])]
    )
    assert np.array_equal(joined.bm25_scores(question), expected)


@settings(max_examples=60, deadline=None)
@given(st.lists(_TEXT, max_size=8), st.integers(0, 8))
def test_passages_are_found_by_stem(texts, cut):
    index = WordIndex(postings=[Postings.from_texts(texts[:cut]), Postings.from_texts(texts[cut:])])
    expected = [set(terms(text)) for text in texts]
    for stem in {"rent", "ren", "r", "nowhere", "", *terms(" ".join(WORDS))}:
        assert index.passage_count(stem) == sum(stem in words for words in expected)


def test_scores_of_a_sample_document_are_those_of_bm25s():
    act = read(ReadRequest(str(SAMPLES / "harbour_act.xml")))
    texts = [act.passage_text(passage) for passage in act.passages]
    index = WordIndex(texts)
    for question in (
        "Who may appeal against a refusal of the harbour master?",
        "When, and when, is the notice due?",
    ):
        assert np.array_equal(index.bm25_scores(question), of_bm25s(texts, question))
