"""Which numbered lines are the headings of one document: those whose numbers follow from each
other.

The chain that explains the most and the best set lines wins, so one wrong line does not lose all
after it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from docqa.ingest.language.numbers import Ordinals

_WINDOW = 300
_NEVER = float("inf")


class NumberingStep(NamedTuple):
    """A numbered line; `weight`: how much it looks like a heading, `part`: the divisions
    (schedules, articles ...) before it: in a new one numbers may begin again."""

    ordinals: Ordinals
    weight: float
    part: int


def indices_of_best_sequence(steps: Sequence[NumberingStep]) -> set[int]:
    """The indices of the chain with the greatest sum of weights less the cost of its gaps."""
    score: list[float] = []
    before: list[int] = []
    for at, step in enumerate(steps):
        best = -_start_cost(step)
        link = -1
        for earlier in range(max(0, at - _WINDOW), at):
            gained = score[earlier] - _cost_of_step(steps[earlier], step)
            if gained > best:
                best = gained
                link = earlier
        score.append(best + step.weight)
        before.append(link)
    chosen: set[int] = set()
    at = max(range(len(steps)), key=lambda i: score[i], default=-1)
    if at >= 0 and score[at] <= 0:
        return chosen
    while at >= 0:
        chosen.add(at)
        at = before[at]
    return chosen


def can_number_follow(before: Ordinals, after: Ordinals) -> bool:
    """Whether the number `after` may come after `before`: the next one, one deeper, or with a small
    gap.
    """
    return bool(before and after) and _gap_between_numbers(before, after) is not None


def _start_cost(step: NumberingStep) -> float:
    if all(ordinal <= 1 for ordinal in step.ordinals):
        return 0.0
    return 0.5 if len(step.ordinals) > 1 and step.ordinals[-1] == 1 else 2.5


def _cost_of_step(before: NumberingStep, after: NumberingStep) -> float:
    """0 for the next number, more for a gap or a new beginning."""
    gap = _gap_between_numbers(before.ordinals, after.ordinals)
    if gap is not None:
        return 0.5 * gap
    if after.ordinals[-1] > 1 or any(ordinal > 1 for ordinal in after.ordinals[1:]):
        return _NEVER
    if after.part != before.part:
        return 0.5 if after.ordinals[0] <= 1 else 1.5
    return 4.0 if after.ordinals[0] <= 1 else _NEVER


def _gap_between_numbers(before: Ordinals, after: Ordinals) -> int | None:
    for at, (old, new) in enumerate(zip(before, after, strict=False)):
        if old == new:
            continue
        if not 0 < new - old <= 3 or any(ordinal > 2 for ordinal in after[at + 1 :]):
            return None
        return new - old - 1 + sum(ordinal > 1 for ordinal in after[at + 1 :])
    # One is the beginning of the other: deeper, or (with a suffix, as 8 and 8A) the same.
    if len(after) > len(before):
        inner = after[len(before) :]
        return (
            sum(ordinal - 1 for ordinal in inner if ordinal)
            if all(ordinal <= 2 for ordinal in inner)
            else None
        )
    return None
