"""The numbers that a text states, each with its unit of time, money or measure: `1,200`, `twelve
hundred`, `$1.2 million`, `two (2)`."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from .expressions import lazily
from .numbers import SCALES, VALUES, parse_number_in_words
from .words import synonyms, word_set

_SHORT_SCALES = {"k": 1_000, "m": 10**6, "mn": 10**6, "bn": 10**9}
TIME = word_set("second minute hour day night week month quarter year decade century")
_OTHER_UNITS = synonyms("year annum yr; hour hr; minute min; % percent cent")
_MEASURES = """
dollar usd; euro eur; sterling gbp; yen jpy; kilometre kilometer km; mile mi; metre meter; centimetre centimeter cm;
millimetre millimeter mm; foot feet ft; inch; kilogram kg; gram g; milligram mg; microgram mcg; tonne ton; ounce oz;
litre liter; millilitre milliliter ml; gallon; acre; hectare ha; celsius; fahrenheit; watt; kilowatt kw; megawatt mw;
kilobyte kb; megabyte mb; gigabyte gb; terabyte tb
"""
_MEASURE_OF = {name: row.split()[0] for row in _MEASURES.split(";") for name in row.split()}
_CURRENCIES = synonyms("dollar $ usd; euro € eur; sterling £ gbp; yen ¥ jpy")
MONEY = frozenset(_CURRENCIES.values())
"""Units of money and, in TIME, of time: a price per month may be given with either."""
_TOKEN = lazily(
    r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)*(?:st|nd|rd|th)?(?![^\W\d_])|\d+(?:\.\d+)?(?=[^\W\d_])|[^\W\d_]+|"
    r"[%$€£¥]"
)
_REACH = 3


@dataclass(frozen=True)
class Figure:
    """A number as stated. `unit`: the time, money, measure or `%` next to it, or ""; `digits`: not
    in words; `start`, `end`: its range in `folded(text)`, `whole` with the unit."""

    value: str
    unit: str
    shown: str
    digits: bool
    start: int = 0
    end: int = 0
    whole: tuple[int, int] = (0, 0)


def figures(text: str) -> list[Figure]:
    """The numbers of `text` in order; "one", "first" and "second" are numbers too."""
    shown = fold_text(text)
    return [
        _expand_two_digit_year(figure, shown)
        for figure in _stated_numbers_in_tokens(list(_TOKEN.finditer(shown)))
    ]


def _expand_two_digit_year(number: Figure, text: str) -> Figure:
    """The second year of 2018–19 with its century."""
    before = _SPAN_OF_YEARS.search(text, max(number.start - 7, 0), number.start)
    if not before or len(number.value) != 2 or not number.digits:
        return number
    return replace(number, value=before[1][:2] + number.value, unit="")


_SPAN_OF_YEARS = lazily(r"\b((?:1[5-9]|20)\d\d)\s?[-–/]\s?$")


def fold_text(text: str) -> str:
    """`text` in NFKC and lower case."""
    return unicodedata.normalize("NFKC", text).casefold().replace("‑", "-")


def _stated_numbers_in_tokens(token_matches: list[re.Match[str]]) -> Iterator[Figure]:
    tokens = [match.group() for match in token_matches]
    at = 0
    while at < len(tokens):
        value, used, digits = _number_at_token(tokens, at)
        if value is None:
            at += 1
            continue
        first = at
        last = at + used - 1
        unit = _CURRENCIES.get(tokens[at - 1], "") if at else ""
        first -= bool(unit)
        behind, distance = _unit_at_token(tokens, at + used)
        last += distance if distance == 1 and unit in ("", behind) else 0
        shown, (start, end) = (
            " ".join(tokens[at : at + used]),
            (token_matches[at].start(), token_matches[at + used - 1].end()),
        )
        yield Figure(
            value,
            unit or behind,
            shown,
            digits,
            start,
            end,
            (token_matches[first].start(), token_matches[last].end()),
        )
        at += used


def _number_at_token(tokens: Sequence[str], index: int) -> tuple[str | None, int, bool]:
    """(value, how many tokens it takes, whether it is in digits) of the number at `index`."""
    token = tokens[index]
    if not token[0].isdigit():
        value, used = parse_number_in_words(tokens, index)
        return None if value is None else str(value), max(used, 1), False
    bare = token.rstrip("stndrh").replace(",", "")
    scale = (
        SCALES.get(tokens[index + 1]) or _SHORT_SCALES.get(tokens[index + 1])
        if index + 1 < len(tokens)
        else None
    )
    if scale is not None and bare.count(".") < 2:
        return _plain_digits(Decimal(bare) * scale), 2, True
    try:
        return _plain_digits(Decimal(bare)) if bare.count(".") < 2 else bare, 1, True
    except InvalidOperation:
        return bare, 1, True


def _unit_at_token(tokens: Sequence[str], index: int) -> tuple[str, int]:
    """(the unit of a number that ends before token `index`, how many tokens on), ("", 0) for none."""
    for distance, token in enumerate(tokens[index : index + _REACH], 1):
        if token[0].isdigit() or token in VALUES:  # "two (2) years": the next one takes it
            continue
        single = token.removesuffix("s")
        if token == "%" or single in TIME or single in _OTHER_UNITS:
            return _OTHER_UNITS.get(single, single), distance
        if found := _MEASURE_OF.get(single) or _MEASURE_OF.get(token):
            return found, distance
    return "", 0


def _plain_digits(value: Decimal) -> str:
    """`5` for `5.00` and for `05`."""
    shown = f"{value:f}"
    return (shown.rstrip("0").rstrip(".") if "." in shown else shown) or "0"
