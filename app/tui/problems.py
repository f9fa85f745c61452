"""What went wrong in a thread, as a line for whoever sits before it; nothing ends the interface. No Textual here."""

from __future__ import annotations

from docqa.app import report


def problem(error: Exception) -> str:
    """The message of an error that is expected; of any other that it is a bug, and which."""
    if isinstance(error, report.expected_errors()) or report.out_of_memory(error):
        return report.describe(error)
    return f"this is a bug in docqa: {type(error).__name__}: {error}"
