"""Published quantized formats: each tensor is what its definition says, and whole checkpoints load
as if plain.
"""

import json

import pytest
import quantized_tensors as made
import tiny
import torch
from family_checkpoints import FAMILIES, pair
from safetensors.torch import load_file, save_file

from docqa.model.checkpoints.check import compare_with_transformers
from docqa.model.checkpoints.checkpoint import Checkpoint
from docqa.model.checkpoints.network import load_network
from docqa.model.config import HybridConfig
from docqa.model.errors import ConfigUnsupported, WeightsMismatch, WeightsMissing
from docqa.model.load import load_model

FP8 = {
    "quant_method": "fp8",
    "weight_block_size": [128, 128],
    "activation_scheme": "dynamic",
    "fmt": "e4m3",
}
AWQ = {
    "quant_method": "awq",
    "bits": 4,
    "group_size": made.GROUP,
    "version": "gemm",
    "zero_point": True,
}
GPTQ = {"quant_method": "gptq", "bits": 4, "group_size": made.GROUP, "checkpoint_format": "gptq"}
COMPRESSED = {"quant_method": "compressed-tensors", "format": "pack-quantized", "config_groups": {}}


def generator():
    return torch.Generator().manual_seed(0)


def write(folder, tensors, quantization):
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(
        json.dumps({**tiny.RAW, "quantization_config": quantization})
    )
    save_file(tensors, folder / "model.safetensors")
    return folder


CASES = {
    "fp8 ragged": (lambda: made.fp8("x", (130, 257), generator()), FP8),
    "fp8 bf16 scales": (
        lambda: made.fp8("x", (9, 10), generator(), block=(4, 4), dtype=torch.bfloat16),
        FP8 | {"weight_block_size": [4, 4]},
    ),
    "fp8 rows": (
        lambda: made.fp8_rows("x", (9, 10), generator()),
        {"quant_method": "compressed-tensors", "format": "float-quantized"},
    ),
    "awq": (lambda: made.awq("x", (24, 32), generator()), AWQ),
    "gptq v1": (lambda: made.gptq("x", (24, 32), generator()), GPTQ),
    "gptq v1 moved": (lambda: made.gptq("x", (24, 32), generator(), moved=True), GPTQ),
    "gptq v2": (
        lambda: made.gptq("x", (24, 32), generator(), offset=0),
        GPTQ | {"checkpoint_format": "gptq_v2"},
    ),
    "gptq 8 bits by module": (
        lambda: made.gptq("x", (24, 32), generator(), bits=8),
        GPTQ | {"dynamic": {"x": {}}},
    ),
    "compressed": (lambda: made.compressed("x", (11, 30), generator()), COMPRESSED),
    "compressed symmetric": (
        lambda: made.compressed("x", (11, 30), generator(), zeros=False),
        COMPRESSED,
    ),
    "compressed 8 bits": (lambda: made.compressed("x", (11, 32), generator(), bits=8), COMPRESSED),
}


@pytest.mark.parametrize("case", CASES)
def test_a_tensor_is_what_its_definition_says(tmp_path, case):
    make, quantization = CASES[case]
    parts, right = make()
    with Checkpoint(write(tmp_path, parts, quantization)) as held:
        assert set(held.names) == {"x.weight"}
        assert torch.equal(held.tensor("x.weight", tuple(right.shape), torch.float32), right)


WHOLE = {
    "fp8": lambda stem, shape, source: made.fp8(stem, shape, source, block=(16, 32)),
    "awq": made.awq,
    "gptq": made.gptq,
    "compressed-tensors": made.compressed,
}
SAID = {
    "fp8": FP8 | {"weight_block_size": [16, 32]},
    "awq": AWQ,
    "gptq": GPTQ,
    "compressed-tensors": COMPRESSED,
}


QUICK = {
    ("qwen3_next", "fp8"),
    ("qwen3_next", "awq"),
    ("qwen3_5_text", "gptq"),
    ("qwen3_5_moe_text", "compressed-tensors"),
}
EVERY = [
    pytest.param(family, method, marks=() if (family, method) in QUICK else pytest.mark.slow)
    for family in FAMILIES
    for method in WHOLE
]


