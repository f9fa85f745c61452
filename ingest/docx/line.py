"""One paragraph of a DOCX while it is collected: its words, and how they are set."""

from __future__ import annotations

from collections import Counter
from xml.etree.ElementTree import Element

from docqa.ingest.colours import Colour
from docqa.ingest.docx.formatting import RunFormat
from docqa.ingest.docx.styles import Style


class ParagraphLine:
    """The text of one paragraph in `style` while it is collected, with what hangs on it.

    `ground` is the colour behind it, None where that is not known; `unseen`: it lies beside the page.
    """

    def __init__(self, style: Style, ground: Colour | None, *, unseen: bool = False) -> None:
        self.style = style
        self.ground = ground
        self.unseen = unseen
        self.boxes: list[tuple[Element, Colour | None]] = []
        self.after_hidden = False
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

    def look(self) -> tuple[float, bool]:
        """The size of its letters in points, and whether all are bold, underlined or capitals."""
        parts = [(text.strip(), letters) for text, letters in self._parts if any(map(str.isalnum, text))]
        sizes = Counter[float]()
        for text, letters in parts:
            sizes[letters.size] += len(text)
        apart = all(letters.bold or letters.underlined or letters.capitals or text.isupper() for text, letters in parts)
        return sizes.most_common(1)[0][0] if sizes else self.style.letters.size, bool(parts) and apart
