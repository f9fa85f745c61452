"""Qwen3, dense: as Llama, with a norm over the query and the key of each head."""

from docqa.model.family import Family, GgufForm, set_default
from docqa.model.gguf.names import TRANSFORMER_NAMES

from . import llama


def complete_config(raw: dict[str, object]) -> None:
    """Fill in what is left out, as transformers does."""
    set_default(raw, "head_dim", 128)
    llama.complete_config(raw, context=32_768)


FAMILY = Family(
    model_type="qwen3",
    classes="Qwen3",
    complete=complete_config,
    computed=llama.COMPUTED,
    recurrent=False,
    gated=False,
    rotated=1.0,
    rope_types=llama.ROPE_TYPES,
    gguf=GgufForm(TRANSFORMER_NAMES),
)
