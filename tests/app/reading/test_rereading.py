"""Which excerpts are read again: whole sentences around the places pointed at, no place twice."""

from hypothesis import given, settings
from hypothesis import strategies as st

from docqa.app.reading.rereading import WORDS, ExcerptPlace, around, choose_excerpts, cover
from docqa.ingest.structure.sentences import sentences

WORD = st.sampled_from(["rent", "tenant", "the", "of", "pays", "30", "pounds", "harbour"])
SENTENCE = st.lists(WORD, min_size=1, max_size=30).map(lambda words: " ".join(words).capitalize() + ".")


@settings(max_examples=80, deadline=None)
@given(st.lists(SENTENCE, min_size=1, max_size=12).map(" ".join), st.data())
def test_an_excerpt_holds_the_place_and_stays_short(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, min(len(text), start + 40)))
    place = around(text, 0, start, end)
    words_end = start + len(text[start:end].rstrip())  # the space behind a sentence belongs to none
    assert place.start <= start and words_end <= place.end + (words_end == start)
    # 30 words at most are one sentence, and a place may touch several of them.
    assert len(text[place.start : place.end].split()) <= max(WORDS, len(text[start:end].split()) + 60)


def test_neighbouring_sentences_come_along_as_long_as_there_is_room():
    text = "One two three. " + "Four five six. " + "Seven eight nine."
    assert around(text, 0, 15, 19) == ExcerptPlace(0, 0, len(text))


def test_a_sentence_without_end_is_cut_around_the_place_between_words():
    text = "word " * 400
    place = around(text, 2, 1000, 1004)
    assert place.passage == 2
    assert place.start < 1000 < 1004 < place.end
    assert place.end - place.start < 520
    assert text[place.start : place.end].split() == ["word"] * len(text[place.start : place.end].split())


def test_places_within_an_excerpt_that_is_chosen_get_none_of_their_own():
    texts = ["The rent is 30 pounds. It is paid in May.", "Nothing is said here."]
    chosen = choose_excerpts(texts, [(0, 12, 21), (0, 33, 40), (1, 0, 7), (1, 8, 10)], most=3)
    assert [place.passage for place in chosen] == [0, 1]
    assert choose_excerpts(texts, [(0, 12, 21), (1, 0, 7)], most=1) == chosen[:1]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(SENTENCE, min_size=1, max_size=8).map(" ".join), min_size=1, max_size=4), st.data())
def test_a_cover_leaves_no_sentence_of_the_first_passages_out(texts, data):
    order = data.draw(st.permutations(range(len(texts))))
    start = data.draw(st.integers(0, len(texts[order[-1]]) - 1))
    chosen = [around(texts[order[-1]], order[-1], start, start + 1)]
    places = cover(texts, order, chosen, most=40)
    assert places[:1] == chosen
    for number, text in enumerate(texts):
        for span in sentences(text):
            inside = [p for p in places if p.passage == number and p.start < span.end and span.start < p.end]
            assert inside
    assert cover(texts, order, chosen, most=2) == places[:2]


def test_a_cover_reads_nothing_twice():
    text = " ".join(
        f"Sentence {number} says that the rent of house {number} is {number} pounds." for number in range(20)
    )
    chosen = [around(text, 0, 10, 14)]
    words = sum(len(text[place.start : place.end].split()) for place in cover([text], [0], chosen, most=40))
    assert words < 1.5 * len(text.split())


def test_a_table_without_a_full_stop_is_covered_to_its_last_word():
    text = "row " * 230 + "last"
    places = cover([text], [0], [], most=40)
    assert places[0].start == 0 and places[-1].end == len(text)
    assert all(len(text[place.start : place.end].split()) <= WORDS for place in places)
    assert sum(len(text[place.start : place.end].split()) for place in places) == 231
