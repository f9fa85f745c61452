"""What words say by themselves: the form, kind and parts of a question, and yes or no of a clause."""

__all__ = ["answer_types", "followup", "forms", "language", "lead_in", "two_parts", "verdict_words", "verdicts"]
