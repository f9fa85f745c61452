"""Softmax attention and the choice of key blocks."""

import pytest
import torch

from docqa.kernels.attention import attention, best_blocks, block_bounds, block_scores
from docqa.kernels.attention.reference import attention_reference
from docqa.kernels.attention.tiled import attention_tiled
from docqa.kernels.errors import ShapeMismatch


@pytest.mark.parametrize(("seq", "total"), [(1, 1), (1, 50), (40, 40), (300, 300), (300, 700)])
def test_tiles_equal_the_formula(seq, total):
    q = torch.randn(1, seq, 6, 8, dtype=torch.float64)
    k, v = (torch.randn(1, total, 2, 8, dtype=torch.float64) for _ in range(2))
    assert (attention_tiled(q, k, v) - attention_reference(q, k, v)).abs().max() < 1e-12


def test_a_query_head_reads_the_key_head_of_its_group():
    q = torch.randn(1, 3, 6, 8)
    k = torch.randn(1, 3, 2, 8)
    v = torch.stack([torch.zeros(1, 3, 8), torch.ones(1, 3, 8)], 2)
    assert torch.allclose(
        attention(q, k, v)[0, :, :, 0], torch.tensor([0.0, 0, 0, 1, 1, 1]).expand(3, 6)
    )


def test_later_keys_are_not_read():
    q = torch.randn(1, 5, 2, 8)
    k = torch.randn(1, 9, 1, 8)
    v = torch.randn(1, 9, 1, 8)
    before = attention(q, k, v)
    k[:, 7:], v[:, 7:] = 9, 9
    assert torch.equal(attention(q, k, v)[:, :3], before[:, :3])


def test_fewer_keys_than_queries_are_refused():
    with pytest.raises(ShapeMismatch, match="attention of q"):
        attention(torch.randn(1, 5, 2, 8), torch.randn(1, 4, 1, 8), torch.randn(1, 4, 1, 8))


def test_the_bound_is_never_below_the_best_score_of_a_block():
    k = torch.randn(64, 2, 8, dtype=torch.float64)
    q = torch.randn(1, 6, 8, dtype=torch.float64)
    bound = block_scores(q, block_bounds(k, 16))
    scores = torch.einsum("hd,tgd->hgt", q[0], k)
    for group in range(2):
        best = scores[group * 3 : group * 3 + 3, group].view(3, 4, 16).amax((0, 2))
        assert (bound[group] >= best - 1e-12).all()


def test_block_with_the_best_key_is_selected():
    k = 0.1 * torch.randn(160, 1, 8)
    k[83] = 5.0
    chosen = best_blocks(torch.ones(1, 2, 8), block_bounds(k, 16), 2)
    assert 83 // 16 in chosen[0].tolist() and chosen.shape == (1, 2)
