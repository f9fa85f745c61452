"""A State: what the layers hold after reading, in memory and on disk."""
