"""The grid of a table whose place is known: columns by the white space between them, rows by lines
and rules.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from operator import attrgetter
from statistics import median

from docqa.ingest.pdf.raw_page import Word
from docqa.ingest.structure.clean import group_consecutive
from docqa.ingest.structure.values import are_consecutive_numbers

from .chunks import LineOfChunks, Lines, WordChunk, split_into_lines_of_chunks
from .heads import LAPPED, Edges, column_of, place_header_cells
from .placed import CellWithPosition, TableWithPositions
from .rules import NEAR, RuledLines, is_covered_by_rule

_FULL = 0.6  # of the most chunks: lines that tell the columns
_NARROWEST = 1.5  # points between two columns
_CROWDED = 0.05  # the share of lines with several chunks in a column
_CROSSED = 0.1  # the share of lines that may cross the space between two columns
_MOST_LINES = 400
_MOST_COLUMNS = 60
_TIGHT = 0.86
_PROSE = 4  # words of a line
_FEW_VALUES = 0.15
_MANY_COLUMNS = 4
_MOST_HEADS = 8
_OFF_CENTRE = 4.0  # points
_BANDS = 4  # between rules: fewer are of heads, totals, groups

Interval = tuple[float, float]
"""From one x to another."""


def build_table(
    words: Sequence[Word], rules: RuledLines, *, is_ruled: bool
) -> TableWithPositions | None:
    """The table of these words; None: one column, one row, running text. `is_ruled`: rules say where
    it begins and ends."""
    lines = split_into_lines_of_chunks(words, rules.down)
    if not 2 <= len(lines) <= _MOST_LINES:
        return None
    edges = column_edges(lines, rules)
    if not 1 <= len(edges) < _MOST_COLUMNS:
        return None
    heads = _head_lines(lines, edges, rules)
    edges = _edges_without_head_only_columns(lines[:heads], lines[heads:], edges)
    if not edges:
        return None
    body = [_split_chunks_at_edges(line, edges) for line in lines[heads:]]
    if not _is_table(lines, body, edges, ruled=is_ruled):
        return None
    rows = _group_lines_into_rows(body, edges, rules)
    above = [
        _split_head_line_over_columns(line, [*lines[at + 1 : heads], *body], edges, rules)
        for at, line in enumerate(lines[:heads])
    ]
    top = place_header_cells(above, edges, rules)
    first = 1 + max((cell.row for cell in top), default=-1)
    cells = [*top, *_cells_of_rows(rows, edges, first, [*above, *body])]
    crowded = [_is_crowded(line, edges) for line in [*above, *body]]
    # The lowest head over several columns may be that of each, and rows that overlap may be one.
    lowest = {column: cell for cell in top for column in cell.covered}
    wide = any(1 < cell.columns <= len(edges) for cell in lowest.values())
    lapped = any(a[-1].bottom - b[0].top > LAPPED * b[0].height for a, b in pairwise(rows))
    # Where several cells have many lines, and no rule parts the rows, these may end elsewhere; so
    # may rows of words between two rules.
    long = Counter(cell.row for cell in cells if len(cell.lines) > 1 and cell.row >= first)
    through = _full_width_rule_positions(body, rules)
    loose = (
        sum(count > 1 for count in long.values())
        > _CROWDED * len(rows)
        > 2 * _CROWDED * len(through)
    )
    step = _line_distance(body)
    bands = group_consecutive(
        body, lambda band, line: not _is_rule_between(band[-1], line, through)
    )
    valued = any(
        chunk.is_value for line in body for chunk in line.chunks if column_of(chunk.middle, edges)
    )
    loose = loose or _BANDS <= len(bands) < len(rows) and not valued
    torn = sum(
        _is_row_continued(a, b, edges, step) and not _is_rule_between(a[-1], b[0], through)
        for a, b in pairwise(rows)
    )
    loose = loose or torn > max(1, _CROWDED * len(rows))
    doubtful = (
        wide or lapped or loose or any(crowded[:heads]) or sum(crowded) > _CROWDED * len(body)
    )
    return TableWithPositions(cells, first, doubtful)


def _is_crowded(line: LineOfChunks, edges: Edges) -> bool:
    """Whether several chunks of a line are in one column."""
    return len({column_of(chunk.middle, edges) for chunk in line.chunks}) < len(line.chunks)


def _line_distance(body: Lines) -> float:
    """From line to line, in points."""
    return median([b.bottom - a.bottom for a, b in pairwise(body) if b.bottom > a.bottom] or [0.0])


def _is_row_continued(above: Lines, row: Lines, edges: Edges, line_distance: float) -> bool:
    """Whether a row goes on with the one above: with all cells in small letters, with its values
    and no name, or close below with its name, in the same print."""
    upper = above[0].chunks
    lower = row[0].chunks
    if column_of(lower[0].middle, edges):
        return len(upper) > 1 and _has_values(row[0], edges) and not _has_values(above[0], edges)
    if (
        len(upper) == 1 < len(lower)
        and not column_of(upper[0].middle, edges)
        and not upper[0].text.endswith(":")
    ):
        return (
            row[0].bottom - above[-1].bottom < _TIGHT * line_distance
            and upper[0].words[0].bold == lower[0].words[0].bold
        )
    return len(upper) == len(lower) > 1 and all(chunk.text[0].islower() for chunk in lower)


def column_edges(lines: Lines, rules: RuledLines) -> list[float]:
    """Where columns end: mid-space that hardly a full line crosses, and upright rules along
    most.
    """
    most = max(len(line.chunks) for line in lines)
    full = [line for line in lines if len(line.chunks) >= max(2, _FULL * most)]
    if not full:
        return []
    allowed = int(_CROSSED * len(full))
    every = [(chunk.x0, chunk.x1) for line in lines for chunk in line.chunks]
    spans = [(chunk.x0, chunk.x1) for line in full for chunk in line.chunks]
    spaces = _gaps_between_spans(spans, allowed)
    top = lines[0].top
    bottom = lines[-1].bottom
    walls = [x for x, *_ in rules.down if is_covered_by_rule(rules.down, x, top, bottom)]
    edges = [
        next((wall for wall in walls if space[0] <= wall <= space[1]), None)
        or _least_crossed_middle(space, every)
        for space in spaces
        if space[1] - space[0] >= _NARROWEST
    ]
    low = min(line.x0 for line in lines)
    high = max(line.x1 for line in lines)
    for wall in walls:
        if low < wall < high and all(abs(wall - edge) > 2 * NEAR for edge in edges):
            edges.append(wall)
    return sorted(edges)


def _edges_without_head_only_columns(heads: Lines, body: Lines, edges: list[float]) -> list[float]:
    """The edges without those of columns that only have a head: it stands beside its cells."""
    edges = edges.copy()
    for column in range(len(edges), -1, -1):
        if any(column_of(chunk.middle, edges) == column for line in body for chunk in line.chunks):
            continue
        headed = {column_of(chunk.middle, edges) for line in heads for chunk in line.chunks}
        if column < len(edges) and column + 1 not in headed:
            del edges[column]
        elif column and column - 1 not in headed:
            del edges[column - 1]
    return edges


def _gaps_between_spans(spans: Sequence[Interval], max_crossing: int) -> Iterator[Interval]:
    """From where to where at most so many of the spans lie, between the first and the last of
    them.
    """
    steps = sorted([(x0, 1) for x0, _ in spans] + [(x1, -1) for _, x1 in spans])
    cover = 0
    start = None
    for x, step in steps:
        before = cover
        cover += step
        if cover <= max_crossing < before:
            start = x
        elif before <= max_crossing < cover and start is not None:
            yield start, x
            start = None


def _least_crossed_middle(gap: Interval, spans: Sequence[Interval]) -> float:
    """The middle of the widest part of a space that the fewest spans cross."""
    crossing = [(max(a, gap[0]), min(b, gap[1])) for a, b in spans if a < gap[1] and b > gap[0]]
    places = sorted({gap[0], gap[1], *(x for span in crossing for x in span)})
    parts = [
        (sum(a < right and b > left for a, b in crossing), left - right, (left + right) / 2)
        for left, right in pairwise(places)
    ]
    return min(parts)[2]


def _split_chunks_at_edges(line: LineOfChunks, edges: Edges) -> LineOfChunks:
    """The line with chunks that cross an edge between two words parted there."""
    if len(line.chunks) == 1:
        return line
    chunks = [
        part for chunk in line.chunks for part in _chunk_parts_by_column(chunk, edges).values()
    ]
    return line._replace(chunks=chunks)


def _chunk_parts_by_column(chunk: WordChunk, edges: Edges) -> dict[int, WordChunk]:
    """What of a chunk lies in each column."""
    parts = [
        (at, list(words))
        for at, words in groupby(chunk.words, lambda w: column_of(w.middle, edges))
    ]
    return {at: WordChunk(words) for at, words in parts} if len(parts) > 1 else {parts[0][0]: chunk}


def _split_head_line_over_columns(
    line: LineOfChunks, below: Lines, edges: Edges, rules: RuledLines
) -> LineOfChunks:
    """The line of heads, chunks parted where each part stands over what is `below` and no rule
    joins them.
    """
    lower = {column_of(c.middle, edges): c for part in reversed(below) for c in part.chunks}
    low = line.bottom - 0.4 * line.height
    high = line.bottom + line.height
    joining = [rule for rule in rules.across if low <= rule[0] <= high and edges[0] <= rule[1]]
    chunks: list[WordChunk] = []
    for chunk in line.chunks:
        parts = _chunk_parts_by_column(chunk, edges)
        over = all(at in lower and part.stands_over(lower[at]) for at, part in parts.items())
        joined = any(x0 < chunk.middle < x1 for _, x0, x1 in joining)
        chunks += parts.values() if over and not joined else [chunk]
    return line._replace(chunks=chunks)


def _head_lines(lines: Lines, edges: Edges, rules: RuledLines) -> int:
    """How many lines are heads: those above a rule through all, or the first value after the first
    column.
    """
    left = min(line.x0 for line in lines)
    right = max(line.x1 for line in lines)
    valued = next((at for at, line in enumerate(lines) if _has_values(line, edges)), None)
    limit = valued if valued is not None else len(lines)
    if valued is not None:  # "(0.75)" is a value, too: a line of heads has few
        limit += 2 * sum(map(attrgetter("is_value"), lines[valued].chunks)) < len(
            lines[valued].chunks
        )
    ruled: list[int] = []
    for at in range(1, min(limit + 1, len(lines))):
        between = [
            y
            for y, *_ in rules.across
            if lines[at - 1].bottom - 0.4 * lines[at - 1].height
            <= y
            <= lines[at].top + 0.4 * lines[at].height
        ]
        # A rule through the table, not only below heads over some of its columns.
        if any(
            all(is_covered_by_rule(rules.across, y, left, end) for end in (right, edges[0]))
            for y in between
        ):
            ruled.append(at)
    if ruled:  # a rule through all may stand below a title, too
        lower = [at for at in ruled[1:] if valued is not None and len(lines[at - 1].chunks) > 1]
        return (lower or ruled[:1])[-1]
    if valued is None or valued > _MOST_HEADS:
        return 0
    behind = [
        at for at in range(valued) if any(column_of(c.middle, edges) for c in lines[at].chunks)
    ]
    count = behind[-1] + 1 if behind else 0
    last = next((at for at in reversed(range(count)) if len(lines[at].chunks) > 1), count - 1)
    return count if last > count - 3 else last + 1


def _has_values(line: LineOfChunks, edges: Edges) -> bool:
    values = [chunk for chunk in line.chunks if chunk.is_value and column_of(chunk.middle, edges)]
    return bool(values) and not all(chunk.is_year for chunk in line.chunks[1:])


def _is_table(lines: Lines, body: Lines, edges: Edges, *, ruled: bool) -> bool:
    """Whether most lines have several short cells: no running text, numbered lines, contents,
    signatures. Without rules there are values or many cells."""
    chunks = [chunk for line in body for chunk in line.chunks]
    columns: list[list[WordChunk]] = [[] for _ in range(len(edges) + 1)]
    for chunk in chunks:
        columns[column_of(chunk.middle, edges)].append(chunk)
    several = sum(len(line.chunks) > 1 for line in body)
    headed = any(len(line.chunks) > 1 for line in lines[: len(lines) - len(body)])
    if several < 2 and not (several == 1 and headed):
        return False
    counting = sum(are_consecutive_numbers([chunk.text for chunk in column]) for column in columns)
    if counting > 1 or counting == 1 and len(columns) < 3:
        return False
    values = sum(chunk.is_value for chunk in chunks)
    prose = sum(median(len(c.words) for c in column) >= _PROSE for column in columns if column)
    if values < _FEW_VALUES * len(chunks):
        if any(
            own and not any(any(map(str.isalnum, c.text)) or c.is_value for c in own)
            for own in columns
        ):
            return False  # a list with bullets
        named = [line for line in body if not column_of(line.chunks[0].middle, edges)]
        if prose > 1 or sum(len(line.chunks) > 1 for line in named) < (
            0.5 if ruled else 0.75
        ) * len(named):
            return False
        return ruled or len(columns) >= _MANY_COLUMNS
    first = sum(not column_of(line.x0, edges) for line in body)
    return several >= 0.35 * first and (prose < 2 or values >= 0.3 * len(chunks))


def _group_lines_into_rows(
    body: Lines, edges: Edges, rules: RuledLines
) -> list[list[LineOfChunks]]:
    """The lines of each row: names and cells may have several."""
    step = _line_distance(body)
    through = _full_width_rule_positions(body, rules)
    return group_consecutive(
        body,
        lambda row, line: (
            not _is_rule_between(row[-1], line, through) and _is_line_of_row(row, line, edges, step)
        ),
    )


def _full_width_rule_positions(body: Lines, rules: RuledLines) -> list[float]:
    """Where rules run through all columns."""
    left = min(line.x0 for line in body)
    right = max(line.x1 for line in body)
    return [y for y, *_ in rules.across if is_covered_by_rule(rules.across, y, left, right)]


def _is_rule_between(
    above: LineOfChunks, line: LineOfChunks, full_width_rules: Sequence[float]
) -> bool:
    """Whether one of the rules `full_width_rules` a table is between two lines."""
    return any(
        above.bottom - 0.4 * line.height <= y <= line.top + 0.4 * line.height
        for y in full_width_rules
    )


def _is_line_of_row(row: Lines, line: LineOfChunks, edges: Edges, line_distance: float) -> bool:
    """Whether a line belongs to the row above it."""
    before = row[-1]
    if all(column_of(chunk.x0, edges) for chunk in line.chunks):
        valued = any(chunk.is_value and column_of(chunk.middle, edges) for chunk in line.chunks)
        return not valued and line.top - before.bottom < 1.2 * line.height
    waits = all(len(part.chunks) == 1 and not column_of(part.chunks[0].x0, edges) for part in row)
    return (len(line.chunks) == 1 or waits) and _is_row_name_continued(
        before, line, edges, line_distance, has_name_only=waits
    )


def _is_row_name_continued(
    before: LineOfChunks,
    line: LineOfChunks,
    edges: Edges,
    line_distance: float,
    *,
    has_name_only: bool,
) -> bool:
    """Whether the name of a row goes on in `line`. `has_name_only`: the row has only a name so far, as a
    title has.
    """
    upper = before.chunks[0]
    lower = line.chunks[0]
    if (
        column_of(upper.x0, edges)
        or column_of(lower.x0, edges)
        or (has_name_only and upper.middle > edges[0])
    ):
        return False
    if line.top - before.bottom > 0.8 * line.height or upper.text.endswith(":"):
        return False
    if lower.text[:1].islower() or upper.text.endswith(("/", ",", "-", "–", "&")):
        return True
    full = (
        upper.x1 + (lower.words[0].x1 - lower.x0) + 0.2 * line.height > edges[0] - 0.5 * line.height
    )
    tight = line.bottom - before.bottom < _TIGHT * line_distance
    return (full or tight) and lower.x0 > upper.x0 + 0.5 and (tight or not has_name_only)


def _cells_of_rows(
    rows: Sequence[Lines], edges: Edges, first_row_number: int, lines: Lines
) -> Iterator[CellWithPosition]:
    """The cells of the rows, the first of which has number `first_row_number`."""
    kept = _split_off_cells_between_rows(rows)
    for at, row in enumerate(kept[0]):
        fields: dict[int, list[list[Word]]] = {}
        spans: dict[int, int] = {}
        for line in row:
            for chunk in line.chunks:
                column, last = (
                    column_of(w.middle, edges) for w in (chunk.words[0], chunk.words[-1])
                )
                if len(line.chunks) > 1:
                    column = last = column_of(chunk.middle, edges)
                elif len(row) == 1 and (title := _title_column(chunk, edges, lines)) is not None:
                    column = title
                    last = len(edges)
                fields.setdefault(column, []).append(chunk.words)
                spans[column] = max(spans.get(column, 1), last - column + 1)
        for column, words in sorted(fields.items()):
            yield CellWithPosition(words, first_row_number + at, column, 1, spans[column])
    for line, below in kept[1]:
        chunk = line.chunks[0]
        yield CellWithPosition(
            [chunk.words], first_row_number + below - 1, column_of(chunk.middle, edges), 2
        )


def _title_column(chunk: WordChunk, edges: Edges, lines: Lines) -> int | None:
    """The first column under a title alone on its line: in the middle of all columns, or of all but
    the names.
    """
    behind = [c for line in lines for c in line.chunks if column_of(c.middle, edges)]
    starts = min(line.x0 for line in lines), min(c.x0 for c in behind)
    off = [abs((x + max(c.x1 for c in behind)) / 2 - chunk.middle) for x in starts]
    named = chunk.is_value or not column_of(chunk.x0, edges)
    return None if named or min(off) > _OFF_CENTRE else off.index(min(off))


def _split_off_cells_between_rows(
    rows: Sequence[Lines],
) -> tuple[list[list[LineOfChunks]], list[tuple[LineOfChunks, int]]]:
    """(the rows without cells halfway between two, such as names for both; those cells with the row
    below).
    """
    kept: list[list[LineOfChunks]] = []
    halfway: list[tuple[LineOfChunks, int]] = []
    for at, row in enumerate(rows):
        line = row[0]
        if len(row) == 1 and len(line.chunks) == 1 and 0 < at < len(rows) - 1:
            above = rows[at - 1][-1]
            below = rows[at + 1][0]
            if (
                above.bottom - line.top > LAPPED * line.height
                and line.bottom - below.top > LAPPED * line.height
            ):
                halfway.append((line, len(kept)))
                continue
        kept.append(list(row))
    return kept, halfway
