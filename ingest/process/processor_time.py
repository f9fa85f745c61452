"""The processor time of another process, which a busy machine does not lengthen."""

import time

# A process that neither works nor answers is given so many times its limit by the clock.
WAITS = 12


class Stopwatch:
    """Times a step of process `pid`, by its processor time where it is known, else by the clock."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.start()

    def start(self) -> None:
        """Begins a new step."""
        self._since = time.monotonic()
        self._worked = processor_seconds(self._pid)

    def left(self, limit: float) -> float:
        """The least seconds until the step can be over `limit`; 0 or less where it is."""
        waited = time.monotonic() - self._since
        now = processor_seconds(self._pid)
        if now is None or self._worked is None:
            return limit - waited
        return min(limit - (now - self._worked), WAITS * limit - waited)


def processor_seconds(pid: int) -> float | None:
    """The processor time of process `pid` so far, of all its threads; None where unknown."""
    import psutil

    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return None
    return float(times.user + times.system)
