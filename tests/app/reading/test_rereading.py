"""Which excerpts are read again: whole sentences of the best passages, each of a bearable
length.
"""

from hypothesis import given, settings
from hypothesis import strategies as st

from docqa.app.reading.rereading import (
    WORDS,
    ExcerptPlace,
    choose_excerpts,
    split_passage_into_excerpts,
)

WORD = st.sampled_from(["rent", "tenant", "the", "of", "pays", "30", "pounds", "harbour"])
SENTENCE = st.lists(WORD, min_size=1, max_size=60).map(
    lambda words: " ".join(words).capitalize() + "."
)


@settings(max_examples=80, deadline=None)
@given(st.lists(SENTENCE, min_size=1, max_size=12).map(" ".join))
def test_the_pieces_of_a_passage_hold_each_word_once(text):
    found = split_passage_into_excerpts(text, 3, ())
    said = [word for place in found for word in text[place.start : place.end].split()]
    assert said == text.split()
    assert all(place.slot == 3 for place in found)
    assert all(len(text[place.start : place.end].split()) <= WORDS for place in found)


def test_a_passage_that_is_not_too_long_is_read_whole():
    text = "The rent is 30 pounds. " * 20
    assert split_passage_into_excerpts(text, 0, ()) == [ExcerptPlace(0, 0, len(text.rstrip()))]


def test_a_sentence_without_end_is_cut_between_words():
    text = "word " * 700
    found = split_passage_into_excerpts(text, 0, ())
    assert len(found) == 5
    assert all(set(text[place.start : place.end].split()) == {"word"} for place in found)


def test_the_best_passages_come_first_and_no_more_than_wanted():
    texts = ["The rent is 30 pounds. It is paid in May.", "Nothing is said here.", "word " * 400]
    assert [place.slot for place in choose_excerpts(texts, [1, 0, 2], 2)] == [1, 0]
    assert [place.slot for place in choose_excerpts(texts, [2, 1, 0], 4)] == [2, 2, 2, 1]
