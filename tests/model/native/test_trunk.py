"""The first layers in numpy and native kernels give the states that the network in torch gives."""

from dataclasses import replace

import numpy as np
import pytest

from docqa.kernels.self_check import array_library
from docqa.model.config import HybridConfig
from docqa.model.errors import WeightsMismatch
from docqa.model.folder import BUNDLED
from docqa.model.heads.evidence import evidence_adapters
from docqa.model.load import load_model
from docqa.model.native.tensors import FolderTensors
from docqa.model.native.trunk import NativeTrunk

library = array_library()
pytestmark = pytest.mark.skipif(library is None, reason="the native library is not here")


@pytest.mark.parametrize("tokens", [1, 3, 40])
def test_states_of_a_question_are_those_of_the_network(tokens):
    tensors, config = FolderTensors.of_checkpoint(BUNDLED), HybridConfig.from_folder(BUNDLED)
    trunk = NativeTrunk(tensors, config, 3, library, evidence_adapters(BUNDLED))
    ids = list(range(100, 100 + tokens))
    ours, right = trunk.states(ids), load_model(BUNDLED).evidence_states(ids)
    # Gates differ in their last bits, and then a number before a product is rounded to the next of its 8 bits.
    assert np.linalg.norm(ours - right) < 5e-3 * np.linalg.norm(right)


def test_a_tensor_of_another_shape_is_named():
    config = HybridConfig.from_folder(BUNDLED)
    with pytest.raises(WeightsMismatch, match="embed_tokens"):
        NativeTrunk(FolderTensors.of_checkpoint(BUNDLED), replace(config, vocab_size=7), 3, library, {})
