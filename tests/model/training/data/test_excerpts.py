"""Excerpts drawn for the reader: which of them answer, and on which tokens."""

import random

from hypothesis import given
from hypothesis import strategies as st

from docqa.model.heads.reader_text import FORMS, VERDICTS
from docqa.model.heads.shown_text import show_with_insertions
from docqa.model.training.data.excerpts import (
    UNKNOWN,
    ExcerptDocument,
    asked_excerpts,
    shown_span,
)
from docqa.model.training.data.sequences import SequenceQuestion, SourceText, cut_passages

FILLING = " ".join(
    f"The crew of vessel {name} was paid on a Friday in port." for name in "abcdefghijklm"
)
SHIPS = [
    f"{FILLING} The ship {name} sailed at hour {hour} today. {FILLING}"
    for name, hour in (("Elk", 7), ("Fox", 9))
]
LIST = f"{FILLING} It carried copper plates. {FILLING} It also carried green tea. {FILLING}"
SHORT = "The harbour is closed to ships in winter, as ice lies in it from December until the end of March."


def source(text: str, *questions: SequenceQuestion, title: str = "") -> SourceText:
    return SourceText("doc", text, tuple(cut_passages(text)), questions, title)


def asked(text: str, question: str, *answers: str, **known) -> SequenceQuestion:
    return SequenceQuestion(
        question, tuple((text.index(a), text.index(a) + len(a)) for a in answers), **known
    )


def drawn(sources, tokenizer, times=80, *, made=False):
    rng = random.Random(1)
    document = ExcerptDocument(sources, rng)
    if not made:  # questions made unanswerable have a test of their own
        document.unanswered = [pair for pair in document.unanswered if pair[0] != UNKNOWN]
    return [
        found
        for _ in range(times)
        if (found := asked_excerpts(document, tokenizer, rng)) is not None
    ]


def spelled(tokenizer, ids: list[int]) -> str:
    """The letters of `ids` without spaces, which word pieces do not keep."""
    return "".join(tokenizer._pieces.decode(ids).split()).replace("##", "")


def test_answers_are_marked_on_the_tokens_that_say_them(tokenizer):
    hours = ("hour 7", "hour 9")
    sources = [
        source(t, asked(t, f"When did {t[t.index('ship ') + 5 :][:3]} sail?", h))
        for t, h in zip(SHIPS, hours)
    ]
    found = drawn(sources, tokenizer)
    answered = [one for one in found if one.golds]
    assert (
        0.8 * len(found) < len(answered) < len(found)
    )  # the others are put to wrong excerpts alone
    for one in answered:
        ship = spelled(tokenizer, one.asked[0]).split("did")[1][:3]
        for excerpt, first, last in one.golds:
            assert one.holds[excerpt] and f"ship{ship}" in spelled(tokenizer, one.excerpts[excerpt])
            assert (
                spelled(tokenizer, one.excerpts[excerpt][first : last + 1])
                == {"elk": "hour7", "fox": "hour9"}[ship]
            )
        assert [number for number, holds in enumerate(one.holds) if holds] == sorted(
            {e for e, _, _ in one.golds}
        )


def test_the_items_of_a_list_are_marked_in_up_to_two_excerpts(tokenizer):
    question = asked(
        LIST, "What did it carry?", "copper plates", "green tea", several=True, form="list"
    )
    found = [one for one in drawn([source(LIST, question)], tokenizer) if one.golds]
    assert all(one.several and FORMS[one.form] == "list" for one in found)
    said = [
        {spelled(tokenizer, one.excerpts[e][a : b + 1]) for e, a, b in one.golds} for one in found
    ]
    assert {"copperplates", "greentea"} in said
    assert set().union(*said) == {"copperplates", "greentea"}


def test_a_verdict_without_marked_words_needs_the_whole_text(tokenizer):
    question = SequenceQuestion("Is it open in winter?", (), form="yes_no", verdict="no")
    found = drawn([source(SHORT, question), source(FILLING)], tokenizer, 200)
    answering = [one for one in found if any(one.holds)]
    assert len(answering) > 0.85 * len(found)
    for one in found:
        own = [
            spelled(tokenizer, text) == spelled(tokenizer, tokenizer.encode(SHORT))
            for text in one.excerpts
        ]
        assert own == one.holds and not one.golds and FORMS[one.form] == "yes_no"
        assert one.verdict == (VERDICTS.index("no") if any(own) else UNKNOWN)
    long = source(" ".join([FILLING] * 3), question)
    assert drawn([long, source(FILLING)], tokenizer) == []


def test_questions_that_nothing_answers_are_put_to_their_own_text(tokenizer):
    question = SequenceQuestion("When did the ship Elk sink?", (), answered=False)
    sources = [source(SHIPS[0], question), source(FILLING.replace("vessel", "boat"))]
    found = drawn(sources, tokenizer)
    assert found and all(
        not one.golds and not any(one.holds) and one.verdict == UNKNOWN for one in found
    )
    assert all("elk" in "".join(spelled(tokenizer, text) for text in one.excerpts) for one in found)


@given(st.text(min_size=1), st.lists(st.tuples(st.integers(0, 30), st.text(max_size=3))), st.data())
def test_every_span_of_the_page_is_found_again(source, insertions, data):
    start = data.draw(st.integers(0, len(source) - 1))
    end = data.draw(st.integers(start + 1, len(source)))
    shown = show_with_insertions(source, start, end, sorted(insertions))
    first = data.draw(st.integers(start, end - 1))
    last = data.draw(st.integers(first + 1, end))
    place = shown_span(shown, first, last)
    assert shown.source_span(*place) == (first, last)
    assert len(shown.text[slice(*place)]) >= last - first
