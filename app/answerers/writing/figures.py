"""The numbers that a text states, whatever way they are written: `1,200`, `twelve hundred`, `$1.2 million`, `two (2)`.

A number keeps the unit that it counts, of time, money or measure, so that five days are not five months.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
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
_MEASURES = """
dollar usd; euro eur; sterling gbp; yen jpy; kilometre kilometer km; mile mi; metre meter; centimetre centimeter cm;
millimetre millimeter mm; foot feet ft; inch; kilogram kg; gram g; milligram mg; microgram mcg; tonne ton; ounce oz;
litre liter; millilitre milliliter ml; gallon; acre; hectare ha; celsius; fahrenheit; watt; kilowatt kw; megawatt mw;
kilobyte kb; megabyte mb; gigabyte gb; terabyte tb
"""
_MEASURE_OF = {name: row.split()[0] for row in _MEASURES.split(";") for name in row.split()}
_CURRENCIES = {"$": "dollar", "€": "euro", "£": "sterling", "¥": "yen"}
MONEY, TIME = frozenset(_CURRENCIES.values()), frozenset(_UNITS)
"""Units of money and of time: a price per month may be given with either."""
_TOKEN = re.compile(
    r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)*(?:st|nd|rd|th)?(?![^\W\d_])|\d+(?:\.\d+)?(?=[^\W\d_])|[^\W\d_]+|"
    r"[%$€£¥]"
)
_DATE = re.compile(r"\b(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[/.](\d{1,2})[/.](\d{4}|\d{2}))\b")
_REACH = 3


@dataclass(frozen=True)
class Figure:
    """A number as stated; `unit`: of time, money or measure, or `%`, where one stands beside it, else ""; `digits`: it
    is not in words; `start`, `end`: its characters in `folded(text)`."""

    value: str
    unit: str
    shown: str
    digits: bool
    start: int = 0
    end: int = 0


def figures(text: str) -> list[Figure]:
    """The numbers of `text` in order; "one", "first" and "second" in words count as numbers too."""
    shown = folded(text)
    return [_in_full(figure, shown) for figure in _figures(list(_TOKEN.finditer(shown)))]


def _in_full(figure: Figure, text: str) -> Figure:
    """The second year of a span like 2018–19 with its century."""
    before = _SPAN_OF_YEARS.search(text, max(figure.start - 7, 0), figure.start)
    if before is None or len(figure.value) != 2 or not figure.digits:
        return figure
    return replace(figure, value=before[1][:2] + figure.value, unit="")


def months(text: str) -> set[str]:
    """The months that `text` names, in full; of numeric dates both that may be meant."""
    shown = folded(text)
    found = {
        _MONTH_OF[word]
        for match in re.finditer(r"[^\W\d_]+", shown)
        if (word := match.group()) in _MONTH_OF and (word != "may" or _dated(shown, match.start(), match.end()))
    }
    for match in _DATE.finditer(shown):
        numbers = [match[2]] if match[1] else [match[4], match[5]]
        found |= {_MONTHS[int(number) - 1] for number in numbers if 1 <= int(number) <= 12}
    return found


def days(text: str) -> set[tuple[int, str]]:
    """The (day, month) pairs that `text` names; of numeric dates both that may be meant."""
    shown = folded(text)
    found = {
        (int(day), _MONTH_OF[name])
        for match in _DAY_OF_MONTH.finditer(shown)
        for day, name in ((match[1], match[2]), (match[4], match[3]))
        if day and name
    }
    for match in _DATE.finditer(shown):
        pairs = [(match[3], match[2])] if match[1] else [(match[4], match[5]), (match[5], match[4])]
        found |= {(int(day), _MONTHS[int(month) - 1]) for day, month in pairs if 1 <= int(month) <= 12}
    return found


_NAMES = "|".join(sorted(_MONTH_OF, key=len, reverse=True))
_DAY_OF_MONTH = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:day\s+of\s+)?({_NAMES})\b|\b({_NAMES})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\b"
)
_SPAN_OF_YEARS = re.compile(r"\b((?:1[5-9]|20)\d\d)\s?[-–/]\s?$")
_DAY_BEFORE = re.compile(r"\d(?:st|nd|rd|th)?\s+(?:day\s+of\s+)?$")
_YEAR_BEHIND = re.compile(r"\s*+(?:,\s*+)?\d")
_OF_MAY = re.compile(r"\b(?:in|of|until|since|by|from)\s+$")
_ENDS = re.compile(r"\s*(?:[.,;)]|$)")


def _dated(text: str, start: int, end: int) -> bool:
    """Whether a "may" is the month: a number stands beside it, or "in May" ends there."""
    before = text[max(start - 24, 0) : start]
    if _DAY_BEFORE.search(before) or _YEAR_BEHIND.match(text, end):
        return True
    return _OF_MAY.search(before) is not None and _ENDS.match(text, end) is not None


def folded(text: str) -> str:
    """`text` as numbers are read in it: NFKC, in lower case."""
    return unicodedata.normalize("NFKC", text).casefold().replace("‑", "-")


def _figures(found: list[re.Match[str]]) -> Iterator[Figure]:
    tokens = [match.group() for match in found]
    at = 0
    while at < len(tokens):
        value, used, digits = _number(tokens, at)
        if value is None:
            at += 1
            continue
        shown = " ".join(tokens[at : at + used])
        unit = _CURRENCIES.get(tokens[at - 1], "") if at else ""
        unit = unit or _unit(tokens, at + used)
        yield Figure(value, unit, shown, digits, found[at].start(), found[at + used - 1].end())
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
        if found := _MEASURE_OF.get(single) or _MEASURE_OF.get(token):
            return found
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
