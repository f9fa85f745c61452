"""GGUF files whose matrices stay in their blocks: what is mapped, rows in another order, the same
answers.
"""

import pytest
import tiny
import torch
from family_checkpoints import FAMILIES, TRANSFORMERS
from gguf_files import write_gguf

from docqa.kernels.gguf_matmul import BlockMatrix
from docqa.kernels.moe import mix_experts
from docqa.model.checkpoints.checkpoint import open_checkpoint, packed_matrices
from docqa.model.checkpoints.gguf.conventions import change_to_checkpoint_layout, row_order_in_file
from docqa.model.checkpoints.network import load_network
from docqa.model.config import HybridConfig
from docqa.model.errors import WeightsMismatch
from docqa.model.load import load_model

SIZES = {"hidden_size": 64, "num_attention_heads": 4, "intermediate_size": 96}
SPARSE = {
    "moe_intermediate_size": 32,
    "shared_expert_intermediate_size": 32,
    "head_dim": 32,
    "linear_key_head_dim": 16,
    "linear_value_head_dim": 16,
}
IDS = tiny.random_ids(60)[None]


def write(folder, family, matrices):
    """A random checkpoint as a GGUF file."""
    return written(folder, {**TRANSFORMERS[family], "model_type": family, **SIZES}, matrices)


def write_sparse(folder, sizes):
    """A file with experts in every layer."""
    raw = {**FAMILIES["qwen3_5_moe_text"], "model_type": "qwen3_5_moe_text", **sizes}
    return written(folder, raw, "Q4_0")


def written(folder, raw, matrices):
    path = folder / "tiny.gguf"
    write_gguf(tiny.write_checkpoint(folder / "source", raw), path, matrices=matrices)
    return path


@pytest.mark.parametrize("family", ["qwen2", "llama"])
@pytest.mark.parametrize("matrices", ["Q8_0", "Q4_1"])
def test_matrices_stay_in_blocks_and_mean_the_same_numbers(tmp_path, family, matrices):
    path = write(tmp_path, family, matrices)
    config = HybridConfig.from_folder(path)
    dense = load_network(path, config, torch.float32).state_dict()
    network = load_network(path, config, torch.float32, packed=True)
    found = network.packed_matrices()
    assert {name for name, part in dense.items() if part.ndim == 2} == set(found)
    for name, matrix in found.items():
        assert isinstance(matrix, BlockMatrix) and matrix.block.name == matrices
        assert torch.allclose(matrix.dense(), dense[name], rtol=1e-6, atol=1e-7), name
    assert network.layers[0].self_attn.q_proj.weight.is_meta


def test_a_file_in_blocks_reads_and_continues_text_like_its_numbers(tmp_path):
    path = write(tmp_path, "qwen2", "Q8_0")
    blocks = load_model(path)
    dense = load_model(path, dtype="float32")
    assert "blocks of a GGUF file" in blocks.precision and "blocks" not in dense.precision
    ids = list(range(3, 50))
    for model_ids in (ids, ids[:1]):
        first, second = (m.logits(m.prefill(model_ids, m.new_state())) for m in (blocks, dense))
        assert (first - second).norm() < 0.05 * second.norm()


def test_a_mapped_matrix_is_the_memory_of_the_file(tmp_path):
    path = write(tmp_path, "qwen3", "Q8_0")
    config = HybridConfig.from_folder(path)
    names = {"layers.0.mlp.up_proj.weight": (96, 64)}
    with open_checkpoint(path) as checkpoint:
        first, second = (packed_matrices(checkpoint, names, config) for _ in range(2))
    assert all(first[name].data.data_ptr() == second[name].data.data_ptr() for name in names)


def test_rows_of_a_hybrid_are_reordered_in_their_blocks():
    config = HybridConfig.from_dict({**FAMILIES["qwen3_5_text"], "model_type": "qwen3_5_text"})
    assert config.linear_num_value_heads != config.linear_num_key_heads
    keys = 2 * config.linear_num_key_heads * config.linear_key_head_dim
    values = config.linear_num_value_heads * config.linear_value_head_dim
    for part, count in (("in_proj_qkv", keys + values), ("in_proj_z", values)):
        name = f"layers.0.linear_attn.{part}.weight"
        matrix = torch.randn(count, 16)
        assert torch.equal(
            matrix[row_order_in_file(config, name, count)],
            change_to_checkpoint_layout(config, name)(matrix),
        )
    assert row_order_in_file(config, "layers.0.linear_attn.out_proj.weight", 16) is None
    assert torch.equal(row_order_in_file(config, "layers.0.mlp.up_proj.weight", 5), torch.arange(5))


def test_a_matrix_of_another_shape_than_the_metadata_say_is_refused(tmp_path):
    path = write(tmp_path, "qwen2", "Q8_0")
    names = {"layers.0.mlp.up_proj.weight": (96, 32)}
    with (
        open_checkpoint(path) as checkpoint,
        pytest.raises(WeightsMismatch, match="blk.0.ffn_up.weight gives"),
    ):
        packed_matrices(checkpoint, names, HybridConfig.from_folder(path))


@pytest.fixture
def sparse(tmp_path):
    return write_sparse(tmp_path, SPARSE)


def test_experts_stay_in_their_blocks_and_mean_the_same_numbers(sparse):
    config = HybridConfig.from_folder(sparse)
    dense = load_network(sparse, config, torch.float32)
    packed = load_network(sparse, config, torch.float32, packed=True)
    experts_of = packed.expert_modules()
    assert len(experts_of) == config.num_hidden_layers
    for name, module in experts_of.items():
        bank = module.bank
        assert bank is not None
        experts = dense.get_submodule(name)
        for number in range(config.num_experts):
            gate_up, down = bank.expert_matrices(number)
            assert isinstance(gate_up, BlockMatrix) and down.block.name == "Q4_0"
            assert torch.equal(gate_up.dense(), experts.gate_up_proj[number])
            assert torch.equal(down.dense(), experts.down_proj[number])
    x = torch.randn(30, config.hidden_size, generator=tiny.seeded(0))
    chosen = torch.randint(0, config.num_experts, (30, 1))
    weights = torch.ones(30, 1)
    right = experts(x, chosen, weights)
    assert (mix_experts(x, chosen, weights, bank) - right).norm() < 0.03 * right.norm()
    assert "blocks of a GGUF file" in load_model(sparse).precision


def test_experts_in_other_blocks_than_products_take_are_dequantized(sparse, monkeypatch):
    monkeypatch.setattr("docqa.model.checkpoints.gguf.checkpoint.BLOCKS", {})
    model = load_model(sparse, dtype=None)
    experts = model.network.expert_modules().values()
    assert not model.network.packed_matrices() and all(each.bank is None for each in experts)
    assert "blocks" not in model.precision


def test_experts_in_blocks_are_sent_to_in_the_native_step(tmp_path):
    wide = {
        "num_attention_heads": 4,
        "head_dim": 64,
        "linear_num_key_heads": 2,
        "linear_num_value_heads": 2,
        "linear_key_head_dim": 32,
        "linear_value_head_dim": 32,
        "moe_intermediate_size": 64,
        "shared_expert_intermediate_size": 64,
    }
    model = load_model(write_sparse(tmp_path, wide))
    native, plain = tiny.both(model, tiny.started(model, 40))
    for token in (5, 17, 9):
        one = native.logits(token)
        other = plain.logits(token)
        assert (one - other).abs().max() < 0.05 * other.std()
