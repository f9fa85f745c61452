"""Limits of time count the work of a process, not the wait for a busy machine."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from docqa.ingest.process.processor_time import WAITS, Stopwatch, processor_seconds


@contextmanager
def program(code: str) -> Iterator[int]:
    child = subprocess.Popen(
        [sys.executable, "-c", f"print(flush=True); {code}"], stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    child.stdout.readline()
    try:
        yield child.pid
    finally:
        child.kill()
        child.communicate()


@pytest.mark.skipif(processor_seconds(1) is None, reason="the system does not tell it")
def test_a_process_that_has_to_wait_is_not_over_its_limit():
    with program("import time; time.sleep(60)") as pid:
        watch = Stopwatch(pid)
        time.sleep(0.5)
        assert 0 < watch.left(0.2) <= 0.2
        time.sleep(0.1 * WAITS)
        assert watch.left(0.1) <= 0


def test_a_process_that_works_runs_over_its_limit():
    with program("[1 for _ in iter(int, 1)]") as pid:
        watch = Stopwatch(pid)
        for _ in range(300):
            if watch.left(0.3) <= 0:
                break
            time.sleep(0.1)
        assert watch.left(0.3) <= 0
        watch.start()
        assert watch.left(0.3) > 0
