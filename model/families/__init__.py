"""The family's `model_type`s: what each calls the text model that docqa runs; a file a family reads its config.json."""

TEXT_TYPES = {
    "qwen3_5": "qwen3_5_text",
    "qwen3_5_text": "qwen3_5_text",
    "qwen3_5_moe": "qwen3_5_moe_text",
    "qwen3_5_moe_text": "qwen3_5_moe_text",
    "qwen3_next": "qwen3_next",
    "olmo_hybrid": "olmo_hybrid",
    "kimi_linear": "kimi_linear",
    "bailing_hybrid": "bailing_hybrid",
    "qwen4_exp": "qwen4_exp_text",
    "qwen4_exp_text": "qwen4_exp_text",
    "qwen3": "qwen3",
    "qwen2": "qwen2",
    "llama": "llama",
}
# Hybrids (hybrid.py): with a dense MLP, with experts, and the first of them.
DENSE, MOE, NEXT = "qwen3_5_text", "qwen3_5_moe_text", "qwen3_next"
# Hybrids with a file of their own, called as they are.
OLMO_HYBRID, KIMI_LINEAR, BAILING_HYBRID = "olmo_hybrid", "kimi_linear", "bailing_hybrid"
QWEN4 = "qwen4_exp_text"
LATENT = (KIMI_LINEAR, BAILING_HYBRID)  # with latent attention, a decay for each channel, and grouped experts
# Transformers (transformer.py): the members without a delta layer.
QWEN3, QWEN2, LLAMA = "qwen3", "qwen2", "llama"
TRANSFORMERS = (QWEN3, QWEN2, LLAMA)

__all__ = ["bailing_hybrid", "fields", "grouped_experts", "kimi_linear", "ngrams", "olmo_hybrid", "qwen4_exp"]
