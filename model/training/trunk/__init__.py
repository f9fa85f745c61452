"""Training of the trunk: distillation, and its measures."""

__all__ = ["distill", "evaluate", "losses", "ship", "stage"]
