"""Products with blocks of GGUF files: the values against the gguf package, products against their
definition.
"""

import ctypes

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType, quants

from docqa.kernels.activation import silu_product_native
from docqa.kernels.cpu.library import BlockProductCall
from docqa.kernels.errors import ShapeMismatch
from docqa.kernels.gguf_matmul import BLOCKS, BlockMatrix, UnknownBlock, block_mlp, block_product
from docqa.kernels.gguf_matmul.dense import block_product_by_rows, block_product_reference
from docqa.kernels.gguf_matmul.native import block_mlp_native, block_product_native, stored_blocks
from tests.kernels.machine import LEVELS_HERE, NATIVE, at_every_level, needs_library

# Normal numbers in 8 bits are off by half a step at most, a step being the largest of 32 (some 2.1)
# / 127: 0.5 % of the norm. In bfloat16 both sides are off by 2^-9 at most. Few tokens and groups
# stray: four times that is allowed.
ROUNDED = 0.02
of_every_kind = pytest.mark.parametrize("kind", list(BLOCKS))


def matrix(kind, rows=37, columns=512, seed=0):
    """Random bytes, but scales that are numbers: every code and every bit of the scales occurs."""
    block = BLOCKS[kind]
    source = np.random.default_rng(seed)
    raw = source.integers(0, 256, (rows * columns // block.columns, block.bytes), np.uint8)
    places = {
        "Q4_K": (0, 2),
        "Q5_K": (0, 2),
        "Q6_K": (208,),
        "Q4_1": (0, 2),
        "Q5_1": (0, 2),
        "MXFP4": (),
    }
    for at in places.get(kind, (0,)):
        scales = source.normal(0, 0.02, (len(raw), 1)).astype(np.float16)
        raw[:, at : at + 2] = scales.view(np.uint8)
    if kind == "MXFP4":
        raw[:, 0] = source.integers(118, 126, len(raw))
    return BlockMatrix.from_bytes(torch.from_numpy(raw.reshape(rows, -1)), kind)


@of_every_kind
def test_values_of_blocks_are_those_of_the_gguf_package(kind):
    for seed in range(3):
        blocks = matrix(kind, seed=seed)
        right = torch.from_numpy(quants.dequantize(blocks.data.numpy(), GGMLQuantizationType[kind]))
        assert blocks.shape == right.shape and torch.equal(
            blocks.dense(slice(0, 5)), blocks.dense()[:5]
        )
        assert (blocks.dense() - right).abs().max() <= 1e-6 * right.abs().max()
        some = torch.tensor([3, 0, 3])
        assert torch.equal(blocks.dense(some), blocks.dense()[some])
        assert torch.equal(blocks.select_rows(some).dense(), blocks.dense()[some])


@pytest.mark.parametrize("kind", ["Q4_K", "Q8_0"])
def test_torch_takes_rows_in_turn_and_gives_the_definition(kind, monkeypatch):
    monkeypatch.setattr("docqa.kernels.gguf_matmul.dense.NUMBERS", 5000)
    blocks = matrix(kind)
    x = torch.randn(2, 3, 512, dtype=torch.float64)
    right = block_product_reference(x, blocks)
    assert (
        right.shape == (2, 3, 37) and (block_product_by_rows(x, blocks) - right).abs().max() < 1e-9
    )


@needs_library
@of_every_kind
@at_every_level
def test_the_native_product_of_blocks_is_near_its_definition(kind, native):
    columns = 768 if BLOCKS[kind].columns == 256 else 608  # of the small ones no whole span either
    blocks = matrix(kind, 45, columns)
    for tokens in (1, 3, 8, 9, 16, 53):
        x = torch.randn(tokens, columns)
        right = block_product_reference(x.double(), blocks)
        ours = block_product_native(x, blocks, library=native)
        assert (ours - right).norm() / right.norm() < ROUNDED


@needs_library
@of_every_kind
def test_blocks_give_the_same_bits_at_every_level(kind):
    blocks = matrix(kind, 45, 512)
    x = torch.randn(21, 512)
    tiles = NATIVE.level - (NATIVE.level == 5)  # AMX has bits of its own for many tokens
    for tokens, last in ((1, NATIVE.level), (8, NATIVE.level), (21, tiles)):
        first = block_product_native(x[:tokens], blocks, library=NATIVE._replace(level=1))
        for level in range(2, last + 1):
            other = block_product_native(x[:tokens], blocks, library=NATIVE._replace(level=level))
            assert torch.equal(first, other)


@needs_library
@pytest.mark.parametrize("kind", ["Q4_K", "Q6_K", "Q5_0"])
def test_threads_and_neighbours_change_no_bit_of_a_token(kind):
    blocks = matrix(kind, 333, 512)
    x = torch.randn(150, 512)
    for several, groups in ((x[:6], ((0, 1), (2, 6))), (x, ((0, 40), (33, 150)))):
        whole = block_product_native(several, blocks, library=NATIVE._replace(threads=1))
        assert torch.equal(
            block_product_native(several, blocks, library=NATIVE._replace(threads=3)), whole
        )
        for start, stop in groups:
            assert torch.equal(
                block_product_native(several[start:stop], blocks, library=NATIVE), whole[start:stop]
            )


@needs_library
@of_every_kind
def test_the_largest_codes_do_not_overflow(kind):
    blocks = matrix(kind, 20, 512)
    for x in (torch.ones(9, 512), -torch.ones(2, 512)):  # rounded without an error
        right = block_product_reference(x.double(), blocks)
        for level in LEVELS_HERE:
            ours = block_product_native(x, blocks, library=NATIVE._replace(level=level))
            assert (ours - right).abs().max() < 2e-3 * (blocks.dense().abs().sum(1).max())


@needs_library
@pytest.mark.parametrize("tokens", [2, 11, 40])
def test_a_product_of_blocks_writes_nothing_beside_its_result(tokens):
    blocks = matrix("Q4_K", 45, 512)
    x = torch.randn(tokens, 512)
    room = torch.full((tokens * 45 + 64,), float("nan"))
    call = BlockProductCall(tokens, stored_blocks(blocks), x.data_ptr(), room[32:].data_ptr())
    NATIVE.call_function("block_product", ctypes.byref(call))
    assert room[:32].isnan().all() and room[-32:].isnan().all() and not room[32:-32].isnan().any()


@needs_library
@pytest.mark.parametrize(("wide", "down"), [("Q4_K", "Q6_K"), ("Q4_0", "Q8_0")])
def test_an_mlp_in_one_call_has_the_bits_of_its_parts(wide, down):
    inner, columns = (
        (768, 512) if wide == "Q4_K" else (608, 96)
    )  # of the small blocks no whole span
    gate = matrix(wide, inner, columns)
    up = matrix(wide, inner, columns, seed=1)
    last = matrix(down, 333, inner, seed=2)
    x = torch.randn(1100, columns)
    for level in LEVELS_HERE:
        at_level = NATIVE._replace(level=level)
        for tokens in (1, 16, 53, 1100) if level == NATIVE.level else (3, 53):
            parts = [
                block_product_native(x[:tokens], side, library=at_level) for side in (gate, up)
            ]
            right = block_product_native(
                silu_product_native(*parts, library=at_level), last, library=at_level
            )
            for threads in (1, 2):
                several = at_level._replace(threads=threads)
                assert torch.equal(
                    block_mlp_native(x[:tokens], gate, up, last, library=several), right
                )


def test_matrices_of_an_mlp_that_do_not_fit_are_refused():
    gate = matrix("Q4_0", 64, 64)
    other = matrix("Q4_0", 32, 64)
    with pytest.raises(ShapeMismatch, match="MLP"):
        block_mlp(torch.randn(3, 64), gate, other, matrix("Q4_0", 64, 64))


def test_an_unknown_type_of_blocks_is_named():
    with pytest.raises(UnknownBlock, match="IQ2_XXS"):
        BlockMatrix.from_bytes(torch.zeros(2, 66, dtype=torch.uint8), "IQ2_XXS")
    with pytest.raises(UnknownBlock, match="Q4_K"):
        BlockMatrix.from_bytes(torch.zeros(2, 143, dtype=torch.uint8), "Q4_K")
    with pytest.raises(ShapeMismatch, match="Q4_0"):
        block_product(torch.randn(3, 64), matrix("Q4_0"))
