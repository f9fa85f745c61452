"""Limits that a process keeps; where the system keeps none of them, its parent does."""

import subprocess
import sys
from dataclasses import replace

import pytest

from docqa.ingest import worker
from docqa.ingest.errors import Unreadable
from docqa.ingest.process import limits as process_limits
from docqa.ingest.process.limits import MEMORY, TIME, ChildProcessWatch
from docqa.ingest.request import ReadRequest


@pytest.mark.parametrize(
    ("code", "seconds", "over"),
    [
        ("while True: pass", 0.5, TIME),
        ("held = []\nwhile True: held.append(b'x' * 2**22)", 60, MEMORY),
        ("pass", 60, ""),
    ],
)
def test_a_process_over_its_limits_is_ended(code, seconds, over):
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    watch = ChildProcessWatch(child, seconds, 2**28)
    child.communicate(timeout=60)
    watch.close()
    assert watch.over == over and (child.returncode != 0) == bool(over)


def test_a_reader_is_watched_where_the_system_has_no_limits(monkeypatch):
    start = subprocess.Popen

    def endless(_: object, **options: object) -> object:
        return start([sys.executable, "-c", "while True: pass"], **options)  # type: ignore[call-overload]

    monkeypatch.setattr(process_limits, "resource", None)
    monkeypatch.setattr(worker, "budget_seconds", lambda size: 1)
    monkeypatch.setattr(worker.subprocess, "Popen", endless)
    with pytest.raises(Unreadable, match="more processor time than its limit, 1 seconds"):
        worker.read_in_worker(ReadRequest("a.txt", b"The gate is opened at six."))


@pytest.mark.skipif(sys.platform != "linux", reason="limits itself only on Linux")
def test_a_large_table_is_read_in_little_memory_or_it_is_said():
    table = b"|a|b|c|\n|-|-|-|\n" + b"|1|2|3|\n" * 12_000
    read = ReadRequest("a.md", table, memory=80 * 2**20)
    assert worker.read_in_worker(read).pages[0].text.count("1 | 2 | 3") == 12_000
    with pytest.raises(
        Unreadable,
        match="a.md: .* more than 40 MiB of memory. Read it once .* `docqa outline FILE`",
    ):
        worker.read_in_worker(replace(read, memory=40 * 2**20))
