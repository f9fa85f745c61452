"""Make the untrained hybrid from the teacher: same MLPs, norms and embedding, new mixers that start from its attention.

python -m docqa.model.training.trunk.convert --teacher FILE.gguf --out FOLDER [--attention 3,7,8,10,18,20,23,24]
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from docqa.model.config import HybridConfig
from docqa.model.hybrid import GatedAttention, GatedDeltaNet, Hybrid, Layer
from docqa.model.training.loop import save_tensors, stage_parser
from docqa.model.training.trunk.teacher import Metadata, Teacher, read_gguf, write_tokenizer

RawConfig = dict[str, object]  # the content of a config.json
# Chosen by measurement: copying, which answering with quotes is, lives in these layers of the teacher.
ATTENTION_LAYERS = (3, 7, 8, 10, 18, 20, 23, 24)


def student_config(meta: Metadata, attention: tuple[int, ...]) -> RawConfig:
    """config.json of the student, in the `qwen3_5_text` form that transformers reads."""
    hidden, heads = meta["llama.embedding_length"], meta["llama.attention.head_count"]
    layers = meta["llama.block_count"]
    return {
        "architectures": ["Qwen3_5ForCausalLM"],
        "model_type": "qwen3_5_text",
        "vocab_size": len(meta["tokenizer.ggml.tokens"]),
        "hidden_size": hidden,
        "intermediate_size": meta["llama.feed_forward_length"],
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": meta["llama.attention.head_count_kv"],
        "head_dim": hidden // heads,
        "hidden_act": "silu",
        "linear_num_key_heads": heads,
        "linear_num_value_heads": heads,
        "linear_key_head_dim": hidden // heads,
        "linear_value_head_dim": hidden // heads,
        "linear_conv_kernel_dim": 4,
        "layer_types": ["full_attention" if i in attention else "linear_attention" for i in range(layers)],
        "rms_norm_eps": meta["llama.attention.layer_norm_rms_epsilon"],
        "max_position_embeddings": 8192,
        "tie_word_embeddings": True,
        "attention_bias": False,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 2,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": float(meta["llama.rope.freq_base"]),
            "partial_rotary_factor": 1.0,
        },
        "dtype": "float32",
    }


def _start_attention(mixer: GatedAttention, teacher: dict[str, Tensor], inputs: Tensor) -> None:
    """Teacher's attention exactly, but for the norms of q and k, which start at the mean RMS of q and k on `inputs`."""
    q, k = teacher["q_proj"], teacher["k_proj"]
    heads, dim = mixer.heads, mixer.dim
    gated = torch.zeros(heads, 2 * dim, q.shape[1])
    gated[:, :dim] = q.view(heads, dim, -1)
    mixer.q_proj.weight.copy_(gated.reshape(2 * heads * dim, -1))  # gate rows 0: sigmoid(0) = 1/2, undone in o_proj
    mixer.k_proj.weight.copy_(k)
    mixer.v_proj.weight.copy_(teacher["v_proj"])
    mixer.o_proj.weight.copy_(2 * teacher["o_proj"])
    for norm, weight, count in ((mixer.q_norm, q, heads), (mixer.k_norm, k, mixer.kv_heads)):
        projected = (inputs @ weight.T).view(-1, count, dim)
        norm.weight.fill_(float(projected.square().mean(-1).sqrt().mean()) - 1.0)


def _start_delta(mixer: GatedDeltaNet, teacher: dict[str, Tensor], generator: torch.Generator) -> None:
    """Teacher's q, k, v; k and v repeated over their query heads; convolution at identity; decays 0.001 to 0.3."""
    heads, dim = mixer.value_heads, mixer.value_dim
    hidden = teacher["q_proj"].shape[1]
    repeat = heads * dim // teacher["k_proj"].shape[0]
    k, v = (
        teacher[p].view(-1, dim, hidden).repeat_interleave(repeat, 0).reshape(-1, hidden) for p in ("k_proj", "v_proj")
    )

    def noise(*shape: int, scale: float) -> Tensor:
        return torch.randn(*shape, generator=generator) * scale

    mixer.in_proj_qkv.weight.copy_(torch.cat([teacher["q_proj"], k, v]))
    mixer.in_proj_z.weight.copy_(noise(heads * dim, hidden, scale=hidden**-0.5))
    mixer.in_proj_a.weight.copy_(noise(heads, hidden, scale=0.02))
    mixer.in_proj_b.weight.copy_(noise(heads, hidden, scale=0.02))
    mixer.conv1d.weight.copy_(noise(*mixer.conv1d.weight.shape, scale=0.02))
    mixer.conv1d.weight[:, 0, -1] += 1.0
    mixer.A_log.copy_(torch.linspace(math.log(0.001), math.log(0.3), heads))
    mixer.dt_bias.fill_(math.log(math.e - 1))  # softplus of it is 1
    mixer.out_proj.weight.copy_(teacher["o_proj"])


