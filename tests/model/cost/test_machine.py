"""Counts of processors and of free memory, from recorded texts of Linux."""

import os
from pathlib import Path

import pytest

from docqa.model.cost import machine


@pytest.fixture
def linux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    _write(tmp_path / "proc/self/cgroup", "1:name=systemd:/\n0::/slice/unit\n")
    return tmp_path


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="ascii")


def _limit_memory(group: Path, limit: str, used: int, inactive: int) -> None:
    _write(group / "memory.max", limit + "\n")
    _write(group / "memory.current", f"{used}\n")
    _write(group / "memory.stat", f"anon 1\ninactive_file {inactive}\n")


def test_memory_limit_of_any_control_group_above_counts(linux):
    _limit_memory(linux / "sys/fs/cgroup/slice/unit", "max", 0, 0)
    _limit_memory(linux / "sys/fs/cgroup/slice", "1000000", 700000, 200000)
    assert machine.available_memory_bytes(linux) == 500000


def test_memory_limit_of_a_container_is_at_the_top(linux):
    _limit_memory(linux / "sys/fs/cgroup", "1000000", 1100000, 0)
    assert machine.available_memory_bytes(linux) == 0


def test_without_limits_free_memory_is_what_the_system_says(tmp_path):
    assert 0 < machine.available_memory_bytes(tmp_path) <= machine.total_memory_bytes()


def test_processors_are_those_of_the_affinity(linux):
    assert machine.processor_count(linux) == 8


def test_share_of_time_limits_processors_and_is_rounded_up(linux):
    _write(linux / "sys/fs/cgroup/slice/unit/cpu.max", "max 100000\n")
    _write(linux / "sys/fs/cgroup/slice/cpu.max", "250000 100000\n")
    assert machine.processor_count(linux) == 3
    _write(linux / "sys/fs/cgroup/cpu.max", "5000 100000\n")
    assert machine.processor_count(linux) == 1


def test_processors_without_affinity_are_all_of_them(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 10)
    assert machine.processor_count(tmp_path) == 10


def test_number_of_threads_leaves_the_count_of_processors_alone(linux, monkeypatch):
    monkeypatch.setenv("DOCQA_THREADS", "1")
    assert machine.processor_count(linux) == 8


def test_instruction_sets_come_from_the_first_processor(tmp_path):
    _write(
        tmp_path / "proc/cpuinfo",
        "processor : 0\nmodel name : X 1\nflags : fpu avx2\n\nprocessor : 1\nflags : sse\n",
    )
    assert machine.processor_flags(tmp_path) == {"fpu", "avx2"}
    assert machine.processor_fields(tmp_path)["model name"] == "X 1"
    assert machine.processor_flags(tmp_path / "nothing") == set()


@pytest.mark.parametrize(
    ("said", "meant"), [("9GiB", 9 << 30), ("1.5g", 3 << 29), ("512 MB", 1 << 29), ("77", 77)]
)
def test_sizes_are_said_as_people_write_them(said, meant):
    assert machine.parse_byte_size(said) == meant
