"""The files that ship, of a trained student."""

import tiny
import torch
from safetensors.torch import load_file

from docqa.model.checkpoints.network import load_network
from docqa.model.checkpoints.quantize import quantize
from docqa.model.config import HybridConfig
from docqa.model.training.trunk.ship import ship

RAW = {**tiny.RAW, "intermediate_size": 128}


def tensors(folder):
    return {name: part for file in folder.glob("model-*.safetensors") for name, part in load_file(file).items()}


def test_frozen_parts_ship_as_before_and_the_rest_anew(tmp_path):
    quantize(tiny.write_checkpoint(tmp_path / "first", RAW, seed=0), tmp_path / "shipped", embedding_bits=4)
    (tmp_path / "shipped" / "span.safetensors").write_bytes(b"a head")
    student = tiny.write_checkpoint(tmp_path / "student", RAW, seed=1)
    ship(student, tmp_path / "shipped", tmp_path / "new", frozen=2, eight_bits=["layers.3.self_attn.o_proj"])
    before, after = tensors(tmp_path / "shipped"), tensors(tmp_path / "new")
    held = {n for n in before if n.startswith(("model.embed_tokens.", "model.layers.0.", "model.layers.1."))}
    assert before.keys() == after.keys() and (tmp_path / "new" / "span.safetensors").read_bytes() == b"a head"
    assert all(torch.equal(before[name], after[name]) for name in held)
    network = load_network(tmp_path / "new", HybridConfig.from_folder(tmp_path / "new"), torch.float32)
    trained = load_file(student / "model.safetensors")

    def error(name):
        return float((network.get_parameter(name) - trained[f"model.{name}"]).abs().max())

    assert error("layers.2.mlp.gate_proj.weight") < 0.15
    assert error("layers.3.self_attn.o_proj.weight") < 0.02
    assert error("layers.0.mlp.gate_proj.weight") > 0.5
