"""Answers that earlier runs gave, kept in the store by document, file name, options and model."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docqa.app.batch.protocol import Json
from docqa.app.errors import StoreDamaged

if TYPE_CHECKING:
    from docqa.app.batch.items import Item
    from docqa.app.storage.store import Details, Store

ANSWER_VERSION = 1
"""Raised whenever the same question would get another answer: those of before are made again."""
_FILE = "answers.json"


@dataclass(frozen=True)
class Kept:
    """Of one document: what was not read of it, and the `--json` object of each answer by its question. Mutable."""

    warnings: list[str]
    answers: dict[str, Json]


class KeptAnswers:
    """The answers in `store` under one `identity`: all that they depend on but the document and the question.

    A document that needed a password is found only with that password.
    """

    def __init__(self, store: Store, identity: Json, password: str | None) -> None:
        self._store = store
        secret = hashlib.sha256((password or "").encode()).hexdigest()
        self._fields = [ANSWER_VERSION, identity, secret, os.environ.get("DOCQA_DTYPE")]

    def find(self, item: Item) -> Kept | None:
        """What is kept of a document by its content and file name; None where nothing is that can be used."""
        self._store.meet(filter(None, [item.digest]))
        key = self._key(item)
        if not self._store.has("answers", key):
            return None
        try:
            folder, _ = self._store.open("answers", key)
            raw = json.loads((folder / _FILE).read_text(encoding="utf-8"))
            answers = {question: _reused(answer) for question, answer in raw["answers"].items()}
            return Kept(list(raw["warnings"]), answers)
        except (StoreDamaged, OSError, ValueError, KeyError, TypeError):  # `put` writes it anew
            return None

    def put(self, item: Item, kept: Kept) -> None:
        """Keep `kept`; a disk that refuses costs only the time to answer again."""
        details: Details = {
            "documents": [item.digest or ""],
            "files": [item.shown_path],
            "paths": [os.path.abspath(item.source)],
        }
        with suppress(OSError):
            self._store.put("answers", self._key(item), details, {_FILE: json.dumps(vars(kept)).encode()})

    def _key(self, item: Item) -> str:
        fields = [*self._fields, item.digest, item.name]
        return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def _reused(answer: Json) -> Json:
    usage = answer["usage"]
    if not isinstance(usage, dict):
        raise TypeError("no usage")
    tokens = usage["tokens_read"] + usage["tokens_reused"]
    return {**answer, "usage": {**usage, "tokens_read": 0, "tokens_reused": tokens, "seconds": 0.0, "cached": True}}
