"""Text whose lines go on below their own first word, and not below their number or mark."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from textual.content import Content
from textual.visual import Visual

if TYPE_CHECKING:
    from textual.css.styles import RulesMap
    from textual.selection import Selection
    from textual.strip import Strip
    from textual.style import Style
    from textual.visual import RenderOptions

_LEAD = re.compile(r"[▶ ]?\d{1,4} {1,2}|[▶ ]?[•●◐○▸▾] | {1,6}")
_LEAST_CELLS = 12  # of text beside a lead; where there is less, lines begin at the edge


class HangingText(Visual):
    """Lines of `content`; what of a line does not fit goes on as far in as the number or mark that it begins with."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._laid_out: tuple[int, Content] = (0, content)

    def laid_out(self, width: int) -> Content:
        """The text as it is shown in `width` cells, with its line ends."""
        if self._laid_out[0] != width:
            lines = [part for line in self._content.split("\n", allow_blank=True) for part in _broken(line, width)]
            self._laid_out = (width, Content("\n").join(lines))
        return self._laid_out[1]

    def selected(self, selection: Selection) -> str:
        """The selected words of what was shown last."""
        return selection.extract(self._laid_out[1].plain)

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        return self.laid_out(width).render_strips(width, height, style, options)

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        return self._content.get_optimal_width(rules, container_width)

    def get_height(self, rules: RulesMap, width: int) -> int:
        return self.laid_out(width).get_height(rules, width)


def _broken(line: Content, width: int) -> list[Content]:
    """`line` in lines of `width` cells."""
    found = _LEAD.match(line.plain)
    lead = found.end() if found is not None else 0
    if line.cell_length <= width or width - lead < _LEAST_CELLS:
        return line.wrap(width) if line.plain else [line]
    body = line[lead:].wrap(width - lead)
    return [line[:lead] + body[0].rstrip(), *(rest.rstrip().pad_left(lead) for rest in body[1:])]
