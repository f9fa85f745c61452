"""What docqa keeps on disk: parsed documents and model states, by content; folders 0700, files
0600.

    documents/KEY/document.jsonl, entry.json    KEY: sha256 of the bytes and of what changes how
                                                they are read
    contexts/KEY/arrays.safetensors, entry.json KEY: hash of the document, its text and the
    tokenizer (arrays.py)
    indexes/KEY/arrays.safetensors, entry.json  the words of its passages, likewise
    states/KEY/                                 KEY: hash of the profile and of all token ids
                                                (context.prefix_hashes)
        entry.json                              documents, positions and profile, for people and
                                                for `forget`
        model/                                  the State's own files, which carry their own
                                                checksums
        vectors.safetensors                     what was gathered of the passages while reading
                                                (context/prefill.py)
        .in_use.HOST.SYSTEM.PID                 a process that uses the state (pins.py)
    answers/KEY/answers.json, entry.json        what `extract` found in a document (batch/jobs.py)
    locks/KEY.lock                              locked while a process reads into the state, or
                                                deletes it
    forgotten/HASH                              the mark of a document that was forgotten, by a
                                                hash of its id

A document is written to a temporary folder, `.new-HOST.SYSTEM.PID-…`, and renamed; a state grows in
place, every file of it renamed into place whole. Nothing here knows tensors.

Forgetting while others read: `forget` marks the documents, deletes all temporary folders, then
waits for the lock of each of their states and deletes it. Whoever writes looks for the mark before
it renames; a process that reads also looks after every block, and gives up its lock. So nothing of
a document stays, whoever is killed, and nobody waits longer than for a block. A mark ends with
`MARK_AGE_S`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, cast

from docqa.app.errors import ResourceError, StoreDamagedError

from . import pins
from .atomic import write_whole

if TYPE_CHECKING:
    from filelock import BaseFileLock

    from docqa.app.options import Options
    from docqa.ingest.types import Document

BUDGET_BYTES = 10 * 1024**3
MARK_AGE_S = 30 * 24 * 3600.0
"""A mark of a forgotten document stays longer than a process reads."""
_UNFINISHED = ".new-"
_WITHHELD: set[str] = set()
"""Ids of documents of which this process stores no text, in any of its stores."""
_ENTRY = "entry.json"
KINDS = {
    "documents": "document",
    "contexts": "context",
    "indexes": "index",
    "states": "state",
    "answers": "answers",
}
"""Folders of entries, and the name of each kind."""


class Details(TypedDict, total=False):
    """What entry.json says. `files` are paths as given, `paths` absolute ones, in the order of
    `documents`. `health` and `title` are those of a text; `profile`, `model` (its name), `position` and `total`
    (tokens) are those of a state; `sums` and `sizes` those of files, by name."""

    key: str
    kind: str
    documents: list[str]
    files: list[str]
    paths: list[str]
    health: str
    title: str
    profile: dict[str, object]
    model: str
    position: int
    total: int
    sums: dict[str, str]
    sizes: dict[str, int]
    checksum: str


def details_of(documents: Sequence[Document]) -> Details:
    """Which documents an entry belongs to."""
    paths = [document.path for document in documents]
    ids = [document.id for document in documents]
    return {"documents": ids, "files": paths, "paths": [os.path.abspath(path) for path in paths]}


def sha256_of(data: bytes) -> str:
    """sha256 of `data`, as hex."""
    return hashlib.sha256(data).hexdigest()


def file_digest(path: Path) -> str:
    """sha256 of a file, as hex. Raises OSError."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@dataclass(frozen=True)
class StoreEntry:
    """One kept document or state. `used` is seconds since the epoch, `status` is kept or
    damaged.
    """

    kind: str
    key: str
    folder: Path
    bytes: int
    used: float
    status: str = "kept"
    details: Details = field(default_factory=Details)

    @property
    def files(self) -> list[str]:
        return list(self.details.get("files", []))


