"""When Triton is chosen: on an accelerator that it knows, and never on the CPU, with the switch, or
for a gradient.
"""

import importlib.util
import subprocess

import pytest
import torch

from docqa.kernels import conv, delta, dispatch, gpu, moe, norm
from docqa.kernels.dispatch import choose_implementation
from docqa.kernels.errors import NoImplementation
from docqa.kernels.native import SWITCH

OPERATIONS = ("unit_conv", "norm", "gated_norm", "delta", "delta_step", "experts")


@pytest.fixture
def chosen(monkeypatch):
    """Function(device, dtype, the switch, whether there is an accelerator) -> implementations by
    operation.
    """

    def names(device="cuda", dtype=torch.bfloat16, switch="", there=True):
        monkeypatch.setenv(SWITCH, switch)
        monkeypatch.setattr(gpu, "is_available", lambda: there)
        choose_implementation.cache_clear()
        return {
            operation: choose_implementation(operation, device, dtype).name
            for operation in OPERATIONS
        }

    yield names
    monkeypatch.undo()
    choose_implementation.cache_clear()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_an_accelerator_takes_triton(chosen, dtype):
    assert set(chosen(dtype=dtype).values()) == {"triton"}
    assert set(chosen(dtype=dtype, switch="triton").values()) == {"triton"}


def test_nothing_else_takes_triton(chosen):
    found = [
        chosen("cpu"),
        chosen("cpu", torch.float32),
        chosen(there=False),
        chosen(dtype=torch.float64),
    ]
    found += [chosen(switch="torch"), chosen(switch="reference")]
    assert all("triton" not in names.values() for names in found)
    assert found[4]["delta"] == "chunked" and set(found[5].values()) == {"reference"}
    with pytest.raises(NoImplementation, match="triton"):
        chosen("cpu", switch="triton")


def test_old_cards_other_makers_and_the_interpreter_do_not_count(monkeypatch):
    def there(capabilities, cuda="13.0"):
        monkeypatch.setattr(torch.version, "cuda", cuda)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: len(capabilities))
        monkeypatch.setattr(
            torch.cuda, "get_device_capability", lambda i: capabilities[getattr(i, "index", i)]
        )
        return gpu.is_available.__wrapped__()

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(gpu, "_can_build_kernels", lambda: True)
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    assert there([(8, 0)]) and there([(9, 0), (12, 0)])
    assert not there([(9, 0), (7, 5)]) and not there([(9, 4)], cuda=None)
    there([(9, 0), (12, 0)])
    assert [gpu.block_sizes(torch.device("cuda", i)) for i in range(2)] == [
        gpu.TABLE[9],
        gpu.TABLE[8],
    ]
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    assert not there([(9, 0)])
    monkeypatch.delenv("TRITON_INTERPRET")
    monkeypatch.setattr(gpu, "_can_build_kernels", lambda: False)
    assert not there([(9, 0)])
    monkeypatch.setattr(gpu, "_can_build_kernels", lambda: True)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert not there([(9, 0)])


def test_triton_needs_a_compiler(monkeypatch):
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert not gpu._can_build_kernels()


def calls():
    """One call of every operation that Triton has, and the inputs that may record a gradient."""
    x = torch.randn(1, 20, 6)
    history = torch.randn(1, 3, 6)
    weight = torch.randn(6, 4)
    q, k, v = torch.randn(3, 1, 20, 2, 3).unbind()
    decay = -torch.rand(1, 20, 2)
    beta = torch.rand(1, 20, 2)
    state = torch.randn(1, 2, 3, 3)
    rows = torch.randn(4, 6)
    sent = torch.zeros(4, 1, dtype=torch.int64)
    shares = torch.rand(4, 1)
    bank = moe.StackedExperts(torch.randn(2, 10, 6), torch.randn(2, 6, 5))
    yield (x, weight, history), lambda: conv.unit_conv(x, weight, history, heads=1, dim=3)
    yield (x, weight), lambda: norm.zero_centred_norm(x, weight[:, 0], 1e-6)
    yield (x, history, weight), lambda: norm.gated_norm(x[:, :3], history, weight[:, 0], 1e-6)
    for seq in (3, 20):
        cut = slice(seq)
        yield (
            (q, k, v, decay, beta, state),
            lambda cut=cut: delta.delta_rule(
                q[:, cut], k[:, cut], v[:, cut], decay=decay[:, cut], beta=beta[:, cut], state=state
            ),
        )
    yield (rows, shares, bank.gate_up, bank.down), lambda: moe.mix_experts(rows, sent, shares, bank)


def test_no_operation_takes_triton_while_a_gradient_is_recorded(monkeypatch):
    asked = []

    def watched(operation, device, dtype):
        asked.append(operation)
        return choose_implementation(operation, device, dtype)

    for module in (conv, delta, dispatch):
        monkeypatch.setattr(module, "choose_implementation", watched)
    for inputs, call in calls():
        for x in inputs:
            x.requires_grad_()
            result = call()
            assert any(
                y.requires_grad for y in (result if isinstance(result, tuple) else (result,))
            )
            x.requires_grad_(False)
    assert set(asked) == {
        "delta_training",
        "experts_training",
        "silu_product",
        "unit_conv_training",
    }
    assert not any(entry.triton for name in set(asked) for entry in dispatch._registry[name])


def test_importing_the_kernels_does_not_import_triton(python):
    names = "activation, attention, conv, cpu, decode_step, delta, gpu, matmul, moe, norm, rope"
    code = f"import sys\nfrom docqa.kernels import {names}\n"
    subprocess.run(
        [python, "-c", code + "assert 'triton' not in sys.modules"], check=True, timeout=120
    )
