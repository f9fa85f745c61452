"""Small random checkpoints of every member of the family, as transformers writes them: names,
layouts, shards.
"""

import json

import tiny
import torch
import transformers
from safetensors.torch import load_file, save_file

from docqa.model.load import load_model
from docqa.model.state.files import load_state, save_state

_OF_ONE_MEMBER = ("model_type", "intermediate_size", "tie_word_embeddings")
_SHARED = {name: value for name, value in tiny.RAW.items() if name not in _OF_ONE_MEMBER}
_EXPERTS = {
    "num_experts": 7,
    "num_experts_per_tok": 3,
    "moe_intermediate_size": 24,
    "shared_expert_intermediate_size": 40,
}
LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
_VISION = {
    "depth": 1,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_heads": 2,
    "out_hidden_size": 64,
}
# What quantizers leave alone.
KEPT = (
    "in_proj_a",
    "in_proj_b",
    "conv1d",
    "mlp.gate.",
    "shared_expert_gate",
    "embed",
    "lm_head",
    "norm",
    ".a_proj",
    ".b_proj",
)
# Sizes of published models.
RELEASED = {
    "head_dim": 256,
    "linear_num_key_heads": 16,
    "linear_key_head_dim": 128,
    "linear_value_head_dim": 128,
}
NEXT_80B = {
    **RELEASED,
    "model_type": "qwen3_next",
    "vocab_size": 151936,
    "hidden_size": 2048,
    "num_hidden_layers": 48,
    "num_attention_heads": 16,
    "num_key_value_heads": 2,
    "linear_num_value_heads": 32,
    "intermediate_size": 5120,
    "num_experts": 512,
    "num_experts_per_tok": 10,
    "moe_intermediate_size": 512,
    "shared_expert_intermediate_size": 512,
    "norm_topk_prob": True,
    "decoder_sparse_step": 1,
    "mlp_only_layers": [],
    "rope_theta": 10000000,
    "partial_rotary_factor": 0.25,
    "rope_scaling": None,
    "full_attention_interval": 4,
    "max_position_embeddings": 262144,
}
WHOLE_GROUP = 8  # rows and columns that formats pack together
FAMILIES = {
    "qwen3_next": {**_SHARED, **_EXPERTS, "intermediate_size": 80, "mlp_only_layers": [2]},
    "qwen3_5_text": {**_SHARED, "intermediate_size": 96, "tie_word_embeddings": True},
    "qwen3_5": {**_SHARED, "intermediate_size": 96},
    "qwen3_5_moe_text": {**_SHARED, **_EXPERTS},
    "qwen3_5_moe": {**_SHARED, **_EXPERTS},
}

_PLAIN = {
    **{
        name: value
        for name, value in _SHARED.items()
        if not name.startswith(("linear_", "layer_types", "head_dim"))
    },
    "intermediate_size": 96,
    "num_hidden_layers": 3,
    "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0},
}
# Beside an image half.
WRAPPED = {family: FAMILIES[family] for family in ("qwen3_5", "qwen3_5_moe")}
# Members without a delta layer; a head's dim is not hidden / heads but where the architecture has
# it so.
TRANSFORMERS = {
    "qwen3": {**_PLAIN, "head_dim": 16, "tie_word_embeddings": True},
    "qwen2": {**_PLAIN, "num_attention_heads": 4, "tie_word_embeddings": False},
    "llama": {
        **_PLAIN,
        "head_dim": 16,
        "hidden_size": 96,
        "tie_word_embeddings": True,
        "rms_norm_eps": 1e-5,
    },
}


def transformers_class(family):
    stems = {"qwen3_next": "Qwen3Next", "qwen3_5": "Qwen3_5", "qwen3_5_moe": "Qwen3_5Moe"}
    stems |= {"qwen3": "Qwen3", "qwen2": "Qwen2", "llama": "Llama"}
    wrapped = family in WRAPPED
    stem = stems[family.removesuffix("_text")]
    config = f"{stem}{'Text' if family.endswith('_text') else ''}Config"
    model = f"{stem}{'ForConditionalGeneration' if wrapped else 'ForCausalLM'}"
    return getattr(transformers, config), getattr(transformers, model)


def settings_of(family, **change):
    """transformers' configuration of a small member, eager in attention and experts."""
    text = {**(FAMILIES | TRANSFORMERS | WRAPPED)[family], **change}
    if family in WRAPPED:
        tied = text.get("tie_word_embeddings", False)
        raw = {"text_config": text, "vision_config": dict(_VISION), "tie_word_embeddings": tied}
    else:
        raw = text
    experts = {} if family in TRANSFORMERS else {"experts_implementation": "eager"}
    return transformers_class(family)[0](**raw, attn_implementation="eager", **experts)


