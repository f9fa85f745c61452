"""Rules: the level and upright lines that a page draws, those that hang together, and the tables in
their grids.

A cell of such a table may have several lines, and only the rules say where it ends.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from statistics import median

from docqa.ingest.pdf.raw_page import Word
from docqa.ingest.pdf.visibility.objects import Box
from docqa.ingest.structure.clean import group_consecutive, split_by
from docqa.ingest.structure.values import is_value_text

from .placed import CellWithPosition, TableWithPositions, header_row_count, lines_of

NEAR = 2.5
"""Points: rules that meet, or are drawn as pieces of one."""
_MIN_SIDE = 6.0
# points
_LONG = 30.0
_SHORT_GAP = 1.7
_MAX_RULES = 4_000
_COVERED = 0.6  # the share of a cell's side that a rule must run along
_MAX_FIELDS = 10_000  # squared paper has more
_MIN_TRUSTED = 4  # rows; rules between fewer may part the head from all of the rest
_SHARED = 0.5  # the share of the lines of a band on which several of its cells have words
_SEVERAL = 3
_FILLED = 0.4  # the share of the cells of a table that have words

Field = tuple[int, int]
Rule = tuple[float, float, float]
"""A level rule as (y, x0, x1), an upright one as (x, y0, y1), in points."""


@dataclass(slots=True)
class RuledLines:
    """Level rules, `across`, and upright ones, `down`."""

    across: list[Rule] = field(default_factory=list)
    down: list[Rule] = field(default_factory=list)

    @classmethod
    def of(cls, boxes: Iterable[Box]) -> "RuledLines":
        """The rules that thin boxes are; none where there are so many that the page is a
        drawing.
        """
        across: list[Rule] = []
        down: list[Rule] = []
        for x0, y0, x1, y1 in boxes:
            if x1 - x0 >= y1 - y0:
                across.append(((y0 + y1) / 2, x0, x1))
            else:
                down.append(((x0 + x1) / 2, y0, y1))
        rules = cls(_join_collinear_rules(across), _join_collinear_rules(down))
        return rules if len(rules.across) + len(rules.down) <= _MAX_RULES else cls()

    def within(self, box: Box) -> "RuledLines":
        """Those that lie in `box` for the most part, cut at its edges."""
        x0, y0, x1, y1 = box
        across = [
            (y, max(a, x0), min(b, x1)) for y, a, b in self.across if y0 - NEAR <= y <= y1 + NEAR
        ]
        down = [(x, max(a, y0), min(b, y1)) for x, a, b in self.down if x0 - NEAR <= x <= x1 + NEAR]
        return RuledLines(
            [r for r in across if r[2] - r[1] >= _MIN_SIDE],
            [r for r in down if r[2] - r[1] >= _MIN_SIDE],
        )


def _join_collinear_rules(rules: list[Rule]) -> list[Rule]:
    joined: list[Rule] = []
    for at, start, end in sorted(rules, key=lambda rule: (round(rule[0] / NEAR), rule[1])):
        # Two long ones are of two groups.
        gap = (
            _SHORT_GAP
            if joined and min(end - start, joined[-1][2] - joined[-1][1]) > _LONG
            else NEAR
        )
        touches = bool(joined) and joined[-1][1] - gap <= end and start <= joined[-1][2] + gap
        if touches and abs(joined[-1][0] - at) < NEAR:
            joined[-1] = (joined[-1][0], joined[-1][1], max(joined[-1][2], end))
        else:
            joined.append((at, start, end))
    return [rule for rule in joined if rule[2] - rule[1] >= _MIN_SIDE]


def find_connected_frames(rules: RuledLines) -> list[RuledLines]:
    """The rules that hang together, with at least two rows and two columns between them."""
    found: list[RuledLines] = []
    left = rules.down
    for across in sorted(rules.across):
        crosses = partial(_do_rules_cross, across)
        mine = [frame for frame in found if any(map(crosses, frame.down))]
        frame = mine[0] if mine else RuledLines()
        for other in mine[1:]:
            frame.across += other.across
            frame.down += other.down
            found.remove(other)
        if not mine:
            found.append(frame)
        frame.across.append(across)
        touched, left = split_by(left, crosses)
        frame.down += touched
    return [
        frame
        for frame in found
        if len(distinct_rule_positions(frame.across)) > 2
        and len(distinct_rule_positions(frame.down)) > 2
    ]


def _do_rules_cross(across: Rule, down: Rule) -> bool:
    y, x0, x1 = across
    x, y0, y1 = down
    return x0 - NEAR <= x <= x1 + NEAR and y0 - NEAR <= y <= y1 + NEAR


def distinct_rule_positions(rules: Sequence[Rule]) -> list[float]:
    """Where the rules lie, each place once, in order."""
    lying = group_consecutive(
        (at for at, *_ in sorted(rules)), lambda same, at: at - same[0] <= NEAR
    )
    return [same[0] for same in lying]


def is_covered_by_rule(rules: Sequence[Rule], position: float, start: float, end: float) -> bool:
    """Whether a rule at `position` covers most of `start` to `end`."""
    covered = sum(
        max(0.0, min(end, rule_end) - max(start, rule_start))
        for place, rule_start, rule_end in rules
        if abs(place - position) <= NEAR
    )
    return covered > _COVERED * (end - start)


def frame_box(frame: RuledLines) -> Box:
    """What the rules of a frame are around."""
    ys = distinct_rule_positions(frame.across)
    xs = distinct_rule_positions(frame.down)
    return xs[0], ys[0], xs[-1], ys[-1]


def box_with_open_sides(frame: RuledLines) -> Box:
    """The box of a frame with what most level rules, several, or the first and last, run over
    beside its uprights.
    """
    x0, y0, x1, y1 = frame_box(frame)
    levels = [
        [r for r in frame.across if abs(r[0] - y) <= NEAR]
        for y in distinct_rule_positions(frame.across)
    ]
    starts = [min(r[1] for r in level) for level in levels]
    ends = [max(r[2] for r in level) for level in levels]
    left = min(max(starts[0], starts[-1]), median(starts), sorted(starts)[_SEVERAL - 1])
    right = max(min(ends[0], ends[-1]), median(ends), sorted(ends)[-_SEVERAL])
    return min(x0, left), y0, max(x1, right), y1


def words_within(words: Sequence[Word], box: Box) -> list[Word]:
    """Those of the `words` whose middle is in `box`."""
    x0, top, x1, bottom = box
    return [w for w in words if top <= w.level <= bottom and x0 <= w.middle <= x1]


def table_in_frame(frame: RuledLines, words: Sequence[Word]) -> TableWithPositions | None:
    """The table in a frame; None where most cells are empty, as in a chart, or have what no rule
    separates.
    """
    box = frame_box(frame)
    xs = distinct_rule_positions(frame.down)
    ys = distinct_rule_positions(frame.across)
    ends = sorted(
        y
        for _, *both in frame.down
        for y in both
        if all(abs(y - other) > _MIN_SIDE for other in ys)
    )
    # A row ends where several upright rules do; two are a box.
    together = group_consecutive(ends, lambda same, y: y - same[0] <= NEAR)
    ys = sorted([*ys, *(same[0] for same in together if len(same) > 2)])
    if len(ys) * len(xs) > _MAX_FIELDS:
        return None
    owners = _first_field_of_merged_cells(frame, ys, xs)
    fields: dict[Field, list[Word]] = {}
    for word in words_within(words, box):
        row = bisect_left(ys, word.level, 1, len(ys) - 1) - 1
        column = bisect_left(xs, word.middle, 1, len(xs) - 1) - 1
        fields.setdefault(owners[row, column], []).append(word)
    bands = [
        [fields[row, at] for at in range(len(xs) - 1) if (row, at) in fields]
        for row in range(len(ys) - 1)
    ]
    bands = [band for band in bands if band]
    cells = {
        owner
        for (row, _), owner in owners.items()
        if any((row, at) in fields for at in range(len(xs) - 1))
    }
    if sum(len(band) > 1 for band in bands) < 2 or len(fields) < _FILLED * len(cells):
        return None
    if len(bands) < _MIN_TRUSTED:
        headed = len(bands) > 2 and not any(
            is_value_text(word.text) for cell in bands[0] for word in cell
        )
        if any(
            _has_rows_without_rules(band, _SHARED if len(bands) > 2 else 0)
            for band in bands[headed:]
        ):
            return None
    return _table_from_fields(owners, fields)


def _table_from_fields(
    owners: Mapping[Field, Field], fields: Mapping[Field, list[Word]]
) -> TableWithPositions:
    spans: dict[Field, Field] = {}
    for (row, column), owner in owners.items():
        rows, columns = spans.get(owner, (1, 1))
        spans[owner] = max(rows, row - owner[0] + 1), max(columns, column - owner[1] + 1)
    cells = [
        CellWithPosition(lines_of(words), *owner, *spans[owner])
        for owner, words in sorted(fields.items())
    ]
    return TableWithPositions(cells, header_row_count(cells))


def _has_rows_without_rules(band: Sequence[Sequence[Word]], min_share: float) -> bool:
    """Whether several cells of a band have words on more than one, and this share, of its heights:
    rows without rules between."""
    heights = sorted(max(word.bottom for word in line) for cell in band for line in lines_of(cell))
    lines = list(group_consecutive(heights, lambda same, height: height - same[0] < NEAR))
    return sum(len(same) > 1 for same in lines) > max(1, min_share * len(lines))


def _first_field_of_merged_cells(
    frame: RuledLines, ys: Sequence[float], xs: Sequence[float]
) -> dict[Field, Field]:
    """The cell of each field of the grid, named by its first field: two as wide without a rule
    between are one cell.
    """
    owners: dict[Field, Field] = {}
    above: dict[
        Field, Field
    ] = {}  # (first, last column) -> the cell of that width in the row before
    for row, (top, bottom) in enumerate(pairwise(ys)):
        walls = [
            at
            for at, x in enumerate(xs)
            if at in (0, len(xs) - 1) or is_covered_by_rule(frame.down, x, top, bottom)
        ]
        mine: dict[Field, Field] = {}
        for first, last in pairwise(walls):
            parted = is_covered_by_rule(frame.across, top, xs[first], xs[last])
            mine[first, last] = (row, first) if parted else above.get((first, last), (row, first))
            owners |= {(row, at): mine[first, last] for at in range(first, last)}
        above = mine
    return owners
