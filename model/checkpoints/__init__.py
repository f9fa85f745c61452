"""Checkpoints on disk: formats, GGUF, experts, quantising, export, and the comparison with
transformers.
"""

__all__ = ["check", "experts", "export", "layout", "mapped", "network", "quantize", "weights"]
