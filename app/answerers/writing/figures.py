"""The numbers that a text states, whatever way they are written: `1,200`, `twelve hundred`, `$1.2 million`, `two (2)`.

A number keeps the unit of time that it counts, so that five days are not five months.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

_SMALL = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen
"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ORDINALS = """
zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth
sixteenth seventeenth eighteenth nineteenth
"""
_VALUES = (
    {word: value for value, word in enumerate(_SMALL.split())}
    | {word: 10 * value for value, word in enumerate(_TENS.split(), 2)}
    | {word: value for value, word in enumerate(_ORDINALS.split())}
    | {"twentieth": 20, "thirtieth": 30}
)
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12}
_SHORT_SCALES = {"k": 1_000, "m": 10**6, "mn": 10**6, "bn": 10**9}
_MONTH_NAMES = "january february march april may june july august september october november december"
_MONTHS = _MONTH_NAMES.split()
_MONTH_OF = {name: name for name in _MONTHS} | {name[:3]: name for name in _MONTHS} | {"sept": "september"}
_UNITS = {"second", "minute", "hour", "day", "night", "week", "month", "quarter", "year", "decade", "century"}
_OTHER_UNITS = {"annum": "year", "yr": "year", "hr": "hour", "min": "minute", "percent": "%", "cent": "%"}
_TOKEN = re.compile(
    r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)*(?:st|nd|rd|th)?(?![^\W\d_])|\d+(?:\.\d+)?(?=[^\W\d_])|[^\W\d_]+|%"
)
_DATE = re.compile(r"\b(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[/.](\d{1,2})[/.](\d{4}|\d{2}))\b")
_REACH = 3


@dataclass(frozen=True)
class Figure:
    """A number as stated; `unit`: of time, or `%`, where one follows it, else ""; `digits`: it is not in words."""

    value: str
    unit: str
    shown: str
    digits: bool


def figures(text: str) -> list[Figure]:
    """The numbers of `text` in order; "one", "first" and "second" in words count as numbers too."""
    tokens = [match.group() for match in _TOKEN.finditer(_folded(text))]
    return list(_figures(tokens))


def months(text: str) -> set[str]:
    """The months that `text` names, in full; of numeric dates both that may be meant."""
    folded = _folded(text)
    found = {
        _MONTH_OF[word]
        for match in re.finditer(r"[^\W\d_]+", folded)
        if (word := match.group()) in _MONTH_OF and (word != "may" or _dated(folded, match.start(), match.end()))
    }
    for match in _DATE.finditer(folded):
        numbers = [match[2]] if match[1] else [match[4], match[5]]
        found |= {_MONTHS[int(number) - 1] for number in numbers if 1 <= int(number) <= 12}
    return found


_DAY_BEFORE = re.compile(r"\d(?:st|nd|rd|th)?\s+(?:day\s+of\s+)?$")
_YEAR_BEHIND = re.compile(r"\s*,?\s*\d")
_OF_MAY = re.compile(r"\b(?:in|of|until|since|by|from)\s+$")
_ENDS = re.compile(r"\s*(?:[.,;)]|$)")


def _dated(text: str, start: int, end: int) -> bool:
    """Whether a "may" is the month: a number stands beside it, or "in May" ends there."""
    before = text[max(start - 24, 0) : start]
    if _DAY_BEFORE.search(before) or _YEAR_BEHIND.match(text, end):
        return True
    return _OF_MAY.search(before) is not None and _ENDS.match(text, end) is not None


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace("‑", "-")


def _figures(tokens: list[str]) -> Iterator[Figure]:
    at = 0
    while at < len(tokens):
        value, used, digits = _number(tokens, at)
        if value is None:
            at += 1
            continue
        shown = " ".join(tokens[at : at + used])
        yield Figure(value, _unit(tokens, at + used), shown, digits)
        at += used


def _number(tokens: list[str], at: int) -> tuple[str | None, int, bool]:
    """(value, how many tokens it takes, whether it is in digits) of the number that begins at `at`."""
    token = tokens[at]
    if token[0].isdigit():
        bare = re.sub(r"(?:st|nd|rd|th)$", "", token).replace(",", "")
        scale = _SCALES.get(tokens[at + 1]) or _SHORT_SCALES.get(tokens[at + 1]) if at + 1 < len(tokens) else None
        if scale is not None and bare.count(".") < 2:
            return _plain(Decimal(bare) * scale), 2, True
        return _plain_or_as_is(bare), 1, True
    if token not in _VALUES and token not in ("hundred", "thousand", "million", "dozen"):
        return None, 1, False
    return _in_words(tokens, at)


def _in_words(tokens: list[str], at: int) -> tuple[str | None, int, bool]:
    """The same for words: "one hundred and twenty-five", "two thousand"."""
    total = current = 0
    last, used = 0, 0
    for number, token in enumerate(tokens[at:]):
        if token in _VALUES:
            value = _VALUES[token]
            if number and last in range(1, 20) or last >= 20 and value >= 10 and last < 100:
                break
            current, last, used = current + value, value, number + 1
        elif token in _SCALES:
            scale = _SCALES[token]
            current = max(current, 1) * scale
            if scale >= 1_000:
                total, current = total + current, 0
            last, used = scale, number + 1
        elif token != "and" or last < 100:
            break
    return str(total + current), max(used, 1), False


def _unit(tokens: list[str], at: int) -> str:
    for token in tokens[at : at + _REACH]:
        if token[0].isdigit() or token in _VALUES:  # "two (2) years": the next one takes it
            continue
        if token == "%":
            return "%"
        single = token.removesuffix("s")
        if single in _UNITS or single in _OTHER_UNITS:
            return _OTHER_UNITS.get(single, single)
    return ""


def _plain_or_as_is(bare: str) -> str:
    try:
        return _plain(Decimal(bare)) if bare.count(".") < 2 else bare
    except InvalidOperation:
        return bare


def _plain(value: Decimal) -> str:
    """`5` for `5.00` and for `05`."""
    shown = f"{value:f}"
    return (shown.rstrip("0").rstrip(".") if "." in shown else shown) or "0"
