"""Qwen3.5, dense: gated delta nets, and gated attention in every fourth layer. An image half
around it is not read.
"""

from docqa.model.family import Family, GgufForm
from docqa.model.gguf.names import HYBRID_NAMES

FAMILY = Family(
    model_type="qwen3_5_text",
    classes="Qwen3_5Text",
    computed={"num_experts": (0,)},
    gguf=GgufForm(HYBRID_NAMES, heads_in_turns=True),
)
