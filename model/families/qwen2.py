"""Qwen2 and Qwen2.5: as Llama, with a bias on queries, keys and values, whatever config.json
says.
"""

from functools import partial

from docqa.model.family import Family, GgufForm
from docqa.model.gguf.names import TRANSFORMER_NAMES

from . import llama

FAMILY = Family(
    model_type="qwen2",
    classes="Qwen2",
    complete=partial(llama.complete_config, context=32_768),
    computed=llama.COMPUTED | {"attention_bias": (False, True)},
    recurrent=False,
    gated=False,
    biased=True,
    normed=False,
    rotated=1.0,
    rope_types=llama.ROPE_TYPES,
    gguf=GgufForm(TRANSFORMER_NAMES),
)
