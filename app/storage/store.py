"""What docqa keeps on disk: parsed documents and model states, by content; folders 0700, files 0600.

    documents/KEY/document.json, entry.json     KEY: sha256 of the bytes and of what changes how they are read
    states/KEY/                                 KEY: hash of the profile and of all token ids (context.prefix_hashes)
        entry.json                              documents, positions and profile, for people and for `forget`
        model/                                  the State's own files, which carry their own checksums
        vectors.safetensors                     what was gathered of the passages while reading (vectors.py)
    answers/KEY/answers.json, entry.json        what `extract` was told of a document (batch/kept_answers.py)
    locks/                                      one lock a state

A document is written to a temporary folder, synced and renamed; a state grows in place, every file of it renamed into
place whole. Nothing here knows tensors.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docqa.app.errors import StoreDamaged

BUDGET_BYTES = 10 * 1024**3
_ENTRY = "entry.json"
KINDS = {"documents": "document", "states": "state", "answers": "answers"}
"""The folders of entries, and what each kind is called."""


@dataclass(frozen=True)
class Entry:
    """One kept document or state. `used` is seconds since the epoch, `status` is kept or damaged."""

    kind: str
    key: str
    folder: Path
    bytes: int
    used: float
    status: str = "kept"
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def files(self) -> list[str]:
        """Paths, as given, of the documents this belongs to."""
        return list(self.details.get("files", []))


def default_root() -> Path:
    """`DOCQA_CACHE_DIR`, else the platform's user cache folder."""
    named = os.environ.get("DOCQA_CACHE_DIR")
    if named:
        return Path(named).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("docqa"))


