"""The model: tokens in, tokens out. Import its modules directly; this one only prepares the process
for torch.
"""

import ctypes
import os
import sys

# OpenMP reads this when torch is loaded. Threads that wait by spinning make a run on a busy machine
# ten times slower; those that never spin are woken anew for each of a thousand short products
# (kernels/NOTES.md). GNU's spin for a while.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # some 15 microseconds
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"


def _keep_freed_memory() -> None:
    """Asks glibc to keep freed memory for the next allocation: faulting the same few tens of MiB in
    anew for every layer took a quarter of the reading time (kernels/NOTES.md). A user's setting
    holds."""
    if not sys.platform.startswith("linux") or "MALLOC_TRIM_THRESHOLD_" in os.environ:
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # musl has none
        return
    # from glibc's malloc.h
    m_trim_threshold = -1
    m_mmap_threshold = -3
    if not mallopt(m_mmap_threshold, 2**30):
        mallopt(m_mmap_threshold, 2**25)  # the most that older ones take
    mallopt(m_trim_threshold, 2**31 - 1)


_keep_freed_memory()
