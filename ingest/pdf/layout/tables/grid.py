"""The grid of a table whose place is known: columns by the white space between them, rows by lines
and rules.
"""

from collections.abc import Sequence
from functools import partial
from itertools import groupby, pairwise
from statistics import median

from docqa.ingest.pdf.raw_page import Word
from docqa.ingest.structure.clean import group_consecutive
from docqa.ingest.structure.values import is_counting

from .chunks import Chunk, Lines, PrintLine, print_lines
from .heads import Edges, column_of, place_heads
from .measures import (
    CENTRED,
    CROSSED,
    CROWDED,
    FEW,
    FEW_VALUES,
    LAPPED,
    MANY,
    MOST,
    MOST_COLUMNS,
    MOST_HEADS,
    MOST_LINES,
    NAMED_WITH_CELLS,
    NARROWEST_SPACE,
    NEAR,
    NEXT_CELL_LINE,
    NEXT_LINE,
    RULE_SLACK,
    SEVERAL_CELLS,
)
from .placed import PlacedCell, PlacedTable
from .rules import Rules, runs_along


def build_table(words: Sequence[Word], rules: Rules, *, ruled: bool) -> PlacedTable | None:
    """The table of these words; None: one column, one row, running text. `ruled`: rules say where
    it begins and ends."""
    lines = print_lines(words, rules.down)
    if not 2 <= len(lines) <= MOST_LINES:
        return None
    edges = column_edges(lines, rules)
    if not 1 <= len(edges) < MOST_COLUMNS:
        return None
    heads = _head_line_count(lines, edges, rules)
    edges = _without_edges_of_heads_only(lines[:heads], lines[heads:], edges)
    if not edges:
        return None
    body = [_split_line_at_edges(line, edges) for line in lines[heads:]]
    if not _is_table_body(lines, body, edges, ruled=ruled):
        return None
    rows = _rows_of_lines(body, edges, rules)
    above = [
        _split_heads(line, [*lines[number:heads], *body], edges, rules)
        for number, line in enumerate(lines[:heads], 1)
    ]
    top = place_heads(above, edges, rules)
    first = 1 + max((cell.row for cell in top), default=-1)
    cells = top + _cells_of_rows(rows, edges, first, [*above, *body])
    crowded = [_is_line_crowded(line, edges) for line in [*above, *body]]
    # The lowest head over several columns may be that of each, and rows that overlap may be one.
    lowest = {
        column: cell for cell in top for column in range(cell.column, cell.column + cell.columns)
    }
    wide = any(1 < cell.columns <= len(edges) for cell in lowest.values())
    lapped = any(a[-1].bottom - b[0].top > LAPPED * b[0].height for a, b in pairwise(rows))
    # Rows of words between two rules may end elsewhere.
    through = _rules_through_all_columns(body, rules)
    bands = group_consecutive(body, partial(_is_in_band_of_line, through=through))
    valued = any(chunk.is_value for line in body for chunk in line.chunks)
    loose = MANY <= len(bands) < len(rows) and not valued
    step = _usual_line_distance(body)
    torn = sum(
        _is_cell_torn(a, b, edges, step) and _is_in_band_of_line(a, b[0], through)
        for a, b in pairwise(rows)
    )
    loose = loose or torn > max(1, CROWDED * len(rows))
    many_crowded = sum(crowded) > CROWDED * len(body)
    return PlacedTable(
        cells, first, wide or lapped or loose or any(crowded[:heads]) or many_crowded
    )


def _is_line_crowded(line: PrintLine, edges: Edges) -> bool:
    """Whether several chunks of a line are in one column."""
    return len({column_of(chunk.middle, edges) for chunk in line.chunks}) < len(line.chunks)


def _usual_line_distance(body: Lines) -> float:
    """The usual distance from line to line."""
    return median([b.bottom - a.bottom for a, b in pairwise(body)] or [0.0])


def _is_cell_torn(above: Lines, row: Lines, edges: Edges, step: float) -> bool:
    """Whether a row goes on with the one above: with all cells in small letters, with its values
    and no name, or close below with its name, in the same print."""
    upper = above[0].chunks
    lower = row[0].chunks
    if column_of(lower[0].middle, edges):
        return (
            len(upper) > 1
            and _has_values_in_line(row[0], edges)
            and not _has_values_in_line(above[0], edges)
        )
    if (
        len(upper) == 1 < len(lower)
        and not column_of(upper[0].middle, edges)
        and not upper[0].text.endswith(":")
    ):
        return (
            row[0].bottom - above[-1].bottom < NEXT_LINE * step
            and upper[0].words[0].bold == lower[0].words[0].bold
        )
    return len(upper) == len(lower) > 1 and all(chunk.text[0].islower() for chunk in lower)