class Store:
    """The folder that holds everything docqa keeps. Methods that write raise OSError when the disk refuses."""

    def __init__(self, root: Path | None = None, budget_bytes: int = BUDGET_BYTES) -> None:
        self.root = root or default_root()
        self.budget_bytes = budget_bytes
        self._pinned: set[str] = set()

    def folder(self, kind: str, key: str = "") -> Path:
        """The folder of `kind` (documents, states, locks), made private when it is missing."""
        path = self.root / kind
        if not path.is_dir():
            path.mkdir(parents=True, exist_ok=True)
            for made in (self.root, path):
                made.chmod(0o700)
        return path / key if key else path

    @contextmanager
    def lock(self, name: str, on_wait: Callable[[], None] | None = None) -> Iterator[None]:
        """Hold the lock `name`; `on_wait` is called once when another process has it."""
        from filelock import FileLock, Timeout

        lock = FileLock(str(self.folder("locks") / f"{name}.lock"), mode=0o600)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if on_wait is not None:
                on_wait()
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    # Writing and reading one entry

    def put(self, kind: str, key: str, details: dict[str, Any], write: Callable[[Path], None]) -> Path:
        """Write an entry whole or not at all: `write` fills an empty folder, which then takes its name."""
        parent = self.folder(kind)
        temporary = Path(tempfile.mkdtemp(prefix=".new-", dir=parent))
        try:
            write(temporary)
            sums = {name: _checksum(path) for name, path in _files(temporary)}
            sizes = {name: path.stat().st_size for name, path in _files(temporary)}
            entry = _signed({**details, "key": key, "kind": kind, "sums": sums, "sizes": sizes})
            (temporary / _ENTRY).write_text(json.dumps(entry, sort_keys=True), encoding="utf-8")
            _make_private(temporary)
            _sync(temporary)
            final = parent / key
            if final.exists():
                shutil.rmtree(final)
            os.rename(temporary, final)
            return final
        finally:
            if temporary.exists():
                shutil.rmtree(temporary, ignore_errors=True)

    def write_entry(self, kind: str, key: str, details: dict[str, Any]) -> None:
        """Write or renew the entry of a folder that its owner fills itself."""
        folder = self.folder(kind, key)
        folder.mkdir(mode=0o700, exist_ok=True)
        entry = _signed({**details, "key": key, "kind": kind, "sums": {}, "sizes": {}})
        handle, temporary = tempfile.mkstemp(prefix=".entry-", dir=folder)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(entry, file, sort_keys=True)
            os.replace(temporary, folder / _ENTRY)
        finally:
            Path(temporary).unlink(missing_ok=True)

    def adopt(self, source: str, key: str) -> Path:
        """Make state `key` of the files of state `source`, by hard links where the file system has them."""
        parent = self.folder("states")
        temporary = Path(tempfile.mkdtemp(prefix=".new-", dir=parent))
        try:
            for name, path in _files(parent / source):
                target = temporary / name
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                try:
                    os.link(path, target)
                except OSError:
                    shutil.copy2(path, target)
            if (parent / key).exists():
                shutil.rmtree(parent / key)
            os.rename(temporary, parent / key)
        finally:
            if temporary.exists():
                shutil.rmtree(temporary, ignore_errors=True)
        return parent / key

    def has(self, kind: str, key: str) -> bool:
        return (self.root / kind / key / _ENTRY).is_file()

    def open(self, kind: str, key: str) -> tuple[Path, dict[str, Any]]:
        """Folder and entry of what is kept; marks it used. Raises StoreDamaged, naming the file that differs."""
        folder = self.root / kind / key
        try:
            entry = _read_entry(folder)
            if entry["key"] != key or entry["kind"] != kind:
                raise StoreDamaged(f"is that of another document ({entry['key'][:12]})", where=str(folder))
            _check_files(folder, entry)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise StoreDamaged(f"cannot be read ({type(error).__name__}: {error})", where=str(folder)) from error
        with contextlib.suppress(OSError):  # a read-only shared cache can still be used; it only cannot say when
            os.utime(folder / _ENTRY)
        return folder, entry

    def set_aside(self, kind: str, key: str) -> Path:
        """Move a damaged or foreign entry out of the way, to KEY.damaged; only the newest of a key is kept."""
        folder = self.root / kind / key
        aside = folder.with_name(f"{key}.damaged")
        shutil.rmtree(aside, ignore_errors=True)
        with contextlib.suppress(OSError):  # another process was faster, or the folder is read-only
            os.rename(folder, aside)
        return aside

    def drop(self, kind: str, key: str) -> int:
        """Delete an entry; returns the bytes freed."""
        folder = self.root / kind / key
        freed = _folder_bytes(folder)
        shutil.rmtree(folder, ignore_errors=True)
        return freed

    def pin(self, key: str) -> None:
        """Keep the state `key` from eviction by this and other processes until `unpin` or the process's end."""
        with contextlib.suppress(OSError):  # where nothing can be written, nothing is evicted either
            (self.folder("states", key) / f".in_use.{os.getpid()}").touch(mode=0o600)
            self._pinned.add(key)

    def unpin(self) -> None:
        for key in self._pinned:
            with contextlib.suppress(OSError):
                (self.root / "states" / key / f".in_use.{os.getpid()}").unlink(missing_ok=True)
        self._pinned.clear()

    # The folder as a whole

    def entries(self) -> list[Entry]:
        """Everything that is kept, most recently used first."""
        found: list[Entry] = []
        for kind in KINDS:
            parent = self.root / kind
            for folder in sorted(parent.iterdir()) if parent.is_dir() else []:
                if folder.is_dir() and not folder.name.startswith(".new-"):
                    found.append(_entry(kind, folder))
        return sorted(found, key=lambda entry: (-entry.used, entry.key))

    def prune(self, budget_bytes: int | None = None, *, damaged: bool = True) -> list[Entry]:
        """Evict what was longest unused until all fits `budget_bytes` (default: the store's); returns what went.

        Damaged entries go first, all of them if `damaged`. What a living process uses stays.
        """
        budget = self.budget_bytes if budget_bytes is None else budget_bytes
        self._sweep_temporary()
        entries = self.entries()
        total = sum(entry.bytes for entry in entries)
        evicted: list[Entry] = []
        for entry in sorted(entries, key=lambda entry: (entry.status == "kept", entry.used)):
            if total <= budget and (entry.status == "kept" or not damaged):
                break
            if not _in_use(entry.folder):
                shutil.rmtree(entry.folder, ignore_errors=True)
                total -= entry.bytes
                evicted.append(entry)
        return evicted

    def verify(self, check_state: Callable[[Path], None] | None = None) -> list[tuple[Entry, str]]:
        """Every entry that is not what was written, with the reason; `check_state` may look into a state's files."""
        problems: list[tuple[Entry, str]] = []
        for entry in self.entries():
            if entry.status != "kept":
                problems.append((entry, "was set aside as damaged"))
                continue
            try:
                folder = self.root / entry.folder.parent.name / entry.key
                _check_files(folder, entry.details)
                if check_state is not None and folder.parent.name == "states":
                    check_state(folder / "model")
            except (StoreDamaged, OSError) as error:
                problems.append((entry, str(error)))
        return problems

    def forget(self, document_id: str | None, path: str | None = None) -> tuple[int, int]:
        """Delete all that is kept of a document, by its hash or (when the file is gone) by its path.

        Returns (entries deleted, bytes freed).
        """
        deleted = freed = 0
        for entry in self.entries():
            ids = entry.details.get("documents", [])
            absolute = entry.details.get("paths", [])
            if (document_id and document_id in ids) or (path and os.path.abspath(path) in absolute):
                freed += entry.bytes
                deleted += 1
                shutil.rmtree(entry.folder, ignore_errors=True)
        return deleted, freed

    def _sweep_temporary(self) -> None:
        for kind in KINDS:
            for folder in (self.root / kind).glob(".new-*"):
                if time.time() - folder.stat().st_mtime > 3600:
                    shutil.rmtree(folder, ignore_errors=True)


