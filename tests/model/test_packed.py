"""Matrices that stay in the bits of their checkpoint: the same model within rounding, and one
result for one text.
"""

import json
import shutil

import pytest
import tiny
import torch
from family_checkpoints import TRANSFORMERS, write_family
from safetensors.torch import load_file, save_file

from docqa.kernels.dispatch import choose_implementation
from docqa.kernels.matmul import BlockMatrix, PackedMatrix, product
from docqa.kernels.native import SWITCH
from docqa.model import load as load_module
from docqa.model.checkpoints.network import load_network
from docqa.model.checkpoints.quantize import quantize
from docqa.model.errors import StateForeign, WeightsMissing
from docqa.model.folder import BUNDLED
from docqa.model.load import load_model
from docqa.model.state.files import load_state, save_state

pytestmark = tiny.needs_library


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The tiny checkpoint, quantized."""
    where = tmp_path_factory.mktemp("packed")
    quantize(tiny.write_checkpoint(where / "source"), where / "q")
    return where / "q"


@pytest.fixture(scope="module")
def packed(folder):
    return load_model(folder)


def read(model, ids, cuts=()):
    state = model.new_state(grid=64)
    at = 0
    for cut in (*cuts, len(ids)):
        hidden = model.prefill(ids[at:cut], state)
        at = cut
    return hidden, state


def test_matrices_stay_packed_unless_a_dtype_is_asked_for(folder, packed):
    held = packed.network.packed_matrices()
    assert (
        "embed_tokens.weight" in held and "layers.0.mlp.down_proj.weight" not in held
    )  # 96 columns, no whole groups
    assert "layers.0.mlp.up_proj.weight" in held
    assert not any("in_proj_a" in name or "norm" in name for name in held)
    assert load_model(folder, dtype="float32").network.packed_matrices() == {}
    assert packed.precision != load_model(folder, dtype="float32").precision


def test_a_bias_stays_beside_a_packed_matrix(tmp_path):
    source = tiny.write_checkpoint(
        tmp_path / "source", {**TRANSFORMERS["qwen2"], "model_type": "qwen2"}
    )
    quantize(source, tmp_path / "q")
    model = load_model(tmp_path / "q")
    dense = load_model(tmp_path / "q", dtype="float32")
    ids = tiny.random_ids(70)
    first, second = (each.network(ids[None]) for each in (model, dense))
    assert "layers.0.self_attn.k_proj.weight" in model.network.packed_matrices()
    assert (first - second).norm() < 0.03 * second.norm()  # activations are rounded to 8 bits
    model.network.layers[1].self_attn.v_proj.bias.zero_()
    assert (model.network(ids[None]) - second).norm() > 0.1 * second.norm()


def test_keys_with_a_large_bias_are_not_rounded_to_8_bits(tmp_path):
    source = tiny.write_checkpoint(
        tmp_path / "source", {**TRANSFORMERS["qwen2"], "model_type": "qwen2"}
    )
    quantize(source, tmp_path / "q")
    ids = tiny.random_ids(70)[None]
    found = []
    for model in (load_model(tmp_path / "q"), load_model(tmp_path / "q", dtype="float32")):
        for layer in model.network.layers:
            layer.self_attn.k_proj.bias[0] = 300.0  # as in Qwen2.5, whose other columns are near 1
        found.append(model.network(ids))
    assert (found[0] - found[1]).norm() < 0.25 * found[1].norm()  # 0.44 where they are rounded


@pytest.mark.parametrize(
    ("bits", "kind", "error"),
    [(4, PackedMatrix, 0.12), (6, BlockMatrix, 0.03), (8, PackedMatrix, 0.01)],
)
def test_matrices_are_packed_in_the_bits_that_are_asked_for(tmp_path, bits, kind, error):
    source = tiny.write_checkpoint(tmp_path / "source", {**tiny.RAW, "hidden_size": 256})
    made = quantize(source, tmp_path / "q", bits=bits)
    exact = load_model(source, dtype="float32")
    model = load_model(tmp_path / "q")
    name = "layers.0.mlp.up_proj.weight"
    matrix = model.network.packed_matrices()[name]
    right = exact.network.state_dict()[name]
    assert isinstance(matrix, kind)
    assert error / 8 < (matrix.dense() - right).norm() / right.norm() < error
    dense = load_model(tmp_path / "q", dtype="float32").network.state_dict()[name]
    assert torch.equal(dense, matrix.dense())
    x = torch.randn(9, 256, generator=tiny.seeded(0))
    assert (product(x, matrix) - x @ dense.T).norm() < 0.02 * (x @ dense.T).norm()
    smaller = quantize(source, tmp_path / "smaller", bits=4)["bytes"]
    assert (made["bytes"] > smaller) == (bits > 4)


def test_experts_are_packed_in_the_bits_that_are_asked_for(tmp_path):
    write_family(tmp_path / "source", "qwen3_5_moe", hidden_size=256, moe_intermediate_size=64)
    quantize(tmp_path / "source", tmp_path / "q", bits=6)
    model = load_model(tmp_path / "q")
    dense = load_model(tmp_path / "q", dtype="float32")
    gate_up, down = model.network.expert_modules()["layers.1.mlp.experts"].bank.expert_matrices(2)
    experts = dense.network.layers[1].mlp.experts
    assert torch.equal(gate_up.dense(), experts.gate_up_proj[2]) and gate_up.block.name == "Q6_K"
    assert (
        torch.equal(down.dense(), experts.down_proj[2]) and down.bits == 8
    )  # rows of 64 are no blocks of 256


def test_the_embedding_may_be_packed_in_four_bits_too(folder, tmp_path):
    source = tiny.write_checkpoint(tmp_path / "source")
    quantize(source, tmp_path / "q", embedding_bits=4)
    whole = load_model(source, dtype="float32").network.embed_tokens.weight
    model = load_model(tmp_path / "q")
    ids = tiny.random_ids(40)
    rounded = model.network.embed_tokens(ids)
    # Half of a fifteenth of a group's range at most, with the range of 64 numbers some five of
    # their spreads.
    assert 0 < (rounded - whole[ids]).abs().max() < 0.35 * whole.std()
    assert model.logits(read(model, ids)[0]).shape == (whole.shape[0],)


def test_the_network_computes_what_the_definition_of_the_product_says(packed, monkeypatch):
    ids = tiny.random_ids(90)
    ours = packed.logits(read(packed, ids)[0])
    monkeypatch.setenv(SWITCH, "reference")
    choose_implementation.cache_clear()
    try:
        right = packed.logits(read(packed, ids)[0])
    finally:
        monkeypatch.undo()
        choose_implementation.cache_clear()
    # Attention of a packed network may round queries and keys to 8 bits, up to 1 % of a layer's
    # output each (two layers here), and an activation between two steps may be rounded either way.
    assert (ours - right).norm() / right.norm() < 0.03


def test_token_vectors_are_exactly_the_unpacked_ones(folder, packed):
    ids = torch.tensor([[3, 250, 3]])
    exact = load_network(folder, packed.config, torch.float32)
    assert torch.equal(packed.network.embed_tokens(ids), exact.embed_tokens(ids))


def test_lower_layers_first_and_all_layers_at_once_hold_the_same_matrices(folder, packed):
    lower = load_network(folder, packed.config, torch.float32, 2, packed=True)
    grown = load_network(
        folder, packed.config, torch.float32, known=lower, packed=True
    ).packed_matrices()
    assert grown.keys() == packed.network.packed_matrices().keys() > lower.packed_matrices().keys()
    assert all(grown[name] is matrix for name, matrix in lower.packed_matrices().items())


def test_cuts_on_the_grid_and_threads_do_not_change_a_bit(packed):
    ids = tiny.random_ids(200)
    threads = torch.get_num_threads()
    whole = read(packed, ids)[0]
    assert torch.equal(read(packed, ids, (64, 128))[0], whole)
    try:
        torch.set_num_threads(3)
        assert torch.equal(read(packed, ids)[0], whole)
    finally:
        torch.set_num_threads(threads)


def test_a_state_of_other_kernels_is_refused_by_name(packed, tmp_path, monkeypatch):
    _, state = read(packed, tiny.random_ids(100))
    save_state(state, tmp_path, {}, packed)
    assert load_state(tmp_path, packed, {}).position == 100
    monkeypatch.setenv(SWITCH, "torch")
    choose_implementation.cache_clear()
    try:
        with pytest.raises(StateForeign, match="kernels is 'native"):
            load_state(tmp_path, packed, {})
    finally:
        monkeypatch.undo()
        choose_implementation.cache_clear()


def test_a_missing_part_of_a_packed_matrix_is_named(folder, tmp_path):
    broken = shutil.copytree(folder, tmp_path / "broken")
    index = broken / "model.safetensors.index.json"
    content = json.loads(index.read_text())
    file = broken / content["weight_map"]["model.layers.0.mlp.up_proj.weight.zero"]
    tensors = load_file(file)
    del tensors["model.layers.0.mlp.up_proj.weight.zero"]
    save_file(tensors, file)
    with pytest.raises(WeightsMissing, match=r"up_proj.weight.zero"):
        load_model(broken)


@pytest.mark.parametrize(("faster", "dtype"), [(True, torch.float32), (False, torch.bfloat16)])
def test_a_model_computes_in_what_is_fastest_here(faster, dtype, monkeypatch):
    monkeypatch.delenv("DOCQA_DTYPE", raising=False)
    monkeypatch.setattr(load_module, "has_fast_bfloat16", lambda: True)
    monkeypatch.setattr(load_module, "is_packed_faster", lambda than_bfloat16=False: faster)
    assert load_model(BUNDLED).dtype == dtype
    monkeypatch.setenv("DOCQA_DTYPE", "bfloat16")
    assert load_model(BUNDLED).dtype == torch.bfloat16
