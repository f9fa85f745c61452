"""From what was read to the answer: its form, its items, and documents that disagree."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docqa.app.answer.confidence import READER_WEIGHTS
from docqa.app.evidence.ranking import WordIndex
from docqa.app.facts.facts import FactKind
from docqa.app.reading.candidates import (
    ANYTHING,
    AnswerForm,
    AnswerRequirements,
    CandidateSet,
    Excerpt,
    ScoredExcerpts,
    scored_sentences,
)
from docqa.app.reading.decision import decide_answer, extend_to_whole_words
from docqa.app.reading.rereading import ExcerptPlace, ExcerptReadResult, ExcerptSpan, SentenceOdds

RENT = "The tenant pays a rent of 1200 pounds. The keeper may give notice in May."
OTHER = "The rent is 900 pounds a year."
ASKED = {
    AnswerForm.FACT: "What is the rent?",
    AnswerForm.LIST: "List the animals.",
    AnswerForm.YES_NO: "May the keeper give notice?",
}
ALIKE = dict.fromkeys(AnswerForm, 0.25)


def span_of(text: str, words: str, excerpt: int, logprob: float) -> ExcerptSpan:
    start = text.index(words)
    return ExcerptSpan(excerpt, start, start + len(words), excerpt, logprob)


@pytest.fixture
def decided(document):
    def decide_on(
        texts: list[str],
        spans: list[ExcerptSpan],
        asked: AnswerForm | str = AnswerForm.FACT,
        *,
        documents: int = 1,
        wanted: AnswerRequirements = ANYTHING,
        yes: dict[str, float] | None = None,
        answers: dict[str, float] | None = None,
        **read,
    ) -> CandidateSet:
        made = [document(text) for text in texts] if documents > 1 else [document(*texts)]
        excerpts = [
            Excerpt(n, n if documents > 1 else 0, 1 if documents > 1 else n + 1, 0, len(text), text)
            for n, text in enumerate(texts)
        ]
        words = WordIndex(texts)
        sentences = [scored_sentences(text, "", words) for text in texts]
        places = ScoredExcerpts(excerpts, sentences, [0.0] * len(texts), READER_WEIGHTS)
        count = len(texts)
        reading = ExcerptReadResult(
            tuple(ExcerptPlace(n, 0, len(text)) for n, text in enumerate(texts)),
            tuple(spans),
            (),
            (-1.0,) * count,
            -3.0,
            (1.0,) * count,
            dict.fromkeys(AnswerForm, 0.25),
            10,
        )
        likely = AnswerForm.YES_NO if asked is AnswerForm.YES_NO else AnswerForm.FACT
        read = {"forms": dict.fromkeys(AnswerForm, 0.1) | {likely: 0.7}} | read

        def alone(found: Sequence[tuple[int, str]]) -> list[SentenceOdds]:
            return [
                SentenceOdds((answers or {}).get(text, 0.0), (yes or {}).get(text, 0.0))
                for _, text in found
            ]

        return decide_answer(
            replace(reading, **read),
            places,
            made,
            ASKED.get(asked, asked),
            [""] * count,
            alone,
            wanted,
        )

    return decide_on


def words_of(found: CandidateSet, texts: list[str]) -> list[str]:
    return [texts[item.slot][item.start : item.end] for item in found.items]


def test_a_fact_is_the_likeliest_span_with_its_margin(decided):
    found = decided(
        [RENT], [span_of(RENT, "1200 pounds", 0, -1.0), span_of(RENT, "in May", 0, -4.0)]
    )
    assert (found.form, found.items, found.verdict) == (AnswerForm.FACT, (), None)
    assert RENT[found.candidates[0].start : found.candidates[0].end] == "1200 pounds"
    assert found.signals["margin"] == pytest.approx(2.0)
    assert found.signals["lead"] == pytest.approx(3.0)


def test_the_sentence_is_preferred_that_answers_by_itself(decided):
    spans = [span_of(RENT, "1200 pounds", 0, -1.0), span_of(RENT, "in May", 0, -3.0)]
    for odds, said in ((1.0, "1200 pounds"), (4.0, "in May")):
        found = decided([RENT], spans, answers={"The keeper may give notice in May": odds})
        assert RENT[found.candidates[0].start : found.candidates[0].end] == said


@pytest.mark.parametrize(("odds", "verdict"), [(2.0, "yes"), (-9.5, "no"), (0.3, None)])
def test_a_yes_no_question_gets_the_verdict_of_its_clause(decided, odds, verdict):
    clause = "may give notice"
    sentence = "The keeper may give notice in May"
    found = decided(
        [RENT], [span_of(RENT, clause, 0, -1.0)], AnswerForm.YES_NO, yes={sentence: odds}
    )
    assert (found.form, found.verdict) == (AnswerForm.YES_NO, verdict)
    assert found.signals["yes"] == odds
    assert (
        RENT[found.candidates[0].start : found.candidates[0].end] == "may give notice"
    )  # which stands without either


@pytest.mark.parametrize(
    ("kind", "span", "answer"),
    [
        (FactKind.NUMBER, "pays a rent", "1200"),  # the only one of the sentence
        (FactKind.DATE, "in May", "May"),
        (FactKind.DATE, "pays a rent", None),  # a date of another sentence is none
        (FactKind.PERIOD, "1200 pounds", None),
    ],
)
def test_a_field_is_answered_with_a_value_of_its_type(decided, kind, span, answer):
    found = decided([RENT], [span_of(RENT, span, 0, -1.0)], wanted=AnswerRequirements(kind))
    assert [RENT[c.start : c.end] for c in found.candidates] == ([answer] if answer else [])


def test_the_parties_are_the_names_among_the_items(decided):
    text = "This lease is made between Tarn Ltd, a firm of keepers, and Ada Moor, a baker."
    items = tuple(
        span_of(text, words, 0, 0.8)
        for words in ("Tarn Ltd", "a firm of keepers", "Tarn", "Ada Moor")
    )
    wanted = AnswerRequirements(FactKind.PARTY, several=True)
    found = decided([text], [span_of(text, "Ada Moor", 0, -1.0)], items=items, wanted=wanted)
    assert (found.form, words_of(found, [text])) == (AnswerForm.LIST, ["Tarn Ltd", "Ada Moor"])


def test_the_same_words_twice_are_no_list(decided):
    text = "The seat is Tarnmouth, and hearings are at tarnmouth."
    items = tuple(span_of(text, word, 0, 0.9) for word in ("Tarnmouth", "tarnmouth"))
    found = decided([text], [span_of(text, "Tarnmouth", 0, -1.0)], AnswerForm.LIST, items=items)
    assert (found.form, found.items) == (AnswerForm.FACT, ())


def test_a_list_has_the_items_of_the_excerpt_in_order(decided):
    text = "They keep goats, sheep and three old mules on the farm."
    items = tuple(
        replace(span_of(text, word, 0, 0.9)) for word in ("three old mules", "goats", "sheep")
    )
    unlike = dict.fromkeys(AnswerForm, 0.01) | {AnswerForm.FACT: 0.97}
    found = decided(
        [text], [span_of(text, "goats", 0, -1.0)], AnswerForm.LIST, items=items, forms=unlike
    )
    assert found.form is AnswerForm.FACT  # the reader itself is sure that it is a fact
    found = decided(
        [text],
        [span_of(text, "goats", 0, -1.0)],
        items=items,
        forms=dict.fromkeys(AnswerForm, 0.1) | {AnswerForm.LIST: 0.7},
    )
    assert found.form is AnswerForm.LIST
    assert words_of(found, [text]) == ["goats", "sheep", "three old mules"]


def test_pieces_of_one_phrase_are_one_item(decided):
    text = "They keep goats of the old breed, sheep and mules on the farm."
    items = tuple(span_of(text, word, 0, 0.9) for word in ("goats", "old breed", "sheep", "mules"))
    found = decided(
        [text], [span_of(text, "goats", 0, -1.0)], AnswerForm.LIST, items=items, forms=ALIKE
    )
    assert words_of(found, [text]) == ["goats of the old breed", "sheep", "mules"]


def test_what_a_text_does_not_enumerate_is_no_list(decided):
    text = "The parties shall bear their own costs. Fees were paid long before the keeper came."
    items = tuple(
        span_of(text, word, 0, 0.9)
        for word in ("The parties", "bear their own costs", "the keeper")
    )
    found = decided(
        [text], [span_of(text, "The parties", 0, -1.0)], AnswerForm.LIST, items=items, forms=ALIKE
    )
    assert (found.form, found.items) == (AnswerForm.FACT, ())


def test_reasons_and_words_of_another_type_are_whole_sentences(decided):
    for question, words, shown in (
        ("Why does the rent rise?", "in May", "The keeper may give notice in May"),
        ("How long is the notice?", "give notice", "The keeper may give notice in May"),
        ("How much is the rent?", "1200 pounds", "1200 pounds"),
        ("When may the keeper give notice?", "in May", "in May"),
    ):
        found = decided([RENT], [span_of(RENT, words, 0, -1.0)], question)
        assert RENT[found.candidates[0].start : found.candidates[0].end] == shown


@given(st.text(alphabet="ab1 $%.-", min_size=1, max_size=30), st.data())
def test_no_word_or_number_is_cut(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    first, last = extend_to_whole_words(text, start, end)
    assert first <= start and end <= last
    assert not (first and text[first].isalnum() and text[first - 1].isalnum())
    assert not (last < len(text) and text[last - 1].isalnum() and text[last].isalnum())


def test_a_figure_keeps_its_currency_and_its_per_cent():
    text = "It costs $5,000 or 25 % of that."
    assert extend_to_whole_words(text, text.index("5,000"), text.index("5,000") + 5) == (9, 15)
    assert extend_to_whole_words(text, text.index("25"), text.index("25") + 2) == (19, 23)


@pytest.mark.parametrize(
    ("text", "cut", "whole"),
    [
        ("pays two million U.S. dollars now", "million U", "million U.S"),
        ("pays $2,000,000 now", "000", "$2,000,000"),
        ("is 38.2 in all", "38", "38.2"),
        ("a well-kept lawn", "kept", "well-kept"),
        ("the end.Next one", "end", "end"),
        ("in 1999, 2000", "1999", "1999"),
    ],
)
def test_marks_inside_a_number_or_word_do_not_end_it(text, cut, whole):
    start, end = extend_to_whole_words(text, text.index(cut), text.index(cut) + len(cut))
    assert text[start:end] == whole
