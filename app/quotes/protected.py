"""Words whose change changes what a sentence says: figures, amounts, dates, identifiers, negations, duties.

Whatever the similarity, a quote in which one of them was changed, lost or added is at best `near`.
"""

from __future__ import annotations

import re
from collections import Counter

_WORDS = """
not no never none neither nor cannot without except unless until only shall may must will should january february
march april june july august september october november december monday tuesday wednesday thursday friday saturday
sunday percent per thousand million billion trillion dollar dollars euro euros pound pounds usd eur gbp one two
three four five six seven eight nine ten eleven twelve twenty thirty forty fifty sixty seventy eighty ninety hundred
first second third
"""
_PROTECTED_WORDS = frozenset(_WORDS.split())
_MARKS = re.compile(r"[§¶%$€£¥°]")
_NEGATED = re.compile(r"[^\W\d_]+n't$")


def is_protected(word: str) -> bool:
    """Whether a folded word (white space around it) is protected; punctuation at its edges does not matter."""
    core = word.strip(".,;:!?\"'()[]{}")
    if not core:
        return False
    return (
        any(character.isdigit() for character in core)
        or core in _PROTECTED_WORDS
        or _MARKS.search(core) is not None
        or _NEGATED.search(core) is not None
    )


def protected_words(words: list[str]) -> Counter[str]:
    """The protected ones among folded `words`, punctuation at the edges removed, with their counts."""
    return Counter(word.strip(".,;:!?\"'()[]{}") for word in words if is_protected(word))
