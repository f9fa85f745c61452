"""What this machine lets a process use: processors and memory, within control groups (Linux,
version 2; containers set them) at every level above the process. `root`: where the files of the
system are, for tests."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path("/")
_SIZE = re.compile(r"(\d*\.?\d+)\s*([KMGT]?)(?:I?B)?", re.IGNORECASE)


def parse_byte_size(text: str) -> int | None:
    """Bytes of `9GiB`, `9 G` or `9000000000`; K, M, G and T are powers of 1,024. None for what is
    no size.
    """
    found = _SIZE.fullmatch(text.strip())
    return int(float(found[1]) * 1024 ** " KMGT".index(found[2].upper() or " ")) if found else None


def processor_count(root: Path = _ROOT) -> int:
    """Processors of this process, by affinity and control groups, whatever DOCQA_THREADS says."""
    affinity = getattr(os, "sched_getaffinity", None)
    count = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    for group in _control_group_folders(root):
        try:
            quota, period = (group / "cpu.max").read_text(encoding="ascii").split()
            count = min(count, max(-(-int(quota) // int(period)), 1))
        except (OSError, ValueError, ZeroDivisionError):  # no such file, or "max": no limit
            continue
    return count


def available_memory_bytes(root: Path = _ROOT) -> int:
    """Memory that can be taken without swapping, within the control groups."""
    import psutil

    free = int(psutil.virtual_memory().available)
    return min([free, *_bytes_left_in_control_groups(root)])


def total_memory_bytes() -> int:
    """All memory of the machine."""
    import psutil

    return int(psutil.virtual_memory().total)


def processor_fields(root: Path = _ROOT) -> dict[str, str]:
    """What Linux says of the first processor, such as its "model name"; empty elsewhere."""
    try:
        text = (root / "proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    fields = (line.split(":", 1) for line in text.split("\n\n")[0].splitlines() if ":" in line)
    return {name.strip(): value.strip() for name, value in fields}


def processor_flags(root: Path = _ROOT) -> set[str]:
    """The processor's instruction sets, as Linux names them; empty elsewhere."""
    fields = processor_fields(root)
    return set((fields.get("flags") or fields.get("Features", "")).split())


def has_fast_bfloat16() -> bool:
    """Whether instructions multiply it faster than float32: 3 to 5 times on Zen 5, level on Zen 4.

    Packed matrices are faster still with VNNI; beside AMX as fast at reading, eleven times as fast
    at writing (kernels/NOTES.md).
    """
    return not processor_flags().isdisjoint(("avx512_bf16", "amx_bf16"))


def _bytes_left_in_control_groups(root: Path) -> Iterator[int]:
    """What each control group may still take; inactive file pages are dropped first and do not
    count.
    """
    for group in _control_group_folders(root):
        try:
            limit = int((group / "memory.max").read_text(encoding="ascii"))
            used = int((group / "memory.current").read_text(encoding="ascii"))
            stat = dict(
                line.split()
                for line in (group / "memory.stat").read_text(encoding="ascii").splitlines()
            )
            yield max(limit - used + int(stat.get("inactive_file", 0)), 0)
        except (OSError, ValueError):  # no such file, or "max": no limit
            continue


def _control_group_folders(root: Path) -> list[Path]:
    """Folders of this process's groups, from its own up; some may not exist."""
    top = root / "sys/fs/cgroup"
    try:
        entries = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        entries = []
    own = next((top / entry[3:].lstrip("/") for entry in entries if entry.startswith("0::")), top)
    return [folder for folder in (own, *own.parents) if folder.is_relative_to(top)]
