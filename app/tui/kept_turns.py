"""Questions and answers of a document, kept so that a person who comes back finds them. No Textual here.

One file a document, `sessions/ID.json` in the store's folder (ID: sha256 of the document's bytes), renamed into place
whole and readable only by its owner. `docqa forget` deletes it.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docqa.app.answer import Answer, Cite, CoverageReport, EvidenceItem, Quote, Usage

if TYPE_CHECKING:
    from docqa.app.store import Store
    from docqa.ingest.types import Document

SCHEMA = 1
INTERRUPTED = "Left before it was answered; r asks again."
_KIND = "sessions"


@dataclass
class Turn:
    """One question. `state` is waiting, reading, preview, done, stopped or failed; `note` says why it has no answer.

    `quotes` are those found so far while the answer is being made; `scores` are (page, start, end, score) of passages.
    """

    question: str
    state: str = "waiting"
    answer: Answer | None = None
    note: str = ""
    quotes: list[Quote] = field(default_factory=list)
    scores: list[tuple[int, int, int, float]] = field(default_factory=list)

    @property
    def running(self) -> bool:
        return self.state in ("waiting", "reading", "preview")


@dataclass(frozen=True)
class Kept:
    """What is kept of one document: turns in order, and (page, offset) of the line that was at the top."""

    turns: list[Turn]
    place: tuple[int, int]


def save(store: Store, document: Document, turns: list[Turn], place: tuple[int, int]) -> None:
    """Write the turns; one that is under way is kept as stopped. Raises OSError when the disk refuses."""
    record = {
        "schema": SCHEMA,
        "document": document.id,
        "paths": [os.path.abspath(document.path)],
        "place": list(place),
        "turns": [_turn_object(turn) for turn in turns],
    }
    path = store.folder(_KIND, f"{document.id}.json")
    handle, temporary = tempfile.mkstemp(prefix=".new-", dir=path.parent)  # which is made for its owner alone
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(record, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def load(store: Store, document: Document) -> Kept:
    """What is kept of `document`; nothing where there is no file or it cannot be used."""
    record = _record(store.root / _KIND / f"{document.id}.json")
    try:
        page, offset = record.get("place", (1, 0))
        turns = [_turn(item) for item in record.get("turns", [])]
        return Kept(turns, (int(page), int(offset)))
    except (KeyError, TypeError, ValueError):
        return Kept([], (1, 0))


def questions_by_path(store: Store) -> dict[str, int]:
    """How many questions are kept of each document, by its absolute path."""
    counts: dict[str, int] = {}
    for path in _files(store):
        record = _record(path)
        for name in record.get("paths", []):
            counts[name] = len(record.get("turns", []))
    return counts


def forget(store: Store, document_id: str | None, path: str) -> int:
    """Delete what is kept of a document, by its hash or by its path; returns the number of files that went."""
    gone = 0
    for file in _files(store):
        if file.stem == document_id or os.path.abspath(path) in _record(file).get("paths", []):
            file.unlink(missing_ok=True)
            gone += 1
    return gone


def _files(store: Store) -> list[Path]:
    folder = store.root / _KIND
    return sorted(folder.glob("*.json")) if folder.is_dir() else []


def _record(path: Path) -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError):
        record = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(record, dict) and record.get("schema") == SCHEMA:
            return record
    return {}


def _turn_object(turn: Turn) -> dict[str, Any]:
    answer = turn.answer.to_json_object() if turn.answer is not None else None
    state, note = ("stopped", INTERRUPTED) if turn.running else (turn.state, turn.note)
    return {"question": turn.question, "state": state, "note": note, "answer": answer}


def _turn(item: dict[str, Any]) -> Turn:
    answer = None if item["answer"] is None else answer_from(item["answer"])
    return Turn(str(item["question"]), str(item["state"]), answer, str(item["note"]))


def answer_from(value: dict[str, Any]) -> Answer:
    """The Answer that `to_json_object` wrote. Raises KeyError, TypeError or ValueError for anything else."""
    fields = {key: item for key, item in value.items() if key != "schema"}
    quotes = tuple(
        Quote(**{**quote, "cites": tuple(Cite(**cite) for cite in quote["cites"])}) for quote in fields.pop("quotes")
    )
    evidence = tuple(EvidenceItem(**item) for item in fields.pop("evidence"))
    coverage: dict[str, Any] = {
        key: tuple(v) if isinstance(v, list) else v for key, v in fields.pop("coverage").items()
    }
    usage = Usage(**fields.pop("usage"))
    return Answer(**fields, quotes=quotes, evidence=evidence, coverage=CoverageReport(**coverage), usage=usage)
