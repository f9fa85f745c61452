"""The gated delta rule in Triton: in the interpreter beside the recurrence in float64, and on a
device where one is.
"""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from docqa.kernels import gpu
from docqa.kernels.delta import delta_rule, delta_rule_reference, l2_normalise

RULE = "docqa.kernels.delta.gpu:delta_rule_gpu"
STEP = "docqa.kernels.delta.gpu:delta_step_gpu"
GATES = {"usual": None, "none": 0.0, "slow": -1e-6, "strong": -50.0, "all forgotten": -float("inf")}

# float32 sums of up to 128 products, each rounded to 6e-8 of numbers near 1, and states that
# contract: 2e-6 of the largest entry is what the C++ kernels are held to as well. Outputs in 16
# bits are rounded once more: by half a step in float16, by a whole one in bfloat16, where the
# interpreter cuts off what a device rounds.
EXACT = 2e-6
ROUNDED = {torch.float32: 0.0, torch.bfloat16: 2.0**-7, torch.float16: 2.0**-11}


def inputs(
    seq,
    key,
    value,
    *,
    batch=1,
    heads=2,
    gate="usual",
    beta=None,
    length=1.0,
    dtype=torch.float32,
    seed=0,
):
    source = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=source, dtype=torch.float64)

    shape = batch, seq, heads
    q, k = (l2_normalise(normal(*shape, key)) * length for _ in range(2))
    decay = -normal(*shape).abs()
    if GATES.get(gate) is not None:
        decay = torch.full_like(decay, GATES[gate])
    if gate == "mixed":  # where running sums lose the small ones after the large
        decay = torch.tensor([0.0, -1e-6, -50.0])[
            torch.randint(3, shape, generator=source)
        ].double()
    rates = normal(*shape).sigmoid() if beta is None else torch.full(shape, beta)
    x = {"q": q, "k": k, "v": normal(*shape, value), "decay": decay, "beta": rates}
    x = {name: tensor.to(dtype if name in "qkv" else torch.float32) for name, tensor in x.items()}
    return x | {"state": normal(batch, heads, key, value).float()}


def double(x):
    return {name: tensor.double() for name, tensor in x.items()}


def assert_near(found, right, rounded=0.0, exact=EXACT):
    """Outputs and states: `found` within `exact` of the largest, and its outputs rounded by this
    much of each.
    """
    for ours, theirs, step in zip(found, right, (rounded, 0.0), strict=True):
        bound = exact * max(1.0, float(theirs.abs().max())) + step * theirs.abs()
        assert torch.isfinite(ours).all()
        assert ((ours.double() - theirs).abs() <= bound).all(), float(
            (ours.double() - theirs).abs().max()
        )


cases = st.fixed_dictionaries(
    {
        "seq": st.integers(
            1, 40
        ),  # chunks of 16 in the interpreter: up to three, the last one ragged
        "key": st.integers(1, 20),
        "value": st.integers(1, 20),
        "batch": st.integers(1, 2),
        "heads": st.integers(1, 2),
        "gate": st.sampled_from([*GATES, "mixed"]),
        "beta": st.sampled_from([None, 0.0, 1.0]),
        "length": st.sampled_from(
            [0.5, 1.0, 1.2]
        ),  # keys that are not of unit length, the step still contracting
        "dtype": st.sampled_from(list(ROUNDED)),
        "seed": st.integers(0, 99),
    }
)


@given(case=cases, carried=st.booleans())
@settings(max_examples=40, deadline=None)
def test_both_forms_equal_the_recurrence(interpreted, case, carried):
    x = inputs(**case)
    if not carried:
        del x["state"]
    right = delta_rule_reference(**double(x))
    # The recurrence rounds the decay and the state once for every token, all the same way where the
    # decay is slow and nothing is written. It is meant for 8 tokens.
    for form, exact in ((RULE, EXACT), (STEP, EXACT + case["seq"] * 2.0**-23)):
        found = interpreted(form, **x)
        assert found[0].dtype == case["dtype"] and found[1].dtype == torch.float32
        assert_near(found, right, ROUNDED[case["dtype"]], exact)


