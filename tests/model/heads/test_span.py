"""The span head: what it points at, and that passages are read alike alone and beside others."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from docqa.model.errors import WeightsMismatch
from docqa.model.heads.heads import AnswerHeads
from docqa.model.heads.reader_text import SPAN_FILE
from docqa.model.heads.span import ROW_LIMIT, SpanHead, read_spans
from docqa.model.heads.spans import best_spans


@pytest.fixture(scope="module")
def head() -> SpanHead:
    torch.manual_seed(0)
    return SpanHead(48, row=16, width=32).requires_grad_(False).eval()


def rows_of(head: SpanHead, tokens: int, seed: int) -> torch.Tensor:
    return head.rows(torch.randn(tokens, 48, generator=torch.Generator().manual_seed(seed)))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3), st.integers(1, 7), st.integers(1, 9), st.integers(1, 8), st.integers(0, 10_000))
def test_the_best_spans_are_those_of_trying_them_all(passages, seq, longest, each, seed):
    source = torch.Generator().manual_seed(seed)
    start, end = torch.randn(passages, seq, generator=source), torch.randn(passages, seq, generator=source)
    filling = torch.rand(passages, seq, generator=source) < 0.2
    start, end = (part.masked_fill(filling, float("-inf")) for part in (start, end))
    right = []
    for p in range(passages):
        of_start = {
            a: max((float(start[p, a] + end[p, b]), b) for b in range(a, min(seq, a + longest)) if not filling[p, b])
            for a in range(seq)
            if not filling[p, a]
        }
        best = sorted(((score, p, a, b) for a, (score, b) in of_start.items()), reverse=True)
        right += best[:each]
    right.sort(reverse=True)
    found = best_spans(start.numpy(), end.numpy(), longest, each)
    assert [(s.passage, s.first, s.last) for s in found] == [span[1:] for span in right]
    assert [s.score for s in found] == pytest.approx([span[0] for span in right])


def test_passage_scores_do_not_depend_on_padding(head):
    asked = rows_of(head, 6, 1)
    short, long = rows_of(head, 20, 2), rows_of(head, 90, 3)
    alone = read_spans(head, asked, [short], each=5)
    beside = read_spans(head, asked, [long, short], each=5)
    theirs = [span for span in beside.spans if span.passage == 1]
    assert [(s.first, s.last) for s in theirs] == [(s.first, s.last) for s in alone.spans]
    # Both are normalised over all passages, so scores differ by one constant, which "no answer" carries too.
    shift = alone.none - beside.none
    # fp32 sums over 20 and over 90 padded places differ in their last bits
    assert [s.score + shift for s in theirs] == pytest.approx([s.score for s in alone.spans], abs=1e-4)


def test_starts_of_all_passages_and_no_answer_share_one_probability(head):
    reading = read_spans(head, rows_of(head, 5, 4), [rows_of(head, 9, 5), rows_of(head, 4, 6)], longest=9, each=3)
    assert [span.passage for span in reading.spans].count(0) == [span.passage for span in reading.spans].count(1) == 3
    assert all(span.score <= 0 for span in reading.spans) and reading.none < 0
    assert np.exp(reading.passages).sum() < 1


def test_packed_rows_come_back_within_half_a_step_and_outliers_are_cut(head):
    hidden = torch.randn(30, 48, generator=torch.Generator().manual_seed(7))
    packed = head.packed_rows(hidden)
    rows = head.rows(hidden).clamp(-ROW_LIMIT, ROW_LIMIT)
    assert packed.dtype == torch.int8
    assert (head.unpacked(packed) - rows).abs().max() <= ROW_LIMIT / 127 / 2 + 1e-6


def test_token_rows_have_the_parts_of_both_heads(head, tmp_path):
    assert not AnswerHeads(tmp_path)
    save_file(head.state_dict(), tmp_path / SPAN_FILE)
    parts = {"mean": torch.zeros(48), "scale": torch.ones(48), "bias": torch.zeros(()), "weight": torch.zeros(48)}
    save_file({**parts, "token": torch.randn(8, 48), "question": torch.randn(8, 48)}, tmp_path / "evidence.safetensors")
    heads = AnswerHeads(tmp_path)
    hidden = torch.randn(11, 48)
    rows = heads.rows(hidden)
    assert heads and rows.shape == (11, 24)
    assert np.array_equal(heads.evidence_rows(rows), heads.evidence.token_vectors(hidden.numpy()))
    assert torch.equal(heads.span_rows(rows), head.unpacked(head.packed_rows(hidden)))


def test_a_file_that_is_no_span_head_is_refused_by_name(tmp_path):
    save_file({"project.weight": torch.zeros(4, 8)}, tmp_path / SPAN_FILE)
    with pytest.raises(WeightsMismatch, match=SPAN_FILE):
        SpanHead.load(tmp_path)