def column_edges(lines: Lines, rules: Rules) -> list[float]:
    """Where columns end: mid-space that hardly a full line crosses, and upright rules along
    most.
    """
    most = max(len(line.chunks) for line in lines)
    full = [line for line in lines if len(line.chunks) >= max(2, MOST * most)]
    if not full:
        return []
    every = [(chunk.x0, chunk.x1) for line in lines for chunk in line.chunks]
    spans = [(chunk.x0, chunk.x1) for line in full for chunk in line.chunks]
    top = lines[0].top
    bottom = lines[-1].bottom
    walls = [x for x, *_ in rules.down if runs_along(rules.down, x, top, bottom)]
    edges: list[float] = []
    for start, end in _spaces_between_spans(spans, int(CROSSED * len(full))):
        if end - start >= NARROWEST_SPACE:
            wall = next((wall for wall in walls if start <= wall <= end), None)
            edges.append(wall or _clearest_middle(start, end, every))
    low = min(line.x0 for line in lines)
    high = max(line.x1 for line in lines)
    for wall in walls:
        if low < wall < high and all(abs(wall - edge) > 2 * NEAR for edge in edges):
            edges.append(wall)
    return sorted(edges)


def _without_edges_of_heads_only(heads: Lines, body: Lines, edges: list[float]) -> list[float]:
    """The edges without those of columns that only have a head: it is beside its cells."""
    for column in range(len(edges), -1, -1):
        if any(column_of(chunk.middle, edges) == column for line in body for chunk in line.chunks):
            continue
        headed = {column_of(chunk.middle, edges) for line in heads for chunk in line.chunks}
        if column < len(edges) and column + 1 not in headed:
            edges = [*edges[:column], *edges[column + 1 :]]
        elif column and column - 1 not in headed:
            edges = [*edges[: column - 1], *edges[column:]]
    return edges


def _spaces_between_spans(
    spans: Sequence[tuple[float, float]], allowed: int
) -> list[tuple[float, float]]:
    """From where to where at most so many of the spans lie, between the first and the last of
    them.
    """
    steps = sorted([(x0, 1) for x0, _ in spans] + [(x1, -1) for _, x1 in spans])
    spaces: list[tuple[float, float]] = []
    cover = 0
    start = None
    for x, step in steps:
        before = cover
        cover = cover + step
        if cover <= allowed < before:
            start = x
        elif before <= allowed < cover and start is not None:
            spaces.append((start, x))
            start = None
    return spaces


def _clearest_middle(start: float, end: float, spans: Sequence[tuple[float, float]]) -> float:
    """The middle of the widest part of a space that the fewest spans cross."""
    crossing = [(max(a, start), min(b, end)) for a, b in spans if a < end and b > start]
    bounds = sorted({start, end, *(x for span in crossing for x in span)})
    parts = [
        (sum(a < right and b > left for a, b in crossing), left - right, (left + right) / 2)
        for left, right in pairwise(bounds)
    ]
    return min(parts)[2]


def _split_line_at_edges(line: PrintLine, edges: Edges) -> PrintLine:
    """The line with chunks that cross an edge between two words parted there."""
    if len(line.chunks) == 1:
        return line
    chunks = [
        part for chunk in line.chunks for part in _chunk_parts_by_column(chunk, edges).values()
    ]
    return PrintLine(chunks, line.top, line.bottom)


def _chunk_parts_by_column(chunk: Chunk, edges: Edges) -> dict[int, Chunk]:
    """What of a chunk is in each column."""
    columns = groupby(chunk.words, lambda word: column_of((word.x0 + word.x1) / 2, edges))
    return {column: Chunk(list(words)) for column, words in columns}


