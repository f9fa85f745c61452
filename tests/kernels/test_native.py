"""The native kernels against float64 and against the references, their bits, and the machine that
lacks them.
"""

import pytest
import torch

from docqa.kernels import self_check
from docqa.kernels.activation import silu_product_native
from docqa.kernels.conv.unit import causal_conv_native, unit_conv_native, unit_conv_reference
from docqa.kernels.cpu import LEVELS, arrays
from docqa.kernels.cpu import library as cpu_library
from docqa.kernels.delta import delta_rule_reference, l2_normalise
from docqa.kernels.delta.native import delta_rule_native, delta_step_native
from docqa.kernels.dispatch import choose_implementation
from docqa.kernels.norm import gated_norm_native, zero_centred_norm_native
from docqa.kernels.norm.reference import gated_norm_reference, zero_centred_norm_reference
from docqa.kernels.self_check import disagreement, library
from tests.kernels.machine import NATIVE, needs_library, seeded

pytestmark = needs_library


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=seeded(seed + sum(shape)), dtype=torch.float64)


def delta_inputs(seq, key, value, heads=3, batch=2, slow=0.5):
    shape = batch, seq, heads
    x = {"q": l2_normalise(normal(*shape, key)), "k": l2_normalise(normal(*shape, key, seed=1))}
    x |= {"v": normal(*shape, value), "decay": -normal(*shape, seed=2).abs() * slow}
    return x | {"beta": normal(*shape, seed=3).sigmoid(), "state": normal(batch, heads, key, value)}


def narrow(x):
    return {name: tensor.float() for name, tensor in x.items()}


@pytest.mark.parametrize("rule", [delta_rule_native, delta_step_native])
@pytest.mark.parametrize(
    ("seq", "key", "value"),
    [(1, 8, 12), (3, 7, 5), (31, 64, 64), (65, 24, 40), (200, 64, 64), (70, 128, 96)],
)
def test_the_delta_rule_equals_the_recurrence(rule, seq, key, value):
    x = delta_inputs(seq, key, value)
    out, state = rule(**narrow(x), library=NATIVE)
    right, right_state = delta_rule_reference(**x)
    assert (out - right).abs().max() < 2e-6 and (state - right_state).abs().max() < 4e-6


def test_pieces_give_the_same_bits_and_the_given_state_is_not_written():
    x = narrow(delta_inputs(192, 24, 40, batch=1))
    before = x["state"].clone()
    whole, end = delta_rule_native(**x, library=NATIVE)
    state = x["state"]
    pieces = []
    for start, stop in ((0, 64), (64, 128), (128, 192)):
        piece = {name: tensor[:, start:stop] for name, tensor in x.items() if name != "state"}
        out, state = delta_rule_native(**piece, state=state, library=NATIVE)
        pieces.append(out)
    assert torch.equal(torch.cat(pieces, 1), whole) and torch.equal(state, end)
    assert torch.equal(x["state"], before)


def test_tokens_that_change_nothing_leave_the_state_untouched():
    x = narrow(delta_inputs(70, 16, 16, batch=1))
    short = {name: tensor[:, :50] if name != "state" else tensor for name, tensor in x.items()}
    for name in ("q", "k", "v", "decay", "beta"):
        x[name][:, 50:] = 0
    assert torch.equal(
        delta_rule_native(**x, library=NATIVE)[1], delta_rule_native(**short, library=NATIVE)[1]
    )


def test_the_number_of_threads_does_not_change_a_bit():
    x = narrow(delta_inputs(150, 16, 24))
    wide = torch.randn(70, 100)
    found = []
    threads = torch.get_num_threads()
    try:
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            rule = delta_rule_native(**x, library=NATIVE)
            conv = causal_conv_native(wide[None], wide[:4].T, unit=(2, 24), library=NATIVE)
            norms = zero_centred_norm_native(wide, wide[0], 1e-6, library=NATIVE)
            found.append([*rule, *conv, norms, silu_product_native(wide, wide, library=NATIVE)])
    finally:
        torch.set_num_threads(threads)
    for other in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], other, strict=True))


