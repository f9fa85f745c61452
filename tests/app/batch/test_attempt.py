"""The memory that an attempt is told to have taken, where there is no /proc."""

import mmap
import sys
from pathlib import Path

import psutil
import pytest

from docqa.app.batch.attempt import peak_bytes


def _no_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(self: Path, *_: object, **__: object) -> str:
        raise FileNotFoundError(self)

    monkeypatch.setattr(Path, "read_text", missing)


def test_a_peak_that_is_over_counts_without_proc(monkeypatch):
    held = psutil.Process().memory_info().rss
    with mmap.mmap(-1, 2**28) as block:  # not of what was freed before and is held for the next
        block.write(b"x" * 2**28)
    _no_proc(monkeypatch)
    assert peak_bytes() > held + 2**27


def test_memory_is_known_without_the_module_resource(monkeypatch):
    _no_proc(monkeypatch)
    monkeypatch.setitem(sys.modules, "resource", None)
    assert peak_bytes() >= psutil.Process().memory_info().rss // 2
