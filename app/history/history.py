"""History: sessions and turns kept, searched, listed and deleted. Methods may raise
ResourceError.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from docqa.app.answer.answer import Answer
from docqa.app.answer.text import compact_json, storable_text
from docqa.app.errors import InputError
from docqa.app.storage.store import Store, inside, is_withheld, key_of
from docqa.ingest.types import Document

from .database import FOLDER, NAME, Database
from .query import phrases, text_for_index
from .records import (
    CitedPage,
    Listed,
    StoredAnnotation,
    StoredDocument,
    StoredSession,
    StoredTurn,
)

_TURN = "turns.id, turns.position, turns.asked, turns.question, turns.understood, turns.state, turns.note, turns.answer"
_Row = tuple[int, float, str, str, str, str, str | None]  # the columns of _TURN without the id
_ANNOTATION = 'page, start, end_page, "end", text, place, note, made'
_UNREADABLE = "the kept answer cannot be read"


def open_if_stored(store: Store) -> History | None:
    """The history in `store`; None where nothing is kept yet."""
    return History(store) if (store.root / FOLDER / NAME).is_file() else None


def damaged_files(store: Store) -> list[Path]:
    """What is left of a database that was set aside as damaged; for a look, and for deletion."""
    return sorted((store.root / FOLDER).glob(f"{NAME}.damaged*"))


def stored_documents(documents: Sequence[Document]) -> tuple[StoredDocument, ...]:
    return tuple(
        StoredDocument(
            document.id, storable_text(document.path), storable_text(os.path.abspath(document.path))
        )
        for document in documents
    )


class History:
    """The history in a store, made if missing; of one thread; to be closed. `notices`: what was set
    aside.
    """

    def __init__(self, store: Store) -> None:
        self._database = Database(store, _index_all)
        self.path = self._database.path
        self.notices = self._database.notices
        self.close = self._database.close
        self.check = self._database.check

    def __enter__(self) -> History:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self, kind: str, documents: Sequence[StoredDocument], title: str) -> int:
        """Begin a session of `kind` (ask, chat or tui); returns its number."""
        now = time.time()
        into = "INSERT INTO sessions (kind, title, started, updated) VALUES (?, ?, ?, ?)"
        with self._database.transaction() as db:
            session = int(db.execute(into, (kind, storable_text(title), now, now)).lastrowid or 0)
            _add_documents(db, session, documents)
        return session

    def keep(
        self, session: int, turn: StoredTurn, documents: Sequence[StoredDocument] = ()
    ) -> bool:
        """Write a turn of `session`, over the one at its position or, with 0, after the others, and
        new `documents`. Returns whether there still is such a session."""
        with self._database.transaction() as db:
            exists = _mark_session_used(db, session)
            if exists:
                _add_documents(db, session, documents)
                _put_turn(db, session, turn)
        return exists

    def keep_all(
        self, session: int, turns: Sequence[StoredTurn], place: tuple[int, int]
    ) -> list[int]:
        """Write `turns` of `session` as `keep` does, and `place`; returns their positions. What
        others wrote into it stays."""
        with self._database.transaction() as db:
            positions = [_put_turn(db, session, turn) for turn in turns]
            if turns:
                _mark_session_used(db, session)
            db.execute("UPDATE sessions SET page = ?, offset = ? WHERE id = ?", (*place, session))
        return positions

    def annotate(self, session: int, annotation: StoredAnnotation) -> int:
        """Write an annotation over the one with its id; returns its id, 0 where the session is
        gone.
        """
        words = list(map(storable_text, (annotation.text, annotation.place, annotation.note)))
        place = (annotation.page, annotation.start, annotation.end_page, annotation.end)
        known = annotation.id or None  # without one SQLite gives the next
        into = f"INSERT OR REPLACE INTO annotations (id, session, {_ANNOTATION}) VALUES ({', '.join('?' * 10)})"
        with self._database.transaction() as db:
            if not _mark_session_used(db, session):
                return 0
            if _is_withheld(db, session):
                words[:2] = "", ""
            row = db.execute(into, (known, session, *place, *words, annotation.made))
            return int(row.lastrowid or 0)

    def delete_annotation(self, number: int) -> None:
        with self._database.transaction() as db:
            db.execute("DELETE FROM annotations WHERE id = ?", (number,))

    def sessions(
        self, *, number: int | None = None, kind: str | None = None, document: str | None = None
    ) -> list[StoredSession]:
        """Sessions, last used first; only that of a number, those of a front end, or over a
        document (sha256).
        """
        query = (
            "SELECT id, kind, title, started, updated, (SELECT count(*) FROM turns WHERE session = s.id), page, offset "
            "FROM sessions AS s WHERE (?1 IS NULL OR id = ?1) AND (?2 IS NULL OR kind = ?2) AND "
            "(?3 IS NULL OR id IN (SELECT session FROM documents WHERE document = ?3)) ORDER BY updated DESC, id DESC"
        )
        with self._database.reading() as db:
            return [
                StoredSession(
                    session,
                    front_end,
                    title,
                    started,
                    updated,
                    _documents_of_session(db, session),
                    questions,
                    (page, offset),
                )
                for session, front_end, title, started, updated, questions, page, offset in db.execute(
                    query, (number, kind, document)
                ).fetchall()
            ]

    def session(self, number: int) -> StoredSession:
        """One session. Raises InputError."""
        sessions = self.sessions(number=number)
        if not sessions:
            raise InputError(
                f"there is no session {number} in the history", hint="`docqa history` lists them"
            )
        return sessions[0]

    def turns(self, session: int) -> list[StoredTurn]:
        """The turns of a session in order, with the pages that they cite."""
        query = f"SELECT {_TURN} FROM turns WHERE session = ? ORDER BY position"
        with self._database.reading() as db:
            rows = db.execute(query, (session,)).fetchall()
            return [_turn_of_row(row[1:], _pages_cited_by_turn(db, row[0])) for row in rows]

    def annotations(self, session: int) -> list[StoredAnnotation]:
        """A session's annotations, in the order of the document."""
        query = (
            f"SELECT {_ANNOTATION}, id FROM annotations WHERE session = ? ORDER BY page, start, id"
        )
        return [StoredAnnotation(*row) for row in self._select_rows(query, session)]

    def search(self, query: str = "", limit: int = 50) -> tuple[list[Listed], int]:
        """(the newest `limit` turns with every word of `query` in question, answer or quotes, their
        number). All turns without a query; none for one without a word ("§")."""
        where = "turns.id IN (SELECT value FROM json_each(?))" if query.strip() else "? IS NULL"
        newest = (
            f"SELECT session, kind, {_TURN} FROM turns JOIN sessions ON sessions.id = session "
            f"WHERE {where} ORDER BY asked DESC, turns.id DESC LIMIT ?"
        )

        listed: list[Listed] = []
        with self._database.reading() as db:
            chosen = json.dumps(_matching_turn_ids(db, query)) if query.strip() else None
            (total,) = db.execute(f"SELECT count(*) FROM turns WHERE {where}", (chosen,)).fetchone()
            for session, kind, _, *turn in db.execute(newest, (chosen, limit)).fetchall():
                files = tuple(document.path for document in _documents_of_session(db, session))
                listed.append(Listed(session, kind, files, _turn_of_row(tuple(turn))))
        return listed, int(total)

    def _select_rows(self, query: str, *values: object) -> list[Any]:
        with self._database.reading() as db:
            return db.execute(query, values).fetchall()

    def forget(self, documents: Iterable[str], path: str) -> int:
        """Delete sessions over any of `documents` (sha256), or what was read at or below `path`;
        returns how many.
        """
        below = inside(storable_text(path))
        wanted = set(documents)
        known = self._select_rows("SELECT session, document, absolute FROM documents")
        return self._delete(
            {number for number, document, place in known if document in wanted or below(place)}
        )

    def delete(self, session: int) -> None:
        self._delete([session])

    def _delete(self, numbers: Collection[int]) -> int:
        if numbers:
            with self._database.transaction() as db:
                db.executemany(
                    "DELETE FROM sessions WHERE id = ?", [(number,) for number in numbers]
                )
            self._database.compact()
        return len(numbers)

    def prune(self, budget_bytes: int) -> list[StoredSession]:
        """Delete sessions longest unused until the rest fits, none with annotations; returns
        them.
        """
        total = self.bytes()
        if total <= budget_bytes:
            return []
        characters = (
            "SELECT id, "
            "(SELECT ifnull(sum(length(question) + ifnull(length(answer), 0)), 0) FROM turns WHERE session = s.id)"
            " + (SELECT ifnull(sum(length(text)), 0) FROM pages WHERE session = s.id) FROM sessions AS s"
        )
        sizes = dict(self._select_rows(characters))
        share = total / max(sum(sizes.values()), 1)  # of the file, by what each session holds
        annotated = {
            row[0] for row in self._select_rows("SELECT DISTINCT session FROM annotations")
        }
        gone: list[StoredSession] = []
        for session in reversed(self.sessions()):
            if session.id in annotated:
                continue
            if total <= budget_bytes:
                break
            total -= int(share * sizes.get(session.id, 0))
            gone.append(session)
        self._delete([session.id for session in gone])
        return gone

    def bytes(self) -> int:
        return self.path.stat().st_size


