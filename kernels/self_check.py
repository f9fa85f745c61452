"""The native library at a level that computes rightly here: one above TESTED is compared with it
once.
"""

import math
from collections.abc import Callable, Iterator
from functools import lru_cache, partial

import numpy as np

from .cpu.library import LEVELS, Library, load
from .errors import LibraryDamaged

TESTED = 1  # the highest level that the project's own machines have
BOUND = 1e-4  # of float32 results of order 1, computed in another order
ROUNDED = (
    0.1  # of results of order 1 where one level rounds operands to 8 bits and the other does not
)
BOUNDS = {
    "product": 0.0,
    "block_product": 0.0,
    "block_product_many": ROUNDED,
    "attention_rounded": ROUNDED,
}


@lru_cache(maxsize=2)
def _load_and_check(*, arrays_alone: bool = False) -> tuple[Library | None, str]:
    """The library at the best level that computes rightly, and its name, or None and why."""
    try:
        found, name = load()
    except LibraryDamaged as error:
        return None, str(error)
    if found is None or found.level <= TESTED:
        return found, name
    tested = found._replace(level=TESTED)
    differs = arrays_disagreement(found, tested) if arrays_alone else disagreement(found, tested)
    if differs:
        return tested, f"{LEVELS[TESTED]}; {name} gave other results in '{differs}' and is not used"
    return found, name


def library() -> Library | None:
    return _load_and_check()[0]


def array_library() -> Library | None:
    """The same for the operations on arrays alone (cpu/arrays.py, encoder), without torch."""
    return _load_and_check(arrays_alone=True)[0]


def describe_library() -> str:
    """For `docqa doctor`: the instruction set that answers are computed with, or why there is
    none.
    """
    found, words = _load_and_check(arrays_alone=True)
    return words if found else f"none: {words}"


def library_damage() -> str:
    """What to say where the library is there and cannot be used, else "". Answers are the same
    without.
    """
    try:
        load()
    except LibraryDamaged as error:
        return f"{error}; until then reading takes about twice as long"
    return ""


def disagreement(one: Library, other: Library) -> str:
    """The operation in which two levels differ by more than the order of rounding, or "". Products
    of whole numbers must agree in every bit, but those of many tokens with GGUF blocks, which AMX
    makes in bfloat16."""
    import torch

    with torch.random.fork_rng(devices=[]):
        differs = _differing_results(one, other, _tensor_results)
    return differs or arrays_disagreement(one, other)


def arrays_disagreement(one: Library, other: Library) -> str:
    """The same of the operations on arrays."""
    return _differing_results(one, other, _array_results)


def _differing_results(
    one: Library, other: Library, results: Callable[[Library], Iterator[tuple[str, np.ndarray]]]
) -> str:
    alone = (
        side._replace(threads=1) for side in (one, other)
    )  # a busy machine lets them wait for each other
    for (name, ours), (_, theirs) in zip(*(list(results(side)) for side in alone), strict=True):
        if not bool((np.abs(ours - theirs) <= BOUNDS.get(name, BOUND)).all()):
            return name
    return ""


def _array_results(library: Library) -> Iterator[tuple[str, np.ndarray]]:
    """Each operation on arrays on a small problem with ragged sizes."""
    from .cpu import arrays

    drawn = 0

    def normal(*shape: int) -> np.ndarray:
        """Numbers without a pattern, of order 1; numpy's own generators take longer to import than
        all of this.
        """
        nonlocal drawn
        places = np.arange(drawn, drawn + math.prod(shape)) + 1.0
        drawn += len(places)
        return ((np.sin(places * 12.9898) * 43758.5453 % 1 * 4 - 2).astype(np.float32)).reshape(
            shape
        )

    for seq, name in ((75, "delta"), (3, "delta_step")):
        q, k = (
            x / np.linalg.norm(x, axis=-1, keepdims=True)
            for x in (normal(1, seq, 2, 24), normal(1, seq, 2, 24))
        )
        decay = -np.abs(normal(1, seq, 2))
        beta = np.abs(normal(1, seq, 2)) / 2
        v = normal(1, seq, 2, 40)
        before = normal(1, 2, 24, 40)
        for found in arrays.delta_rule(
            q, k, v, decay=decay, beta=beta, state=before, library=library
        ):
            yield name, found
    yield (
        "conv",
        arrays.causal_conv(normal(1, 9, 70), normal(70, 1, 4), unit=(2, 20), library=library),
    )
    x = normal(5, 50)
    z = normal(5, 50)
    yield "norm", arrays.zero_centred_norm(x, normal(50), 1e-6, library=library)
    yield "gated_norm", arrays.gated_norm(x, z, normal(50), 1e-6, library=library)
    yield "gated_product", arrays.silu_product(x, z, library=library)
    yield from _encoder_results(normal, library)
    for bits, tokens in ((4, 1), (4, 21), (8, 3)):
        wide = bits == 8
        q = normal(45, 192 if wide else 96) * 63 + (0 if wide else 127)
        scale = np.abs(normal(45, 3)).astype(np.float16)
        zero = (normal(45, 3) * 4).astype(np.float16)
        matrix = arrays.PackedMatrix.from_parts(
            q.astype(np.int8 if wide else np.uint8), scale, zero
        )
        yield "product", arrays.product(normal(tokens, 192), matrix, library=library)


