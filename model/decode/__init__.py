"""Writing: steps, beams, sampling, drafts, and copying spans."""
