"""What opens a reply: a yes or no."""

from __future__ import annotations

import re

from docqa.app.answer.grades import Verdict

_VERDICT = re.compile(
    r"\s*(?:\*\*|__)?(yes|no)\b(?:\*\*|__)?\s*[,.;:!–—-]*\s*(?:\*\*|__)?\s*(?!one\b|\d)", re.IGNORECASE
)


def starts_with_verdict(text: str) -> tuple[Verdict | None, str]:
    """(yes or no where `text` begins with it, the words behind it)."""
    match = _VERDICT.match(text)
    if match is None or (match[0].strip().lower() == "no" and text[match.end() :][:1].islower()):
        return None, text  # "No notice is due" denies something, and answers nothing with no
    return Verdict(match[1].lower()), text[match.end() :]
