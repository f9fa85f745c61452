"""What calibrates: questions asked of documents set aside, and the fits of what was noticed."""

__all__ = ["fitting", "refusal", "trials"]
