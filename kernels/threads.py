"""How many threads compute: one number for native kernels and torch, even without torch: states are
kept by it.
"""

import os
import sys
from pathlib import Path

_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")  # those that torch goes by
_CORES = Path("/sys/devices/system/cpu")
_chosen: list[int] = []  # the number that was said last, at the end


def use_threads(count: int) -> None:
    """Computes on `count` threads from now on, in torch too."""
    _chosen.append(count)
    share_threads_with_torch()


def thread_count() -> int:
    """How many threads compute: torch's number once it is there, before that what was chosen, else
    one a core.
    """
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(
        torch, "get_num_threads"
    ):  # else it is being imported on another thread
        return int(torch.get_num_threads())
    if not _chosen:
        _chosen.append(_threads_setting() or _core_count())
    return _chosen[-1]


def share_threads_with_torch() -> None:
    """Gives torch the number that computed before it was imported; for whoever imports it."""
    torch = sys.modules.get("torch")
    if _chosen and torch is not None and hasattr(torch, "set_num_threads"):
        torch.set_num_threads(_chosen[-1])


def _threads_setting() -> int:
    for name in _VARIABLES:
        first = os.environ.get(name, "").split(",")[0].strip()
        if first.isdecimal() and int(first) > 0:
            return int(first)
    return 0


def _core_count(folder: Path = _CORES) -> int:
    """Cores that this process may use; two threads of one core count once, since they share what
    multiplies.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    if affinity is None:
        import psutil

        return psutil.cpu_count(logical=False) or os.cpu_count() or 1
    allowed = affinity(0)
    try:
        names = {
            (folder / f"cpu{n}/topology/thread_siblings_list").read_text(encoding="ascii")
            for n in allowed
        }
    except OSError:
        return len(allowed)
    return len(names)
