"""Characters of fonts that do not say which they are: the codes of a Macintosh, as pdfium reads
them, or of Windows.
"""

import unicodedata
from collections.abc import Sequence

_QUOTES_AND_DASHES = ("Pi", "Pf", "Pd")
_CODES = bytes(range(128, 256))
IN_WINDOWS = dict(zip(_CODES.decode("mac_roman"), _CODES.decode("cp1252", "replace")))
"""Characters of a Macintosh, and those that have the same codes in Windows."""


def bare_font_name(name: str) -> str:
    """A font's name without its slash and the tag of a subset."""
    return name.lstrip("/").rpartition("+")[2]


def decode_as_windows_1252(text: str, offsets: Sequence[int]) -> str:
    """`text` with the characters at `offsets` as the same codes are in Windows, if no more of them
    are odd so.
    """
    own = set(offsets)
    other = "".join(IN_WINDOWS[letter] if at in own else letter for at, letter in enumerate(text))
    padded = f" {other} ", f" {text} "
    return min(
        padded, key=lambda each: sum(_is_misread_letter(*each[at : at + 3]) for at in offsets)
    )[1:-1]


def _is_misread_letter(before: str, letter: str, after: str) -> bool:
    """Whether a character is none, a sign within a word, or a letter of another case than its
    neighbours.
    """
    if letter.isalpha():
        return (
            (letter.isupper() and before.islower())
            or (letter.islower() and after.isupper())
            or before.isdigit()
        )
    kind = unicodedata.category(letter)
    return kind in ("So", "Cc") or (
        before.isalpha() and after.isalpha() and kind not in _QUOTES_AND_DASHES
    )
