"""A checkpoint as one GGUF file, as llama.cpp reads it.

Beside what conventions.py does to a tensor, `qwen3next` keeps the two small projections of a delta net interleaved,
experts are stacked by kind, and the MTP module is one more block. Matrices are bf16, everything else float32.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from docqa.model.checkpoints.gguf.conventions import to_file
from docqa.model.checkpoints.gguf.vocabulary import Vocabulary
from docqa.model.checkpoints.layout import together_of
from docqa.model.config import FULL, LINEAR, HybridConfig
from docqa.model.errors import ConfigUnsupported
from docqa.model.families import NEXT, TRANSFORMERS
from docqa.model.gguf.names import (
    ARCHITECTURES,
    EXPERT_NAMES,
    LAYER_NAMES,
    MTP_NAMES,
    ROPE_FACTORS,
    TOP_NAMES,
    TRANSFORMER_LAYER_NAMES,
)

if TYPE_CHECKING:
    from gguf import GGUFWriter

# Small matrices that stay in float32.
NARROW = (".ssm_conv1d.weight", ".ssm_alpha.weight", ".ssm_beta.weight", ".ssm_ba.weight", ".ffn_gate_inp.weight")


def write_gguf(
    config: HybridConfig, tensors: Mapping[str, Tensor], vocabulary: Vocabulary, path: Path, *, name: str,
    matrices: str = "BF16",
) -> None:  # fmt: skip
    """Write `path`.

    Args:
        tensors: by their plain names (weights.py), `mtp.*` among them where the checkpoint has that module.
        name: what the file calls the model.
        matrices: their type: F32, BF16, or one of `gguf.quants` (Q4_0, Q4_1, Q8_0) whose blocks split their rows.

    Raises:
        ConfigUnsupported: the format cannot say what this architecture is.
    """
    from gguf import GGUFWriter

    _check(config)
    mtp_blocks = int("mtp.fc.weight" in tensors)
    writer = GGUFWriter(path, ARCHITECTURES[config.model_type])
    _add_metadata(writer, config, mtp_blocks, name, matrices)
    vocabulary.add_to(writer)
    for gguf_name, tensor in gguf_tensors(config, tensors):
        _add_tensor(writer, gguf_name, tensor, matrices)
    if config.rope_parameters.get("rope_type") == "llama3":
        writer.add_tensor(ROPE_FACTORS, rope_factors(config).float().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def gguf_tensors(config: HybridConfig, tensors: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """(name, tensor) as the file holds them, from the tensors of a checkpoint by their plain names."""
    for name, tensor in tensors.items():
        stem, _, part = name.rpartition(".")
        if stem.endswith(".experts"):
            halves = (
                {"down": tensor} if part == "down_proj" else dict(zip(("gate", "up"), tensor.chunk(2, 1), strict=True))
            )
            for half, stacked in halves.items():
                yield f"{_block(config, name)}.{EXPERT_NAMES[half]}", stacked
        elif config.model_type == NEXT and name.endswith("in_proj_a.weight"):
            continue  # goes together with in_proj_b
        elif config.model_type == NEXT and name.endswith("in_proj_b.weight"):
            together = name.replace("in_proj_b", "in_proj_ba")
            yield gguf_name(config, together), together_of(together, config, tensors)
        else:
            yield gguf_name(config, name), to_file(config, name)(tensor)


def gguf_name(config: HybridConfig, name: str) -> str:
    """What the file calls a tensor; the MTP module is the block behind the last layer.

    Raises:
        ConfigUnsupported: the architecture has no such tensor.
    """
    if name in TOP_NAMES:
        return TOP_NAMES[name]
    if name in MTP_NAMES:
        return f"blk.{config.num_hidden_layers}.{MTP_NAMES[name]}"
    parts = name.removeprefix("mtp.").split(".", 2)
    layer_names = TRANSFORMER_LAYER_NAMES if config.model_type in TRANSFORMERS else LAYER_NAMES
    if len(parts) == 3 and parts[0] == "layers" and parts[2] in layer_names:
        return f"{_block(config, name)}.{layer_names[parts[2]]}"
    architecture = ARCHITECTURES[config.model_type]
    raise ConfigUnsupported(f"tensor {name} has no place in a GGUF file of {architecture}; export it with --format hf")


def _block(config: HybridConfig, name: str) -> str:
    """What the file calls the layer of a tensor."""
    number = int(name.removeprefix("mtp.").split(".", 2)[1])
    return f"blk.{number + (config.num_hidden_layers if name.startswith('mtp.') else 0)}"


def _check(config: HybridConfig) -> None:
    if config.model_type in TRANSFORMERS:
        return
    if config.model_type not in ARCHITECTURES:
        raise ConfigUnsupported(f"docqa writes no GGUF files of {config.model_type}; export it with --format hf")
    architecture = ARCHITECTURES[config.model_type]
    kinds = {config.sparse(number) for number in range(config.num_hidden_layers)}
    if len(kinds) > 1:
        raise ConfigUnsupported(
            f"a GGUF file of {architecture} has experts in every layer, this model in some; export it with --format hf"
        )
    if config.linear_key_head_dim != config.linear_value_head_dim:
        raise ConfigUnsupported(
            f"a GGUF file of {architecture} has one size for the keys and values of a delta net, this model has "
            f"{config.linear_key_head_dim} and {config.linear_value_head_dim}; export it with --format hf"
        )


def _add_tensor(writer: GGUFWriter, name: str, tensor: Tensor, matrices: str) -> None:
    from gguf import GGMLQuantizationType, quants

    if tensor.ndim < 2 or name.endswith(NARROW) or matrices == "F32":
        writer.add_tensor(name, tensor.float().contiguous().numpy())
        return
    kind = GGMLQuantizationType[matrices]
    if matrices == "BF16":
        raw = tensor.to(torch.bfloat16).contiguous().view(torch.uint8).numpy()
    else:
        raw = quants.quantize(tensor.float().contiguous().numpy(), kind)
    writer.add_tensor(name, raw, raw_dtype=kind)


def _add_metadata(writer: GGUFWriter, config: HybridConfig, mtp_blocks: int, name: str, matrices: str) -> None:
    from gguf import LlamaFileType

    writer.add_name(name)
    writer.add_file_type(LlamaFileType.ALL_F32 if matrices == "F32" else LlamaFileType.MOSTLY_BF16)
    writer.add_block_count(config.num_hidden_layers + mtp_blocks)
    if mtp_blocks:
        writer.add_nextn_predict_layers(mtp_blocks)
    writer.add_vocab_size(config.vocab_size)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    if config.intermediate_size:
        writer.add_feed_forward_length(config.intermediate_size)
    if config.num_experts:
        writer.add_expert_count(config.num_experts)
        writer.add_expert_used_count(config.num_experts_per_tok)
        writer.add_expert_feed_forward_length(config.moe_intermediate_size)
        writer.add_expert_shared_feed_forward_length(config.shared_expert_intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    if config.model_type not in TRANSFORMERS:
        _add_delta_nets(writer, config, mtp_blocks)
    _add_rope(writer, config)


def rope_factors(config: HybridConfig) -> Tensor:
    """What `llama3` divides each rotary frequency by, which the format has in a tensor of its own; float64."""
    plain = replace(config, rope_parameters={"rope_theta": config.rope_parameters["rope_theta"]})
    return plain.rotary_frequencies()[0] / config.rotary_frequencies()[0]


def _add_delta_nets(writer: GGUFWriter, config: HybridConfig, mtp_blocks: int) -> None:
    writer.add_ssm_conv_kernel(config.linear_conv_kernel_dim)
    writer.add_ssm_state_size(config.linear_key_head_dim)
    writer.add_ssm_group_count(config.linear_num_key_heads)
    writer.add_ssm_time_step_rank(config.linear_num_value_heads)
    writer.add_ssm_inner_size(config.linear_num_value_heads * config.linear_value_head_dim)
    recurrent = [kind == LINEAR for kind in config.layer_types] + [False] * mtp_blocks
    writer.add_array(f"{ARCHITECTURES[config.model_type]}.attention.recurrent_layers", recurrent)
    interval = _interval(config.layer_types)
    if interval is not None:
        writer.add_full_attention_interval(interval)


def _interval(kinds: tuple[str, ...]) -> int | None:
    """n where exactly every n-th layer is attention, for readers that do not know the list; else None."""
    if FULL not in kinds:
        return None
    every = kinds.index(FULL) + 1
    return every if all((kind == FULL) == ((i + 1) % every == 0) for i, kind in enumerate(kinds)) else None


def _add_rope(writer: GGUFWriter, config: HybridConfig) -> None:
    from gguf import RopeScalingType

    rope = config.rope_parameters
    writer.add_rope_freq_base(float(rope.get("rope_theta", 10_000_000.0)))
    writer.add_rope_dimension_count(config.rotary_dim)
    if config.model_type not in (NEXT, *TRANSFORMERS):
        # Frequencies take turns between three position rows, which are equal for text. The fourth row is always 0, so
        # the three together must cover all of them.
        pairs = config.rotary_dim // 2
        sections = rope.get("mrope_section") or [-(-(pairs - row) // 3) for row in range(3)]
        writer.add_rope_dimension_sections([*sections, 0][:4])
    if rope.get("rope_type") == "linear":
        writer.add_rope_scaling_type(RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(float(rope["factor"]))
    if config.static_factor != 1.0:
        writer.add_rope_scaling_type(RopeScalingType.YARN)
        writer.add_rope_scaling_factor(config.static_factor)
        writer.add_rope_scaling_orig_ctx_len(config.native_context)
