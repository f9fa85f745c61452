"""Attention that an index narrows: what is chosen, and that just this is read."""

import pytest
import torch

from docqa.kernels.attention import Context, KVBlock, attention_indexed, chosen_blocks
from docqa.kernels.attention.reference import attention_reference

SIZE = 4


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def context(k, v, grid):
    return Context([KVBlock(*part) for part in zip(k.split(grid), v.split(grid))], grid)


def visible(chosen, at):
    """Positions that one query at `at` reads, by its row of the choice."""
    read = [p for block in chosen.nonzero().flatten().tolist() for p in range(block * SIZE, (block + 1) * SIZE)]
    return [*read, *range((at + 1) // SIZE * SIZE, at + 1)]


@pytest.mark.parametrize("first", [0, 9, 11])
def test_each_query_takes_its_best_whole_blocks(first):
    q, keys = random(1, 30, 3, 5), random(1, (first + 30) // SIZE, 5, seed=1)
    chosen = chosen_blocks(q, keys, first, SIZE, 2)[0]
    for row in range(30):
        whole = (first + row + 1) // SIZE
        scores = (q[0, row] @ keys[0, :whole].T).relu().sum(0)
        best = sorted(range(whole), key=lambda block: -scores[block])[:2]
        assert sorted(best) == chosen[row].nonzero().flatten().tolist()


def test_the_choice_does_not_depend_on_how_queries_are_cut():
    q, keys = random(2, 40, 3, 5), random(2, 10, 5, seed=1)
    whole = chosen_blocks(q, keys, 0, SIZE, 3)
    start = 0
    for stop in (1, 6, 7, 23, 40):
        part = chosen_blocks(q[:, start:stop], keys[:, : stop // SIZE], start, SIZE, 3)
        assert torch.equal(part, whole[:, start:stop, : stop // SIZE])
        start = stop


@pytest.mark.parametrize(("seq", "grid"), [(1, 7), (90, 16), (150, 150)])
def test_chosen_blocks_and_the_tail_are_read_and_nothing_else(seq, grid):
    total, k, v = 150, random(150, 2, 8), random(150, 2, 8, seed=1)
    q, first = random(1, seq, 6, 8, seed=2), total - seq
    chosen = chosen_blocks(random(1, seq, 2, 3), random(1, total // SIZE, 3), first, SIZE, 5)[0]
    found = attention_indexed(q, context(k, v, grid), chosen, SIZE)
    for row in range(seq):
        read = sorted(visible(chosen[row], first + row))
        right = attention_reference(q[:, row : row + 1], k[None, read], v[None, read])
        assert (found[:, row] - right[:, 0]).abs().max() < 1e-12


def test_a_query_that_ends_a_block_may_leave_it_unread():
    k = v = torch.eye(8, dtype=torch.float64)[:, None]
    chosen = torch.tensor([[True, False]])
    found = attention_indexed(torch.zeros(1, 1, 1, 8, dtype=torch.float64), context(k, v, 8), chosen, SIZE)
    assert found.flatten().tolist() == [0.25] * 4 + [0.0] * 4


def test_all_blocks_chosen_give_plain_attention():
    q, k, v = random(1, 30, 4, 8), random(30, 2, 8, seed=1), random(30, 2, 8, seed=2)
    chosen = chosen_blocks(random(1, 30, 2, 3), random(1, 7, 3), 0, SIZE, 7)[0]
    found = attention_indexed(q, context(k, v, 30), chosen, SIZE)
    assert (found - attention_reference(q, k[None], v[None])).abs().max() < 1e-12
