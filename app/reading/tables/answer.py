"""From the cell that a question asks for to an answer, in the place of what the reader found."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from docqa.app.answer.confidence import (
    BY_CELL,
    BY_STRUCTURE,
    CELL_COVERED,
    LEAST_CELL_COVERED,
)
from docqa.app.context.context import Context
from docqa.app.evidence.ranking import RankedPassage
from docqa.ingest.structure.tables.named import Cell, NamedTable, named_tables_of_page
from docqa.ingest.types import Document, Span

from ..candidates import AnswerForm, Candidate, CandidateSet
from .matching import CellChoice, TableWithWordsAbove, choose_cells

PASSAGES = 5
"""Best passages that are looked at for tables."""
_FAR_ABOVE = 600  # characters that say what a table is about
_LONGEST_ROW = 80  # words of a row that is quoted as a whole
_LONG_CELL = 6  # words: of a longer cell the reader may choose a part


def add_table_cell_candidates(
    candidate_set: CandidateSet, question: str, ranked: Sequence[RankedPassage], context: Context
) -> CandidateSet:
    """`candidate_set`, with the cell (of several years: cells) asked for where a table in the best passages
    surely has it.
    """
    if candidate_set.signals.get(BY_STRUCTURE) or candidate_set.form is AnswerForm.YES_NO:
        return candidate_set
    best = candidate_set.candidates[0] if candidate_set.candidates else None
    choice = choose_cells(question, _tables_in_best_passages(best, ranked, context))
    if not choice or choice.covered < _required_share_covered(best, choice.above):
        return candidate_set
    if best and (best.document, best.page) == (
        choice.above.document,
        choice.above.table.page,
    ):
        cell = choice.cells[0]
        if (
            cell.start <= best.start
            and best.end <= cell.end
            and len(cell.text.split()) > _LONG_CELL
        ):
            return candidate_set  # the reader's words are part of it, and say it closer
    cells = tuple(_candidate_from_cell(choice, cell, best) for cell in choice.cells)
    several = len(cells) > 1
    return replace(
        candidate_set,
        candidates=(*cells, *candidate_set.candidates),
        form=AnswerForm.LIST if several else AnswerForm.FACT,
        verdict=None,
        items=cells if several else (),
        signals={**candidate_set.signals, BY_CELL: 1.0}
        if choice.covered >= CELL_COVERED
        else candidate_set.signals,
    )


def tables_with_words_above(
    document: Document, pages: Iterable[int], number: int = 0
) -> list[TableWithWordsAbove]:
    """The tables of `pages` of document `number`, each with the words around it that say what it
    is about.
    """
    found = []
    for page in dict.fromkeys(pages):
        text = document.pages[page - 1].text
        end = 0  # of the table before and its caption
        for table in named_tables_of_page(document, page):
            caption = table.grid.caption or Span(table.start_offset, table.start_offset)
            before = text[max(table.start_offset - _FAR_ABOVE, end) : table.start_offset]
            behind = caption.of(text) if caption.start >= table.end_offset else ""
            section = document.section_path(document.section_of(page, table.start_offset))
            found.append(
                TableWithWordsAbove(
                    number, table, " ".join((document.title, *section, before, behind))
                )
            )
            end = max(table.end_offset, caption.end)
    return found


def _tables_in_best_passages(
    best: Candidate | None, ranked: Sequence[RankedPassage], context: Context
) -> list[TableWithWordsAbove]:
    placed = [context.passages[item.passage_number] for item in ranked[:PASSAGES]]
    places = [(p.document, p.passage.page, p.passage.start, p.passage.end) for p in placed]
    if best:
        places.append((best.document, best.page, best.start, best.end))
    found: list[TableWithWordsAbove] = []
    for number, page in dict.fromkeys(place[:2] for place in places):
        for above in tables_with_words_above(context.documents[number], [page], number):
            if any(_table_touches_span(above, *place) for place in places):
                found.append(above)
    return found


def _table_touches_span(
    table_with_words: TableWithWordsAbove, document: int, page: int, start: int, end: int
) -> bool:
    table: NamedTable = table_with_words.table
    return (
        (table_with_words.document, table.page) == (document, page)
        and table.start_offset < end
        and start < table.end_offset
    )


def _required_share_covered(best: Candidate | None, table_with_words: TableWithWordsAbove) -> float:
    """CELL_COVERED; less where the reader's best is a stretch of that table, and no cell of it."""
    if not best or not _table_touches_span(
        table_with_words, best.document, best.page, best.start, best.end
    ):
        return CELL_COVERED
    cells = (cell for entry in table_with_words.table.entries for cell in entry.cells)
    return (
        CELL_COVERED
        if any(cell.start <= best.start and best.end <= cell.end for cell in cells)
        else LEAST_CELL_COVERED
    )


def _candidate_from_cell(choice: CellChoice, cell: Cell, best: Candidate | None) -> Candidate:
    table = choice.above.table
    first = best or Candidate(0, 0, 1, 0, 0)
    shown = choice.quoted if len(choice.row.split()) <= _LONGEST_ROW else None
    return replace(
        first,
        document=choice.above.document,
        page=table.page,
        start=cell.start,
        end=cell.end,
        quoted=shown,
    )