def _split_heads(line: PrintLine, below: Lines, edges: Edges, rules: Rules) -> PrintLine:
    """The line of heads, chunks parted where each part stands over what is `below` and no rule
    joins them.
    """
    lower = {column_of(c.middle, edges): c for part in reversed(below) for c in part.chunks}
    low = line.bottom - RULE_SLACK * line.height
    high = line.bottom + line.height
    joining = [rule for rule in rules.across if low <= rule[0] <= high and edges[0] <= rule[1]]
    chunks: list[Chunk] = []
    for chunk in line.chunks:
        parts = _chunk_parts_by_column(chunk, edges)
        over = all(at in lower and part.stands_over(lower[at]) for at, part in parts.items())
        joined = any(x0 < chunk.middle < x1 for _, x0, x1 in joining)
        chunks += parts.values() if over and not joined else [chunk]
    return PrintLine(chunks, line.top, line.bottom)


def _head_line_count(lines: Lines, edges: Edges, rules: Rules) -> int:
    """How many lines are heads: those above a rule through all, or the first value after the first
    column.
    """
    valued = next((n for n, line in enumerate(lines) if _has_values_in_line(line, edges)), None)
    limit = len(lines)
    if valued is not None:
        limit = valued + 1
        chunks = lines[valued].chunks
        if 2 * sum(chunk.is_value for chunk in chunks) < len(chunks):
            limit += 1  # "(0.75)" is a value, too: a line of heads has few
    # Rules through the table, not only below heads over some of its columns.
    left = min(line.x0 for line in lines)
    through = [
        y
        for y in _rules_through_all_columns(lines, rules)
        if runs_along(rules.across, y, left, edges[0])
    ]
    ruled = [
        number
        for number in range(1, min(limit, len(lines)))
        if not _is_in_band_of_line(lines[:number], lines[number], through)
    ]
    if ruled:  # a rule through all may be below a title, too
        lower = [n for n in ruled[1:] if valued is not None and len(lines[n - 1].chunks) > 1]
        return (lower or ruled[:1])[-1]
    if valued is None or valued > MOST_HEADS:
        return 0
    above = [n for n in range(valued) if any(column_of(c.middle, edges) for c in lines[n].chunks)]
    return above[-1] + 1 if above else 0


def _has_values_in_line(line: PrintLine, edges: Edges) -> bool:
    return any(chunk.is_value and column_of(chunk.middle, edges) for chunk in line.chunks)


def _is_table_body(lines: Lines, body: Lines, edges: Edges, *, ruled: bool) -> bool:
    """Whether most lines have several short cells: no running text, numbered lines, contents,
    signatures. Without rules there are values or many cells."""
    chunks = [chunk for line in body for chunk in line.chunks]
    columns: list[list[Chunk]] = [[] for _ in range(len(edges) + 1)]
    for chunk in chunks:
        columns[column_of(chunk.middle, edges)].append(chunk)
    several = sum(len(line.chunks) > 1 for line in body)
    headed = any(len(line.chunks) > 1 for line in lines[: len(lines) - len(body)])
    if several < 2 and not (several == 1 and headed):
        return False
    counting = sum(is_counting([chunk.text for chunk in column]) for column in columns)
    if counting > 1 or counting == 1 and len(columns) == 2:
        return False
    prose = sum(median(len(c.words) for c in column) >= MANY for column in columns if column)
    values = sum(chunk.is_value for chunk in chunks)
    if values < FEW_VALUES * len(chunks):
        if not all(
            any(any(map(str.isalnum, c.text)) for c in column) for column in columns if column
        ):
            return False  # a list with bullets
        named = [line for line in body if not column_of(line.chunks[0].middle, edges)]
        with_cells = sum(len(line.chunks) > 1 for line in named)
        if prose > 1 or with_cells < (1 / 2 if ruled else NAMED_WITH_CELLS) * len(named):
            return False
        return ruled or len(columns) >= MANY
    first = sum(not column_of(line.x0, edges) for line in body)
    return several >= SEVERAL_CELLS * first and (prose < 2 or values >= FEW * len(chunks))


def _rows_of_lines(body: Lines, edges: Edges, rules: Rules) -> list[list[PrintLine]]:
    """The lines of each row: names and cells may have several."""
    step = _usual_line_distance(body)
    through = _rules_through_all_columns(body, rules)

    def is_in(row: Lines, line: PrintLine) -> bool:
        return _is_in_band_of_line(row, line, through) and _continues_row(row, line, edges, step)

    return group_consecutive(body, is_in)


def _rules_through_all_columns(body: Lines, rules: Rules) -> list[float]:
    """Where rules run through all columns."""
    left = min(line.x0 for line in body)
    right = max(line.x1 for line in body)
    return [y for y, *_ in rules.across if runs_along(rules.across, y, left, right)]


