"""Pins: files `.in_use.HOST.SYSTEM.PID` in a state's folder for the processes that use it, so that
nobody evicts it. SYSTEM tells one boot, and one container, of HOST from another, whose pins count
until they are `PIN_AGE_S` old. Every question renews a pin."""

import contextlib
import hashlib
import os
import socket
import time
from functools import lru_cache
from pathlib import Path

PIN_AGE_S = 7 * 24 * 3600.0
"""A pin of another system counts so long after it was renewed."""
_PREFIX = ".in_use."


def process() -> str:
    """HOST.SYSTEM.PID of this process."""
    return f"{_host_and_system()}.{os.getpid()}"


def pin(folder: Path) -> None:
    """Mark the state in `folder` as used by this process, or renew the mark. Raises OSError."""
    (folder / f"{_PREFIX}{process()}").touch(mode=0o600)


def unpin(folder: Path) -> None:
    """Take this process's mark away. Raises OSError."""
    (folder / f"{_PREFIX}{process()}").unlink(missing_ok=True)


def runs(process: str, age_s: float) -> bool:
    """Whether `process` (HOST.SYSTEM.PID), last heard of `age_s` ago, counts as running."""
    import psutil

    system, _, pid = process.rpartition(".")
    return (
        psutil.pid_exists(int(pid))
        if system == _host_and_system() and pid.isdecimal()
        else age_s < PIN_AGE_S
    )


def users(folder: Path) -> list[str]:
    """Who uses the state in `folder`: "" for a process here, else its host. Removes pins that no
    longer count.
    """
    hosts: list[str] = []
    for marker in folder.glob(f"{_PREFIX}*"):
        process = marker.name.removeprefix(_PREFIX)
        system = process.rpartition(".")[0]
        with contextlib.suppress(OSError):  # another process removes it, or the folder is read-only
            if runs(process, time.time() - marker.stat().st_mtime):
                hosts.append(
                    ""
                    if system == _host_and_system()
                    else system.rpartition(".")[0] or "another machine"
                )
            else:
                marker.unlink()
    return hosts


@lru_cache(maxsize=1)
def _host_and_system() -> str:
    """HOST.SYSTEM: where a process number means something. SYSTEM is made of boot id and process
    namespace.
    """
    parts = [socket.gethostname()]
    with contextlib.suppress(OSError):  # only Linux has them
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
        parts.append(os.readlink("/proc/self/ns/pid"))
    host = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in parts[0])[:64]
    return f"{host}.{hashlib.sha256(' '.join(parts).encode()).hexdigest()[:16]}"
