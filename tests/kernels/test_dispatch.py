"""The one place that chooses implementations."""

import pytest
import torch

from docqa.kernels import attention, conv, delta, norm, rope  # noqa: F401 - registers the operations
from docqa.kernels.dispatch import SWITCH, choose, describe
from docqa.kernels.errors import NoImplementation


def test_every_operation_has_a_reference_and_says_what_runs():
    rows = {row["operation"]: row for row in describe()}
    assert {"attention", "conv", "delta", "delta_step", "gated_norm", "norm", "rope"} <= set(rows)
    for row in rows.values():
        assert "reference" in (row["implementation"], *row["others"].split(", ")) and row["why"]


def test_the_switch_forces_the_references(monkeypatch):
    monkeypatch.setenv(SWITCH, "reference")
    choose.cache_clear()
    try:
        assert choose("delta", "cpu", torch.float32).name == "reference"
    finally:
        monkeypatch.undo()
        choose.cache_clear()
    assert choose("delta", "cpu", torch.float32).name == "chunked"


def test_a_device_without_an_implementation_is_named():
    with pytest.raises(NoImplementation, match="attention.*mps"):
        choose("attention", "mps", torch.float32)
