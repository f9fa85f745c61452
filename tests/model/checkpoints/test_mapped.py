"""Safetensors files read as mapped arrays: what was written comes back, damage is named."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_tensors

from docqa.model.checkpoints.mapped import MappedTensors
from docqa.model.errors import WeightsMismatch, WeightsMissing

shapes = arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5)
kinds = st.sampled_from([np.float32, np.float16, np.int8, np.uint8, np.int32, np.int64])
whole = arrays.arrays(np.int64, shapes, elements=st.integers(-100, 100))
kept = st.builds(lambda array, kind: np.asarray(array.astype(kind)), whole, kinds)
content = st.dictionaries(st.text("abc.", min_size=1, max_size=5), kept, max_size=4)


@settings(deadline=None, max_examples=50)
@given(content)
def test_what_was_written_comes_back(tmp_path_factory, tensors):
    path = tmp_path_factory.mktemp("mapped") / "some.safetensors"
    save_file(tensors, path, metadata={"about": "this"})
    found = MappedTensors(path)
    assert set(found.tensor_locations()) == set(tensors) and found.metadata == {"about": "this"}
    for name, right in tensors.items():
        assert found.array(name).dtype == right.dtype and found.array(name).shape == right.shape
        assert found.array(name).tobytes() == right.tobytes()


def test_bfloat16_comes_as_float32(tmp_path):
    right = torch.randn(3, 4).bfloat16()
    save_tensors({"a": right}, tmp_path / "some.safetensors")
    assert np.array_equal(
        MappedTensors(tmp_path / "some.safetensors").array("a"), right.float().numpy()
    )


@pytest.mark.parametrize(
    "damage",
    [lambda b: b[:-1], lambda b: b + b"x", lambda b: b[:5], lambda b: b"", lambda b: b"\xff" * 40],
)
def test_a_damaged_file_is_named(tmp_path, damage):
    path = tmp_path / "some.safetensors"
    save_file({"a": np.arange(9.0, dtype=np.float32)}, path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(WeightsMismatch, match=r"some\.safetensors"):
        MappedTensors(path)


def test_a_missing_file_or_tensor_is_named(tmp_path):
    with pytest.raises(WeightsMissing, match=r"other\.safetensors"):
        MappedTensors(tmp_path / "other.safetensors")
    save_file({"a": np.zeros(3, np.float32)}, tmp_path / "some.safetensors")
    with pytest.raises(WeightsMismatch, match="no tensor b"):
        MappedTensors(tmp_path / "some.safetensors").array("b")
