"""Rules: the level and upright lines that a page draws, pieces of one line joined, and those that hang together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from docqa.ingest.pdf.visibility.objects import Box
from docqa.ingest.structure.clean import grouped

NEAR = 2.5
"""Points: rules that meet, or are drawn as pieces of one."""
_MIN_SIDE = 6.0
_MAX_RULES = 4_000
_COVERED = 0.6  # the share of a cell's side that a rule must run along

Rule = tuple[float, float, float]
"""A level rule as (y, x0, x1), an upright one as (x, y0, y1), in points."""


@dataclass(slots=True)
class Rules:
    """Level rules, `across`, and upright ones, `down`."""

    across: list[Rule] = field(default_factory=list)
    down: list[Rule] = field(default_factory=list)

    @classmethod
    def of(cls, boxes: Iterable[Box]) -> Rules:
        """The rules that thin boxes are; none where there are so many that the page is a drawing."""
        across: list[Rule] = []
        down: list[Rule] = []
        for x0, y0, x1, y1 in boxes:
            if x1 - x0 >= y1 - y0:
                across.append(((y0 + y1) / 2, x0, x1))
            else:
                down.append(((x0 + x1) / 2, y0, y1))
        rules = cls(_joined(across), _joined(down))
        return rules if len(rules.across) + len(rules.down) <= _MAX_RULES else cls()

    def within(self, box: Box) -> Rules:
        """Those that lie in `box` for the most part, cut at its edges."""
        x0, y0, x1, y1 = box
        across = [(y, max(a, x0), min(b, x1)) for y, a, b in self.across if y0 - NEAR <= y <= y1 + NEAR]
        down = [(x, max(a, y0), min(b, y1)) for x, a, b in self.down if x0 - NEAR <= x <= x1 + NEAR]
        return Rules([r for r in across if r[2] - r[1] >= _MIN_SIDE], [r for r in down if r[2] - r[1] >= _MIN_SIDE])


def _joined(rules: list[Rule]) -> list[Rule]:
    joined: list[Rule] = []
    for at, start, end in sorted(rules, key=lambda rule: (round(rule[0] / NEAR), rule[1])):
        touches = bool(joined) and joined[-1][1] - NEAR <= end and start <= joined[-1][2] + NEAR
        if touches and abs(joined[-1][0] - at) < NEAR:
            joined[-1] = (joined[-1][0], joined[-1][1], max(joined[-1][2], end))
        else:
            joined.append((at, start, end))
    return [rule for rule in joined if rule[2] - rule[1] >= _MIN_SIDE]


def frames(rules: Rules) -> list[Rules]:
    """The rules that hang together, with at least two rows and two columns between them."""
    down = rules.down
    found: list[Rules] = []
    left = set(range(len(down)))
    for y, x0, x1 in sorted(rules.across):
        mine = [frame for frame in found if any(_meet((y, x0, x1), rule) for rule in frame.down)]
        frame = mine[0] if mine else Rules()
        for other in mine[1:]:
            frame.across += other.across
            frame.down += other.down
            found.remove(other)
        if not mine:
            found.append(frame)
        frame.across.append((y, x0, x1))
        touched = [at for at in left if _meet((y, x0, x1), down[at])]
        frame.down += [down[at] for at in touched]
        left.difference_update(touched)
    return [frame for frame in found if len(places(frame.across)) > 2 and len(places(frame.down)) > 2]


def _meet(across: Rule, down: Rule) -> bool:
    y, x0, x1 = across
    x, y0, y1 = down
    return x0 - NEAR <= x <= x1 + NEAR and y0 - NEAR <= y <= y1 + NEAR


def places(rules: Sequence[Rule]) -> list[float]:
    """Where the rules lie, each place once, in order."""
    lying = grouped((at for at, *_ in sorted(rules)), lambda same, at: at - same[0] <= NEAR)
    return [same[0] for same in lying]


def runs_along(rules: Sequence[Rule], at: float, start: float, end: float) -> bool:
    """Whether a rule at `at` covers most of `start` to `end`."""
    covered = sum(
        max(0.0, min(end, rule_end) - max(start, rule_start))
        for place, rule_start, rule_end in rules
        if abs(place - at) <= NEAR
    )
    return covered > _COVERED * (end - start)
