"""Long regular expressions, written as lines of alternatives."""

from __future__ import annotations

import re


def any_of(lines: str, **parts: str) -> re.Pattern[str]:
    """Matches what any of `lines` does, in upper or lower case; a name in `parts` stands for its text."""
    joined = "|".join(line.strip() for line in lines.strip().splitlines())
    for name, text in parts.items():
        joined = joined.replace(name, text)
    return re.compile(joined, re.IGNORECASE)
