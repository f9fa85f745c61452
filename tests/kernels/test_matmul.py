"""Products with packed matrices: against their definition, and one result whatever stands beside a
token.
"""

import ctypes

import pytest
import torch

from docqa.kernels.cpu.library import ProductCall
from docqa.kernels.errors import ShapeMismatch
from docqa.kernels.matmul import GROUP, PackedMatrix, product, product_of_arrays
from docqa.model.checkpoints.formats.grouped import dequantize, quantize_matrix
from tests.kernels.machine import LEVELS_HERE, NATIVE, needs_library, seeded

in_four_and_eight_bits = pytest.mark.parametrize("bits", [4, 8])


def matrix(rows, columns, bits, seed=0):
    source = seeded(seed)
    groups = columns // GROUP
    shape, low = ((rows, columns // 2), 0) if bits == 4 else ((rows, columns), -128)
    q = torch.randint(low, low + 256, shape, generator=source).to(
        torch.uint8 if bits == 4 else torch.int8
    )
    scale = torch.rand(rows, groups, generator=source).half() * 0.02
    zero = torch.randn(rows, groups, generator=source) * 4 + (8 if bits == 4 else 0)
    return PackedMatrix.from_parts(q, scale, zero.half())


def native_product(x, packed, library=NATIVE):
    return product_of_arrays(x, packed, library=library)


def round_activations(x):
    """x [.., columns] as whole numbers from -127 to 127, [.., groups, 64], and their scale [..,
    groups], in float32.
    """
    groups = x.float().unflatten(-1, (-1, GROUP))
    largest = groups.abs().amax(-1)
    inverse = torch.where(largest > 1e-30, 127.0 / largest, torch.zeros_like(largest))
    return (groups * inverse[..., None]).round(), largest / 127.0


def by_definition(x, packed):
    """Activations in 8 bits, whole numbers inside a group, groups added in float32 in ascending
    order.
    """
    a, a_scale = round_activations(x)
    q, scale, zero = map(torch.from_numpy, (packed.q, packed.scale, packed.zero))
    codes = torch.stack([q & 15, q >> 4], -1).flatten(1) if packed.bits == 4 else q
    # Exact: whole numbers below 2^53.
    whole = torch.einsum("...gc,rgc->...gr", a.double(), codes.unflatten(-1, (-1, GROUP)).double())
    whole = (whole - zero.double() * a.double().sum(-1, keepdim=True)).float()
    parts = whole * (scale.float() * a_scale[..., None])
    return sum(parts[..., g, :] for g in range(parts.shape[-2]))


def test_the_packed_values_are_those_of_the_checkpoints_own_unpacking():
    for bits in (4, 8):
        parts = quantize_matrix(torch.randn(10, 192), bits)
        packed = PackedMatrix.from_parts(*parts)
        assert packed.bits == bits and packed.shape == (10, 192)
        assert torch.equal(packed.dense(), dequantize(*parts))
        some = torch.tensor([7, 2, 7])
        assert torch.equal(packed.dense(some), dequantize(*parts)[some])


@in_four_and_eight_bits
def test_the_definition_is_near_the_product_with_the_unpacked_matrix(bits):
    x = torch.randn(20, 192)
    packed = matrix(30, 192, bits)
    exact = x.double() @ packed.dense().double().T
    assert (by_definition(x, packed) - exact).norm() / exact.norm() < 0.01
    # Without the library nothing is rounded but to float32.
    assert (product_of_arrays(x, packed) - exact).norm() / exact.norm() < 1e-6
    assert torch.allclose(product(x.double(), packed), exact, rtol=1e-4, atol=1e-4)


def test_activations_are_rounded_within_half_a_step_of_their_group():
    x = torch.randn(5, 192)
    x[2] = 0
    x[3, 70] = 1e4  # an outlier costs its own group alone
    whole, scale = round_activations(x)
    error = (whole * scale[..., None] - x.view(5, 3, GROUP)).abs()
    assert (error <= 0.501 * scale[..., None]).all() and whole[2].abs().max() == 0
    assert error[3, 0].max() < 0.05 < error[3, 1].max()


@needs_library
@in_four_and_eight_bits
@pytest.mark.parametrize(("rows", "columns"), [(1, 64), (45, 192), (100, 576)])
def test_the_native_product_equals_its_definition(bits, rows, columns):
    torch.manual_seed(
        rows + bits
    )  # a number that lies halfway between two bytes may be rounded to either
    packed = matrix(rows, columns, bits)
    for tokens in (1, 3, 6, 7, 8, 21):
        x = torch.randn(tokens, columns)
        ours = native_product(x, packed)
        right = by_definition(x, packed)
        assert (ours - right).abs().max() <= 1e-6 * right.abs().max()


@needs_library
@in_four_and_eight_bits
def test_the_largest_sums_do_not_overflow(bits):
    packed = matrix(20, 128, bits)
    for code in (0, 255) if bits == 4 else (-128, 127):
        packed.q.fill(code)
        for sign in (1.0, -1.0):
            x = torch.full((9, 128), sign)
            ours = native_product(x, packed)
            right = by_definition(x, packed)
            assert (ours - right).abs().max() <= 1e-6 * right.abs().max()


@needs_library
@in_four_and_eight_bits
def test_token_has_the_same_bits_in_any_batch_and_thread_count(bits):
    packed = matrix(333, 192, bits)
    x = torch.randn(1500, 192)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        whole = native_product(x, packed)
        for row in (0, 3, 700, 1499):
            assert torch.equal(native_product(x[row], packed), whole[row])
        for start, stop in ((0, 5), (5, 12), (12, 1500)):
            assert torch.equal(native_product(x[start:stop], packed), whole[start:stop])
        torch.set_num_threads(3)
        assert torch.equal(native_product(x, packed), whole)
    finally:
        torch.set_num_threads(threads)


@needs_library
def test_nothing_is_written_beside_the_result():
    packed = matrix(45, 128, 4)
    for tokens in (2, 11):
        x = torch.randn(tokens, 128)
        room = torch.full((tokens * 45 + 64,), float("nan"))
        pointers = [*packed.addresses(), x.data_ptr(), room[32:].data_ptr()]
        NATIVE.call_function("product", ctypes.byref(ProductCall(tokens, 45, 128, 4, *pointers)))
        assert (
            room[:32].isnan().all() and room[-32:].isnan().all() and not room[32:-32].isnan().any()
        )


def test_a_vector_of_another_length_is_refused():
    with pytest.raises(ShapeMismatch, match="packed matrix"):
        product(torch.randn(3, 64), matrix(5, 128, 4))


@pytest.mark.parametrize("level", LEVELS_HERE[1:])
@in_four_and_eight_bits
def test_every_level_gives_many_tokens_the_bits_of_the_first(bits, level):
    packed = matrix(45, 192, bits)
    x = torch.randn(53, 192)  # two tiles of 16 tokens, another, four tokens and one
    first, other = (native_product(x, packed, NATIVE._replace(level=n)) for n in (1, level))
    assert torch.equal(first, other)
