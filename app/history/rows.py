"""Rows of the history's database, written and read inside a transaction of `database.py`."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Callable, Sequence

from docqa.app.answer.answer import Answer
from docqa.app.history.query import folded, match_expression
from docqa.app.history.records import Annotation, CitedPage, KeptDocument, KeptSession, KeptTurn, Listed

_TURN = "turns.id, turns.position, turns.asked, turns.question, turns.understood, turns.state, turns.note, turns.answer"
_Row = tuple[int, float, str, str, str, str, str | None]  # the columns of _TURN without the id
_ANNOTATION = 'page, start, end_page, "end", text, place, note, made'
_UNREADABLE = "the kept answer cannot be read"


def storable(text: str) -> str:
    """`text` as the database can hold it: bytes of a file name that are no UTF-8 become backslash escapes.

    In JSON those are the escapes of JSON, so that it is read again as it was.
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


# Writing


def add_session(db: sqlite3.Connection, kind: str, documents: Sequence[KeptDocument], title: str) -> int:
    """Returns the number of the new session."""
    now = time.time()
    into = "INSERT INTO sessions (kind, title, started, updated) VALUES (?, ?, ?, ?)"
    session = int(db.execute(into, (kind, storable(title), now, now)).lastrowid or 0)
    add_documents(db, session, documents)
    return session


def add_documents(db: sqlite3.Connection, session: int, documents: Sequence[KeptDocument]) -> None:
    """Add those that the session does not have: another content, or the same under another path."""
    for document in documents:
        db.execute(
            "INSERT INTO documents SELECT ?1, (SELECT count(*) FROM documents WHERE session = ?1), ?2, ?3, ?4 "
            "WHERE NOT EXISTS (SELECT 1 FROM documents WHERE session = ?1 AND document = ?2 AND absolute = ?4)",
            (session, document.id, document.path, document.absolute),
        )


def touch(db: sqlite3.Connection, session: int) -> bool:
    """Mark a session as used now; whether there is one."""
    return db.execute("UPDATE sessions SET updated = ? WHERE id = ?", (time.time(), session)).rowcount > 0


def put_turn(db: sqlite3.Connection, session: int, turn: KeptTurn, position: int = 0) -> tuple[int, bool]:
    """Write a turn where it differs from what is there; returns its position, and whether anything changed."""
    at = position or turn.position
    if not at:
        at = db.execute("SELECT ifnull(max(position), 0) + 1 FROM turns WHERE session = ?", (session,)).fetchone()[0]
    values = (storable(turn.question), storable(turn.understood), turn.state, storable(turn.note), _json(turn.answer))
    known = db.execute(
        "SELECT id, question, understood, state, note, answer FROM turns WHERE session = ? AND position = ?",
        (session, at),
    ).fetchone()
    if known is None:
        columns = "question, understood, state, note, answer, session, position, asked"
        written = (*values, session, at, turn.asked)
        number = db.execute(f"INSERT INTO turns ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", written).lastrowid
    elif known[1:] == values:
        return at, False
    else:
        number = known[0]
        columns = "question = ?, understood = ?, state = ?, note = ?, answer = ?"
        db.execute(f"UPDATE turns SET {columns} WHERE id = ?", (*values, number))
        db.execute("DELETE FROM words WHERE rowid = ?", (number,))
        db.execute("DELETE FROM cited WHERE turn = ?", (number,))
    _index(db, int(number or 0), turn)
    for page in turn.pages:
        _put_page(db, session, int(number or 0), page)
    return at, True


def _json(answer: Answer | None) -> str | None:
    if answer is None:
        return None
    return storable(json.dumps(answer.to_json_object(), ensure_ascii=False, separators=(",", ":")))


def _put_page(db: sqlite3.Connection, session: int, turn: int, page: CitedPage) -> None:
    """A page is kept once a session, however many answers cite it."""
    label = None if page.label is None else storable(page.label)
    values = (page.document, storable(page.file), page.page, label, page.start, storable(page.text))
    digest = hashlib.sha256(json.dumps(values).encode()).hexdigest()
    db.execute(
        "INSERT OR IGNORE INTO pages (session, digest, document, file, page, label, start, text) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (session, digest, *values),
    )
    db.execute(
        "INSERT OR IGNORE INTO cited SELECT ?, id FROM pages WHERE session = ? AND digest = ?", (turn, session, digest)
    )


def _index(db: sqlite3.Connection, number: int, turn: KeptTurn) -> None:
    quotes = "" if turn.answer is None else "\n".join(quote.text for quote in turn.answer.quotes)
    answer = "" if turn.answer is None else turn.answer.answer or ""
    question = f"{turn.question}\n{turn.understood}"
    db.execute(
        "INSERT INTO words (rowid, question, answer, quotes) VALUES (?, ?, ?, ?)",
        (number, folded(question), folded(answer), folded(quotes)),
    )


def index_all(db: sqlite3.Connection) -> None:
    """Fill the index of words, which is empty, from the turns."""
    for row in db.execute(f"SELECT {_TURN} FROM turns").fetchall():
        _index(db, row[0], _turn(row[1:]))