def _entry(kind: str, folder: Path) -> Entry:
    try:
        details = _read_entry(folder)
        used = (folder / _ENTRY).stat().st_mtime
        status = "damaged" if folder.name.endswith(".damaged") else "kept"
    except (OSError, ValueError, StoreDamaged):
        details, used, status = {}, 0.0, "damaged"
    return Entry(
        KINDS[kind], folder.name.removesuffix(".damaged"), folder, _folder_bytes(folder), used, status, details
    )


def _signed(entry: dict[str, Any]) -> dict[str, Any]:
    return {**entry, "checksum": hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()}


def _read_entry(folder: Path) -> dict[str, Any]:
    """An entry that is what was written. Raises OSError, ValueError or StoreDamaged."""
    entry = json.loads((folder / _ENTRY).read_text(encoding="utf-8"))
    if not isinstance(entry, dict) or _signed({k: v for k, v in entry.items() if k != "checksum"}) != entry:
        raise StoreDamaged(f"{_ENTRY} does not match its checksum", where=str(folder))
    return entry


def _files(folder: Path) -> list[tuple[str, Path]]:
    return [
        (str(path.relative_to(folder)), path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != _ENTRY and not path.name.startswith(".")
    ]


def _folder_bytes(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # another process evicts at the same time
            total += path.stat().st_size if path.is_file() else 0
    return total


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_files(folder: Path, entry: dict[str, Any]) -> None:
    """Sizes and checksums of the files that the entry names; a state's files carry their own."""
    for name, size in entry["sizes"].items():
        path = folder / name
        if not path.is_file():
            raise StoreDamaged(f"{name} is missing", where=str(folder))
        if path.stat().st_size != size:
            raise StoreDamaged(f"{name} has {path.stat().st_size} bytes, {size} were written", where=str(folder))
        if name in entry["sums"] and _checksum(path) != entry["sums"][name]:
            raise StoreDamaged(f"{name} does not match its checksum", where=str(folder))


def _make_private(folder: Path) -> None:
    folder.chmod(0o700)
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)


def _sync(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())


def _in_use(folder: Path) -> bool:
    for marker in folder.glob(".in_use.*"):
        pid = int(marker.name.rsplit(".", 1)[1])
        try:
            os.kill(pid, 0)
            return True
        except ProcessLookupError:
            marker.unlink(missing_ok=True)
        except PermissionError:
            return True
    return False
