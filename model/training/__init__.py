"""Makes the bundled weights; nothing that answers a question imports it."""

__all__ = ["gradients", "loop"]
