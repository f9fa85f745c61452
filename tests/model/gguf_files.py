"""Checkpoints of every family as GGUF files, as llama.cpp's converter writes them: what the reader
is tested on.
"""

import json
from dataclasses import replace

import torch
from gguf import GGMLQuantizationType, GGUFWriter, RopeScalingType, quants

from docqa.app.lab.bench.gguf_writer import to_file
from docqa.model.checkpoints.export import checkpoint_tensors
from docqa.model.config import FULL, LINEAR, HybridConfig
from docqa.model.families.qwen3_next import tensors_as_released
from docqa.model.gguf.names import EXPERT_NAMES, MTP_NAMES, ROPE_FACTORS, TOP_NAMES
from docqa.model.gguf.tokenizer import CONTROL, NORMAL, UNUSED

NARROW = (
    ".ssm_conv1d.weight",
    ".ssm_alpha.weight",
    ".ssm_beta.weight",
    ".ssm_ba.weight",
    ".ffn_gate_inp.weight",
)


def write_gguf(source, path, *, matrices="F32", more=None):
    """The checkpoint folder `source` as `path`; `more`: tensors beside its own, those of an MTP
    module.
    """
    config = HybridConfig.from_folder(source)
    tensors = checkpoint_tensors(source, config, torch.float32) | (more or {})
    writer = GGUFWriter(path, config.family.architecture)
    add_metadata(writer, config, int("mtp.fc.weight" in tensors))
    add_vocabulary(writer, source, config.vocab_size)
    for name, tensor in file_tensors(config, tensors):
        values = tensor.float().contiguous()
        if tensor.ndim < 2 or name.endswith(NARROW) or matrices == "F32":
            writer.add_tensor(name, values.numpy())
        else:
            kind = GGMLQuantizationType[matrices]
            raw = values.bfloat16().view(torch.uint8).numpy() if matrices == "BF16" else None
            writer.add_tensor(
                name, quants.quantize(values.numpy(), kind) if raw is None else raw, raw_dtype=kind
            )
    if config.rope_parameters.get("rope_type") == "llama3":
        plain = replace(
            config, rope_parameters={"rope_theta": config.rope_parameters["rope_theta"]}
        )
        factors = plain.rotary_frequencies()[0] / config.rotary_frequencies()[0]
        writer.add_tensor(ROPE_FACTORS, factors.float().numpy())
    finish(writer)


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def file_tensors(config, tensors):
    """(name, tensor) as a file holds them: experts stacked by kind, two small projections of
    qwen3next together.
    """
    if config.model_type == "qwen3_next":
        small = [
            name for name in tensors if name.endswith(("in_proj_a.weight", "in_proj_b.weight"))
        ]
        together = tensors_as_released(config, {name: tensors.pop(name) for name in small})
        tensors |= dict(together)
    for name, tensor in tensors.items():
        block, part = block_of(config, name)
        if part.endswith("experts.gate_up_proj"):
            yield from zip(
                (f"{block}.{EXPERT_NAMES[half]}" for half in ("gate", "up")), tensor.chunk(2, 1)
            )
        elif part.endswith("experts.down_proj"):
            yield f"{block}.{EXPERT_NAMES['down']}", tensor
        elif name in TOP_NAMES:
            yield TOP_NAMES[name], as_in_files(config, name, tensor)
        else:
            known = MTP_NAMES.get(name) or config.family.gguf.layer_names[part]
            yield f"{block}.{known}", as_in_files(config, name, tensor)


def as_in_files(config, name, tensor):
    """A tensor in the form that files have it in."""
    if not config.family.recurrent:
        rows = config.family.gguf.rows(config, name)
        return tensor if rows is None else tensor[rows.argsort()]
    if name.endswith("in_proj_ba.weight"):
        return tensor
    return (
        tensor[0] if name.endswith("shared_expert_gate.weight") else to_file(config, name)(tensor)
    )


def block_of(config, name):
    """What a file calls the layer of a tensor, and the rest of its name; the MTP module is one
    block more.
    """
    if name in MTP_NAMES:
        return f"blk.{config.num_hidden_layers}", name
    mtp = name.startswith("mtp.")
    name = name.removeprefix("mtp.")
    if not name.startswith("layers."):
        return "", name
    _, number, part = name.split(".", 2)
    return f"blk.{int(number) + (config.num_hidden_layers if mtp else 0)}", part


def add_metadata(writer, config, mtp_blocks):
    writer.add_block_count(config.num_hidden_layers + mtp_blocks)
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
    if config.family.recurrent:
        add_delta_nets(writer, config, mtp_blocks)
    rope = config.rope_parameters
    pairs = config.rotary_dim // 2
    writer.add_rope_freq_base(float(rope.get("rope_theta", 10_000_000.0)))
    writer.add_rope_dimension_count(config.rotary_dim)
    if config.family.gguf.heads_in_turns:
        writer.add_rope_dimension_sections([*(-(-(pairs - row) // 3) for row in range(3)), 0])
    if rope.get("rope_type") == "linear":
        writer.add_rope_scaling_type(RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(float(rope["factor"]))
    if config.checkpoint_yarn_factor != 1.0:
        writer.add_rope_scaling_type(RopeScalingType.YARN)
        writer.add_rope_scaling_factor(config.checkpoint_yarn_factor)
        writer.add_rope_scaling_orig_ctx_len(config.native_context)


def add_delta_nets(writer, config, mtp_blocks):
    kinds = config.layer_types
    every = config.layer_types.index(FULL) + 1
    writer.add_ssm_conv_kernel(config.linear_conv_kernel_dim)
    writer.add_ssm_state_size(config.linear_key_head_dim)
    writer.add_ssm_group_count(config.linear_num_key_heads)
    writer.add_ssm_time_step_rank(config.linear_num_value_heads)
    writer.add_ssm_inner_size(config.linear_num_value_heads * config.linear_value_head_dim)
    recurrent = [kind == LINEAR for kind in kinds] + [False] * mtp_blocks
    writer.add_array(f"{config.family.architecture}.attention.recurrent_layers", recurrent)
    if all((kind == FULL) == ((at + 1) % every == 0) for at, kind in enumerate(kinds)):
        writer.add_full_attention_interval(every)


def add_vocabulary(writer, source, rows):
    """That of tiny.py, with the ids of config.json and the chat template beside it."""
    spec = json.loads((source / "tokenizer.json").read_text())
    raw = json.loads((source / "config.json").read_text())
    tokens = [f"[PAD{number}]" for number in range(rows)]
    kinds = [UNUSED] * rows
    for token, number in spec["model"]["vocab"].items():
        tokens[number], kinds[number] = token, NORMAL
    for entry in spec["added_tokens"]:
        tokens[entry["id"]], kinds[entry["id"]] = entry["content"], CONTROL
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(
        [merge if isinstance(merge, str) else " ".join(merge) for merge in spec["model"]["merges"]]
    )
    writer.add_add_bos_token(False)
    writer.add_add_space_prefix(False)
    for name in ("bos", "eos", "pad"):
        if isinstance(raw.get(f"{name}_token_id"), int):
            getattr(writer, f"add_{name}_token_id")(raw[f"{name}_token_id"])
    template = source / "chat_template.jinja"
    if template.is_file():
        writer.add_chat_template(template.read_text())
