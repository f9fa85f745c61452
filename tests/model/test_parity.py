"""The hybrid against transformers and against itself: pieces, steps, batches."""

from copy import deepcopy

import pytest
import tiny
import torch
from family_checkpoints import check_pieces

from docqa.model.checkpoints.check import (
    _computing_in_float64,
    compare_with_transformers,
    transformers_model,
)
from docqa.model.checkpoints.network import load_network
from docqa.model.checkpoints.quantize import quantize
from docqa.model.config import HybridConfig

YARN = {
    **tiny.RAW["rope_parameters"],
    "rope_type": "yarn",
    "factor": 4.0,
    "original_max_position_embeddings": 64,
}


@pytest.mark.parametrize("change", [{}, {"rope_parameters": YARN}, {"tie_word_embeddings": False}])
def test_logits_are_those_of_transformers(tmp_path, change):
    raw = {**tiny.RAW, **change}
    folder = tiny.write_checkpoint(tmp_path, raw)
    result = compare_with_transformers(folder, lengths=(1, 63, 64, 65))
    assert result["argmax_equal"] and result["lengths"] == [1, 63, 64, 65]
    assert result["max_abs_diff"] < 2e-3
    assert result["max_abs_diff"] <= 4 * result["transformers_fp32_vs_fp64"]


def test_a_quantized_folder_is_checked_on_its_exact_dequantization(checkpoint, tmp_path):
    quantize(checkpoint, tmp_path / "q")
    result = compare_with_transformers(tmp_path / "q", lengths=(33,))
    assert result["argmax_equal"] and result["max_abs_diff"] < 2e-3


def test_float64_agrees_with_transformers_computed_in_float64(checkpoint):
    config = HybridConfig.from_folder(checkpoint)
    ours = load_network(checkpoint, config, torch.float64)
    theirs = transformers_model(checkpoint, config).double()
    theirs.model.rotary_emb.inv_freq = config.rotary_frequencies()[0]
    ids = tiny.random_ids(70)[None]
    with torch.inference_mode(), _computing_in_float64(config):
        right = theirs(ids).logits
    assert right.dtype == torch.float64
    assert (ours.logits(ours(ids)) - right).abs().max() < 1e-10


def test_a_broken_weight_shows(checkpoint):
    config = HybridConfig.from_folder(checkpoint)
    ours = load_network(checkpoint, config, torch.float32)
    theirs = transformers_model(checkpoint, config)
    ours.layers[1].self_attn.q_norm.weight.add_(0.1)
    ids = tiny.random_ids(20)[None]
    assert (ours.logits(ours(ids)) - theirs(ids).logits).abs().max() > 1e-2


def test_a_prefill_in_pieces_equals_one_forward(checkpoint):
    check_pieces(checkpoint)


def test_steps_after_a_prefill_equal_one_forward_at_every_position(model, model64):
    ids = tiny.random_ids(90)
    for which, bound in ((model64, 1e-11), (model, 1e-3)):
        right = which.network.logits(which.network(ids[None])[0])
        state = which.new_state()
        which.prefill(ids[:70], state)
        for at in range(70, 90):
            assert (
                which.logits(which.prefill(ids[at : at + 1], state)) - right[at]
            ).abs().max() < bound


def test_a_row_alone_equals_the_row_in_a_batch(model):
    ids = torch.stack([tiny.random_ids(40, seed) for seed in range(3)])
    together = model.network.logits(model.network(ids))
    for row in range(3):
        assert (
            model.network.logits(model.network(ids[row : row + 1]))[0] - together[row]
        ).abs().max() < 1e-3


def test_query_and_gate_are_split_by_head_and_gating_follows_the_softmax(model64):
    mixer = deepcopy(model64.network.layers[1].self_attn)
    mixer.o_proj = torch.nn.Identity()
    x = torch.randn(1, 7, 64, dtype=torch.float64)
    rotation = model64.network.rotation(torch.arange(7))
    out = mixer(x, rotation).view(7, 6, 16)
    rows = mixer.q_proj.weight.view(6, 32, 64)
    for head in range(6):

        def normed(y, weight):
            return y * torch.rsqrt(y.square().mean(-1, keepdim=True) + 1e-6) * (1 + weight)

        def turned(y):
            first = y[:, :4]
            second = y[:, 4:8]
            half = torch.cat([-second, first], 1)
            return torch.cat([y[:, :8] * rotation[0] + half * rotation[1], y[:, 8:]], 1)

        q = turned(normed(x[0] @ rows[head, :16].T, mixer.q_norm.weight))
        k = turned(normed(x[0] @ mixer.k_proj.weight[head // 3 * 16 :][:16].T, mixer.k_norm.weight))
        v = x[0] @ mixer.v_proj.weight[head // 3 * 16 :][:16].T
        scores = (q @ k.T / 4).masked_fill(
            ~torch.ones(7, 7, dtype=torch.bool).tril(), float("-inf")
        )
        right = (scores.softmax(-1) @ v) * (x[0] @ rows[head, 16:].T).sigmoid()
        assert (out[:, head] - right).abs().max() < 1e-12
