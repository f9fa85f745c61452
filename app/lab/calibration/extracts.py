"""Texts of the training sets that are asked about one by one: alone, or joined with others into a longer document."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from docqa.app.eval.questions import EvalDocument, lines

OTHERS = 5  # texts that are joined with one
LONGEST = 8_000  # characters of a text that is joined


class Layout(StrEnum):
    """What a question is asked of: its text alone, or joined with texts that have nothing to do with it."""

    ALONE = "alone"
    JOINED = "joined"


@dataclass(frozen=True)
class Extract:
    """The lines of one `doc` of a set, as they are in the file; `document` is what it was cut from.

    `category` is empty where the set names none.
    """

    name: str
    document: str
    category: str
    records: tuple[dict[str, Any], ...]

    def is_like(self, other: Extract) -> bool:
        """Whether both are of one category, or of one collection, as the documents' names begin ("statutes/73")."""
        collections = {each.document.partition("/")[0] for each in (self, other)}
        return len(collections) == 1 or self.category == other.category != ""

    @property
    def size(self) -> int:
        """Characters."""
        return sum(len(record["context"]) for record in self.records)


def read_extracts(path: Path) -> list[Extract]:
    """The texts of a set in the order of the file. Raises InputError where it cannot be read, KeyError for others."""
    found: dict[str, list[dict[str, Any]]] = {}
    for line in lines(path):
        record = json.loads(line)
        found.setdefault(record["doc"], []).append(record)
    return [Extract(name, r[0].get("document", name), r[0].get("category", ""), tuple(r)) for name, r in found.items()]


def lay_out(extract: Extract, layout: Layout, pool: Sequence[Extract], *, each: int, seed: int) -> EvalDocument | None:
    """What is read, with at most `each` questions about `extract`, drawn by `seed`; None where it cannot be joined.

    Others are taken from `pool`, of other documents, and unlike it as long as there are such; the text with
    the questions is at a random place among them. Only questions with marked words, or without any answer, are kept.
    """
    rng = random.Random(f"{seed} {extract.name}")
    first = extract.records[0]
    laid = EvalDocument(first.get("dataset", ""), extract.name, first.get("title") or extract.name)
    parts = [extract]
    if layout is Layout.JOINED:
        parts = _others(extract, pool, rng)
        if extract.size > LONGEST or len(parts) < OTHERS:
            return None
        parts.insert(rng.randrange(OTHERS + 1), extract)
    for part in parts:
        for record in part.records:
            laid.add({"context": record["context"], "qas": record["qas"] if part is extract else []})
    known = [question for question in laid.questions if question.spans or question.unanswerable]
    laid.questions = random.Random(seed).sample(known, each) if len(known) > each else known
    return laid


def _others(extract: Extract, pool: Iterable[Extract], rng: random.Random) -> list[Extract]:
    """OTHERS texts, or fewer where there are no more, of as many documents."""
    by_document = {other.document: other for other in pool if other.size <= LONGEST}
    others = [other for other in by_document.values() if other.document != extract.document]
    rng.shuffle(others)
    others.sort(key=extract.is_like)
    return others[:OTHERS]
