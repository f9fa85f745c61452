"""What the reader says of excerpts: spans that lie in them, forms, items of lists, and the judge of
support.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docqa.model.heads.excerpt_reading import (
    ExcerptReader,
    _find_list_items,
    judge_support,
    predict_spans,
)
from docqa.model.heads.spans import sigmoid

QUESTION = "When does the lease end?"
EXCERPTS = [
    "The lease ends on 4 May 1912.",
    "The tenant pays 30 pounds a year in the inn.",
    "Nothing.",
    "Rent is due in June; the landlord repairs the roof, the walls and the two doors at his own cost.",
    "A dog may be kept.",
    "It was signed at noon.",
]
HEADINGS = ["Term", "", "Schedule > Notes", "Rent", "Animals", "Signatures"]
# No floats of hypothesis: it wants denormals, which a training in the same process has switched
# off.
tenths = st.integers(-40, 40).map(lambda number: number / 10)
logits = st.lists(st.tuples(tenths, tenths), min_size=1, max_size=30)


@pytest.fixture
def reader(tmp_path, tiny_reader):
    tiny_reader.write_reader(tmp_path)
    return ExcerptReader(tmp_path)


def test_spans_lie_in_the_excerpts_and_say_words_of_them(reader):
    found = predict_spans(reader, QUESTION, EXCERPTS, HEADINGS, each=3)
    assert {span.passage for span in found.spans.spans} == set(range(len(EXCERPTS)))
    for span in found.spans.spans:
        places = found.places[span.passage]
        assert 0 <= span.first <= span.last < len(places)
        assert EXCERPTS[span.passage][places[span.first][0] : places[span.last][1]].strip()
    for number, items in enumerate(found.items):
        assert all(0 <= item.first <= item.last < len(found.places[number]) for item in items)


def test_starts_and_ends_share_one_probability_with_no_answer(reader):
    found = predict_spans(reader, QUESTION, EXCERPTS)
    # `passages` is half of the log of start plus that of end: over all excerpts each sums to less
    # than 1.
    assert 0 < np.exp(found.spans.passages).sum() < 1
    assert found.spans.none < 0


def test_forms_are_probabilities_and_there_is_one_figure_an_excerpt(reader):
    found = predict_spans(reader, QUESTION, [*EXCERPTS, ""])
    assert sum(found.forms) == pytest.approx(1) and min(found.forms) > 0 and len(found.forms) == 4
    assert len(found.answers) == len(found.items) == len(found.places) == len(EXCERPTS) + 1


def test_the_order_of_excerpts_and_what_stands_beside_do_not_matter(reader):
    plain = predict_spans(reader, QUESTION, EXCERPTS, HEADINGS)
    order = [3, 0, 5, 2, 4, 1]
    other = predict_spans(
        reader, QUESTION, [EXCERPTS[n] for n in order], [HEADINGS[n] for n in order]
    )
    # float32 products of other shapes sum in another order
    assert [other.answers[order.index(n)] for n in range(6)] == pytest.approx(
        plain.answers, abs=1e-3
    )
    assert other.forms == pytest.approx(plain.forms, abs=1e-3)
    assert other.spans.none == pytest.approx(plain.spans.none, abs=1e-3)
    best = plain.spans.spans[0]
    moved = other.spans.spans[0]
    assert (best.passage, best.first, best.last) == (order[moved.passage], moved.first, moved.last)
    alone = predict_spans(reader, QUESTION, EXCERPTS[:1], HEADINGS[:1])
    assert alone.answers == pytest.approx(plain.answers[:1], abs=1e-3)


def test_a_heading_changes_what_is_read_and_an_empty_one_does_not(reader):
    bare = predict_spans(reader, QUESTION, EXCERPTS)
    assert predict_spans(reader, QUESTION, EXCERPTS, [""] * 6).answers == pytest.approx(
        bare.answers, abs=1e-3
    )
    headed = predict_spans(reader, QUESTION, EXCERPTS, ["Term of the lease"] * 6)
    assert headed.answers != pytest.approx(bare.answers, abs=1e-3) and headed.places == bare.places


def test_an_excerpt_longer_than_there_is_room_for_is_cut(reader):
    found = predict_spans(reader, QUESTION, ["word " * 200])
    assert len(found.places[0]) == 320 and found.spans.spans[0].last < 320


@settings(deadline=None)
@given(logits)
def test_items_are_runs_inside_cut_where_a_new_one_begins(rows):
    begins, inside = (np.array(column) for column in zip(*rows, strict=True))
    chance = sigmoid(inside).tolist()
    start = sigmoid(begins).tolist()
    items = _find_list_items(begins, inside)
    held = [token for item in items for token in range(item.first, item.last + 1)]
    assert held == [
        token for token in range(len(rows)) if chance[token] >= 0.5
    ]  # each once, in order
    for before, item in zip([None, *items], items, strict=False):
        assert before is None or item.first > before.last + 1 or start[item.first] >= 0.5
        assert all(start[token] < 0.5 for token in range(item.first + 1, item.last + 1))
        assert item.chance == pytest.approx(
            sum(chance[item.first : item.last + 1]) / (item.last + 1 - item.first)
        )


def test_support_sums_to_one_and_each_claim_is_judged_for_itself(reader):
    statements = [
        "The lease ends in May.",
        "A dog is forbidden.",
        "Rent is due.",
        "It was signed.",
        "The roof leaks.",
    ]
    evidence = [EXCERPTS[0], EXCERPTS[4], EXCERPTS[3], EXCERPTS[5], "x " * 400]
    judged = judge_support(reader, statements, evidence)
    assert judged.shape == (5, 4)
    assert judged.sum(1) == pytest.approx(1)
    for number, (said, text) in enumerate(zip(statements, evidence, strict=True)):
        np.testing.assert_allclose(
            judge_support(reader, [said], [text])[0], judged[number], atol=1e-4, rtol=1e-3
        )
