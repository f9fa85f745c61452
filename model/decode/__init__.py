"""Writing: steps, beams, sampling, drafts, and copying spans."""

__all__ = ["beams", "copy", "generate", "sample", "step"]
