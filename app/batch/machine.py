"""What this machine has for a batch: cores, memory that is free, a name."""

from __future__ import annotations

import os
import socket
from pathlib import Path

_NO_LIMIT = 1 << 60
_PRODUCTS_KEPT = ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")


def usable_cores() -> int:
    """The processors that this process may run on."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def available_bytes() -> int:
    """Memory that can be taken without swapping, within the limit of the container if there is one."""
    return min(_free_memory(), _cgroup_room())


def bound_kept_products() -> None:
    """Let oneDNN keep fewer products compiled for a length of document; before the first of them is computed.

    By default it keeps 1,024, which over a folder of small files is a gigabyte a process. What the user set stays.
    """
    os.environ.setdefault(*_PRODUCTS_KEPT)


def machine_name() -> str:
    """The name of this machine, for the ledger."""
    return f"{socket.gethostname()}, {usable_cores()} cores"


def _free_memory() -> int:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")) * 1024
    except (OSError, StopIteration, ValueError, IndexError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _cgroup_room() -> int:
    """What a container (cgroup v2) may still take; inactive file pages do not count, they go when they must."""
    folder = Path("/sys/fs/cgroup")
    try:
        limit = int((folder / "memory.max").read_text(encoding="ascii"))
        used = int((folder / "memory.current").read_text(encoding="ascii"))
        stat = dict(line.split() for line in (folder / "memory.stat").read_text(encoding="ascii").splitlines())
        return max(limit - used + int(stat.get("inactive_file", 0)), 0)
    except (OSError, ValueError):  # "max", or no such files: no limit
        return _NO_LIMIT
