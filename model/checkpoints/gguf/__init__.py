"""GGUF files: reading, writing, names and vocabulary."""

__all__ = ["checkpoint", "conventions", "writer"]
