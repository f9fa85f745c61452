"""GGUF files: their metadata as a config.json and a tokenizer.json, their tensors, the names of the
format.
"""

__all__ = ["file", "names", "parser", "tokenizer"]
