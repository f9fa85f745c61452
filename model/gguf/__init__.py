"""What a GGUF file says: its metadata as a config.json and a tokenizer.json, its tensors, the names of the format."""

__all__ = ["file", "names", "reader", "tokenizer"]
