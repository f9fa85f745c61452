"""A summary: sentences with cites, by section and as a whole, what was not covered; no time, no
absolute path.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any, Self

from docqa.app.answer.answer import Cite, record_from_json
from docqa.app.answer.text import compact_json
from docqa.ingest.types import Document

SCHEMA = 1
STYLES = ("brief", "abstract", "key-points", "clauses", "papers")
DEFAULT_STYLE = "key-points"
EXTRACTED = "extracted"
WRITTEN = "written"
"""Made of the document's own sentences, or in a model's words."""
NOTHING = "no sentence of prose was found"
SUMMARIZED = "summarized"
UNREADABLE = "unreadable"
"""Statuses; `unreadable`: it has no sentence to take."""


@dataclass(frozen=True)
class SentenceCite:
    """Half-open characters `start:end` of the text of `page` (from 1, as printed in `label`), or
    without pages, None, of the whole text, with the place in `label`. `section`: what the document
    prints to name the place."""

    page: int | None
    label: str | None
    section: str | None
    start: int
    end: int

    @classmethod
    def from_cite(cls, cite: Cite) -> Self:
        return cls(cite.page, cite.label, cite.section, cite.start, cite.end)


@dataclass(frozen=True)
class SummarySentence:
    """Words of the document, their `grade` as a quote, and where they are; or words of a model,
    with `grade` None and how far those at `cites` bear them out (`support`). `speaker`: an
    opinion's judge, or who is quoted."""

    text: str
    grade: str | None
    cites: tuple[SentenceCite, ...]
    speaker: str | None = None
    support: str | None = None


@dataclass(frozen=True)
class SummarySection:
    """What was taken of one section, at its outline's `level`, or under one heading of a style
    (`id` None, level 1).
    """

    id: str | None
    heading: str
    level: int
    sentences: tuple[SummarySentence, ...]


@dataclass(frozen=True)
class SummaryRecord:
    """The summary of one document: `sentences` of the whole, `sections` in order. `path` is
    relative, with `/`; `document` a sha256; `method` EXTRACTED or WRITTEN, by `model`;
    `not_covered`: headings that nothing was taken from; `warnings`: what was not read; `remarks`:
    how it was written."""

    path: str
    document: str
    title: str
    style: str
    method: str
    status: str
    sentences: tuple[SummarySentence, ...] = ()
    sections: tuple[SummarySection, ...] = ()
    not_covered: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    model: str | None = None
    remarks: tuple[str, ...] = ()

    @classmethod
    def for_document(
        cls, document: Document, style: str, method: str, *, readable: bool = True, **more: Any
    ) -> Self:
        """The record of `document`, with `more` fields; not `readable`: one that has nothing to
        summarize.
        """
        status, warnings = (SUMMARIZED, ()) if readable else (UNREADABLE, (NOTHING,))
        return cls(
            document.path,
            document.id,
            document.title,
            style,
            method,
            status,
            warnings=(*document.coverage.warnings, *warnings),
            **more,
        )

    def every_sentence(self) -> tuple[SummarySentence, ...]:
        """Those of the whole, then those of the sections; one may be in both."""
        return (
            *self.sentences,
            *(sentence for section in self.sections for sentence in section.sentences),
        )


def to_json_line(record: SummaryRecord) -> str:
    """One line of summaries.jsonl, keys in the order of the fields, without a line end."""
    return compact_json({"schema": SCHEMA, **asdict(record)})


def from_json_line(line: str) -> SummaryRecord:
    """The record that `to_json_line` wrote. Raises ValueError for anything else."""
    raw = json.loads(line)
    if not isinstance(raw, dict) or raw.pop("schema", None) != SCHEMA:
        raise ValueError(f"no summary of schema {SCHEMA}")
    try:
        record: SummaryRecord = record_from_json(SummaryRecord, raw)
        return record
    except (AttributeError, TypeError) as error:
        raise ValueError(f"no summary ({error!r})") from error
