"""Where tables without a frame are: between level rules of one length, and where values stand below
each other.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median

from docqa.ingest.pdf.visibility.objects import Box
from docqa.ingest.structure.clean import group_consecutive
from docqa.ingest.structure.references import caption_of
from docqa.ingest.structure.values import is_counting

from .chunks import Chunk, Lines, PrintLine
from .measures import (
    CENTRED,
    FEWEST_VALUES,
    FILLED,
    FURTHER_GAP,
    FURTHEST_VALUE,
    HEAD_GAP,
    INTERRUPTED,
    LONG_TEXT,
    MANY,
    MOST,
    NAME_STARTS,
    NEAR,
    NEXT_CELL_LINE,
    SEVERAL_CELLS,
    TABLE_RULE,
    WIDER_HEAD,
)
from .rules import Rule, Rules

Place = tuple[int, int]
"""The number of a line and of a chunk in it."""


def ruled_regions(rules: Rules, lines: Lines) -> Iterator[Box]:
    """Boxes between level rules of one length, with cells and no caption between them."""
    groups: list[list[Rule]] = []
    for rule in sorted(rule for rule in rules.across if rule[2] - rule[1] > TABLE_RULE):
        same = (
            group
            for group in groups
            if abs(group[-1][1] - rule[1]) + abs(group[-1][2] - rule[2]) < CENTRED
        )
        group = next(same, None)
        if group is None:
            groups.append([rule])
        else:
            group.append(rule)
    for group in groups:
        for run in group_consecutive(
            group, lambda run, below: _has_cells_between(run[-1], below, lines, rules.down)
        ):
            yield from _box_between_rules(run, lines)


def _box_between_rules(run: Sequence[Rule], lines: Lines) -> Iterator[Box]:
    """The box between the rules of a run, unless the first or last is far off, as below a running
    head.
    """
    box = min(r[1] for r in run) - 2, run[0][0], max(r[2] for r in run) + 2, run[-1][0]
    inside = [line for line in lines if box[1] <= (line.top + line.bottom) / 2 <= box[3]]
    if inside:
        near = HEAD_GAP * median(line.height for line in inside)
        if inside[0].top - box[1] < near and box[3] - inside[-1].bottom < near:
            yield box


def _has_cells_between(above: Rule, below: Rule, lines: Lines, down: Sequence[Rule]) -> bool:
    """Whether what is between two rules may be part of one table: no caption, no running text."""
    inside = []
    for line in lines:
        if above[0] <= (line.top + line.bottom) / 2 <= below[0]:
            chunks = [c for c in line.chunks if above[1] - 2 <= c.middle <= above[2] + 2]
            if chunks:
                inside.append(PrintLine(chunks, line.top, line.bottom))
    if not inside or any(caption_of(line.chunks[0].text) is not None for line in inside):
        return False
    if len(inside) == 1 and len(inside[0].chunks) == 1:
        return len(inside[0].chunks[0].words) <= LONG_TEXT
    walls = [
        x
        for x, y0, y1 in down
        if above[1] < x < above[2] and y0 < above[0] + NEAR and y1 > below[0] - NEAR
    ]
    several = sum(len(line.chunks) > 1 for line in inside)
    return len(walls) == 1 or several >= SEVERAL_CELLS * len(inside)


def aligned_regions(_: Rules, lines: Lines) -> Iterator[Box]:
    """Boxes around values, or many short cells a line, below each other, with their names and
    heads.
    """
    columns = [
        c
        for c in _columns_of_seeds(lines)
        if not is_counting([lines[n].chunks[at].text for n, at in c])
    ]
    for group in _groups_of_columns(columns, lines):
        box = _region_around_group(group, lines)
        if box is not None:
            yield box


def _seed_numbers(line: PrintLine) -> list[int]:
    chunks = line.chunks
    many = len(chunks) >= MANY and all(len(chunk.words) <= MANY for chunk in chunks)
    return [
        number
        for number, chunk in enumerate(line.chunks)
        if many or chunk.is_value or chunk.is_year
    ]


def _columns_of_seeds(lines: Lines) -> list[list[Place]]:
    """Runs of seeds below each other, each from top to bottom: nothing else is between them."""
    open_columns: list[list[Place]] = []
    done: list[list[Place]] = []
    ends: dict[int, float] = {}  # line -> where its cells end, which may have further lines
    for number, line in enumerate(lines):
        seeds = set(_seed_numbers(line))
        ends[number] = line.bottom
        still_open: list[list[Place]] = []
        for column in open_columns:
            last_line = lines[column[-1][0]]
            last = last_line.chunks[column[-1][1]]
            below = next((at for at in seeds if last.stands_over(line.chunks[at])), None)
            if below is not None:
                seeds.remove(below)
                column.append((number, below))
                still_open.append(column)
                continue
            if len(line.chunks) == 1 and any(
                abs(c.x0 - line.x0) < NEAR for c in last_line.chunks[1:]
            ):
                ends[column[-1][0]] = line.bottom
            # Running text is where the next value would be.
            blocked = any(
                c.x0 < last.middle < c.x1 and len(c.words) > LONG_TEXT for c in line.chunks
            )
            far = line.top - ends[column[-1][0]] > FURTHEST_VALUE * last_line.height
            (done if blocked or far else still_open).append(column)
        open_columns = still_open + [[(number, at)] for at in seeds]
    return [column for column in [*done, *open_columns] if len(column) >= FEWEST_VALUES]


def _groups_of_columns(columns: Sequence[list[Place]], lines: Lines) -> list[list[list[Place]]]:
    """Columns beside each other on the same lines, with no running text between them."""
    ordered = sorted(columns, key=lambda c: median(lines[n].chunks[at].middle for n, at in c))
    groups: list[list[list[Place]]] = []
    for column in ordered:
        merged = [column]
        for group in list(groups):
            if any(_are_side_by_side(other, column, lines) for other in group):
                merged = [*group, *merged]
                groups.remove(group)
        groups.append(merged)
    return groups


def _are_side_by_side(a: Sequence[Place], b: Sequence[Place], lines: Lines) -> bool:
    first = dict(a)
    second = dict(b)
    shared = first.keys() & second.keys()
    if len(shared) < FEWEST_VALUES or len(shared) < MOST * min(len(first), len(second)):
        return False
    interrupted = 0
    for number in shared:
        low, high = sorted((first[number], second[number]))
        between = lines[number].chunks[low + 1 : high]
        interrupted += any(len(chunk.words) > LONG_TEXT for chunk in between)
    return interrupted < INTERRUPTED * len(shared)


def _region_around_group(group: Sequence[Sequence[Place]], lines: Lines) -> Box | None:
    """The box around a group of columns with names, heads and further cells; None without names or
    a second column.
    """
    firsts: dict[int, int] = {}
    lasts: dict[int, int] = {}
    for column in group:
        for number, at in column:
            firsts[number] = min(firsts.get(number, at), at)
            lasts[number] = max(lasts.get(number, at), at)
    numbers = sorted(firsts)
    names = [lines[n].chunks[firsts[n] - 1] for n in numbers if firsts[n]]
    named = _are_names(names, len(numbers))
    if not _is_plausible_table_group(group, lines, named=named):
        return None
    used = [lines[n].chunks[at] for column in group for n, at in column]
    if named:
        used += names
    first_cells = names if named else [lines[n].chunks[firsts[n]] for n in numbers]
    offset = 2 if named else 1
    used += _short_cells_before_names(
        [lines[n].chunks[firsts[n] - offset] for n in numbers if firsts[n] >= offset], first_cells
    )
    remarks = [
        lines[n].chunks[lasts[n] + 1] for n in numbers if lasts[n] + 1 < len(lines[n].chunks)
    ]
    if _are_names(remarks, len(numbers)):
        used += remarks
    left = min(chunk.x0 for chunk in used)
    right = max(chunk.x1 for chunk in used)
    body = lines[numbers[0] : numbers[-1] + 1]
    right = max([right, *(c.x1 for line in body for c in line.chunks if left <= c.x0 < right)])
    values = min(lines[n].chunks[at].x0 for n, at in firsts.items())
    heads = _head_lines_above(numbers[0], left, right, values, lines)
    right = max([right, *_ends_of_head_only_columns([*reversed(heads), body[0]], body, right)])
    top = min(line.top for line in [body[0], *heads])
    return left - 1, top - 1, right + 1, body[-1].bottom + 1


def _ends_of_head_only_columns(heads: Lines, body: Lines, right: float) -> Iterator[float]:
    """Where cells end of columns that hardly a row has, but a head."""
    for line in heads[-2:]:
        for head in line.chunks:
            if right < head.x0 < right + FURTHER_GAP * line.height:
                for part in body:
                    yield from (c.x1 for c in part.chunks if head.x0 - NEAR <= c.x0 < head.x1)


def _short_cells_before_names(chunks: Sequence[Chunk], names: Sequence[Chunk]) -> Sequence[Chunk]:
    """A column of short cells, such as numbers, close in front of most names."""
    if not chunks or len(chunks) < MOST * len(names):
        return ()
    height = median(word.bottom - word.top for chunk in names for word in chunk.words)
    gap = median(name.x0 for name in names) - median(chunk.x1 for chunk in chunks)
    short = median(len(chunk.words) for chunk in chunks) <= 2
    return chunks if short and gap < FURTHER_GAP * height else ()


def _are_names(chunks: Sequence[Chunk], rows: int) -> bool:
    """Whether chunks beside most rows are their names: with letters, beginning near one another."""
    lettered = [chunk for chunk in chunks if any(map(str.isalpha, chunk.text))]
    if len(chunks) < MOST * rows or len(lettered) < len(chunks) / 2:
        return False
    starts = Counter(round(chunk.x0 / 4) for chunk in chunks)
    common = starts.most_common(1)[0][0]
    near = sum(count for start, count in starts.items() if abs(start - common) <= NAME_STARTS)
    return near >= MOST * len(chunks)


def _is_plausible_table_group(
    group: Sequence[Sequence[Place]], lines: Lines, *, named: bool
) -> bool:
    chunks = [lines[n].chunks[at] for column in group for n, at in column]
    values = [chunk for chunk in chunks if chunk.is_value]
    if len(group) == 1:
        signs = "$€£¥%,."
        amounts = sum(
            len(chunk.text) > 2 and any(sign in chunk.text for sign in signs) for chunk in values
        )
        return named and amounts >= MOST * len(chunks)
    if len(values) < FILLED * len(chunks):
        return len(group) + named >= MANY
    return named or len(group) > 2


def _head_lines_above(
    number: int, left: float, right: float, values: float, lines: Lines
) -> list[PrintLine]:
    """The heads above line `number`, from below: short chunks, close above each other, the
    uppermost with one over the `values`.
    """
    heads: list[PrintLine] = []
    count = 0
    below = lines[number]
    for line in reversed(lines[:number]):
        chunks = [c for c in line.chunks if c.x1 > left - CENTRED and c.x0 < right + CENTRED]
        if not chunks:
            continue
        # A head may be wider than the first or last column.
        few = LONG_TEXT if len(chunks) > 1 else 0
        wide = any(
            len(c.words) > (few if left < c.middle < right else 0)
            and (c.x0 < left - WIDER_HEAD or c.x1 > right + WIDER_HEAD)
            or len(c.words) > 2 * LONG_TEXT
            for c in chunks
        )
        large = line.height > NEXT_CELL_LINE * lines[number].height  # a heading
        if wide or large or below.top - line.bottom > HEAD_GAP * line.height:
            break
        heads.append(line)
        below = line
        if any(c.x1 > values - 2 for c in chunks):
            count = len(heads)
    return heads[:count]