def default_root() -> Path:
    """`DOCQA_CACHE_DIR`, else the platform's user cache folder."""
    if named := os.environ.get("DOCQA_CACHE_DIR"):
        return Path(named).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("docqa"))


def store_of(options: Options) -> Store | None:
    """The folder that `options` keep things in; None where nothing is to be kept."""
    if not options.store:
        return None
    return Store(
        Path(options.cache_dir).expanduser() if options.cache_dir else None,
        stores_protected=options.store_protected,
    )


def withhold(document: str) -> None:
    """From now on nothing of the text of `document` is stored."""
    _WITHHELD.add(document)


def is_withheld(documents: Iterable[str]) -> bool:
    """Whether nothing of the text of one of `documents` may be stored."""
    return not _WITHHELD.isdisjoint(documents)


def inside(path: str) -> Callable[[str], bool]:
    """A test of absolute paths: whether one is `path`, or a document in the folder or archive
    `path`.
    """
    places = {os.path.abspath(path), os.path.realpath(path)}
    folders = tuple(place.rstrip(os.sep) + os.sep for place in places)
    # Standard input is recorded as a file "-" in the working folder, but is not there.
    return lambda recorded: (
        recorded in places or recorded.startswith(folders) and not recorded.endswith(f"{os.sep}-")
    )


def acquire(lock: BaseFileLock) -> Iterator[None]:
    """Acquire `lock`, in steps that Ctrl-C can end; yields once where another process has it.
    Raises OSError.
    """
    from filelock import Timeout

    waiting = False
    while not lock.is_locked:
        try:
            lock.acquire(timeout=0.2 if waiting else 0)
        except Timeout:
            if not waiting:
                yield
            waiting = True


