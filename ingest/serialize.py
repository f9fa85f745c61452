"""Document to JSON and back, without loss."""

from __future__ import annotations

import json
from typing import Any

from docqa.ingest.errors import Unreadable
from docqa.ingest.types import (
    Block,
    Coverage,
    Definition,
    Document,
    Note,
    NumberedLine,
    Page,
    Passage,
    Reference,
    Section,
)

_FORMAT = 3


def to_json(document: Document) -> str:
    """`document` as one line of JSON; `from_json` gives an equal Document."""
    c = document.coverage
    record = {
        "format": _FORMAT,
        "id": document.id,
        "path": document.path,
        "title": document.title,
        "media_type": document.media_type,
        "paged": document.paged,
        "pages": [
            [
                p.index,
                p.label,
                p.text,
                p.grade,
                [[b.start, b.end, b.kind] for b in p.blocks],
                p.furniture,
                [[line.start, line.number] for line in p.lines],
            ]
            for p in document.pages
        ],
        "sections": [
            [s.id, s.number, s.title, s.level, s.page, s.start, s.source, s.confidence, s.parent, s.label]
            for s in document.sections
        ],
        "passages": [[p.page, p.start, p.end, p.section, p.kind] for p in document.passages],
        "definitions": [[d.term, d.page, d.start, d.end, d.scope, d.kind] for d in document.definitions],
        "references": [[r.page, r.start, r.end, r.section, r.to_page, r.to_start] for r in document.references],
        "notes": [[n.mark, n.page, n.start, n.end, n.at_page, n.at] for n in document.notes],
        "coverage": [c.pages, c.pages_without_text, c.ocr_pages, c.hidden_spans, c.warnings],
    }
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> Document:
    """The Document that `to_json` wrote. Raises Unreadable when `text` is not such a record, or of another format."""
    try:
        record: dict[str, Any] = json.loads(text)
        if record["format"] != _FORMAT:
            raise Unreadable(f"stored document has format {record['format']}, this version reads {_FORMAT}")
        pages, without, ocr, hidden, warnings = record["coverage"]
        return Document(
            id=record["id"],
            path=record["path"],
            title=record["title"],
            media_type=record["media_type"],
            paged=record["paged"],
            pages=tuple(
                Page(
                    index,
                    label,
                    body,
                    grade,
                    tuple(Block(*b) for b in blocks),
                    tuple(furniture),
                    tuple(NumberedLine(*line) for line in lines),
                )  # fmt: skip
                for index, label, body, grade, blocks, furniture, lines in record["pages"]
            ),
            sections=tuple(Section(*fields) for fields in record["sections"]),
            passages=tuple(Passage(p, s, e, tuple(path), kind) for p, s, e, path, kind in record["passages"]),
            coverage=Coverage(pages, tuple(without), tuple(ocr), hidden, tuple(warnings)),
            definitions=tuple(Definition(*fields) for fields in record["definitions"]),
            references=tuple(Reference(*fields) for fields in record["references"]),
            notes=tuple(Note(*fields) for fields in record["notes"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unreadable(f"stored document is damaged ({error!r})", "", "Read the file again") from error
