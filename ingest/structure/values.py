"""What a word says by itself: a number, an amount, a mark for nothing, a year."""

import re
from collections.abc import Sequence
from itertools import pairwise

_NUMBER = r"[$€£¥]?\(?[-+−]?[$€£¥]?\d[\d,.:/’']*(?:[-–]\d[\d,.]*)?\)?(?:%|[BMKkx×]\b)?[*†‡]*\)?%?"
_NOTHING = r"[—–-]{1,3}|\.\.|n\.?/?a\.?|nil|none"
_VALUE = re.compile(rf"[-+−(~<>≤≥]?{_NUMBER}(?:\(\d+\))?|{_NOTHING}", re.IGNORECASE)
_YEAR = re.compile(r"(?:FY)?(?:1[6-9]|20|21)\d\d(?:[-–/]\d{2,4})?[AE]?[*†‡]*", re.IGNORECASE)

_SIGN = re.compile(r"[$€£¥)%`]{1,2}|[A-Z]{1,2}\$|(?:USD|EUR|GBP)")  # around an amount

# Letters with which no value and no year begins.
_WORD = re.compile(
    # "n/a", "FY 2020"
    r"\s*+(?:(?!(?i:nil|none)|USD|EUR|GBP)[^\W\d_]{3}|(?![FNfn])[^\W\d_]{1,2}(?!\S))"
)
_SECTION = re.compile(r"\d{1,3}(?:\.\d{1,3})+")
_LONGEST_COUNT = 7
_FEWEST_COUNTED = 3


def is_year(word: str) -> bool:
    return _YEAR.fullmatch(word) is not None


def is_value_text(text: str) -> bool:
    """Whether a text is only numbers, amounts or marks for nothing ("$ 1,200", "(12 )%", "—"), and
    no year.
    """
    if _WORD.match(text):
        return False
    words = []
    for word in text.split():
        if _VALUE.fullmatch(word):
            words.append(word)
        elif not _SIGN.fullmatch(word):
            return False
    return bool(words) and not is_year("".join(words))


def are_consecutive_numbers(texts: Sequence[str]) -> bool:
    """Whether most texts, between others, are whole numbers that rise or fall by one, as of
    lines.
    """
    plain = [text for text in texts if not _SECTION.fullmatch(text)]
    numbers = [int(text) for text in plain if text.isdecimal() and len(text) < _LONGEST_COUNT]
    if len(numbers) < max(_FEWEST_COUNTED, 0.8 * len(plain), 0.5 * len(texts)):
        return False
    steps = [b - a for a, b in pairwise(numbers) if b != 1]
    return max(sum(step == one for step in steps) for one in (1, -1)) >= 0.75 * len(steps) > 0
