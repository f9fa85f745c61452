"""The database file `history/history.sqlite`: private, written by several processes under a lock,
with a rollback journal: a write-ahead log is not safe on a network share. What SQLite cannot read
becomes `history.sqlite.damaged`; what can be saved goes into a new one."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from docqa.app.errors import ResourceError
from docqa.app.storage.store import Store

FOLDER = "history"
NAME = "history.sqlite"
SCHEMA = 3
BUSY_SECONDS = 20.0
_APPLICATION = 0x646F6371  # "docq": what somebody else made is not taken for ours
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_SIDE_FILES = ("-journal", "-wal", "-shm")
_TABLES = ("sessions", "documents", "turns", "pages", "annotations", "cited")
T = TypeVar("T")


class Database:
    """One connection, of one thread. `notices` say what was damaged; `reindex` fills `words`."""

    def __init__(self, store: Store, reindex: Callable[[sqlite3.Connection], None]) -> None:
        self.path = store.folder(FOLDER, NAME)
        self.notices: list[str] = []
        self._store = store
        self._reindex = reindex
        with self._named():
            self._connection = self._open()

    def close(self) -> None:
        self._connection.close()

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What `work` makes of one moment of the database. Raises ResourceError."""
        return self._run(work, "BEGIN")

    def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` whole or not at all, after other writers. Raises ResourceError."""
        return self._run(work, "BEGIN IMMEDIATE")

    def compact(self) -> None:
        """Give back what was deleted: no word of it stays in the file."""
        with self._named():
            self._connection.execute("INSERT INTO words(words) VALUES ('optimize')")
            self._connection.execute("VACUUM")

    def check(self) -> str:
        """What is wrong with the file, in SQLite's words, or ""."""
        with self._named():
            found = [str(row[0]) for row in self._connection.execute("PRAGMA integrity_check(5)")]
        return "" if found == ["ok"] else "; ".join(found)

    def _run(self, work: Callable[[sqlite3.Connection], T], begin: str) -> T:
        with self._named():
            try:
                return _transaction(self._connection, work, begin)
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
                self._connection.close()
                self._connection = self._open(error)
                return _transaction(self._connection, work, begin)

    def _open(self, found: sqlite3.DatabaseError | None = None) -> sqlite3.Connection:
        """`found`: damage that was met while it was in use."""
        with self._store.lock(FOLDER):
            try:
                connection = _connect(self.path)
                if found is None or connection.execute("PRAGMA quick_check(1)").fetchone() == (
                    "ok",
                ):
                    return connection  # another process may have set it aside already
                connection.close()
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
                found = error
            return self._rebuild(found)

    def _rebuild(self, error: sqlite3.DatabaseError) -> sqlite3.Connection:
        aside = set_aside(self.path)
        connection = _connect(self.path)
        saved = _transaction(connection, lambda new: salvage(aside, new), "BEGIN IMMEDIATE")
        _transaction(connection, self._reindex, "BEGIN IMMEDIATE")
        kept = (
            f"{saved} questions could be saved from it" if saved else "nothing could be read of it"
        )
        self.notices.append(
            f"the history is damaged ({error}); it was set aside as {aside}, {kept}"
        )
        return connection

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            hint = (
                "another docqa is writing; try again"
                if "locked" in str(error)
                else "`--no-store` does without it"
            )
            raise ResourceError(
                f"the history cannot be used: {error}", where=str(self.path), hint=hint
            ) from error


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether the file is not what SQLite wrote, rather than busy, full or read-only."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF in _DAMAGED or code == sqlite3.SQLITE_IOERR_SHORT_READ


def set_aside(path: Path) -> Path:
    """Rename a damaged database and its side files over an older one. Returns where it is now."""
    aside = path.with_name(f"{path.name}.damaged")
    for suffix in ("", *_SIDE_FILES):
        old = Path(f"{path}{suffix}")
        new = Path(f"{aside}{suffix}")
        new.unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            os.rename(old, new)
    return aside


def salvage(damaged: Path, new: sqlite3.Connection) -> int:
    """Copy all rows that can be read, from both ends of each table; returns the number of
    questions.
    """
    old = sqlite3.connect(damaged.absolute().as_uri() + "?mode=ro", uri=True)
    try:
        old.execute("PRAGMA writable_schema = ON")  # else SQLite reads nothing of a file cut short
        for table in _TABLES:
            for order in ("ASC", "DESC"):
                with suppress(sqlite3.DatabaseError):  # that is where it is damaged
                    for row in old.execute(f"SELECT * FROM {table} ORDER BY rowid {order}"):
                        values = ", ".join("?" * len(row))
                        with suppress(sqlite3.IntegrityError):  # what it belonged to is lost
                            new.execute(f"INSERT OR IGNORE INTO {table} VALUES ({values})", row)
    finally:
        old.close()
    return int(new.execute("SELECT count(*) FROM turns").fetchone()[0])


def _connect(path: Path) -> sqlite3.Connection:
    os.close(
        os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    )  # SQLite gives its side files the same rights
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        _ready(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _ready(connection: sqlite3.Connection) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    if (owner, version) == (_APPLICATION, SCHEMA):
        return
    if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        raise sqlite3.OperationalError(
            f"it is of another program or version ({owner:#x}, {version})"
        )
    marks = f"PRAGMA user_version = {SCHEMA}; PRAGMA application_id = {_APPLICATION};"
    schema = Path(__file__).with_name("schema.sql").read_text(encoding="utf-8")
    connection.executescript(f"BEGIN IMMEDIATE; {schema} {marks} COMMIT;")


def _transaction(
    connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], T], begin: str
) -> T:
    connection.execute(begin)
    try:
        done = work(connection)
        connection.execute("COMMIT")
        return done
    except BaseException:
        if connection.in_transaction:
            with suppress(sqlite3.Error):  # the first error counts
                connection.execute("ROLLBACK")
        raise
