"""History: the sessions and turns that are kept, searched, listed and deleted.

    with open_history(store) as history:
        session = history.start("ask", kept_documents(documents), title)
        history.keep(session, turn)
        listed, total = history.search("term ends")

Every method may raise ResourceError, which names the file.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from docqa.app.errors import InputError
from docqa.app.history import rows
from docqa.app.history.database import FOLDER, NAME, Database
from docqa.app.history.records import Annotation, KeptDocument, KeptSession, KeptTurn, Listed
from docqa.app.storage.store import inside

if TYPE_CHECKING:
    from docqa.app.storage.store import Store
    from docqa.ingest.types import Document


def open_history(store: Store) -> History:
    """The history in `store`, made when there is none."""
    return History(store)


def open_kept(store: Store) -> History | None:
    """The history in `store`; None where nothing is kept yet."""
    return History(store) if (store.root / FOLDER / NAME).is_file() else None


def damaged_files(store: Store) -> list[Path]:
    """What is left of a database that was set aside as damaged; only for a look, and for deletion."""
    return sorted((store.root / FOLDER).glob(f"{NAME}.damaged*"))


def kept_documents(documents: Sequence[Document]) -> tuple[KeptDocument, ...]:
    """What is kept of the documents of a session."""
    return tuple(
        KeptDocument(document.id, rows.storable(document.path), rows.storable(os.path.abspath(document.path)))
        for document in documents
    )


class History:
    """Of one thread; close it, or use it in a `with`. `notices` say what was damaged and set aside."""

    def __init__(self, store: Store) -> None:
        self._database = Database(store, rows.index_all)

    def __enter__(self) -> History:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    @property
    def path(self) -> Path:
        return self._database.path

    @property
    def notices(self) -> list[str]:
        return self._database.notices

    # Writing

    def start(self, kind: str, documents: Sequence[KeptDocument], title: str) -> int:
        """Begin a session of `kind` (records.KINDS); returns its number."""
        return self._database.write(lambda db: rows.add_session(db, kind, documents, title))

    def keep(self, session: int, turn: KeptTurn, documents: Sequence[KeptDocument] = ()) -> int:
        """Write a turn of `session`, over the one at its position or, with position 0, behind the others.

        `documents` that the session does not have yet are added. Returns the position; 0 where the session is gone.
        """

        def work(db: sqlite3.Connection) -> int:
            if not rows.touch(db, session):
                return 0
            rows.add_documents(db, session, documents)
            return rows.put_turn(db, session, turn)[0]

        return self._database.write(work)

    def keep_all(self, session: int, turns: Sequence[KeptTurn], place: tuple[int, int]) -> None:
        """Make `turns` and `place` all that is kept of `session`; turns that have not changed are left alone."""

        def work(db: sqlite3.Connection) -> None:
            changed = [rows.put_turn(db, session, turn, at)[1] for at, turn in enumerate(turns, start=1)]
            db.execute("DELETE FROM turns WHERE session = ? AND position > ?", (session, len(turns)))
            db.execute("UPDATE sessions SET page = ?, offset = ? WHERE id = ?", (*place, session))
            if any(changed):
                rows.touch(db, session)

        self._database.write(work)

    def annotate(self, session: int, annotation: Annotation) -> int:
        """Write an annotation of `session`, over the one with its id; returns its id, 0 where the session is gone."""

        def work(db: sqlite3.Connection) -> int:
            return rows.put_annotation(db, session, annotation) if rows.touch(db, session) else 0

        return self._database.write(work)

    def delete_annotation(self, number: int) -> None:
        """Delete the annotation with the id `number`."""
        self._database.write(lambda db: rows.delete_annotation(db, number))

    # Finding

    def sessions(self, *, kind: str | None = None, document: str | None = None) -> list[KeptSession]:
        """Sessions, the last used first; only those of a front end, or over the document with that sha256."""
        return self._database.read(lambda db: rows.sessions(db, kind=kind, document=document))

    def session(self, number: int) -> KeptSession:
        """One session. Raises InputError where there is none of that number."""
        found = self._database.read(lambda db: rows.sessions(db, number=number))
        if not found:
            raise InputError(f"there is no session {number} in the history", hint="`docqa history` lists them")
        return found[0]

    def turns(self, session: int) -> list[KeptTurn]:
        """The turns of a session in order, each with the pages that it cites."""
        return self._database.read(lambda db: rows.turns(db, session))

    def annotations(self, session: int) -> list[Annotation]:
        """What the reader of a session highlighted, in the order of the document."""
        return self._database.read(lambda db: rows.annotations_of(db, session))

    def search(self, query: str = "", limit: int = 50) -> tuple[list[Listed], int]:
        """(the newest `limit` turns that hold every word of `query` in question, answer or quotes, their number).

        Without a query all turns count; one without any word ("§") is found nowhere.
        """
        return self._database.read(lambda db: rows.found(db, query, limit))

    # Deleting

    def forget(self, documents: Iterable[str], path: str) -> int:
        """Delete every session over one of `documents` (sha256), or over one read at or below `path`; returns how many.

        No word of them stays in the file.
        """
        below = inside(rows.storable(path))
        return self._delete(lambda db: rows.sessions_over(db, set(documents), below))

    def delete(self, session: int) -> None:
        """Delete a session, so that no word of it stays in the file."""
        self._delete(lambda _: [session])

    def _delete(self, chosen: Callable[[sqlite3.Connection], list[int]]) -> int:
        gone = self._database.write(lambda db: rows.delete(db, chosen(db)))
        if gone:
            self._database.compact()
        return gone

    def prune(self, budget_bytes: int) -> list[KeptSession]:
        """Delete the sessions that were longest unused until the rest fits `budget_bytes`; returns what went.

        What a reader wrote stays: sessions with annotations go with `forget` alone.
        """
        total = self.bytes()
        if total <= budget_bytes:
            return []
        sizes = self._database.read(rows.session_sizes)
        share = total / max(sum(sizes.values()), 1)  # of the file, by what each session holds
        annotated = self._database.read(rows.annotated)
        gone: list[KeptSession] = []
        for session in reversed(self.sessions()):
            if session.id in annotated:
                continue
            if total <= budget_bytes:
                break
            total -= int(share * sizes.get(session.id, 0))
            gone.append(session)
        self._delete(lambda _: [session.id for session in gone])
        return gone

    def bytes(self) -> int:
        """Size on disk."""
        return self.path.stat().st_size

    def check(self) -> str:
        """What is wrong with the database; empty when nothing is."""
        return self._database.check()
