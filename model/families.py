"""The family's `model_type`s: what each calls the text model that docqa runs."""

TEXT_TYPES = {
    "qwen3_5": "qwen3_5_text",
    "qwen3_5_text": "qwen3_5_text",
    "qwen3_5_moe": "qwen3_5_moe_text",
    "qwen3_5_moe_text": "qwen3_5_moe_text",
    "qwen3_next": "qwen3_next",
    "qwen3": "qwen3",
    "qwen2": "qwen2",
    "llama": "llama",
}
# Hybrids (hybrid.py): with a dense MLP, with experts, and the first of them.
DENSE, MOE, NEXT = "qwen3_5_text", "qwen3_5_moe_text", "qwen3_next"
# Transformers (transformer.py): the members without a delta layer.
QWEN3, QWEN2, LLAMA = "qwen3", "qwen2", "llama"
TRANSFORMERS = (QWEN3, QWEN2, LLAMA)
