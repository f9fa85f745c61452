"""A table of rows to choose from, under columns of our own width."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.widgets import DataTable

Cell = str | Text


class RowTable(DataTable[Text]):
    """Enter chooses a row."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, cursor_type="row", zebra_stripes=True)

    def fill(self, columns: Sequence[tuple[Cell, int]], rows: Sequence[Sequence[Cell]]) -> None:
        """Show `rows` under `columns` (title, cells); the cursor stays on its row.

        The widths are given because a table measures its cells only after they are drawn.
        """
        at = self.cursor_row
        self.clear(columns=True)
        for title, width in columns:
            self.add_column(title, width=width)
        for row in rows:
            cells = (Text(cell, overflow="ellipsis", no_wrap=True) if isinstance(cell, str) else cell for cell in row)
            self.add_row(*cells)
        if rows:
            self.move_cursor(row=min(max(at, 0), len(rows) - 1))