@pytest.mark.parametrize(("family", "method"), EVERY)
def test_quantized_checkpoint_equals_its_dequantized_form(tmp_path, family, method):
    plain, packed = pair(tmp_path, family, WHOLE[method], SAID[method])
    config = HybridConfig.from_folder(packed)
    right = load_network(plain, config, torch.float32).state_dict()
    for name, tensor in load_network(packed, config, torch.float32).state_dict().items():
        assert torch.equal(tensor, right[name]), name


CHECKED = "qwen3_next-fp8", "qwen3_5_moe-awq", "qwen3_5_text-gptq"


@pytest.mark.parametrize("case", CHECKED)
def test_a_quantized_checkpoint_gives_the_logits_of_transformers(tmp_path, case):
    family, method = case.split("-", 1)
    _, packed = pair(tmp_path, family, WHOLE[method], SAID[method])
    result = compare_with_transformers(packed, lengths=(65,))
    print(case, result["max_abs_diff"], result["transformers_fp32_vs_fp64"])
    assert result["argmax_equal"] and result["max_abs_diff"] < 5e-4


def dense(tmp_path, quantization, change):
    """The tiny checkpoint with one quantized matrix, its parts changed."""
    tiny.write_checkpoint(tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    name = "model.layers.0.mlp.up_proj"
    shape = tuple(tensors.pop(f"{name}.weight").shape)
    kinds = {
        "fp8": made.fp8,
        "awq": made.awq,
        "gptq": made.gptq,
        "compressed-tensors": made.compressed,
    }
    parts = kinds[quantization.get("as", quantization["quant_method"])](name, shape, generator())[0]
    change(parts)
    save_file(tensors | parts, tmp_path / "model.safetensors")
    raw = {key: value for key, value in quantization.items() if key != "as"}
    (tmp_path / "config.json").write_text(json.dumps({**tiny.RAW, "quantization_config": raw}))
    return tmp_path


def without(name):
    return lambda parts: parts.pop(f"model.layers.0.mlp.up_proj.{name}")


def cut(name):
    def change(parts):
        key = f"model.layers.0.mlp.up_proj.{name}"
        parts[key] = parts[key][:-1].contiguous()

    return change


def retyped(parts):
    name = "model.layers.0.mlp.up_proj.weight"
    parts[name] = parts[name].to(torch.int8)


def nothing(parts):
    pass


@pytest.mark.parametrize(
    ("quantization", "change", "error", "said"),
    [
        (
            FP8,
            without("weight_scale_inv"),
            WeightsMismatch,
            "up_proj.weight is stored as torch.float8_e4m3fn without",
        ),
        (FP8, retyped, WeightsMismatch, "up_proj.weight has a scale, and is stored as torch.int8"),
        (
            FP8 | {"weight_block_size": [64, 64]},
            nothing,
            WeightsMismatch,
            r"scales of \(1, 1\), a matrix of \(96",
        ),
        (AWQ, without("qzeros"), WeightsMissing, "up_proj.qzeros"),
        (
            AWQ,
            cut("scales"),
            WeightsMismatch,
            "model.safetensors: model.layers.0.mlp.up_proj.qweight has",
        ),
        (AWQ | {"group_size": 64}, nothing, WeightsMismatch, "groups of 8, config.json says 64"),
        (GPTQ, cut("qweight"), WeightsMismatch, "7 words for 64 values"),
        (GPTQ, without("scales"), WeightsMissing, "up_proj.scales"),
        (COMPRESSED, cut("weight_packed"), WeightsMismatch, "weight_packed of"),
        (
            {"quant_method": "bitsandbytes", "as": "awq"},
            nothing,
            ConfigUnsupported,
            "config.json: .*'bitsandbytes'",
        ),
        (AWQ | {"version": "gemv"}, nothing, ConfigUnsupported, "version = 'gemv'"),
        (AWQ | {"bits": 3}, nothing, ConfigUnsupported, "bits = 3"),
        (
            COMPRESSED | {"format": "nvfp4-pack-quantized"},
            nothing,
            ConfigUnsupported,
            "nvfp4-pack-quantized",
        ),
        (
            FP8 | {"as": "gptq"},
            nothing,
            ConfigUnsupported,
            "up_proj.qweight is quantized, .* names fp8",
        ),
        (GPTQ | {"as": "awq"}, nothing, WeightsMismatch, "up_proj.qweight has"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_file_and_the_reason(
    tmp_path, quantization, change, error, said
):
    with pytest.raises(error, match=said):
        load_model(dense(tmp_path, quantization, change), dtype="float32")
