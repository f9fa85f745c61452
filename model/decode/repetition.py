"""Text that goes round in circles: found while it is written, so that it can be cut."""

from __future__ import annotations

from collections.abc import Sequence

TIMES = 3
LEAST_TOKENS = 12
LONGEST_PERIOD = 160


def repeated_tail(tokens: Sequence[int]) -> int:
    """How many tokens at the end of `tokens` only repeat what stands before them; 0 where they do not.

    A run counts as repeated when it stands there TIMES times in a row, over LEAST_TOKENS tokens at least.
    """
    for period in range(1, min(len(tokens) // TIMES, LONGEST_PERIOD) + 1):
        times = max(TIMES, -(-LEAST_TOKENS // period))
        if times * period > len(tokens) or tokens[-1] != tokens[-1 - period]:
            continue
        tail = tokens[-times * period :]
        if all(tail[at] == tail[at - period] for at in range(period, len(tail))):
            return (times - 1) * period
    return 0