def _add_documents(
    db: sqlite3.Connection, session: int, documents: Sequence[StoredDocument]
) -> None:
    """Add those that the session does not have: another content, or the same under another path."""
    for document in documents:
        db.execute(
            "INSERT INTO documents SELECT ?1, (SELECT count(*) FROM documents WHERE session = ?1), ?2, ?3, ?4 "
            "WHERE NOT EXISTS (SELECT 1 FROM documents WHERE session = ?1 AND document = ?2 AND absolute = ?4)",
            (session, document.id, document.path, document.absolute),
        )


def _mark_session_used(db: sqlite3.Connection, session: int) -> bool:
    """Whether there is such a session."""
    return (
        db.execute("UPDATE sessions SET updated = ? WHERE id = ?", (time.time(), session)).rowcount
        > 0
    )


def _put_turn(db: sqlite3.Connection, session: int, turn: StoredTurn) -> int:
    """Write a turn at its position, with 0 after the others; returns the position."""
    if _is_withheld(db, session):
        turn = turn.without_words()
    answer = compact_json(turn.answer.to_json_object()) if turn.answer else None
    texts = (turn.question, turn.understood, turn.state, turn.note, answer)
    written = db.execute(
        "INSERT INTO turns (session, position, asked, question, understood, state, note, answer) VALUES (?1, "
        "ifnull(?2, (SELECT ifnull(max(position), 0) + 1 FROM turns WHERE session = ?1)), ?3, ?4, ?5, ?6, ?7, ?8) "
        "ON CONFLICT DO UPDATE SET question = excluded.question, understood = excluded.understood, "
        "state = excluded.state, note = excluded.note, answer = excluded.answer "
        "WHERE (question, understood, state, note, answer) IS NOT (?4, ?5, ?6, ?7, ?8) RETURNING id, position",
        (
            session,
            turn.position or None,
            turn.asked,
            *(text and storable_text(text) for text in texts),
        ),
    ).fetchone()
    if written is None:  # nothing of it changed
        return turn.position
    number, position = written
    db.execute("DELETE FROM cited WHERE turn = ?", (number,))
    _index_turn(db, number, turn)
    for page in turn.pages:
        _put_page(db, session, number, page)
    return position