class Store:
    """The folder of everything docqa keeps. Methods that write raise OSError when the disk
    refuses. `stores_protected`: also text of documents that were opened with a password.
    """

    def __init__(self, root: Path | None = None, *, stores_protected: bool = False) -> None:
        self.root = root or default_root()
        self.stores_protected = stores_protected
        self._pinned: set[str] = set()
        self._marks: dict[str, int] = {}

    def folder(self, kind: str, key: str = "") -> Path:
        """The folder of `kind` (documents, states, locks), made private where it is missing."""
        path = self.root / kind
        if not path.is_dir():
            self.root.parent.mkdir(parents=True, exist_ok=True)
            for folder in (self.root, path):  # its rights stay: it may be somebody's own
                with contextlib.suppress(FileExistsError):
                    folder.mkdir(mode=0o700)
        return path / key if key else path

    def lock(self, name: str) -> BaseFileLock:
        """The lock `name`, for a `with` or for `acquire`; for the key of a state, the lock of that
        state.
        """
        from filelock import FileLock

        return FileLock(str(self.folder("locks") / f"{name}.lock"), mode=0o600)

    def put(self, kind: str, key: str, details: Details, files: Mapping[str, bytes]) -> Path:
        """Write an entry of `files` whole or not at all, and not of a document forgotten since or
        withheld; returns its folder.
        """
        if is_withheld(details["documents"]):
            return self.root / kind / key
        sums = {name: sha256_of(data) for name, data in files.items()}
        sizes = {name: len(data) for name, data in files.items()}
        with self._new_folder(kind, key, details["documents"]) as temporary:
            for name, data in files.items():
                write_whole(temporary / name, data, private=True)
            _write_entry(temporary, kind, key, {**details, "sums": sums, "sizes": sizes})
        return self.folder(kind, key)

    def write_state_entry(self, key: str, details: Details) -> Path:
        """Write or renew the entry of a state, whose owner fills its folder; returns the folder."""
        folder = self.folder("states", key)
        folder.mkdir(mode=0o700, exist_ok=True)
        _write_entry(folder, "states", key, details)
        return folder

    def adopt(self, source: str, key: str, details: Details) -> Path:
        """Make state `key` of the files of state `source`, by hard links where possible."""
        with self._new_folder("states", key, details["documents"]) as temporary:
            origin = self.root / "states" / source
            for path in origin.rglob("*"):
                if not path.is_file() or path.name == _ENTRY or path.name.startswith("."):
                    continue
                target = temporary / path.relative_to(origin)
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                try:
                    os.link(path, target)
                except OSError:
                    shutil.copy2(path, target)
            _write_entry(temporary, "states", key, details)
        return self.folder("states", key)

    @contextmanager
    def _new_folder(self, kind: str, key: str, documents: Sequence[str]) -> Iterator[Path]:
        """An empty folder to fill, which then takes the place of the entry `key`. It is deleted
        instead where one of `documents` was forgotten meanwhile: `forget` marks, deletes unfinished
        folders, and then what has its name already."""
        final = self.folder(kind, key)
        temporary = Path(
            tempfile.mkdtemp(prefix=f"{_UNFINISHED}{pins.process()}-", dir=final.parent)
        )
        try:
            yield temporary
            if not self.forgotten(documents):
                if final.exists():
                    shutil.rmtree(final)
                os.rename(temporary, final)
        except FileNotFoundError:
            if not self.forgotten(documents):
                raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def has(self, kind: str, key: str) -> bool:
        return (self.root / kind / key / _ENTRY).is_file()

    def open(self, kind: str, key: str) -> tuple[Path, Details]:
        """Folder and entry of what is kept; marks it used. Raises StoreDamagedError, naming the file
        that differs.
        """
        folder = self.root / kind / key
        try:
            entry = _read_entry(folder)
            if entry["key"] != key or entry["kind"] != kind:
                raise StoreDamagedError(
                    f"is that of another document ({entry['key'][:12]})", where=str(folder)
                )
            check_files(folder, entry["sizes"], entry["sums"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise StoreDamagedError(
                f"cannot be read ({type(error).__name__}: {error})", where=str(folder)
            ) from error
        with contextlib.suppress(OSError):  # a read-only shared cache cannot say when
            os.utime(folder / _ENTRY)
        return folder, entry

    def drop(self, kind: str, key: str) -> None:
        shutil.rmtree(self.root / kind / key, ignore_errors=True)

    def pin(self, key: str) -> None:
        """Keep the state `key` from eviction until `unpin` or the process's end."""
        with contextlib.suppress(OSError):  # nothing is evicted where nothing can be written
            pins.pin(self.folder("states", key))
            self._pinned.add(key)

    def unpin(self) -> None:
        for key in self._pinned:
            with contextlib.suppress(OSError):
                pins.unpin(self.root / "states" / key)
        self._pinned.clear()

    def entries(self, *kinds: str) -> list[StoreEntry]:
        """All that is kept, or all of `kinds`, most recently used first; also what a killed process
        left unfinished.
        """
        entries: list[StoreEntry] = []
        for kind in kinds or KINDS:
            parent = self.root / kind
            for folder in sorted(parent.iterdir()) if parent.is_dir() else []:
                if folder.is_dir() and not _is_being_written(folder):
                    entries.append(_make_store_entry(kind, folder))
        return sorted(entries, key=lambda entry: (-entry.used, entry.key))

    def prune(
        self,
        budget_bytes: int = BUDGET_BYTES,
        *,
        damaged: bool = True,
        is_outdated: Callable[[StoreEntry], bool] = lambda entry: False,
    ) -> list[StoreEntry]:
        """Evict what was longest unused until all fits `budget_bytes`, damaged entries first, or
        all if `damaged`, and what `is_outdated`; not a state that is used or locked. Returns what
        went."""
        self._sweep_marks()
        entries = self.entries()
        evicted = [entry for entry in entries if is_outdated(entry) and self._evict(entry)]
        entries = [entry for entry in entries if entry not in evicted]
        total = sum(entry.bytes for entry in entries)
        for entry in sorted(entries, key=lambda entry: (entry.status == "kept", entry.used)):
            if total <= budget_bytes and (entry.status == "kept" or not damaged):
                break
            if self._evict(entry):
                total -= entry.bytes
                evicted.append(entry)
        return evicted

    def _evict(self, entry: StoreEntry) -> bool:
        """Whether it is gone: not what somebody uses."""
        from filelock import Timeout

        with contextlib.suppress(
            Timeout, OSError
        ):  # another process reads into it, or the folder is read-only
            with (
                self.lock(entry.key).acquire(timeout=0)
                if entry.kind == "state"
                else contextlib.nullcontext()
            ):
                if not pins.users(entry.folder):
                    shutil.rmtree(entry.folder, ignore_errors=True)
            return not entry.folder.exists()
        return False

    def verify(self) -> list[tuple[StoreEntry, str]]:
        """Every entry that is not what was written, with the reason."""
        from docqa.model.errors import StateError
        from docqa.model.state.files import check_state

        problems: list[tuple[StoreEntry, str]] = []
        for entry in self.entries():
            if entry.status != "kept":
                problems.append((entry, "is damaged, or was never finished"))
                continue
            try:
                check_files(entry.folder, entry.details["sizes"], entry.details["sums"])
                if entry.kind == "state":
                    check_state(entry.folder / "model")
            except (StoreDamagedError, StateError, OSError) as error:
                problems.append((entry, str(error)))
        return problems

    def forget(
        self,
        documents: Iterable[str],
        path: str,
        on_wait: Callable[[StoreEntry], object] | None = None,
    ) -> tuple[int, int]:
        """Delete all that is kept of `documents` (sha256), of what was read at or below `path`, and
        what is too damaged to say whose it is. `on_wait` is called before waiting for a process
        that reads. Returns (entries deleted, bytes freed). Raises ResourceError where one cannot be
        deleted, or is used by another machine, after the others."""
        wanted = set(documents)
        below = inside(path)
        for entry in self.entries():
            known = zip(entry.details.get("documents", []), entry.details.get("paths", []))
            wanted.update(document for document, recorded in known if below(recorded))
        for document in wanted:
            self.folder("forgotten", _name_of_forgotten_mark(document)).touch(mode=0o600)
        self._sweep_marks()
        # What others write just now, too: they may not have seen the marks.
        for folder in filter(_is_being_written, self.root.glob(f"*/{_UNFINISHED}*")):
            for _ in range(100):  # a file may be written into it just now
                shutil.rmtree(folder, ignore_errors=True)
                if not folder.exists():
                    break
                time.sleep(0.01)
        gone: list[StoreEntry] = []
        problem: ResourceError | None = None
        for entry in self.entries():
            if not entry.details or wanted.intersection(entry.details.get("documents", [])):
                try:
                    self._delete(entry, on_wait)
                    gone.append(entry)
                except ResourceError as error:
                    problem = error
        if problem:
            raise problem
        return len(gone), sum(entry.bytes for entry in gone)

    def _delete(self, entry: StoreEntry, on_wait: Callable[[StoreEntry], object] | None) -> None:
        lock = self.lock(entry.key)
        try:
            for _ in acquire(lock) if entry.kind == "state" else ():
                if on_wait:
                    on_wait(entry)
            if hosts := [host for host in pins.users(entry.folder) if host]:
                raise ResourceError(
                    f"a docqa on {hosts[0]} uses this state",
                    where=str(entry.folder),
                    hint="end docqa there, or wait a week, and run the same command again; all else was deleted",
                )
            shutil.rmtree(entry.folder, ignore_errors=True)
            if entry.folder.exists():
                raise ResourceError(
                    "cannot be deleted", where=str(entry.folder), hint="check its permissions"
                )
        finally:
            lock.release()

    def meet(self, documents: Iterable[str]) -> None:
        """Note that `documents` are opened now: what is forgotten from now on, `forgotten` says."""
        for document in documents:
            self._marks[document] = self._time_forgotten_ns(document)

    def forgotten(self, documents: Iterable[str]) -> bool:
        """Whether one of `documents` was forgotten after it was opened here: then nothing of it may
        be kept.
        """
        return any(
            self._time_forgotten_ns(document)
            > self._marks.setdefault(document, self._time_forgotten_ns(document))
            for document in documents
        )

    def _time_forgotten_ns(self, document: str) -> int:
        try:
            return (self.root / "forgotten" / _name_of_forgotten_mark(document)).stat().st_mtime_ns
        except OSError:
            return 0

    def _sweep_marks(self) -> None:
        for path in (self.root / "forgotten").glob("*"):
            with contextlib.suppress(OSError):  # another process removes it too
                if time.time() - path.stat().st_mtime >= MARK_AGE_S:
                    path.unlink()


def _make_store_entry(kind: str, folder: Path) -> StoreEntry:
    size = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # another process evicts at the same time
            size += path.stat().st_size if path.is_file() else 0
    try:
        details = _read_entry(folder)
        used = (folder / _ENTRY).stat().st_mtime
    except (OSError, ValueError, StoreDamagedError):
        return StoreEntry(KINDS[kind], folder.name, folder, size, 0.0, "damaged")
    whole = "." not in folder.name  # a key has none
    name = folder.name if whole else details.get("key", folder.name)
    return StoreEntry(
        KINDS[kind], name, folder, size, used, "kept" if whole else "damaged", details
    )


def _is_being_written(folder: Path) -> bool:
    if not folder.name.startswith(_UNFINISHED):
        return False
    process = folder.name.removeprefix(_UNFINISHED).rpartition("-")[0]
    try:
        return bool(process) and pins.runs(process, time.time() - folder.stat().st_mtime)
    except OSError:  # it has its name now
        return True


def _name_of_forgotten_mark(document: str) -> str:
    """Not the document's own hash, which is in no file after it was forgotten."""
    return sha256_of(f"forgotten {document}".encode())


def key_of(fields: object) -> str:
    """The hash of what something depends on, of values that JSON has."""
    return sha256_of(json.dumps(fields, sort_keys=True).encode())


def _checksum(details: Details) -> str:
    return key_of({name: value for name, value in details.items() if name != "checksum"})


def _write_entry(folder: Path, kind: str, key: str, details: Details) -> None:
    entry: Details = {"sums": {}, "sizes": {}, **details, "key": key, "kind": kind}
    text = json.dumps({**entry, "checksum": _checksum(entry)}, sort_keys=True)
    write_whole(folder / _ENTRY, text.encode(), private=True)


def _read_entry(folder: Path) -> Details:
    """Raises OSError, ValueError or StoreDamagedError where it is not what was written."""
    entry = json.loads((folder / _ENTRY).read_bytes())
    if not isinstance(entry, dict) or entry.get("checksum") != _checksum(cast(Details, entry)):
        raise StoreDamagedError(f"{_ENTRY} does not match its checksum", where=str(folder))
    return cast(Details, entry)


def check_files(folder: Path, sizes: Mapping[str, int], sums: Mapping[str, str]) -> None:
    """Compare files of `folder` with their sizes and known sha256. Raises StoreDamagedError, naming the
    file.
    """
    for name, size in sizes.items():
        path = folder / name
        if not path.is_file():
            raise StoreDamagedError(f"{name} is missing", where=str(folder))
        if path.stat().st_size != size:
            raise StoreDamagedError(
                f"{name} has {path.stat().st_size} bytes, {size} were written", where=str(folder)
            )
        if name in sums and file_digest(path) != sums[name]:
            raise StoreDamagedError(f"{name} does not match its checksum", where=str(folder))
