"""What of a page is not in its blocks: running heads and feet, and hidden text, with their boxes."""

from collections import Counter
from dataclasses import dataclass

from docqa.ingest.pdf.inspection import head_lines
from docqa.ingest.pdf.layout.running_heads import stays_in_text
from docqa.ingest.pdf.pages import RawPage
from docqa.ingest.pdf.visibility.objects import Box
from docqa.ingest.types import Page


@dataclass(frozen=True)
class Furniture:
    """A running head or foot, or the page's line numbers (no box). `in_text`: in the page's text,
    too.
    """

    text: str
    box: Box | None
    in_text: bool = False


@dataclass(frozen=True)
class HiddenText:
    """Text that cannot be seen, why, how often in a row, and a box for each line."""

    text: str
    reason: str
    count: int
    boxes: tuple[Box, ...]


def furniture_of(page: Page, raw: RawPage) -> tuple[Furniture, ...]:
    """The furniture of `page`, first what has a box among the lines of `raw`."""
    lines = [raw.lines[number] for number in sorted(head_lines(page, raw))] if raw.width else []
    placed = [Furniture(line.text, line.box, stays_in_text(page.index, line)) for line in lines]
    left = Counter(page.furniture) - Counter(item.text for item in placed)
    return (*placed, *(Furniture(text, None) for text in left.elements()))


def hidden_of(raw: RawPage) -> tuple[HiddenText, ...]:
    """Hidden text; equal ones without a box (runs of zero-width characters) are one."""
    found = Counter(raw.hidden) if raw.width else Counter()
    return tuple(
        HiddenText(hidden.text, hidden.reason, count, hidden.boxes)
        for hidden, count in found.items()
    )
