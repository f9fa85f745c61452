"""Everything that measures or fits: quality, calibration, needles, benchmarks; no answer depends on it."""

__all__ = ["evaluate", "figures", "judging", "questions", "scoring"]
