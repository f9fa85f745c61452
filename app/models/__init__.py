"""Checkpoints on this machine: which are known, which are here, how one is fetched. No tensors."""

__all__ = ["before_pull", "choose", "known", "library", "pull", "remove"]
