"""The files that ship, of a trained student."""

import json

import tiny
import torch
from safetensors.torch import load_file

from docqa.model.checkpoints.network import load_network
from docqa.model.checkpoints.quantize import quantize
from docqa.model.config import HybridConfig
from docqa.model.training.trunk.ship import ship

RAW = {**tiny.RAW, "intermediate_size": 128, "vocab_size": 320}


def test_a_student_ships_in_four_bits_and_its_embedding_in_eight(tmp_path):
    quantize(
        tiny.write_checkpoint(tmp_path / "first", RAW, seed=0),
        tmp_path / "shipped",
        embedding_bits=4,
    )
    (tmp_path / "shipped" / "evidence.safetensors").write_bytes(b"a head")
    student = tiny.write_checkpoint(tmp_path / "student", RAW, seed=1)
    written = ship(student, tmp_path / "shipped", tmp_path / "new", ["layers.3.self_attn.o_proj"])
    assert written == sum(
        part.nbytes
        for file in (tmp_path / "new").glob("model-*.safetensors")
        for part in load_file(file).values()
    )
    assert (tmp_path / "new" / "evidence.safetensors").read_bytes() == b"a head"
    about = json.loads((tmp_path / "new" / "config.json").read_text())["docqa_quantization"]
    assert (about["bits"], about["embedding_bits"]) == (4, 8)
    network = load_network(
        tmp_path / "new", HybridConfig.from_folder(tmp_path / "new"), torch.float32
    )
    trained = load_file(student / "model.safetensors")

    def error(name):
        return float((network.get_parameter(name) - trained[f"model.{name}"]).abs().max())

    assert error("layers.2.mlp.gate_proj.weight") < 0.15
    assert error("embed_tokens.weight") < 0.02 and error("layers.3.self_attn.o_proj.weight") < 0.05
