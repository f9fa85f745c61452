"""GGUF files read as checkpoints."""

__all__ = ["checkpoint", "conventions"]
