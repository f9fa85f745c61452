"""The native decoding step beside the same network through single operations."""

import pytest
import torch
from tiny import RAW, random_ids, write_checkpoint

from docqa.kernels.cpu import library
from docqa.model import step
from docqa.model.beams import Branches
from docqa.model.load import load_model
from docqa.model.quantize import quantize
from docqa.model.step import NativeStep

pytestmark = pytest.mark.skipif(library() is None, reason="the native library is not built or not for this processor")
WIDE = RAW | {  # whole groups of 64 everywhere; two value heads read one key head, two query heads one key head
    "intermediate_size": 128,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 64,
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
    "linear_key_head_dim": 24,
    "linear_value_head_dim": 32,
}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("step")
    quantize(write_checkpoint(folder / "dense", WIDE), folder / "packed")
    return load_model(folder / "packed")


@pytest.fixture
def branches(model):
    """A context of two sealed blocks and an open one; branches through the native step, and without it."""
    state = model.new_state(grid=64)
    model.prefill(random_ids(150), state)
    native = Branches(model, state)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NativeStep, "of", classmethod(lambda cls, model, state: None))
        plain = Branches(model, state)
    assert native.native is not None and plain.native is None
    return native, plain


def near(one, other):
    """A rounding of activations that falls the other way moves a logit by about a hundredth of their spread."""
    return (one - other).abs().max() < 0.05 * other.std()


def test_one_branch_and_several_go_on_as_single_operations_do(branches):
    native, plain = branches
    for tokens in ([5], [17]):
        assert near(native.logits(tokens), plain.logits(tokens))
    for side in branches:
        side.keep([0, 0, 0])
    assert near(native.logits([5, 17, 200]), plain.logits([5, 17, 200]))
    for side in branches:
        side.keep([2, 0])
    assert near(native.logits([9, 9]), plain.logits([9, 9]))


def test_more_tokens_than_there_was_room_for(branches):
    native, plain = branches
    for token in random_ids(step._AHEAD + 6).tolist():
        ours, right = native.logits([token]), plain.logits([token])
    assert native.native.step.room > step._AHEAD
    assert torch.corrcoef(torch.cat([ours, right]))[0, 1] > 0.99  # differences of rounding have added up


def test_a_branch_has_the_same_bits_alone_and_beside_others(model):
    state = model.new_state(grid=64)
    model.prefill(random_ids(150), state)
    alone, beside = Branches(model, state), Branches(model, state)
    beside.keep([0, 0])
    assert torch.equal(alone.logits([7])[0], beside.logits([7, 8])[0])
    assert torch.equal(alone.logits([9])[0], beside.logits([9, 1])[0])


def test_a_network_without_packed_matrices_has_no_native_step(tmp_path):
    dense = load_model(write_checkpoint(tmp_path / "dense", WIDE), dtype="float32")
    state = dense.new_state()
    dense.prefill(random_ids(5), state)
    assert NativeStep.of(dense, state) is None
