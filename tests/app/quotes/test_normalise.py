"""Folding: what counts as the same text, and the way back to its characters."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docqa.app.quotes.normalise import fold

TRICKY = st.text(alphabet="abcAB ﬁß\u00ad\u200b\n-–—“”'\t.1İ", max_size=60)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("two  spaces\nand a line", "two spaces and a line"),
        ("“quoted” and ‘single’", "\"quoted\" and 'single'"),
        ("a–b — c‑d", "a-b - c-d"),
        ("of\ufb01ce \ufb02oor", "office floor"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("assess-\nments", "assessments"),
        ("assess\u00ad\nments", "assessments"),
        ("12-\n13", "12- 13"),
        ("STRASSE Straße", "strasse strasse"),
        ("ΟΔΟΣ οδος", "οδοσ οδοσ"),
    ],
)
def test_texts_that_differ_only_in_the_folding_list_become_equal(text, folded):
    assert fold(text).text == folded


def test_a_divided_word_may_keep_its_hyphen():
    assert fold("well-\nknown", keep_line_hyphens=True).text == "well-known"


@given(TRICKY)
def test_every_folded_range_leads_back_to_characters_that_fold_to_it(text):
    folded = fold(text)
    for start in range(len(folded.text)):
        begin = folded.original_start(start)
        end = folded.original_end(start + 1)
        assert 0 <= begin < end <= len(text)
        assert folded.text[start] in fold(text[begin:end]).text or text[begin:end].strip() in {
            "-",
            "",
        }


@given(TRICKY)
def test_offsets_never_run_backwards(text):
    folded = fold(text)
    starts = [folded.original_start(i) for i in range(len(folded.text))]
    assert starts == sorted(starts)


@given(TRICKY)
def test_folding_twice_changes_nothing(text):
    once = fold(text).text
    assert fold(once).text == once or "-" in once


def test_ligatures_alone_take_little_memory():
    tracemalloc.start()
    assert (
        fold("ﬃﷺ" * 200_000).original_end(4) == 2
        and tracemalloc.get_traced_memory()[1] < 20_000_000
    )
    tracemalloc.stop()
