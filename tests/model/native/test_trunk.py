"""The first layers in numpy and native kernels give the states that the network in torch gives."""

from dataclasses import replace

import numpy as np
import pytest

from docqa.kernels.self_check import array_library
from docqa.model.answering import answering_model
from docqa.model.checkpoints.weights import weight_files
from docqa.model.config import HybridConfig
from docqa.model.errors import WeightsMismatch
from docqa.model.folder import BUNDLED
from docqa.model.heads.evidence import load_evidence_adapters
from docqa.model.load import load_model
from docqa.model.native.tensors import FolderTensors
from docqa.model.native.trunk import NativeTrunk
from docqa.model.state.files import load_state, save_state

library = array_library()
pytestmark = pytest.mark.skipif(library is None, reason="the native library is not here")


@pytest.mark.parametrize("tokens", [1, 3, 40])
def test_states_of_a_question_are_those_of_the_network(tokens):
    tensors = FolderTensors(weight_files(BUNDLED))
    config = HybridConfig.from_folder(BUNDLED)
    trunk = NativeTrunk(tensors, config, 3, library, load_evidence_adapters(BUNDLED))
    ids = list(range(100, 100 + tokens))
    ours = trunk.states(ids)
    right = load_model(BUNDLED).evidence_states(ids)
    # Gates differ in their last bits, and then a number before a product is rounded to the next of
    # its 8 bits.
    assert np.linalg.norm(ours - right) < 5e-3 * np.linalg.norm(right)


def test_a_tensor_of_another_shape_is_named():
    config = HybridConfig.from_folder(BUNDLED)
    with pytest.raises(WeightsMismatch, match="embed_tokens"):
        NativeTrunk(
            FolderTensors(weight_files(BUNDLED)), replace(config, vocab_size=7), 3, library, {}
        )


def test_reading_on_from_a_kept_state_changes_no_bit(tmp_path):
    model = answering_model(BUNDLED, None, "cpu")
    ids = [100 + n % 999 for n in range(2_500)]
    rows = {}
    model.prefill(ids, model.new_state(), on_hidden=rows.__setitem__)
    state = model.new_state()
    model.prefill(ids[:2_048], state)
    save_state(state, tmp_path, {}, model)
    later = {}
    state = load_state(tmp_path, model, {}, ids=ids)
    model.prefill(ids[2_048:], state, on_hidden=later.__setitem__)
    assert (
        list(rows) == [0, 2_048]
        and np.array_equal(later[2_048], rows[2_048])
        and state.ids().tolist() == ids
    )
