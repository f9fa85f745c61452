"""The cells of a DOCX table as they lie in its grid: some over several columns, some over several rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from docqa.ingest.docx.markup import children, number
from docqa.ingest.xml_tree import attribute, child

_MOST_COLUMNS = 200


@dataclass(slots=True)
class DocxCell:
    """A cell: `element` is None for columns that its row leaves out; `goes_on` says that it only continues the cell
    above it, so that its own words are not shown. `rows` counts the rows that it covers."""

    element: Element | None
    columns: int
    goes_on: bool = False
    rows: int = 1


def placed_cells(rows: Sequence[Element]) -> list[list[DocxCell]]:
    """The cells of each row, in order."""
    placed: list[list[DocxCell]] = []
    above: dict[int, DocxCell] = {}  # column -> the cell of merged rows that covers it
    for row in rows:
        cells: list[DocxCell] = []
        merged: dict[int, DocxCell] = {}
        column = _columns(child(row, "trPr", "gridBefore"), 0)
        if column:
            cells.append(DocxCell(None, column))
        for element in children(row, "tc"):
            cell = DocxCell(element, _columns(child(element, "tcPr", "gridSpan"), 1))
            merge = child(element, "tcPr", "vMerge")
            if merge is not None and attribute(merge, "val") != "restart" and column in above:
                above[column].rows += 1
                cell.goes_on, merged[column] = True, above[column]
            elif merge is not None:
                merged[column] = cell
            cells.append(cell)
            column += cell.columns
        placed.append(cells)
        above = merged
    return placed


def _columns(element: Element | None, default: int) -> int:
    found = number(element, default)
    return min(max(found or default, default), _MOST_COLUMNS)
