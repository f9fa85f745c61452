"""Numbers as lists print them: letters and Roman numerals."""

from __future__ import annotations

_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
          (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip


def in_letters(number: int) -> str:
    """1 is "a", 26 "z", 27 "aa", 28 "bb" as word processors count; digits outside 1 to 780."""
    if not 0 < number <= 780:
        return str(number)
    return chr(97 + (number - 1) % 26) * ((number - 1) // 26 + 1)


def in_roman(number: int) -> str:
    """1 is "i", 4 "iv"; digits outside 1 to 3,999."""
    if not 0 < number < 4000:
        return str(number)
    out = ""
    for value, letters in _ROMAN:
        while number >= value:
            out, number = out + letters, number - value
    return out
