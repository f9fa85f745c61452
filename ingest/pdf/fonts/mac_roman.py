"""Letters that pdfium takes for those of Mac OS Roman where the font means those of Windows: "DurÈe" for "Durée".

It does so for TrueType fonts that have a table of glyphs for the Mac alone. Which of both is meant, the words tell: a
sign or a capital between small letters is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_MEANT = {
    mac: windows
    for code in range(0xC0, 0x100)
    if (windows := bytes((code,)).decode("cp1252")).isalpha()
    and not (mac := bytes((code,)).decode("mac_roman")).isspace()
    and mac not in "–—“”‘’«»…"
}
_SMALL = "a-zß-öø-ÿ"
# Accents are no such sign: TeX draws them apart from their letters.
_WRONG = re.compile(f"[{_SMALL}]([‰ÁËÈÍÎÏÌÓÔÒÚÛÙÂÊ])[{_SMALL}]")
_ALL = re.compile(f"[{re.escape(''.join(_MEANT))}]")
# What small letters of western Europe look like where the codes are those of the Mac indeed.
_RIGHT = re.compile("[a-z][äåçéèêëíìîïñóòôöúùûüáàâã][a-z]")


def with_windows_letters(text: str, font_of: Callable[[int], str]) -> str:
    """`text` of a page, as long as before, with the letters that its fonts mean; `font_of` names a character's font."""
    wrong = {font_of(match.start(1)) for match in _WRONG.finditer(text)}
    if not wrong:
        return text
    wrong -= {font_of(match.start() + 1) for match in _RIGHT.finditer(text)}
    letters = list(text)
    for match in _ALL.finditer(text) if wrong else ():
        if font_of(match.start()) in wrong:
            letters[match.start()] = _MEANT[match.group()]
    return "".join(letters)
