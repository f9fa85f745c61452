"""Qwen3.5 with experts in every layer, whose weights always add up to 1. An image half around it
is not read.
"""

from docqa.model.errors import ConfigUnsupported
from docqa.model.family import Family, GgufForm
from docqa.model.gguf.names import HYBRID_NAMES


def complete_config(raw: dict[str, object]) -> None:
    """Nothing may be left out. Raises ConfigUnsupported: it does not say how many experts there
    are.
    """
    if raw.get("num_experts") is None:
        raise ConfigUnsupported("config.json lacks a field of the architecture (num_experts)")


FAMILY = Family(
    model_type="qwen3_5_moe_text",
    classes="Qwen3_5MoeText",
    complete=complete_config,
    computed={"norm_topk_prob": (True,), "decoder_sparse_step": (1,), "mlp_only_layers": ([],)},
    gguf=GgufForm(HYBRID_NAMES, heads_in_turns=True),
)
