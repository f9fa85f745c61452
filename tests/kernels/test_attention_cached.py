"""Attention over a context in KV blocks: read where it lies, it is what it is over the same keys
gathered.
"""

import pytest
import torch

from docqa.kernels.attention import (
    BlockSelection,
    KVBlock,
    KVContext,
    QueryTile,
    attention,
    attention_over,
)
from docqa.kernels.attention.cached import attention_gathered, attention_over_native
from docqa.kernels.attention.native import attention_native
from docqa.kernels.attention.reference import attention_reference
from docqa.kernels.errors import ShapeMismatch
from docqa.model.state.kv_cache import quantize_block
from tests.kernels.machine import NATIVE, at_every_level, needs_library, seeded

GRID = 256
BLOCK = 64
KV_HEADS = 2


def context(tokens, dim=40, half_keys=False):
    """Whole blocks in bytes, their keys in fp16 where wanted, and a last one of floats."""
    source = seeded(tokens)
    k, v = (torch.randn(tokens, KV_HEADS, dim, generator=source) for _ in range(2))
    whole = (tokens - 1) // GRID
    parts = [(k[n * GRID :][:GRID], v[n * GRID :][:GRID]) for n in range(whole)]
    quantized = [quantize_block(*part, BLOCK, half_keys=half_keys) for part in parts]
    return KVContext([*quantized, KVBlock(k[whole * GRID :], v[whole * GRID :])], GRID)


def queries(seq, dim=40):
    return torch.randn(1, seq, 6, dim, generator=seeded(seq))


# of 150 queries at 1,010 tokens: two tiles, each key head with blocks of its own
CHOICE = BlockSelection(
    BLOCK,
    [
        QueryTile(34, 512, torch.tensor([[1, 4], [2, 7]])),
        QueryTile(150, 768, torch.tensor([[1, 11], [3, 4]])),
    ],
)


@needs_library
@pytest.mark.parametrize("rounded", [False, True])
@at_every_level
@pytest.mark.parametrize("choice", [None, CHOICE], ids=["all", "chosen"])
@pytest.mark.parametrize("half_keys", [False, True])
def test_reading_in_place_gives_the_bits_of_gathered_keys(native, choice, rounded, half_keys):
    def attend(q, k, v, *, rounded):
        return attention_native(q, k, v, rounded=rounded, library=native)

    held = context(1010, half_keys=half_keys)
    q = queries(150)
    there = attention_over_native(q, held, choice, rounded=rounded, attend=attend, library=native)
    assert torch.equal(there, attention_gathered(q, held, choice, rounded=rounded, attend=attend))


@needs_library
@pytest.mark.parametrize("tokens", [1, 200, 256, 1010])
@at_every_level
@pytest.mark.parametrize("half_keys", [False, True])
def test_one_query_reads_all_keys_as_they_lie(native, tokens, half_keys):
    held = context(tokens, 64, half_keys)
    q = queries(1, 64)
    found = [
        attention_over_native(
            q, held, None, rounded=True, attend=attention, library=native._replace(threads=threads)
        )
        for threads in (1, 3)
    ]
    keys, values = (x[None] for x in held.unpacked_range(0, tokens, torch.float64))
    assert (found[0] - attention_reference(q.double(), keys, values)).abs().max() < 2e-5
    assert torch.equal(*found)


@pytest.mark.parametrize("seq", [1, 150])
def test_only_selected_blocks_are_read_and_results_match_float64(seq):
    held = context(1010)
    q = queries(150)[:, 150 - seq :]
    choice = CHOICE if seq > 1 else BlockSelection(BLOCK, [QueryTile(1, 768, CHOICE.tiles[1].far)])
    found = attention_over(q, held, choice)
    keys, values = (x.double()[None] for x in held.unpacked_range(0, held.length, torch.float64))
    for head in range(KV_HEADS):
        at = torch.arange(1010)
        read = (at < BLOCK) | (at >= 768) | torch.isin(at // BLOCK, CHOICE.tiles[1].far[head])
        rows = slice(3 * head, 3 * head + 3)
        last = q[:, -min(seq, 116) :, rows].double()  # the second tile
        right = attention_reference(
            last, keys[:, read, head : head + 1], values[:, read, head : head + 1]
        )
        # Scales of fp16 times bytes are exact in float32; scores to 5 and sums of 500 products are
        # not.
        assert (found[:, -min(seq, 116) :, rows] - right).abs().max() < 4e-6


def test_the_numbers_of_threads_and_queries_do_not_change_a_bit():
    held = context(1010)
    q = queries(150)
    whole = attention_over(q, held, rounded=True)
    if NATIVE is not None:
        for threads in (1, 3):
            on = NATIVE._replace(threads=threads)
            again = attention_over_native(q, held, None, rounded=True, attend=attention, library=on)
            assert torch.equal(whole, again)
    assert torch.equal(whole[:, 50:], attention_over(q[:, 50:], held, rounded=True))


def test_a_choice_that_ends_before_the_last_query_is_refused():
    with pytest.raises(ShapeMismatch, match="150"):
        attention_over(queries(150), context(1010), BlockSelection(BLOCK, CHOICE.tiles[:1]))
    with pytest.raises(ShapeMismatch, match="key heads"):
        attention_over(torch.randn(1, 9, 5, 40), context(1010))