def _is_in_band_of_line(band: Lines, line: PrintLine, through: Sequence[float]) -> bool:
    """Whether none of the rules `through` a table is between a line and those above it."""
    low = band[-1].bottom - RULE_SLACK * line.height
    high = line.top + RULE_SLACK * line.height
    return not any(low <= y <= high for y in through)


def _continues_row(row: Lines, line: PrintLine, edges: Edges, step: float) -> bool:
    """Whether a line belongs to the row above it."""
    before = row[-1]
    if all(column_of(chunk.x0, edges) for chunk in line.chunks):
        valued = any(chunk.is_value for chunk in line.chunks)
        return not valued and line.top - before.bottom < NEXT_CELL_LINE * line.height
    upper = before.chunks[0]
    lower = line.chunks[0]
    # Either has only a name; a row with a name alone may go on in its cells.
    name_alone = all(len(part.chunks) == 1 for part in row)
    if column_of(upper.x0, edges) or not (len(line.chunks) == 1 or name_alone):
        return False
    if upper.text.endswith(":"):
        return False
    if lower.text[:1].islower() or upper.text.endswith(("/", ",", "-", "–", "&")):
        return True
    tight = line.bottom - before.bottom < NEXT_LINE * step
    first_word = lower.words[0].x1 - lower.x0
    full = upper.x1 + first_word + line.height / 5 > edges[0] - line.height / 2
    return lower.x0 > upper.x0 + 0.5 and (tight or (full and not name_alone))


def _cells_of_rows(
    rows: Sequence[Lines], edges: Edges, first: int, lines: Lines
) -> list[PlacedCell]:
    """The cells of the rows, the first of which has number `first`."""
    cells: list[PlacedCell] = []
    whole, halfway = _without_cells_between_rows(rows)
    for number, row in enumerate(whole, first):
        fields: dict[int, list[list[Word]]] = {}
        spans: dict[int, int] = {}
        for line in row:
            for chunk in line.chunks:
                column, last = _columns_under(chunk, line, row, edges, lines)
                fields.setdefault(column, []).append(chunk.words)
                spans[column] = max(spans.get(column, 1), last - column + 1)
        for column, words in sorted(fields.items()):
            cells.append(PlacedCell(words, number, column, 1, spans[column]))
    for chunk, below in halfway:
        column = column_of(chunk.middle, edges)
        cells.append(PlacedCell([chunk.words], first + below - 1, column, 2))
    return cells


def _columns_under(
    chunk: Chunk, line: PrintLine, row: Lines, edges: Edges, lines: Lines
) -> tuple[int, int]:
    """The first and last column of a chunk of a row."""
    if len(line.chunks) > 1:
        column = column_of(chunk.middle, edges)
        return column, column
    if len(row) == 1 and (title := _first_column_under_title(chunk, edges, lines)) is not None:
        return title, len(edges)
    first, last = (column_of((w.x0 + w.x1) / 2, edges) for w in (chunk.words[0], chunk.words[-1]))
    return first, last


def _first_column_under_title(chunk: Chunk, edges: Edges, lines: Lines) -> int | None:
    """The first column under a title alone on its line: in the middle of all columns, or of all but
    the names.
    """
    others = [c for line in lines for c in line.chunks if column_of(c.middle, edges)]
    right = max(c.x1 for c in others)
    starts = min(line.x0 for line in lines), min(c.x0 for c in others)
    off = [abs((x + right) / 2 - chunk.middle) for x in starts]
    if chunk.is_value or not column_of(chunk.x0, edges) or min(off) > CENTRED:
        return None
    return off.index(min(off))


def _without_cells_between_rows(
    rows: Sequence[Lines],
) -> tuple[list[Lines], list[tuple[Chunk, int]]]:
    """(the rows without cells halfway between two, such as names for both; those cells with the row
    below).
    """
    whole: list[Lines] = []
    halfway: list[tuple[Chunk, int]] = []
    for number, row in enumerate(rows):
        line = row[0]
        alone = len(row) == len(line.chunks) == 1 and 0 < number < len(rows) - 1
        shared = LAPPED * line.height
        if (
            alone
            and rows[number - 1][-1].bottom - line.top > shared
            and line.bottom - rows[number + 1][0].top > shared
        ):
            halfway.append((line.chunks[0], len(whole)))
        else:
            whole.append(row)
    return whole, halfway