def randomised(module, seed):
    """Every parameter random: norms, decays and biases too."""
    torch.manual_seed(seed)
    for name, parameter in module.named_parameters():
        parameter.data.normal_(
            0, 0.5 if parameter.ndim == 1 else 0.3 if "gate.weight" in name else 0.12
        )
    return module.eval().requires_grad_(False)


def write_family(folder, family, *, seed=0, dtype=torch.float32, shard="5GB", **change):
    """A checkpoint of `family` as transformers saves it, with a tokenizer; returns transformers'
    model.
    """
    settings = settings_of(family, **change)
    model = randomised(transformers_class(family)[1](settings), seed).to(dtype)
    model.save_pretrained(folder, max_shard_size=shard)
    (folder / "tokenizer.json").write_text(json.dumps(tiny.tokenizer_spec()))
    return model


def apart(tensors):
    """StackedExperts experts as single ones, as FP8 and int4 releases have them."""
    out = {}
    for name, tensor in tensors.items():
        stem, _, part = name.rpartition(".")
        if stem.endswith(".experts") and tensor.ndim == 3:
            for number, matrix in enumerate(tensor):
                halves = {"down_proj": matrix}
                if part == "gate_up_proj":
                    halves = dict(zip(("gate_proj", "up_proj"), matrix.chunk(2)))
                out |= {f"{stem}.{number}.{half}.weight": each for half, each in halves.items()}
        else:
            out[name] = tensor
    return out


def rewritten(source, target, change):
    """A copy of a folder of one file whose tensors `change` turned into others."""
    target.mkdir()
    for path in source.glob("*.json"):
        (target / path.name).write_bytes(path.read_bytes())
    tensors = change(load_file(source / "model.safetensors"))
    save_file(
        {name: part.contiguous() for name, part in tensors.items()}, target / "model.safetensors"
    )
    return target


GRID = 64  # tokens between the points of a state


def answer(model, state, seed=7, count=9):
    """A question and a few greedy tokens: what any caching could change."""
    fork = state.fork()
    logits = [model.logits(model.prefill(tiny.random_ids(11, seed), fork))]
    for _ in range(count):
        logits.append(model.logits(model.prefill([int(logits[-1].argmax())], fork)))
    return torch.stack(logits)


def pair(tmp_path, family, make, quantization):
    """A checkpoint with quantized matrices, and a plain one with what they stand for."""
    write_family(tmp_path / "source", family)
    source = tiny.seeded(0)
    plain = {}
    packed = {}
    for name, tensor in apart(load_file(tmp_path / "source" / "model.safetensors")).items():
        if (
            tensor.ndim == 2
            and not any(part in name for part in KEPT)
            and min(tensor.shape) >= WHOLE_GROUP
        ):
            parts, tensor = make(name.removesuffix(".weight"), tuple(tensor.shape), source)
            packed |= parts
        else:
            packed[name] = tensor
        plain[name] = tensor
    raw = json.loads((tmp_path / "source" / "config.json").read_text())
    for name, tensors, extra in (
        ("plain", plain, {}),
        ("packed", packed, {"quantization_config": quantization}),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(json.dumps(raw | extra))
        (tmp_path / name / "tokenizer.json").write_text(json.dumps(tiny.tokenizer_spec()))
        save_file(
            {key: part.contiguous() for key, part in tensors.items()},
            tmp_path / name / "model.safetensors",
        )
    return tmp_path / "plain", tmp_path / "packed"


def check_states(folder, where):
    """A state that was cut, forked, or saved in `where` gives the bits of a cold run."""
    model = load_model(folder, dtype="float32")
    ids = tiny.random_ids(200)
    cold = model.new_state(grid=GRID)
    model.prefill(ids, cold)
    right = answer(model, cold)
    pieces = model.new_state(grid=GRID)
    for piece in ids.split(GRID):
        model.prefill(piece, pieces)
    assert torch.equal(answer(model, pieces), right)
    back = model.new_state(grid=GRID)
    model.prefill(ids[:128], back)
    model.prefill(tiny.random_ids(50, 9), back.fork())
    save_state(back, where / "state", {}, model)
    model.prefill(ids[128:], back)
    assert torch.equal(answer(model, back), right)
    loaded = load_state(where / "state", model, {}, ids=ids)
    assert loaded.position == 128
    model.prefill(ids[128:], loaded)
    assert torch.equal(answer(model, loaded), right)


def check_pieces(folder):
    """Any pieces and single steps give what one forward pass gives."""
    model = load_model(folder, dtype="float64")
    ids = tiny.random_ids(150)
    right = model.network(ids[None])[0]
    for cuts in ((1, 2, 3), (37, 64, 101), (128,), (140, 141, 142, 143)):
        state = model.new_state()
        start = 0
        for stop in (*cuts, 150):
            hidden = model.prefill(ids[start:stop], state)
            assert (hidden - right[stop - 1]).abs().max() < 1e-11
            start = stop
