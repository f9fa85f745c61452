"""A family is one file: a new one that a test writes is read, run and checked like those that are
there.
"""

import json
import sys

import pytest
import tiny
import torch
from family_checkpoints import check_pieces, check_states
from safetensors.torch import save_file

from docqa.model import families
from docqa.model.checkpoints.network import build_network
from docqa.model.config import HybridConfig
from docqa.model.cost.plan import parameters
from docqa.model.errors import ConfigUnsupported, WeightsMissing
from docqa.model.family import family_of
from docqa.model.load import load_model

TOY = '''
"""Attention without positions, and half of what the MLP says; releases call the last norm otherwise."""

import torch

from docqa.model.family import FULL, Family, Recipe, set_default
from docqa.model.network import Network
from docqa.model.transformer import RMSNorm, TransformerLayer


class HalfBlock(TransformerLayer):
    def forward(self, x, rotation, cache=None):
        still = torch.ones_like(rotation[0]), torch.zeros_like(rotation[1])
        x = x + self.self_attn(self.input_layernorm(x), still, cache)
        return x + self.mlp(self.post_attention_layernorm(x)) / 2


def network(config, layers):
    built = (HalfBlock(config) for _ in config.layer_types[:layers])
    return Network(config, built, RMSNorm(config.hidden_size, config.rms_norm_eps))


def complete(raw):
    set_default(raw, "num_key_value_heads", raw["num_attention_heads"])
    raw |= {"layer_types": [FULL] * raw["num_hidden_layers"]}


def made_of(name, shape, config, present):
    return Recipe.of("last.weight", shape) if name == "norm.weight" and "last.weight" in present else None


FAMILY = Family(
    model_type="toy", classes="Toy", network=network, complete=complete, made_of=made_of, recurrent=False, gated=False,
    normed=False, computed={"toy_windows": (0,)},
)
'''
RAW = {
    "model_type": "toy",
    "vocab_size": 300,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "head_dim": 8,
    "max_position_embeddings": 4096,
    "eos_token_id": 299,
}


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A folder of a random checkpoint in the form of its releases."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "toy.py").write_text(TOY)
    monkeypatch.setattr(families, "__path__", [*families.__path__, str(tmp_path / "code")])
    folder = tiny.write_checkpoint(tmp_path / "checkpoint", RAW)
    tensors = {
        f"model.{name}": part for name, part in tiny.random_network(RAW).state_dict().items()
    }
    tensors["model.last.weight"] = tensors.pop("model.norm.weight")
    save_file(
        {
            name.replace("model.lm_head", "lm_head"): part.contiguous()
            for name, part in tensors.items()
        },
        folder / "model.safetensors",
    )
    yield folder
    family_of.cache_clear()
    sys.modules.pop("docqa.model.families.toy", None)


def by_hand(tensors, ids):
    """What the file above says, in plain torch."""

    def normed(x, name):
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6) * tensors[f"{name}.weight"]

    x = tensors["embed_tokens.weight"][ids]
    for layer in ("layers.0", "layers.1"):
        inner = normed(x, f"{layer}.input_layernorm")
        q, k, v = (
            (inner @ tensors[f"{layer}.self_attn.{part}_proj.weight"].T).view(-1, 4, 8)
            for part in "qkv"
        )
        scores = torch.einsum("qhd,khd->hqk", q, k) * 8**-0.5
        weights = scores.masked_fill(
            torch.ones_like(scores, dtype=torch.bool).triu(1), float("-inf")
        ).softmax(-1)
        x = (
            x
            + torch.einsum("hqk,khd->qhd", weights, v).flatten(1)
            @ tensors[f"{layer}.self_attn.o_proj.weight"].T
        )
        inner = normed(x, f"{layer}.post_attention_layernorm")
        gate, up = (inner @ tensors[f"{layer}.mlp.{part}_proj.weight"].T for part in ("gate", "up"))
        x = (
            x
            + (torch.nn.functional.silu(gate) * up) @ tensors[f"{layer}.mlp.down_proj.weight"].T / 2
        )
    return normed(x, "norm") @ tensors["lm_head.weight"].T


def test_a_new_family_is_one_file(toy, tmp_path):
    model = load_model(toy, dtype="float64")
    ids = tiny.random_ids(40)
    right = by_hand(
        {name: part.double() for name, part in tiny.random_network(RAW).state_dict().items()}, ids
    )
    assert (model.network.logits(model.network(ids[None]))[0] - right).abs().max() < 1e-10
    assert parameters(model.config)["total"] == sum(
        part.numel() for part in model.network.parameters()
    )
    check_pieces(toy)
    check_states(toy, tmp_path)


def test_what_a_new_family_refuses_is_named(toy, monkeypatch):
    with pytest.raises(ConfigUnsupported, match="toy_windows = 3 is not supported for toy"):
        HybridConfig.from_dict({**RAW, "toy_windows": 3})
    raw = json.loads((toy / "config.json").read_text())
    (toy / "config.json").write_text(json.dumps(raw | {"num_hidden_layers": 3}))
    with pytest.raises(WeightsMissing, match="no tensor layers.2.self_attn.q_proj.weight"):
        load_model(toy, dtype="float32")
    family_of.cache_clear()
    monkeypatch.setattr(families, "__path__", families.__path__[:-1])
    with pytest.raises(
        ConfigUnsupported, match="model_type 'toy' is not supported; docqa runs llama, qwen2"
    ):
        build_network(HybridConfig.from_folder(toy))