def put_annotation(db: sqlite3.Connection, session: int, annotation: Annotation) -> int:
    """Write an annotation, over the one with its id where it has one; returns its id."""
    words = tuple(map(storable, (annotation.text, annotation.place, annotation.note)))
    values = (annotation.page, annotation.start, annotation.end_page, annotation.end, *words, annotation.made)
    known = annotation.id or None  # without one SQLite gives the next
    into = f"INSERT OR REPLACE INTO annotations (id, session, {_ANNOTATION}) VALUES ({', '.join('?' * 10)})"
    return int(db.execute(into, (known, session, *values)).lastrowid or 0)


# Reading


def sessions(
    db: sqlite3.Connection, *, number: int | None = None, kind: str | None = None, document: str | None = None
) -> list[KeptSession]:
    """Sessions with this number, of this front end and over this document, where they are given; last used first."""
    found = db.execute(
        "SELECT id, kind, title, started, updated, page, offset, (SELECT count(*) FROM turns WHERE session = s.id) "
        "FROM sessions AS s WHERE (?1 IS NULL OR id = ?1) AND (?2 IS NULL OR kind = ?2) "
        "AND (?3 IS NULL OR id IN (SELECT session FROM documents WHERE document = ?3)) ORDER BY updated DESC, id DESC",
        (number, kind, document),
    ).fetchall()
    return [
        KeptSession(at, front, title, started, updated, _documents(db, at), count, (page, offset))
        for at, front, title, started, updated, page, offset, count in found
    ]


def _documents(db: sqlite3.Connection, session: int) -> tuple[KeptDocument, ...]:
    found = db.execute("SELECT document, path, absolute FROM documents WHERE session = ? ORDER BY position", (session,))
    return tuple(KeptDocument(*row) for row in found)


def turns(db: sqlite3.Connection, session: int) -> list[KeptTurn]:
    """The turns of a session in order, with their pages."""
    found = db.execute(f"SELECT {_TURN} FROM turns WHERE session = ? ORDER BY position", (session,)).fetchall()
    return [_turn(row[1:], _pages(db, row[0])) for row in found]


def _pages(db: sqlite3.Connection, turn: int) -> tuple[CitedPage, ...]:
    found = db.execute(
        "SELECT document, file, pages.page, label, start, text FROM cited JOIN pages ON pages.id = cited.page "
        "WHERE turn = ? ORDER BY pages.id",
        (turn,),
    )
    return tuple(CitedPage(*row) for row in found)


def _turn(row: _Row, pages: tuple[CitedPage, ...] = ()) -> KeptTurn:
    position, asked, question, understood, state, note, kept = row
    answer = None
    if kept is not None:
        try:
            answer = Answer.from_json_object(json.loads(kept))
        except (AttributeError, KeyError, TypeError, ValueError):
            note = note or _UNREADABLE
    return KeptTurn(question, asked, answer, understood, state, note, position, pages)


def found(db: sqlite3.Connection, query: str, limit: int) -> tuple[list[Listed], int]:
    """(the newest `limit` turns that hold `query`, how many hold it); none where it has no word."""
    expression = match_expression(query)
    where, values = "0" if query.strip() else "1", []
    if expression:
        where, values = "turns.id IN (SELECT rowid FROM words WHERE words MATCH ?)", [expression]
    total = db.execute(f"SELECT count(*) FROM turns WHERE {where}", values).fetchone()[0]
    taken = db.execute(
        f"SELECT session, kind, {_TURN} FROM turns JOIN sessions ON sessions.id = session "
        f"WHERE {where} ORDER BY asked DESC, turns.id DESC LIMIT ?",
        (*values, limit),
    ).fetchall()
    listed = [
        Listed(session, kind, tuple(document.path for document in _documents(db, session)), _turn(tuple(rest)))
        for session, kind, _, *rest in taken
    ]
    return listed, int(total)


def session_sizes(db: sqlite3.Connection) -> dict[int, int]:
    """Characters that each session holds, its pages included."""
    sizes = db.execute(
        "SELECT id, "
        "(SELECT ifnull(sum(length(question) + ifnull(length(answer), 0)), 0) FROM turns WHERE session = s.id)"
        " + (SELECT ifnull(sum(length(text)), 0) FROM pages WHERE session = s.id) FROM sessions AS s"
    )
    return {int(number): int(count) for number, count in sizes}


def annotations_of(db: sqlite3.Connection, session: int) -> list[Annotation]:
    """The annotations of a session in the order of the document."""
    order = "ORDER BY page, start, id"
    found = db.execute(f"SELECT {_ANNOTATION}, id FROM annotations WHERE session = ? {order}", (session,))
    return [Annotation(*row) for row in found]


def annotated(db: sqlite3.Connection) -> set[int]:
    """The numbers of the sessions that have annotations."""
    return {int(row[0]) for row in db.execute("SELECT DISTINCT session FROM annotations")}


# Deleting


def sessions_over(db: sqlite3.Connection, documents: set[str], below: Callable[[str], bool]) -> list[int]:
    """The numbers of the sessions over one of `documents` (sha256), or over one whose absolute path is `below`."""
    found = db.execute("SELECT session, document, absolute FROM documents")
    return sorted({number for number, document, absolute in found if document in documents or below(absolute)})


def delete(db: sqlite3.Connection, numbers: list[int]) -> int:
    """Delete sessions with all that belongs to them; returns how many."""
    db.executemany("DELETE FROM sessions WHERE id = ?", [(number,) for number in numbers])
    return len(numbers)


def delete_annotation(db: sqlite3.Connection, number: int) -> None:
    """Delete the annotation with the id `number`."""
    db.execute("DELETE FROM annotations WHERE id = ?", (number,))
