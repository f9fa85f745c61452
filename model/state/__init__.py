"""A State: what the layers hold after reading, in memory and on disk."""

__all__ = ["files", "header", "indexed", "kv_cache", "long_attention", "state"]
