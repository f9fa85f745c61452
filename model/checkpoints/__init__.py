"""Checkpoints on disk: formats, GGUF, experts, quantising, export, and the comparison with transformers."""
