"""Numbers in words, as ordinals, in Roman numerals and letters."""

import re
from collections.abc import Sequence
from string import ascii_lowercase

Ordinals = tuple[int, ...]
"""The numbers of a printed one, from the outside in: (3, 2) of "3.2"."""
_CARDINALS = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen
"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ORDINALS = """
zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth
sixteenth seventeenth eighteenth nineteenth twentieth
"""
CARDINALS, TENS, ORDINALS = (tuple(words.split()) for words in (_CARDINALS, _TENS, _ORDINALS))
VALUES = (
    {word: value for value, word in enumerate(CARDINALS)}
    | {word: 10 * value for value, word in enumerate(TENS, 2)}
    | {word: value for value, word in enumerate(ORDINALS)}
    | {"thirtieth": 30}
)
"""What a single word counts; "first" as 1."""
SCALES = {
    "hundred": 100,
    "thousand": 1_000,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
    "dozen": 12,
}
NUMBER_WORD = "|".join((*CARDINALS[1:], "twenty"))
ORDINAL_WORD = "|".join((*ORDINALS[1:], "eight", "nineth"))
"""Expressions of one to twenty, and of first to twentieth; some laws print "Eight Schedule" and
"Nineth Schedule".
"""
_MISPRINTED = {"eight": 8, "nineth": 9}
_NUMERALS = (
    (1000, "m"),
    (900, "cm"),
    (500, "d"),
    (400, "cd"),
    (100, "c"),
    (90, "xc"),
    (50, "l"),
    (40, "xl"),
    (10, "x"),
    (9, "ix"),
    (5, "v"),
    (4, "iv"),
    (1, "i"),
)
_ROMAN_DIGITS = {letters: value for value, letters in _NUMERALS if len(letters) == 1}


def in_letters(number: int) -> str:
    """1 is "a", 26 "z", 27 "aa", 28 "bb"; digits outside 1 to 780."""
    if not 0 < number <= 780:
        return str(number)
    return ascii_lowercase[(number - 1) % 26] * ((number - 1) // 26 + 1)


def in_roman(number: int) -> str:
    """1 is "i", 4 "iv"; digits outside 1 to 3,999."""
    if not 0 < number < 4000:
        return str(number)
    out = ""
    for value, letters in _NUMERALS:
        while number >= value:
            out += letters
            number -= value
    return out


ROMAN = {in_roman(number): number for number in range(1, 200)}
"""The values of well-formed Roman numerals in small letters, as far as pages and parts are counted
so.
"""


def parse_number_in_words(words: Sequence[str], first_index: int = 0) -> tuple[int | None, int]:
    """(value, words it takes) of the number from `first_index` on: "one hundred and five"; (None, 0):
    none.
    """
    total = current = last = used = 0
    if words[first_index] not in VALUES and words[first_index] not in (
        "hundred",
        "thousand",
        "million",
        "dozen",
    ):
        return None, 0
    for count, word in enumerate(words[first_index:]):
        if word in VALUES:
            value = VALUES[word]
            if count and last in range(1, 20) or last >= 20 and value >= 10 and last < 100:
                break
            current += value
            last = value
            used = count + 1
        elif word in SCALES:
            last = SCALES[word]
            used = count + 1
            current = max(current, 1) * last
            if last >= 1_000:
                total += current
                current = 0
        elif word != "and" or last < 100:
            break
    return total + current, max(used, 1)


def ordinal(word: str) -> int | None:
    """2 of "second" and "2nd"; None of others."""
    word = word.lower()
    if word[:-2].isdecimal() and word.endswith(("st", "nd", "rd", "th")):
        return int(word[:-2])
    return ORDINALS.index(word) if word in ORDINALS else _MISPRINTED.get(word)


def ordinal_of(text: str) -> Ordinals:
    """The numbers of an ordinal: "12" is (12,), "IV" (4,), "b" (2,), "5.B" (5, 2), "78m-1" (78,
    1).
    """
    lowered = text.lower()
    if lowered in CARDINALS[1:]:
        return (CARDINALS.index(lowered),)
    parts = re.split(r"[.\-–]", lowered)
    if len(parts) > 1 and all(re.fullmatch(r"\d+[a-z]?|[a-z]", part) for part in parts):
        return tuple(
            int(part.rstrip(ascii_lowercase)) if part[0].isdigit() else ord(part) - 96
            for part in parts
        )
    if digits := re.findall(r"\d+", lowered):
        return tuple(int(d) for d in digits)
    if re.fullmatch(r"[ivxlcdm]+", lowered) and (len(lowered) > 1 or lowered in "ivx"):
        values = [_ROMAN_DIGITS[c] for c in lowered]
        return (
            sum(-v if after > v else v for v, after in zip(values, [*values[1:], 0], strict=True)),
        )
    if len(lowered) == 1 and lowered.isalpha():
        return (ord(lowered) - 96,)
    return ()
