"""How long something takes on a machine that does other things too."""

from __future__ import annotations

import time
from collections.abc import Callable


def fastest(action: Callable[[], object], repeats: int, clock: Callable[[], float] = time.perf_counter) -> float:
    """The shortest of several runs, in seconds of `clock`; `time.process_time` counts the processor alone."""
    times = []
    for _ in range(repeats):
        started = clock()
        action()
        times.append(clock() - started)
    return min(times)
