"""Rows of the annotations of a session: what a reader highlighted and noted. Inside a transaction of `database.py`."""

from __future__ import annotations

import sqlite3

from docqa.app.history.records import Annotation
from docqa.app.history.rows import storable

_COLUMNS = 'page, start, end_page, "end", text, place, note, made'


def put(db: sqlite3.Connection, session: int, annotation: Annotation) -> int:
    """Write an annotation, over the one with its id where it has one; returns its id."""
    words = tuple(map(storable, (annotation.text, annotation.place, annotation.note)))
    values = (annotation.page, annotation.start, annotation.end_page, annotation.end, *words, annotation.made)
    known = annotation.id or None  # without one SQLite gives the next
    into = f"INSERT OR REPLACE INTO annotations (id, session, {_COLUMNS}) VALUES ({', '.join('?' * 10)})"
    return int(db.execute(into, (known, session, *values)).lastrowid or 0)


def of_session(db: sqlite3.Connection, session: int) -> list[Annotation]:
    """The annotations of a session in the order of the document."""
    order = "ORDER BY page, start, id"
    found = db.execute(f"SELECT {_COLUMNS}, id FROM annotations WHERE session = ? {order}", (session,))
    return [Annotation(*row) for row in found]


def annotated(db: sqlite3.Connection) -> set[int]:
    """The numbers of the sessions that have annotations."""
    return {int(row[0]) for row in db.execute("SELECT DISTINCT session FROM annotations")}


def delete(db: sqlite3.Connection, number: int) -> None:
    """Delete the annotation with the id `number`."""
    db.execute("DELETE FROM annotations WHERE id = ?", (number,))
