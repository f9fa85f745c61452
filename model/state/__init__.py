"""A State: what the layers hold after reading, in memory and on disk."""

__all__ = [
    "atomic",
    "delta_memory",
    "files",
    "header",
    "kv_cache",
    "long_attention",
    "state",
]
