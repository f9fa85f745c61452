"""One paragraph of a DOCX while it is collected: its words, and how they are set."""

from __future__ import annotations

from collections import Counter
from itertools import takewhile
from typing import NamedTuple
from xml.etree.ElementTree import Element

from docqa.ingest.colours import Colour
from docqa.ingest.docx.formatting import RunFormat
from docqa.ingest.docx.styles import Style


class Look(NamedTuple):
    """How a whole paragraph looks: what all its letters have in common, and its size in points."""

    size: float
    bold: bool
    italic: bool
    underlined: bool
    capitals: bool
    centred: bool


class ParagraphLine:
    """The text of one paragraph in `style` while it is collected, with what hangs on it.

    `ground` is the colour behind it, None where that is not known; `unseen`: it lies beside the page.
    """

    def __init__(self, style: Style, ground: Colour | None, *, centred: bool = False, unseen: bool = False) -> None:
        self.style = style
        self.ground = ground
        self.unseen = unseen
        self.boxes: list[tuple[Element, Colour | None]] = []
        self.after_hidden = False
        self.comments: list[str] = []
        self._centred = centred
        self._parts: list[tuple[str, RunFormat]] = []

    def add(self, text: str, letters: RunFormat) -> None:
        """More words at the end."""
        self._parts.append((text, letters))

    def take(self) -> str:
        """All words that were collected, which are no longer here."""
        words = "".join(part for part, _ in self._parts)
        self._parts.clear()
        return words

    def last(self) -> str:
        """What was added last."""
        return self._parts[-1][0] if self._parts else ""

    def text(self) -> str:
        """The words as they would be printed, white space in order."""
        lines = "".join(part for part, _ in self._parts).split("\n")
        if self.style.name.lower().startswith("toc ") and "\t" in lines[-1]:
            # The leader that Word prints before the page number.
            lines[-1] = " .... ".join(lines[-1].rsplit("\t", 1))
        return "\n".join(filter(None, (" ".join(line.split()) for line in lines)))

    def lead(self) -> str:
        """The bold or underlined words that the paragraph begins with."""
        plain = self.style.letters
        strong = takewhile(lambda part: not part[0].strip() or _is_strong(part[1], plain), self._parts)
        return " ".join("".join(part for part, _ in strong).split())

    def look(self) -> Look:
        """How the paragraph looks."""
        parts = [(text.strip(), letters) for text, letters in self._parts if text.strip()]
        sizes = Counter[float]()
        for text, letters in parts:
            sizes[letters.size] += len(text)
        formats = [letters for text, letters in parts if any(c.isalnum() for c in text)]
        words = "".join(text for text, _ in parts)
        return Look(
            sizes.most_common(1)[0][0] if sizes else self.style.letters.size,
            bool(formats) and all(letters.bold for letters in formats),
            bool(formats) and all(letters.italic for letters in formats),
            bool(formats) and all(letters.underlined for letters in formats),
            words.isupper() or (bool(formats) and all(letters.capitals for letters in formats)),
            self._centred,
        )


def _is_strong(letters: RunFormat, plain: RunFormat) -> bool:
    return (letters.bold and not plain.bold) or (letters.underlined and not plain.underlined)