def _encoder_results(
    normal: Callable[..., np.ndarray], library: Library
) -> Iterator[tuple[str, np.ndarray]]:
    from .encoder import add_layer_norm, biased_gelu, encoder_attention

    q, k, v = normal(3, 101, 48)
    starts = np.array([0, 1, 71, 101])
    near = normal(2, 149)
    shifts = normal(3, 48)
    three = shifts[0], shifts[1], shifts[2]
    yield (
        "encoder_attention",
        encoder_attention(q, k, v, starts, heads=2, near=near, shifts=three, library=library),
    )
    weight, bias = normal(2, 48)
    yield (
        "add_layer_norm",
        add_layer_norm(q, k, weight, bias, 1e-5, shift=shifts[0], library=library),
    )
    yield "biased_gelu", biased_gelu(4 * q, shifts[1], library=library)


def _tensor_results(library: Library) -> Iterator[tuple[str, np.ndarray]]:
    """Each operation on tensors alone, on a small problem, from torch's generator seeded here."""
    import torch

    from .attention.cached import attention_over_native
    from .attention.kv_cache import KVBlock, KVContext
    from .attention.native import attention_native
    from .gguf_matmul.blocks import BlockMatrix
    from .gguf_matmul.native import block_product_native

    torch.manual_seed(1)

    normal = torch.randn
    for rounded, name in ((False, "attention"), (True, "attention_rounded")):
        heads = normal(1, 20, 4, 24), normal(1, 90, 2, 24), normal(1, 90, 2, 24)
        yield name, attention_native(*heads, rounded=rounded, library=library).numpy()
        packed = (torch.randint(-127, 128, (64, 2, 24)).to(torch.int8) for _ in range(2))
        scales = (normal(64, 2).abs().half() / 64 for _ in range(2))
        context = KVContext(
            [KVBlock(*packed, *scales), KVBlock(normal(26, 2, 24), normal(26, 2, 24))], 64
        )
        over = partial(attention_over_native, attend=attention_native, library=library)
        yield name, over(heads[0], context, None, rounded=rounded).numpy()
    wide = [
        KVBlock(normal(60, 2, 64), normal(60, 2, 64)),
        KVBlock(normal(26, 2, 64), normal(26, 2, 64)),
    ]
    yield "attention", over(normal(1, 1, 4, 64), KVContext(wide, 60), None, rounded=False).numpy()
    for kind, size, at in (("Q4_K", 144, (0, 2)), ("Q6_K", 210, (208,)), ("Q8_0", 34, (0,))):
        raw = torch.randint(0, 256, (45 * 512 // (32 if size == 34 else 256), size)).to(torch.uint8)
        for place in at:
            scale = torch.rand(len(raw), 1) / (10_000 if size == 144 else 50_000)
            raw[:, place : place + 2] = scale.half().view(torch.uint8)
        blocks = BlockMatrix.from_bytes(raw.view(45, -1), kind)
        for tokens, name in ((3, "block_product"), (21, "block_product_many")):
            yield name, block_product_native(normal(tokens, 512), blocks, library=library).numpy()
