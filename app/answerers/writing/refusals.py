"""What opens a reply: the words that say that nothing answers, or a yes or no."""

from __future__ import annotations

import re

from docqa.app.answer.grades import Verdict
from docqa.model.prompts.prompt import REFUSAL

_VERDICT = re.compile(
    r"\s*(?:\*\*|__)?(yes|no)\b(?:\*\*|__)?\s*[,.;:!–—-]*\s*(?:\*\*|__)?\s*(?!one\b|\d)", re.IGNORECASE
)
_EDGES = " \t\n\"'“”‘’*_`.!"


def is_as_told(text: str) -> bool:
    """Whether `text` begins with the words in which the model was told to say that nothing answers."""
    folded, told = text.strip(_EDGES).casefold(), REFUSAL.strip().casefold()
    return folded == told or folded.startswith((f"{told}.", f"{told}\n"))


def starts_with_verdict(text: str) -> tuple[Verdict | None, str]:
    """(yes or no where `text` begins with it, the words behind it)."""
    match = _VERDICT.match(text)
    if match is None or (match[0].strip().lower() == "no" and text[match.end() :][:1].islower()):
        return None, text  # "No notice is due" denies something, and answers nothing with no
    return Verdict(match[1].lower()), text[match.end() :]
