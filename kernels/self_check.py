"""The native library, at a level of instructions that gives the right results on this machine.

A level above TESTED is compared with it once, before it is used; where the two differ, TESTED is used instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial

import torch
from torch import Tensor

from docqa.kernels.cpu.library import LEVELS, Library, load
from docqa.kernels.errors import LibraryDamaged

TESTED = 1  # the highest level that the project's own machines have
BOUND = 1e-4  # of float32 results of order 1, computed in another order
ROUNDED = 0.1  # of results of order 1 where one level rounds operands to 8 bits and the other does not
BOUNDS = {"product": 0.0, "block_product": 0.0, "block_product_many": ROUNDED, "attention_rounded": ROUNDED}


@lru_cache(maxsize=1)
def _checked() -> tuple[Library | None, str]:
    try:
        found, name = load()
    except LibraryDamaged as error:
        return None, str(error)
    if found is None or found.level <= TESTED:
        return found, name
    tested = found._replace(level=TESTED)
    differs = disagreement(found, tested)
    if differs:
        return tested, f"{LEVELS[TESTED]}; {name} gave other results in '{differs}' and is not used"
    return found, name


def library() -> Library | None:
    """The native library, None where there is none."""
    return _checked()[0]


def describe() -> str:
    """What `docqa doctor` says: the instruction set in use, or why there is none."""
    found, words = _checked()
    return words if found else f"none: {words}"


def damage() -> str:
    """What to tell whoever reads a document where the library is there and cannot be used; "" where it can, or none is.

    Answers are the same without, so that it is a warning and not an error.
    """
    try:
        load()
    except LibraryDamaged as error:
        return f"{error}; until then reading takes about twice as long"
    return ""


def disagreement(one: Library, other: Library) -> str:
    """The operation in which two levels differ by more than the order of rounding, "" where there is none.

    Products of whole numbers must agree in every bit, but those of many tokens with blocks of GGUF files, which AMX
    makes in bfloat16.
    """
    with torch.random.fork_rng(devices=[]):
        alone = (side._replace(threads=1) for side in (one, other))  # a busy machine lets them wait for each other
        for (name, ours), (_, theirs) in zip(*(list(_results(side)) for side in alone), strict=True):
            bound = BOUNDS.get(name, BOUND)
            if not bool(((ours - theirs).abs() <= bound).all()):
                return name
    return ""


def _results(library: Library) -> Iterator[tuple[str, Tensor]]:
    """Each operation on a small problem with ragged sizes; draws from torch's own generator, seeded here.

    A generator of its own would import a part of torch that nothing else needs (app/commands/deferred.py).
    """
    from docqa.kernels.activation.native import silu_product_native
    from docqa.kernels.attention.cached import attention_over_native
    from docqa.kernels.attention.kv_cache import Context, KVBlock
    from docqa.kernels.attention.native import attention_native
    from docqa.kernels.conv.native import causal_conv_native
    from docqa.kernels.delta.native import delta_rule_native, delta_step_native
    from docqa.kernels.gguf_matmul.blocks import BlockMatrix
    from docqa.kernels.gguf_matmul.native import block_product_native
    from docqa.kernels.matmul.native import product_native
    from docqa.kernels.matmul.packed import PackedMatrix
    from docqa.kernels.norm.native import gated_norm_native, zero_centred_norm_native

    torch.manual_seed(1)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape)

    for seq, rule, name in ((75, delta_rule_native, "delta"), (3, delta_step_native, "delta_step")):
        q, k = (torch.nn.functional.normalize(normal(1, seq, 2, 24), dim=-1) for _ in range(2))
        decay, beta = -normal(1, seq, 2).abs(), normal(1, seq, 2).sigmoid()
        v, before = normal(1, seq, 2, 40), normal(1, 2, 24, 40)
        out, state = rule(q, k, v, decay=decay, beta=beta, state=before, library=library)
        yield name, out
        yield name, state
    for rounded, name in ((False, "attention"), (True, "attention_rounded")):
        heads = normal(1, 20, 4, 24), normal(1, 90, 2, 24), normal(1, 90, 2, 24)
        yield name, attention_native(*heads, rounded=rounded, library=library)
        packed = (torch.randint(-127, 128, (64, 2, 24)).to(torch.int8) for _ in range(2))
        scales = (normal(64, 2).abs().half() / 64 for _ in range(2))
        context = Context([KVBlock(*packed, *scales), KVBlock(normal(26, 2, 24), normal(26, 2, 24))], 64)
        over = partial(attention_over_native, attend=attention_native, library=library)
        yield name, over(heads[0], context, None, rounded=rounded)
    wide = [KVBlock(normal(60, 2, 64), normal(60, 2, 64)), KVBlock(normal(26, 2, 64), normal(26, 2, 64))]
    yield "attention", over(normal(1, 1, 4, 64), Context(wide, 60), None, rounded=False)
    yield "conv", causal_conv_native(normal(1, 9, 70), normal(70, 4), None, unit=(2, 20), library=library)[0]
    x, z = normal(5, 50), normal(5, 50)
    yield "norm", zero_centred_norm_native(x, normal(50), 1e-6, library=library)
    yield "gated_norm", gated_norm_native(x, z, normal(50), 1e-6, library=library)
    yield "gated_product", silu_product_native(x, z, library=library)
    for bits, tokens in ((4, 1), (4, 21), (8, 3)):
        shape, low = ((45, 96), 0) if bits == 4 else ((45, 192), -128)
        q = torch.randint(low, low + 256, shape).to(torch.uint8 if bits == 4 else torch.int8)
        matrix = PackedMatrix.of(q, normal(45, 3).abs().half(), (normal(45, 3) * 4 + (8 if bits == 4 else 0)).half())
        yield "product", product_native(normal(tokens, 192), matrix, library=library)
    for kind, size, at in (("Q4_K", 144, (0, 2)), ("Q6_K", 210, (208,)), ("Q8_0", 34, (0,))):
        raw = torch.randint(0, 256, (45 * 512 // (32 if size == 34 else 256), size)).to(torch.uint8)
        for place in at:
            scale = torch.rand(len(raw), 1) / (10_000 if size == 144 else 50_000)
            raw[:, place : place + 2] = scale.half().view(torch.uint8)
        blocks = BlockMatrix.of(raw.view(45, -1), kind)
        for tokens, name in ((3, "block_product"), (21, "block_product_many")):
            yield name, block_product_native(normal(tokens, 512), blocks, library=library)
    yield from _encoder_results(library)


def _encoder_results(library: Library) -> Iterator[tuple[str, Tensor]]:
    """The operations of an encoder, as `_results`."""
    from docqa.kernels.encoder.native import add_layer_norm_native, biased_gelu_native, encoder_attention_native

    q, k, v = torch.randn(3, 101, 48)
    starts, near = torch.tensor([0, 1, 71, 101]), torch.randn(2, 149)
    shifts = torch.randn(48), torch.randn(48), torch.randn(48)
    attended = encoder_attention_native(q, k, v, starts, heads=2, near=near, shifts=shifts, library=library)
    yield "encoder_attention", attended
    weight, bias = torch.randn(2, 48)
    yield "add_layer_norm", add_layer_norm_native(q, k, weight, bias, 1e-5, shift=shifts[0], library=library)
    yield "biased_gelu", biased_gelu_native(4 * q, shifts[1], library=library)
