"""Where tables without a frame are: between level rules of one length, and where values stand below
each other.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from docqa.ingest.pdf.visibility.objects import Box, widen_box
from docqa.ingest.structure.clean import group_consecutive
from docqa.ingest.structure.references import kind_and_number_of_caption
from docqa.ingest.structure.values import are_consecutive_numbers, is_year

from .chunks import ALIGNED, LineOfChunks, Lines, WordChunk
from .rules import NEAR, Rule, RuledLines

_SAME_ENDS = 4.0  # points
_NARROWEST_RULE = 60.0
_FURTHEST = 9.0  # heights from one value of a column to the next
_FEWEST = 3  # values of a column
_SHORT = 4  # words of a cell that may tell a column
_MANY_CELLS = 4
_LONG = 6  # words that are running text rather than a cell
_NAME_WORDS = 14
_MOST_HEADS = 7
_HEAD_GAP = 1.6  # heights
_LARGER = 1.2
_RULE_GAP = 1.6  # heights
_FURTHER_GAP = 6.0  # heights to a column beyond the names

Place = tuple[int, int]
"""The number of a line and of a chunk in it."""


def ruled_regions(rules: RuledLines, lines: Lines) -> Iterator[Box]:
    """Boxes between level rules of one length, with cells and no caption between them."""
    groups: list[list[Rule]] = []
    for rule in sorted(rule for rule in rules.across if rule[2] - rule[1] > _NARROWEST_RULE):
        same = next(
            (g for g in groups if abs(g[-1][1] - rule[1]) + abs(g[-1][2] - rule[2]) < _SAME_ENDS),
            None,
        )
        if same is None:
            groups.append([rule])
        else:
            same.append(rule)
    for group in groups:
        for run in group_consecutive(
            group, lambda run, below: _has_cells_between_rules(run[-1], below, lines, rules.down)
        ):
            yield from _boxes_between_rules(run, lines)


def _boxes_between_rules(rule_run: Sequence[Rule], lines: Lines) -> Iterator[Box]:
    """The box between the rules of a run, unless the first or last is far off, as below a running
    head.
    """
    box = (
        min(r[1] for r in rule_run) - 2,
        rule_run[0][0],
        max(r[2] for r in rule_run) + 2,
        rule_run[-1][0],
    )
    inside = [line for line in lines if box[1] <= (line.top + line.bottom) / 2 <= box[3]]
    if len(rule_run) > 1 and inside:
        near = _RULE_GAP * median(line.height for line in inside)
        far = inside[0].top - box[1] >= near or box[3] - inside[-1].bottom >= near
        if not far and not _has_names_outside(box, inside):
            yield box


def _has_names_outside(box: Box, lines: Lines) -> bool:
    """Whether rules are below figures alone, as in financial statements: most rows have a name
    before them."""
    rows = [line for line in lines if line.chunks[-1].middle > box[0]]
    names = [
        name
        for line in rows
        for name, cell in pairwise(line.chunks)
        if name.middle < box[0] < cell.middle < box[2] and (cell.is_value or cell.is_year)
    ]
    return _are_row_names(names, len(rows))


def _has_cells_between_rules(
    above: Rule, below: Rule, lines: Lines, upright_rules: Sequence[Rule]
) -> bool:
    """Whether what is between two rules may be part of one table: no caption, no running text."""
    inside = []
    for line in lines:
        if above[0] <= (line.top + line.bottom) / 2 <= below[0]:
            chunks = [c for c in line.chunks if above[1] - 2 <= c.middle <= above[2] + 2]
            if chunks:
                inside.append(line._replace(chunks=chunks))
    if not inside or any(kind_and_number_of_caption(line.chunks[0].text) for line in inside):
        return False
    if len(inside) == 1 and len(inside[0].chunks) == 1:
        return len(inside[0].chunks[0].words) <= _LONG
    if any(
        chunk.x0 < above[1] - 6 or chunk.x1 > above[2] + 6
        for line in inside
        for chunk in line.chunks
    ):
        return False
    walls = [
        x
        for x, y0, y1 in upright_rules
        if above[1] < x < above[2] and y0 < above[0] + NEAR and y1 > below[0] - NEAR
    ]
    several = sum(len(line.chunks) > 1 for line in inside)
    if (
        len(walls) == 1
        and median(len(chunk.words) for line in inside for chunk in line.chunks) <= _LONG
    ):
        return True
    return several >= 0.35 * len(inside)


def aligned_regions(rules: RuledLines, lines: Lines) -> Iterator[Box]:
    """Boxes around values, or many short cells a line, below each other, with their names and
    heads.
    """
    columns = [
        c
        for c in _columns_of_short_chunks(lines)
        if not are_consecutive_numbers([lines[n].chunks[at].text for n, at in c])
    ]
    for group in _groups_of_adjacent_columns(columns, lines):
        box = _box_around_columns(group, lines, rules)
        if box:
            yield box


def _short_chunk_indices(line: LineOfChunks) -> list[int]:
    short = sum(len(chunk.words) <= _SHORT for chunk in line.chunks)
    many = short >= _MANY_CELLS and short == len(line.chunks)
    return [at for at, c in enumerate(line.chunks) if many or c.is_value or c.is_year]


def _columns_of_short_chunks(lines: Lines) -> list[list[Place]]:
    """Runs of seeds below each other, each from top to bottom: nothing else stands between them."""
    open_columns: list[list[Place]] = []
    done: list[list[Place]] = []
    reached: dict[int, float] = {}  # line -> where its cells end
    for number, line in enumerate(lines):
        seeds = set(_short_chunk_indices(line))
        reached[number] = line.bottom
        left: list[list[Place]] = []
        taken: set[int] = set()
        for column in open_columns:
            last = lines[column[-1][0]]
            found = next(
                (
                    at
                    for at in seeds - taken
                    if last.chunks[column[-1][1]].stands_over(line.chunks[at])
                ),
                None,
            )
            if found is not None:
                taken.add(found)
                column.append((number, found))
                left.append(column)
            else:
                if len(line.chunks) == 1 and any(
                    abs(c.x0 - line.x0) < ALIGNED for c in last.chunks[1:]
                ):
                    reached[column[-1][0]] = line.bottom
                middle = last.chunks[column[-1][1]].middle
                # Running text stands where the next value would.
                blocked = any(c.x0 < middle < c.x1 and len(c.words) > _LONG for c in line.chunks)
                far = line.top - reached[column[-1][0]] > _FURTHEST * last.height
                (done if blocked or far else left).append(column)
        left += [[(number, at)] for at in seeds - taken]
        open_columns = left
    return [column for column in [*done, *open_columns] if len(column) >= _FEWEST]


def _groups_of_adjacent_columns(
    columns: Sequence[list[Place]], lines: Lines
) -> list[list[list[Place]]]:
    """Columns beside each other on the same lines, with no running text between them."""
    ordered = sorted(columns, key=lambda c: median(lines[n].chunks[at].middle for n, at in c))
    groups: list[list[list[Place]]] = []
    for column in ordered:
        mine = [
            group
            for group in groups
            if any(_are_columns_on_same_lines(other, column, lines) for other in group)
        ]
        merged = [column]
        for group in mine:
            merged = [*group, *merged]
            groups.remove(group)
        groups.append(merged)
    return groups


def _are_columns_on_same_lines(a: Sequence[Place], b: Sequence[Place], lines: Lines) -> bool:
    first = dict(a)
    second = dict(b)
    shared = first.keys() & second.keys()
    if len(shared) < _FEWEST or len(shared) < 0.6 * min(len(first), len(second)):
        return False
    between = 0
    for number in shared:
        low, high = sorted((first[number], second[number]))
        between += any(len(chunk.words) > _LONG for chunk in lines[number].chunks[low + 1 : high])
    return between < 0.2 * len(shared)


def _box_around_columns(
    group: Sequence[Sequence[Place]], lines: Lines, rules: RuledLines
) -> Box | None:
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
    named = _are_row_names(names, len(numbers))
    behind = [lines[n].chunks[lasts[n] + 1] for n in numbers if lasts[n] + 1 < len(lines[n].chunks)]
    few = _SHORT if named else _NAME_WORDS
    noted = (
        _are_row_names(behind, len(numbers)) and median(len(chunk.words) for chunk in behind) <= few
    )
    used = [lines[n].chunks[at] for column in group for n, at in column]
    if not _has_enough_cells(used, len(group), has_names=named, has_notes=noted):
        return None
    used += names if named else []
    used += behind if noted else []
    before = 2 if named else 1
    beside = names if named else [lines[n].chunks[firsts[n]] for n in numbers]
    used += _number_column_before_names(
        [lines[n].chunks[firsts[n] - before] for n in numbers if firsts[n] >= before], beside
    )
    left = min(chunk.x0 for chunk in used)
    right = max(chunk.x1 for chunk in used)
    body = [
        line for line in lines[numbers[0] : numbers[-1] + 1] if line.bottom > lines[numbers[0]].top
    ]
    right = max([right, *(c.x1 for line in body for c in line.chunks if left <= c.x0 < right)])
    values = min(lines[n].chunks[at].x0 for n, at in firsts.items())
    heads = _header_lines_above(numbers[0], left, right, values, lines, rules)
    right = max([right, *_ends_of_sparse_columns([*heads, lines[numbers[0]]], body, right)])
    top = min(line.top for line in [lines[numbers[0]], *heads])
    bottom = lines[numbers[-1]].bottom
    return widen_box((left, top, right, bottom), 1)


def _ends_of_sparse_columns(heads: Lines, body: Lines, right: float) -> Iterator[float]:
    """Where cells end of columns that hardly a row has, but a head."""
    for line in heads[-2:]:
        for head in line.chunks:
            if right < head.x0 < right + _FURTHER_GAP * line.height and len(head.words) <= _LONG:
                yield head.x1
                yield from (
                    c.x1
                    for part in body
                    for c in part.chunks
                    if head.x0 - ALIGNED <= c.x0 < head.x1
                )


def _number_column_before_names(
    chunks: Sequence[WordChunk], names: Sequence[WordChunk]
) -> Sequence[WordChunk]:
    """A column of short cells, such as numbers, close in front of most names."""
    if len(chunks) < 0.6 * len(names) or not chunks:
        return ()
    height = median(word.height for chunk in names for word in chunk.words)
    gap = median(name.x0 for name in names) - median(chunk.x1 for chunk in chunks)
    return (
        chunks if median(len(c.words) for c in chunks) <= 2 and gap < _FURTHER_GAP * height else ()
    )


def _are_row_names(chunks: Sequence[WordChunk], rows: int) -> bool:
    """Whether chunks beside most rows are their names: short, with letters, beginning near one
    another.
    """
    if len(chunks) < 0.6 * rows or not chunks:
        return False
    if median(len(chunk.words) for chunk in chunks) > _NAME_WORDS:
        return False
    if sum(any(map(str.isalpha, c.text)) or is_year(c.text) for c in chunks) < 0.5 * len(chunks):
        return False
    starts = Counter(round(chunk.x0 / 4) for chunk in chunks)
    common = starts.most_common(1)[0][0]
    near = sum(count for start, count in starts.items() if abs(start - common) <= 12)
    return near >= 0.6 * len(chunks)


def _has_enough_cells(
    chunks: Sequence[WordChunk], columns: int, *, has_names: bool, has_notes: bool
) -> bool:
    values = [chunk for chunk in chunks if chunk.is_value]
    if columns == 1:
        amounts = [
            chunk
            for chunk in values
            if any(sign in chunk.text for sign in "$€£¥%,.") and len(chunk.text) > 2
        ]
        return has_names and len(amounts) >= 0.6 * len(chunks)
    if len(values) < 0.4 * len(chunks):
        return columns + has_names >= _MANY_CELLS
    return has_names or has_notes or columns > 2


def _header_lines_above(
    number: int, left: float, right: float, values: float, lines: Lines, rules: RuledLines
) -> list[LineOfChunks]:
    """The heads above line `number`: short chunks, close above each other, the uppermost with one
    over the values.
    """
    found: list[LineOfChunks] = []
    count = 0
    reached = lines[number].top
    for line in reversed(lines[max(number - _MOST_HEADS, 0) : number]):
        chunks = [c for c in line.chunks if c.x1 > left - 4 and c.x0 < right + 4]
        if not chunks:
            continue
        ruled = any(
            line.bottom - 2 <= y <= reached + 2
            for y, x0, x1 in rules.across
            if x0 < right and x1 > left
        )
        if reached - line.bottom > (2.5 if ruled else _HEAD_GAP) * line.height:
            break
        few = (
            _LONG if len(chunks) > 1 else 0
        )  # words of a head that is wider than the first or last column
        if any(
            len(c.words) > (few if left < c.middle < right else 0)
            and (c.x0 < left - 8 or c.x1 > right + 8 or len(c.words) > 2 * _LONG)
            for c in chunks
        ):
            break
        if line.height > _LARGER * lines[number].height:
            break  # a heading
        if (
            kind_and_number_of_caption(chunks[0].text)
            or len(chunks) == 1
            and chunks[0].text.endswith((".", ";"))
        ):
            break
        reached = line.top
        found.append(line)
        if any(c.x1 > values - 2 for c in chunks):
            count = len(found)
    return found[count - 1 :: -1] if count else []
