"""Hybrids with a network of their own, one file each: what is theirs alone. `hybrid.py` has what they share."""

__all__ = ["bailing_hybrid", "kimi_linear", "ngram_embedding", "olmo_hybrid", "qwen4_exp"]
