"""The memory that an attempt is told to have taken."""

import mmap
import sys

import psutil

from docqa.app.batch.jobs import peak_bytes


def test_a_peak_that_is_over_counts():
    held = psutil.Process().memory_info().rss
    with mmap.mmap(-1, 2**28) as block:  # not of what was freed before and is held for the next
        block.write(b"x" * 2**28)
    assert peak_bytes() > held + 2**27


def test_memory_is_known_without_the_module_resource(monkeypatch):
    monkeypatch.setitem(sys.modules, "resource", None)
    assert peak_bytes() >= psutil.Process().memory_info().rss // 2
