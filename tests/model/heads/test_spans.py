"""The best spans of logits of starts and ends."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from docqa.model.heads.spans import best_spans


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 3),
    st.integers(1, 7),
    st.integers(1, 9),
    st.integers(1, 8),
    st.integers(0, 10_000),
)
def test_the_best_spans_are_those_of_trying_them_all(passages, seq, longest, each, seed):
    source = torch.Generator().manual_seed(seed)
    start = torch.randn(passages, seq, generator=source)
    end = torch.randn(passages, seq, generator=source)
    filling = torch.rand(passages, seq, generator=source) < 0.2
    start, end = (part.masked_fill(filling, float("-inf")) for part in (start, end))
    right = []
    for p in range(passages):
        of_start = {
            a: max(
                (float(start[p, a] + end[p, b]), b)
                for b in range(a, min(seq, a + longest))
                if not filling[p, b]
            )
            for a in range(seq)
            if not filling[p, a]
        }
        best = sorted(((score, p, a, b) for a, (score, b) in of_start.items()), reverse=True)
        right += best[:each]
    right.sort(reverse=True)
    found = best_spans(start.numpy(), end.numpy(), longest, each)
    assert [(s.passage, s.first, s.last) for s in found] == [span[1:] for span in right]
    assert [s.score for s in found] == pytest.approx([span[0] for span in right])
