"""Leases: which process works on what, in a folder that several processes and machines share.

    owners/OWNER        one a process, touched every few seconds
    owners/.OWNER.lock  locked while that process lives
    leases/KEY.N        who works on KEY; a higher N took over from a process that is gone

A lease is made by creating its file exclusively, and only ever replaced by the next number, so that two processes that
find the same dead owner cannot both follow it. An owner is gone when its lock is free (on its own machine), or when
its file was not touched for `EXPIRY_S` by the clock of whoever looks: the clocks of machines are never compared.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

HEARTBEAT_S = 5.0
EXPIRY_S = 60.0


class Leases:
    """The leases of one process under `folder`; close it, or use it in a `with`. Other processes can read `job`."""

    def __init__(
        self, folder: Path, job: str, *, expiry_s: float = EXPIRY_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._owners, self._leases = folder / "owners", folder / "leases"
        for each in (self._owners, self._leases):
            each.mkdir(parents=True, exist_ok=True)
        host = re.sub(r"[^A-Za-z0-9_-]", "-", socket.gethostname())[:64]
        self.owner = f"{host}.{os.getpid()}.{secrets.token_hex(4)}"
        self._expiry_s, self._clock = expiry_s, clock
        self._seen: dict[str, tuple[int, float]] = {}
        self._mine: dict[str, int] = {}
        self._lock = self._register(job)
        self._stop = threading.Event()
        self._beat = threading.Thread(target=self._touch, daemon=True)
        self._beat.start()

    def __enter__(self) -> Leases:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release every lease, and sign off."""
        self._stop.set()
        self._beat.join()
        for key in list(self._mine):
            self.release(key)
        (self._owners / self.owner).unlink(missing_ok=True)
        self._lock.release()
        self._lock_of(self.owner).unlink(missing_ok=True)

    def claim(self, key: str) -> bool:
        """Whether `key` is now this process's; False while a living process has it."""
        number, owner = self._newest(key)
        if number >= 0 and self._alive(owner):
            return False
        try:
            handle = os.open(self._leases / f"{key}.{number + 1}", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        except FileExistsError:
            return False
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(self.owner)
        self._mine[key] = number + 1
        return True

    def has(self, key: str) -> bool:
        """Whether nobody took `key` over, as happens to a process that stood still for longer than the expiry."""
        return key in self._mine and self._newest(key) == (self._mine[key], self.owner)

    def release(self, key: str) -> None:
        """Let others have `key`; does nothing to the lease of a process that took it over."""
        mine = self._mine.pop(key, -1)
        if self._newest(key)[0] > mine:
            return
        for number in range(mine + 1):
            (self._leases / f"{key}.{number}").unlink(missing_ok=True)

    def others(self) -> dict[str, str]:
        """The job of each other living process here, by its owner; what dead ones left is removed."""
        found: dict[str, str] = {}
        for path in sorted(self._owners.iterdir()):
            if path.name == self.owner or path.name.startswith("."):
                continue
            if self._alive(path.name):
                with contextlib.suppress(OSError, ValueError, KeyError):  # it signs off, or on, at this moment
                    found[path.name] = str(json.loads(path.read_text(encoding="utf-8"))["work"])
            else:
                with contextlib.suppress(PermissionError):  # on Windows, while somebody else looks whether it is locked
                    self._lock_of(path.name).unlink(missing_ok=True)
                    path.unlink(missing_ok=True)
        return found

    def sweep(self) -> None:
        """Remove the leases that dead processes left."""
        for path in self._leases.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if not self.is_alive(path.read_text(encoding="utf-8")):
                    path.unlink()

    def is_alive(self, owner: str) -> bool:
        """Whether the process that calls itself `owner` still works here."""
        return owner == self.owner or self._alive(owner)

    def _register(self, job: str) -> FileLock:
        # Locked before it has its name: whoever sees the file sees the lock.
        lock = FileLock(self._lock_of(self.owner), thread_local=False)
        lock.acquire(blocking=False)
        hidden = self._owners / f".{self.owner}"
        hidden.write_text(json.dumps({"kernel": _kernel(), "work": job}), encoding="utf-8")
        hidden.rename(self._owners / self.owner)
        return lock

    def _lock_of(self, owner: str) -> Path:
        return self._owners / f".{owner}.lock"

    def _touch(self) -> None:
        while not self._stop.wait(HEARTBEAT_S):
            with contextlib.suppress(OSError):  # a share that is away for a moment; for long, the lease is lost
                os.utime(self._owners / self.owner)

    def _newest(self, key: str) -> tuple[int, str]:
        """(number, owner) of the newest lease of `key`; (-1, "") where there is none."""
        numbers = [int(name.rpartition(".")[2]) for name in os.listdir(self._leases) if name.startswith(key)]
        newest = max(numbers, default=-1)
        try:
            return newest, (self._leases / f"{key}.{newest}").read_text(encoding="utf-8")
        except FileNotFoundError:  # there is none, or it was released at this moment
            return -1, ""

    def _alive(self, owner: str) -> bool:
        """An empty `owner` is a process that died, or is, between making a lease and signing it."""
        path = self._owners / (owner or "unsigned")
        try:
            touched = path.stat().st_mtime_ns
            if self._lock_is_free(path):
                return False
        except FileNotFoundError:
            if owner:
                return False
            touched = 0
        seen, since = self._seen.get(owner, (-1, 0.0))
        if seen != touched:
            self._seen[owner] = (touched, self._clock())
            return True
        return self._clock() - since < self._expiry_s

    def _lock_is_free(self, path: Path) -> bool:
        """Whether the process of the owner file at `path` ended; only its own machine can know."""
        try:
            if json.loads(path.read_text(encoding="utf-8"))["kernel"] != _kernel():
                return False
            with FileLock(self._lock_of(path.name), blocking=False):
                return True
        except (Timeout, ValueError, KeyError):
            return False


def _kernel() -> str:
    """The identity of the running kernel: locks on a file are seen only there."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return socket.gethostname()