@torch.no_grad()
def convert(gguf_file: Path, out: Path, attention: tuple[int, ...] = ATTENTION_LAYERS, seed: int = 0) -> None:
    """Write the untrained student to `out`: config.json, tokenizer.json, model.safetensors (float32)."""
    tensors, meta = read_gguf(gguf_file)
    raw = student_config(meta, attention)
    config = HybridConfig.from_dict(raw)
    student = Hybrid(config)
    generator = torch.Generator().manual_seed(seed)
    teacher = Teacher(tensors, meta, torch.float32)
    mixers: list[tuple[Tensor, Tensor]] = []
    teacher(torch.randint(17, config.vocab_size, (1, 256), generator=generator), mixers)
    student.embed_tokens.weight.copy_(tensors["embed_tokens.weight"])
    student.norm.weight.copy_(tensors["norm.weight"] - 1)
    for number, (layer, mixer) in enumerate(zip(student.layers, mixers_of(student), strict=True)):
        prefix = f"layers.{number}."
        parts = {p: tensors[f"{prefix}self_attn.{p}.weight"] for p in ("q_proj", "k_proj", "v_proj", "o_proj")}
        if isinstance(mixer, GatedAttention):
            _start_attention(mixer, parts, mixers[number][0][0])
        else:
            _start_delta(mixer, parts, generator)
        for name in ("gate_proj", "up_proj", "down_proj"):
            getattr(layer.mlp, name).weight.copy_(tensors[f"{prefix}mlp.{name}.weight"])
        for name in ("input_layernorm", "post_attention_layernorm"):
            getattr(layer, name).weight.copy_(tensors[f"{prefix}{name}.weight"] - 1)  # stored zero-centred
    write_checkpoint(student, raw, out)
    write_tokenizer(meta, out / "tokenizer.json")


def mixers_of(student: Hybrid) -> list[GatedAttention | GatedDeltaNet]:
    """The mixers of all layers, in order."""
    return [cast(GatedAttention | GatedDeltaNet, cast(Layer, layer).mixer) for layer in student.layers]


def write_checkpoint(
    student: Hybrid, raw_config: RawConfig, out: Path, instead: Mapping[str, Tensor] | None = None
) -> None:
    """Write config.json and model.safetensors (float32) of a student, names as transformers has them.

    Tensors that `instead` has by their names are written in place of the student's.
    """
    out.mkdir(parents=True, exist_ok=True)
    tensors = {**student.state_dict(), **(instead or {})}
    (out / "config.json").write_text(json.dumps(raw_config, indent=1) + "\n", encoding="utf-8")
    save_tensors(out / "model.safetensors", {f"model.{n}": t.float() for n, t in tensors.items()})


def read_checkpoint(folder: Path) -> tuple[Hybrid, RawConfig]:
    """Read what `write_checkpoint` wrote: the student in float32 and its config.json."""
    from safetensors.torch import load_file

    raw = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    student = Hybrid(HybridConfig.from_dict(raw))
    student.load_state_dict({n.removeprefix("model."): t for n, t in load_file(folder / "model.safetensors").items()})
    return student, raw


def main(arguments: list[str] | None = None) -> None:
    parser = stage_parser("Make the untrained hybrid from the teacher's GGUF file.", "teacher", "out")
    parser.add_argument("--attention", default=",".join(map(str, ATTENTION_LAYERS)), help="layers, with commas")
    options = parser.parse_args(arguments)
    convert(options.teacher, options.out, tuple(int(n) for n in options.attention.split(",")), options.seed)


if __name__ == "__main__":
    main()
