"""Recent documents and questions, from what docqa keeps: documents by path, questions by words. No
widgets here.
"""

import os
import time
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from docqa.app.batch.items import containing_file
from docqa.app.errors import ResourceError
from docqa.app.output.render import printable

if TYPE_CHECKING:
    from docqa.app.history.records import StoredSession, StoredTurn
    from docqa.app.storage.store import Store

MOST_QUESTIONS = 200
_KINDS = ("documents", "states", "history")


@dataclass(frozen=True)
class PastQuestion:
    path: str
    turn: "StoredTurn"
    at_cite: bool = False  # to be opened at its first cite


@dataclass(frozen=True)
class LibraryRow:
    """The document at `path`, or a question about it that was asked before (`past`). `size` in
    bytes, `modified` and `used` in seconds since 1970, 0: not known; `kept` says what there is of
    it, or how it was answered, `health` what is wrong with the file, `title` what it calls itself."""

    name: str
    path: str
    size: int = 0
    modified: float = 0.0
    used: float = 0.0
    kept: str = ""
    health: str = ""
    past: PastQuestion | None = None
    title: str = ""

    @property
    def shown(self) -> str:
        """Its name, and after it its title if that is another."""
        other = self.title and self.title not in self.name
        return printable(f"{self.name}  ·  {self.title}" if other else self.name)

    @property
    def there(self) -> bool:
        """Whether the file, or the archive that it is in, is still where it was."""
        return os.path.exists(self.path) or containing_file(self.path) is not None


def is_anything_stored(store: "Store") -> bool:
    """Whether there can be something to list; looks at no more than the names of folders."""
    folders = [store.root / kind for kind in _KINDS]
    return any(folder.is_dir() and any(folder.iterdir()) for folder in folders)


def recent_documents(store: "Store", notices: list[str] | None = None) -> list[LibraryRow]:
    """The documents that are kept or were asked about, by absolute path, the last used first;
    `notices` get what is wrong with the history."""
    used: dict[str, float] = {}
    read: dict[str, str] = {}
    health: dict[str, str] = {}
    titles: dict[str, str] = {}
    for entry in store.entries("documents", "states"):  # of a thousand files none is opened
        paths = entry.details.get("paths", [])
        if entry.status != "kept" or len(paths) != 1 or not paths[0]:
            continue
        used[paths[0]] = max(used.get(paths[0], 0.0), entry.used)
        health[paths[0]] = health.get(paths[0]) or entry.details.get("health", "")
        titles[paths[0]] = titles.get(paths[0]) or entry.details.get("title", "")
        if entry.kind == "state":
            whole = entry.details.get("position") == entry.details.get("total")
            read.setdefault(paths[0], "read" if whole else "partly read")
    asked: Counter[str] = Counter()
    for session in _sessions_about_one_document(store, notices if notices is not None else []):
        path = session.documents[0].absolute
        used[path] = max(used.get(path, 0.0), session.updated)
        asked[path] += session.questions
    listed = []
    for path, last in used.items():
        kept = [read.get(path, ""), count_text(asked[path], "question") if asked[path] else ""]
        words = ", ".join(part for part in kept if part) or "opened"
        row = LibraryRow(path, path, used=last, kept=words, health=health.get(path, ""))
        listed.append(replace(row, title=titles.get(path, "")))
    return sorted(listed, key=lambda row: (-row.used, row.path))


def past_questions(store: "Store") -> list[PastQuestion]:
    """The newest questions about one document. Raises ResourceError."""
    from docqa.app.history.history import open_if_stored

    history = open_if_stored(store)
    if not history:
        return []
    with history:
        places = {
            s.id: s.documents[0].absolute for s in history.sessions() if len(s.documents) == 1
        }
        listed, _ = history.search(limit=MOST_QUESTIONS)
    return [
        PastQuestion(places[item.session], item.turn) for item in listed if item.session in places
    ]


def count_text(count: int, name: str) -> str:
    """`1 document`, `1,200 documents`."""
    return f"{count:,} {name}{'s' if count != 1 else ''}"


def time_ago(then: float, now: float | None = None) -> str:
    """`just now`, `5 min ago`, `3 h ago`, `12 days ago`, and the date of what is older than a
    month.
    """
    passed = max((time.time() if now is None else now) - then, 0.0)
    if passed >= 32 * 86_400:
        return time.strftime("%Y-%m-%d", time.localtime(then))
    for name, seconds in (("day", 86_400), ("h", 3_600), ("min", 60)):
        if count := int(passed // seconds):
            return f"{count} {name}{'s' * (name == 'day' and count > 1)} ago"
    return "just now"


def short_path(path: str) -> str:
    home = os.path.expanduser("~")
    return "~" + path[len(home) :] if home != "/" and path.startswith(home + os.sep) else path


def _sessions_about_one_document(store: "Store", notices: list[str]) -> "list[StoredSession]":
    from docqa.app.history.history import (
        open_if_stored,  # SQLite: only once the list is on the screen
    )

    try:
        history = open_if_stored(store)
        if not history:
            return []
        with history:
            notices += history.notices
            return [session for session in history.sessions() if len(session.documents) == 1]
    except (ResourceError, OSError):
        return []
