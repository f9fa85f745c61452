"""What may be an answer: spans without what is only punctuation, and the places that speak for
them.
"""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from docqa.app.answer.grades import Verdict
from docqa.app.evidence.ranking import WordIndex
from docqa.app.quotes.quoting import make_quote
from docqa.app.quotes.verifier import Located
from docqa.app.reading.candidates import (
    AnswerForm,
    Candidate,
    CandidateSet,
    Excerpt,
    ScoredExcerpts,
    scored_sentences,
    trim_span,
)

TEXT = "The roof is red. The tenant pays the rent in May."
WEIGHTS = {"vector_weight": 1.0, "evidence_weight": 1.0}


def at(words: str, text: str) -> tuple[int, int]:
    start = text.index(words)
    return start, start + len(words)


@given(st.text(alphabet="ab .,()“”;", max_size=40))
def test_trimming_only_takes_from_the_edges(text):
    start, end = trim_span(text, 0, len(text))
    assert 0 <= start <= end <= len(text)
    assert text[:start].strip(" .,()“”;") == "" == text[end:].strip(" .,()“”;")


def test_brackets_that_enclose_the_answer_stay():
    text = "paid in (full) today"
    assert trim_span(text, *at("(full)", text)) == at("(full)", text)
    assert trim_span(text, *at("(full", text)) == at("full", text)


def test_a_candidate_has_the_score_of_the_sentence_around_it():
    item = Excerpt(0, 0, 2, 100, 100 + len(TEXT), TEXT)
    scored = scored_sentences(TEXT, "Who pays the rent?", WordIndex([TEXT]))
    sentences = [replace(each, similarity=each.coverage) for each in scored]
    places = ScoredExcerpts([item], [sentences], [-0.5], WEIGHTS)
    found = places.make_candidate(0, *at("in May.", TEXT), -2.0)
    other = places.make_candidate(0, *at("red", TEXT), -2.0)
    assert found is not None and other is not None
    assert (found.page, found.start, found.end) == (2, *(100 + n for n in at("in May", TEXT)))
    assert (found.coverage, other.coverage, found.behind) == (1.0, 0.0, -0.5)
    assert (found.score, other.score) == (-2.0 + 1.0 - 0.5, -2.0 - 0.5)
    assert places.make_candidate(0, *at(".", TEXT), -2.0) is None


def test_the_next_best_is_a_fact_without_verdict_and_items(document):
    lease = document(TEXT)
    red, rent = (Candidate(0, 0, 1, *at(words, TEXT), -1.0) for words in ("red", "in May"))
    shown = make_quote((lease,), Located(0, 1, red.start, red.end))
    reading = CandidateSet(
        (red, rent), 0, form=AnswerForm.YES_NO, verdict=Verdict.YES, items=(red,)
    )
    assert reading.without_shown([], (lease,)).candidates == (red, rent)
    left = reading.without_shown([shown], (lease,))
    assert (left.form, left.verdict, left.items) == (AnswerForm.FACT, None, ())