@pytest.mark.parametrize(("channels", "heads", "dim"), [(6, 0, 0), (70, 2, 20), (192, 2, 64)])
def test_convolution_and_unit_length_equal_the_formula(channels, heads, dim):
    x = normal(2, 20, channels)
    weight = normal(channels, 1, 4)
    history = normal(2, 3, channels)
    right = unit_conv_reference(x, weight, history, heads=heads, dim=dim)
    ours = unit_conv_native(
        x.float(), weight.float(), history.float(), heads=heads, dim=dim, library=NATIVE
    )
    for one, other in zip(ours, right, strict=True):
        assert one.shape == other.shape
        assert other.numel() == 0 or (one - other).abs().max() < 2e-6


@pytest.mark.parametrize("dim", [1, 7, 64, 576])
def test_norms_and_the_gated_product_equal_their_formulas(dim):
    x = normal(5, dim)
    z = normal(5, dim, seed=1) * 30
    weight = normal(dim)
    plain = zero_centred_norm_native(x.float(), weight.float(), 1e-6, library=NATIVE)
    gated = gated_norm_native(x.float(), z.float(), weight.float(), 1e-6, library=NATIVE)
    product = silu_product_native(z.float(), x.float(), library=NATIVE)
    for ours, right in (
        (plain, zero_centred_norm_reference(x, weight, 1e-6)),
        (gated, gated_norm_reference(x, z, weight, 1e-6)),
        (product, torch.nn.functional.silu(z) * x),
    ):
        assert ((ours - right).abs() <= 1e-6 * right.abs() + 1e-6).all()


def test_silu_is_finite_at_the_ends_of_float32():
    ends = torch.tensor([-1e38, -1000.0, -88.5, 88.5, 1000.0, 1e38])
    out = silu_product_native(ends, torch.ones(6), library=NATIVE)
    assert torch.isfinite(out).all()
    assert (out - torch.nn.functional.silu(ends)).abs().le(1e-6 * ends.abs().clamp(min=1)).all()


def test_a_level_that_computes_otherwise_is_found_out(monkeypatch):
    assert disagreement(NATIVE, NATIVE) == ""
    right = arrays.gated_norm
    other = NATIVE._replace(level=-1)

    def wrong(*arguments, library):
        return right(*arguments, library=NATIVE) + (0.01 if library.level == other.level else 0)

    monkeypatch.setattr(arrays, "gated_norm", wrong)
    monkeypatch.setattr(type(NATIVE), "call_function", lambda self, name, *a: _run(self, name, *a))
    assert disagreement(other, NATIVE) == "gated_norm"


def _run(self, name, *arguments):
    function = getattr(self.functions, f"docqa_{name}")
    function(max(self.level, 1), *arguments, 1)


@pytest.fixture
def fresh():
    """The library is looked for again, before the test and after it."""
    for cached in (self_check._load_and_check, choose_implementation):
        cached.cache_clear()
    yield
    for cached in (self_check._load_and_check, choose_implementation):
        cached.cache_clear()


def test_without_the_library_everything_runs_through_torch(fresh, tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cpu_library, "FILE", tmp_path / "_native.so")
        assert (
            library() is None
            and choose_implementation("delta", "cpu", torch.float32).name == "chunked"
        )
        assert "no C++ compiler" in self_check.describe_library()
        (tmp_path / "_native.so").write_bytes(b"no library")
        self_check._load_and_check.cache_clear()
        assert library() is None and "install docqa again" in self_check.describe_library()
        assert (
            "install docqa again" in self_check.library_damage()
            and "twice as long" in self_check.library_damage()
        )
    assert self_check.library_damage() == ""
    self_check._load_and_check.cache_clear()
    assert self_check.describe_library() == LEVELS[NATIVE.level]


@pytest.mark.parametrize("differs", ["", "norm"])
def test_untested_level_is_checked_once_before_it_is_used(fresh, monkeypatch, differs):
    checked = []
    monkeypatch.setattr(self_check, "load", lambda: (NATIVE._replace(level=3), LEVELS[3]))
    for name in ("disagreement", "arrays_disagreement"):
        monkeypatch.setattr(self_check, name, lambda *levels: checked.append(levels) or differs)
    used = choose_implementation("delta", "cpu", torch.float32)
    assert (
        library().level == (1 if differs else 3)
        and used.name == f"native {LEVELS[library().level]}"
    )
    assert used.function.keywords["library"] == library()
    assert [(one.level, other.level) for one, other in checked] == [(3, 1)]
    assert self_check.describe_library() == (
        "AVX2; AVX-512 VNNI gave other results in 'norm' and is not used"
        if differs
        else "AVX-512 VNNI"
    )
