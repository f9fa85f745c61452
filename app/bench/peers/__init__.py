"""Other runtimes on the same task: transformers and llama.cpp."""

__all__ = ["contestants", "llama"]
