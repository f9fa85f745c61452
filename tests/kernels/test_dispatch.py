"""The one place that chooses implementations."""

import pytest
import torch

from docqa.kernels import activation, attention, conv, delta, norm, rope  # noqa: F401 - they register
from docqa.kernels.dispatch import _registry, choose_implementation
from docqa.kernels.errors import NoImplementation
from docqa.kernels.native import SWITCH, kernel_identity
from tests.kernels.machine import needs_library


def test_every_operation_has_a_reference():
    assert {
        "attention",
        "delta",
        "delta_step",
        "gated_norm",
        "norm",
        "product",
        "unit_conv",
    } <= set(_registry)
    assert all("reference" in [entry.name for entry in entries] for entries in _registry.values())


def forced(monkeypatch, value):
    """The name that runs the delta rule, and the identity of the kernels, with the switch set to
    `value`.
    """
    monkeypatch.setenv(SWITCH, value)
    choose_implementation.cache_clear()
    try:
        return choose_implementation("delta", "cpu", torch.float32).name, kernel_identity()
    finally:
        monkeypatch.undo()
        choose_implementation.cache_clear()


def test_the_switch_forces_the_references_or_torch(monkeypatch):
    assert forced(monkeypatch, "reference") == ("reference", "reference")
    assert forced(monkeypatch, "torch") == ("chunked", "torch")


@needs_library
def test_native_kernels_are_preferred_in_float32_alone_and_change_the_identity(monkeypatch):
    assert choose_implementation("delta", "cpu", torch.float32).native
    assert choose_implementation("delta", "cpu", torch.float64).name == "chunked"
    assert (
        kernel_identity().startswith("native")
        and kernel_identity() != forced(monkeypatch, "torch")[1]
    )


def test_a_device_without_an_implementation_is_named():
    with pytest.raises(NoImplementation, match="attention.*vulkan"):
        choose_implementation("attention", "vulkan", torch.float32)
