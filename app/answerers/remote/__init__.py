"""A model on an OpenAI-compatible server as the engine: only chosen passages leave this machine,
only when asked.
"""

__all__ = ["address", "client", "generator", "stream"]
