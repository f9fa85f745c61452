"""A dense hybrid as a GGUF file, so that llama.cpp, given ids and no text, can be measured on the
same weights.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor

from docqa.model.checkpoints.gguf.conventions import Change, keep_tensor, reorder_value_heads
from docqa.model.config import LINEAR, HybridConfig
from docqa.model.gguf.names import HYBRID_NAMES, TOP_NAMES

if TYPE_CHECKING:
    from gguf import GGUFWriter

# Small matrices that stay in float32.
NARROW = (".ssm_conv1d.weight", ".ssm_alpha.weight", ".ssm_beta.weight")


def write_gguf(
    config: HybridConfig, tensors: Mapping[str, Tensor], path: Path, *, matrices: str
) -> None:
    """Writes `path`, with the network's `tensors`; `config`: of a dense hybrid whose delta nets
    have keys and values of one size; `matrices`: one of `gguf.quants` whose blocks split their
    rows, or F32."""
    from gguf import GGMLQuantizationType, GGUFWriter, quants

    writer = GGUFWriter(path, config.family.architecture)
    kind = GGMLQuantizationType[matrices]
    _add_metadata(writer, config)
    for name, tensor in tensors.items():
        stored = file_name(name)
        values = to_file(config, name)(tensor).float().contiguous().numpy()
        if tensor.ndim < 2 or stored.endswith(NARROW):
            writer.add_tensor(stored, values)
        else:
            writer.add_tensor(stored, quants.quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def to_file(config: HybridConfig, name: str) -> Change:
    """Turns tensor `name` of a dense hybrid's checkpoint into the file's."""
    if "linear_attn." not in name:
        return (lambda x: x.float() + 1) if "norm" in name else keep_tensor
    part = name.rpartition("linear_attn.")[2]
    move = reorder_value_heads(config, part, config.linear_num_key_heads, -1)
    if part == "conv1d.weight":
        return lambda x: move(x[:, 0])
    return (lambda x: move(-x.float().exp())) if part == "A_log" else move


def file_name(name: str) -> str:
    """What the file calls tensor `name`."""
    if name in TOP_NAMES:
        return TOP_NAMES[name]
    _, number, part = name.split(".", 2)
    return f"blk.{number}.{HYBRID_NAMES[part]}"


def _add_metadata(writer: "GGUFWriter", config: HybridConfig) -> None:
    from gguf import TokenType

    writer.add_block_count(config.num_hidden_layers)
    writer.add_vocab_size(config.vocab_size)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_ssm_conv_kernel(config.linear_conv_kernel_dim)
    writer.add_ssm_state_size(config.linear_key_head_dim)
    writer.add_ssm_group_count(config.linear_num_key_heads)
    writer.add_ssm_time_step_rank(config.linear_num_value_heads)
    writer.add_ssm_inner_size(config.delta_key_and_value_widths[1])
    recurrent = [kind == LINEAR for kind in config.layer_types]
    writer.add_array(f"{config.family.architecture}.attention.recurrent_layers", recurrent)
    writer.add_rope_freq_base(float(config.rope_parameters.get("rope_theta", 10_000_000.0)))
    writer.add_rope_dimension_count(config.rotary_dim)
    # Frequencies take turns between three position rows, which are equal for text. The fourth row
    # is always 0, so the three together must cover all of them.
    pairs = config.rotary_dim // 2
    sections = config.rope_parameters.get("mrope_section") or [
        -(-(pairs - row) // 3) for row in range(3)
    ]
    writer.add_rope_dimension_sections([*sections, 0][:4])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([f"[{number}]" for number in range(config.vocab_size)])
    writer.add_token_types([TokenType.NORMAL] * config.vocab_size)
    writer.add_token_merges(["[0] [1]"])