@given(case=cases, data=st.data())
@settings(max_examples=20, deadline=None)
def test_a_text_in_two_pieces_equals_the_text_at_once(interpreted, case, data):
    x = inputs(**case | {"seq": case["seq"] + 1, "dtype": torch.float32})
    cut = data.draw(st.integers(1, case["seq"]))
    first, second = (
        {n: t[:, part] for n, t in x.items() if n != "state"}
        for part in (slice(cut), slice(cut, None))
    )
    whole, end = interpreted(RULE, **x)
    head, state = interpreted(RULE, **first, state=x["state"])
    tail, state = interpreted(RULE, **second, state=state)
    assert_near((torch.cat([head, tail], 1), state), (whole.double(), end.double()))
    if cut % gpu.INTERPRETER.chunk == 0:
        assert torch.equal(torch.cat([head, tail], 1), whole) and torch.equal(state, end)


@pytest.mark.parametrize("chunk", sorted({size.chunk for size in gpu.TABLE.values()} | {64}))
@pytest.mark.parametrize("gate", ["usual", "mixed"])
def test_the_chunks_of_every_architecture_equal_the_recurrence(interpreted, chunk, gate):
    x = inputs(chunk + 9, 24, 17, gate=gate)
    assert_near(interpreted(RULE, **x, chunk=chunk), delta_rule_reference(**double(x)))


def test_a_text_read_in_parts_has_the_same_bits(interpreted):
    x = inputs(49, 6, 5, batch=2)
    whole, end = interpreted(RULE, **x)
    for scratch in (1, 2 * 8 * 17 * 16 * 4):  # one chunk at a time, and two: [batch 2, heads 2]
        out, state = interpreted(RULE, **x, scratch=scratch)
        assert torch.equal(out, whole) and torch.equal(state, end)


def test_keys_alike_and_beta_near_one_stay_near_float64(interpreted):
    x = inputs(64, 8, 12, heads=1)
    x["k"] = l2_normalise(x["k"][:, :1] + 0.05 * x["k"])
    x["beta"] = torch.full_like(x["beta"], 0.999)
    assert_near(interpreted(RULE, **x, chunk=64), delta_rule_reference(**double(x)))


def test_a_decay_behind_a_large_one_keeps_its_own_precision(interpreted):
    """Running sums in float32 are 2e-4 apart at -4,000: as their difference, -1e-3 would be off by
    a tenth.
    """
    x = inputs(32, 8, 8, heads=1, beta=0.0)
    x["decay"] = torch.full_like(x["decay"], -200.0)
    x["decay"][:, 20:] = -1e-3
    x["beta"][:, 20] = 1.0  # one token is written, after the large decays, and fades
    right = delta_rule_reference(**double(x))
    assert_near(interpreted(RULE, **x, chunk=32), right)


def test_views_are_read_as_they_lie_and_wide_keys_go_through_torch(interpreted):
    x = inputs(20, 6, 10, batch=2, heads=4)
    x = {n: t[:, ::2, 1:3] if n != "state" else t[:, 1:3] for n, t in x.items()}
    assert_near(interpreted(RULE, **x), delta_rule_reference(**double(x)))
    wide = inputs(3, 130, 4, heads=1)
    for form in (RULE, STEP):
        assert_near(interpreted(form, **wide), delta_rule_reference(**double(wide)))


@pytest.mark.gpu
@pytest.mark.skipif(not gpu.is_available(), reason="no accelerator, or no Triton")
@pytest.mark.parametrize(
    ("seq", "key", "value"), [(5, 64, 64), (200, 64, 64), (1000, 128, 128), (70, 24, 40)]
)
def test_on_a_device_both_forms_equal_the_recurrence(seq, key, value):
    for gate in (*GATES, "mixed"):
        x = inputs(seq, key, value, batch=2, heads=3, gate=gate)
        with torch.no_grad():
            out, state = delta_rule(**{name: tensor.cuda() for name, tensor in x.items()})
        assert_near((out.cpu(), state.cpu()), delta_rule_reference(**double(x)))
