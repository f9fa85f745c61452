"""GGUF files: reading, writing, names and vocabulary."""
