"""The database file `history/history.sqlite`: private, written by several processes under a lock,
with a rollback journal: a write-ahead log is not safe on a network share. A file that SQLite cannot
read becomes `history.sqlite.damaged`, and a new one is begun."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from docqa.app.errors import ResourceError
from docqa.app.storage.store import Store

FOLDER = "history"
NAME = "history.sqlite"
SCHEMA = 4
BUSY_SECONDS = 20.0
_APPLICATION = 0x646F6371  # "docq": what somebody else made is not taken for ours
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_SIDE_FILES = ("", "-journal", "-wal", "-shm")


class Database:
    """One connection, of one thread. `notices` say what was damaged; `reindex` fills the full-text
    index from the other tables."""

    def __init__(self, store: Store, reindex: Callable[[sqlite3.Connection], None]) -> None:
        self.path = store.folder(FOLDER, NAME)
        self.notices: list[str] = []
        self._store = store
        self._reindex = reindex
        with self._name_file_in_errors():
            self._connection = self._open_undamaged()

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self, begin: str = "BEGIN IMMEDIATE") -> Iterator[sqlite3.Connection]:
        """The connection, to write the whole block or nothing, after other writers. Raises
        ResourceError."""
        with self._name_file_in_errors():
            self._connection.execute(begin)
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    with suppress(sqlite3.Error):  # the first error counts
                        self._connection.execute("ROLLBACK")
                raise

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """The connection, to read one moment of the database. Raises ResourceError."""
        return self.transaction("BEGIN")

    def compact(self) -> None:
        """Give back what was deleted: no word of it stays in the file."""
        with self._name_file_in_errors():
            for index in ("words", "stems"):
                self._connection.execute(f"INSERT INTO {index}({index}) VALUES ('optimize')")
            self._connection.execute("VACUUM")

    def check(self) -> str:
        """What is wrong with the file, in SQLite's words, or ""."""
        with self._name_file_in_errors():
            rows = self._connection.execute("PRAGMA integrity_check(5)").fetchall()
        problems = "; ".join(str(row[0]) for row in rows)
        return "" if problems == "ok" else problems

    def _open_undamaged(self, damage: sqlite3.Error | None = None) -> sqlite3.Connection:
        """`damage`: what was met while the file was in use."""
        with self._store.lock(FOLDER):
            try:
                connection = self._connect()
                # Another process may have set the damaged file aside already.
                if not damage or connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",):
                    return connection
                connection.close()
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
                damage = error
            aside = rename_damaged_database(self.path)
            self.notices.append(
                f"the history is damaged ({damage}); it was set aside as {aside}, and a new one is begun"
            )
            return self._connect()

    def _connect(self) -> sqlite3.Connection:
        # SQLite gives its side files the same rights.
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")
            self._upgrade(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _upgrade(self, connection: sqlite3.Connection) -> None:
        """Give a new file, or one of an older schema, the tables of this one, in one transaction."""
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        owner = connection.execute("PRAGMA application_id").fetchone()[0]
        if (owner, version) == (_APPLICATION, SCHEMA):
            return
        is_empty = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)
        if not is_empty and (owner != _APPLICATION or version > SCHEMA):
            raise sqlite3.OperationalError(
                f"it is of another program or version ({owner:#x}, {version})"
            )
        connection.execute("PRAGMA journal_mode = DELETE")  # schema 1 had a write-ahead log
        schema = Path(__file__).with_name("schema.sql").read_text(encoding="utf-8")
        marks = f"PRAGMA user_version = {SCHEMA}; PRAGMA application_id = {_APPLICATION};"
        connection.executescript(f"BEGIN IMMEDIATE; {schema} {marks}")
        self._reindex(connection)
        connection.execute("COMMIT")

    @contextmanager
    def _name_file_in_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            hint = "`--no-store` does without it"
            if "locked" in str(error):
                hint = "another docqa is writing; try again"
            elif is_damage(error):
                self._connection.close()
                self._connection = self._open_undamaged(error)
                hint = "it was set aside; try again, with a new one"
            raise ResourceError(
                f"the history cannot be used: {error}", where=str(self.path), hint=hint
            ) from error


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is not what SQLite wrote, rather than busy, full or read-only."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF in _DAMAGED or code == sqlite3.SQLITE_IOERR_SHORT_READ


def rename_damaged_database(path: Path) -> Path:
    """Rename a damaged database and its side files. Returns where it is now."""
    aside = path.with_name(f"{path.name}.damaged")
    for suffix in _SIDE_FILES:
        with suppress(FileNotFoundError):
            os.replace(f"{path}{suffix}", f"{aside}{suffix}")
    return aside