def _put_page(db: sqlite3.Connection, session: int, turn: int, page: CitedPage) -> None:
    """A page is kept once a session, however many answers cite it."""
    label = None if page.label is None else storable_text(page.label)
    values = (
        page.document,
        storable_text(page.file),
        page.page,
        label,
        page.start,
        storable_text(page.text),
    )
    digest = key_of(values)
    db.execute(
        "INSERT OR IGNORE INTO pages (session, digest, document, file, page, label, start, text) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (session, digest, *values),
    )
    db.execute(
        "INSERT OR IGNORE INTO cited SELECT ?, id FROM pages WHERE session = ? AND digest = ?",
        (turn, session, digest),
    )


def _index_turn(db: sqlite3.Connection, number: int, turn: StoredTurn) -> None:
    texts = [turn.question, turn.understood]
    if turn.answer:
        texts += [turn.answer.answer or "", *(quote.text for quote in turn.answer.quotes)]
    text = storable_text(text_for_index("\n".join(texts)))
    for index in ("words", "stems"):
        db.execute(f"INSERT OR REPLACE INTO {index} (rowid, text) VALUES (?, ?)", (number, text))


def _index_all(db: sqlite3.Connection) -> None:
    for row in db.execute(f"SELECT {_TURN} FROM turns").fetchall():
        _index_turn(db, row[0], _turn_of_row(row[1:]))


def _matching_turn_ids(db: sqlite3.Connection, query: str) -> list[int]:
    """The ids of the turns in which every word of `query` occurs, or begins one, or is inflected."""
    matching: set[int] | None = None
    for phrase in phrases(query):
        rows = db.execute(
            "SELECT rowid FROM words WHERE words MATCH ?1 || '*' "
            "UNION SELECT rowid FROM stems WHERE stems MATCH ?1",
            (phrase,),
        )
        numbers = {row[0] for row in rows}
        matching = numbers if matching is None else matching & numbers
    return sorted(matching or ())


def _documents_of_session(db: sqlite3.Connection, session: int) -> tuple[StoredDocument, ...]:
    rows = db.execute(
        "SELECT document, path, absolute FROM documents WHERE session = ? ORDER BY position",
        (session,),
    )
    return tuple(StoredDocument(*row) for row in rows)


def _is_withheld(db: sqlite3.Connection, session: int) -> bool:
    """Whether no text of the session's documents is stored."""
    return is_withheld(document.id for document in _documents_of_session(db, session))


def _pages_cited_by_turn(db: sqlite3.Connection, turn: int) -> tuple[CitedPage, ...]:
    rows = db.execute(
        "SELECT document, file, pages.page, label, start, text FROM cited JOIN pages ON pages.id = cited.page "
        "WHERE turn = ? ORDER BY pages.id",
        (turn,),
    )
    return tuple(CitedPage(*row) for row in rows)


def _turn_of_row(row: _Row, pages: tuple[CitedPage, ...] = ()) -> StoredTurn:
    position, asked, question, understood, state, note, stored = row
    answer = None
    if stored is not None:
        try:
            answer = Answer.from_json_object(json.loads(stored))
        except (AttributeError, KeyError, TypeError, ValueError):
            note = note or _UNREADABLE
    return StoredTurn(question, asked, answer, understood, state, note, position, pages)
