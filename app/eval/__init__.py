"""Quality on questions with known answers: what `docqa eval` measures."""

__all__ = ["evaluate", "judging", "questions"]
