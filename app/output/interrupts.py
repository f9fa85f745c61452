"""Ctrl+C while something is under way that can be ended, as a text that a model writes."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stopping_on_interrupt(stop: Callable[[], bool]) -> Iterator[Callable[[], bool]]:
    """Inside, Ctrl+C calls `stop`, and interrupts as ever where that is False (nothing is under
    way, or it was called before). Gives a function that says whether something was ended so."""
    ended = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield ended.is_set
        return

    def press(number: int, frame: FrameType | None) -> None:
        if not stop():
            raise KeyboardInterrupt
        ended.set()

    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:  # in a shell's background it is not to be stopped
        yield ended.is_set
        return
    signal.signal(signal.SIGINT, press)
    try:
        yield ended.is_set
    finally:
        signal.signal(signal.SIGINT, before)
