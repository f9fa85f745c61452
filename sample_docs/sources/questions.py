"""Finds the pages of every written question and writes questions.jsonl, with the answering sentences beside it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path
from typing import Any

from layout import SAMPLES, SOURCES

WRITTEN = SOURCES / "questions_documents.jsonl"
HANDBOOK = "handbook.pdf"


def fold(text: str) -> str:
    """Returns `text` with every run of white space as one space."""
    return " ".join(text.split())


@cache
def page_texts(path: Path) -> tuple[str, ...]:
    """Returns the folded text of every page; an XML file is one page."""
    if path.suffix == ".xml":
        return (fold(" ".join(ET.parse(path).getroot().itertext())),)
    from pypdf import PdfReader

    return tuple(fold(page.extract_text()) for page in PdfReader(path).pages)


def broken_at(pages: tuple[str, ...], quote: str) -> tuple[list[int], int] | None:
    """Returns the physical pages of a quote that a page or column break cuts once, and the place of the cut."""
    cuts = [place for place, letter in enumerate(quote) if letter == " "][1:-1]
    for cut in reversed(cuts):
        for index, text in enumerate(pages):
            if quote[:cut] not in text:
                continue
            for follower in (index, index + 1):
                if follower < len(pages) and quote[cut + 1 :] in pages[follower]:
                    return sorted({index + 1, follower + 1}), cut
    return None


def find_pages(pages: tuple[str, ...], quote: str, answer: str) -> list[int]:
    """Returns the physical pages, from 1, on which the answer stands inside its quote.

    Raises ValueError when the quote is not in the document or does not hold the answer.
    """
    quote, answer = fold(quote), fold(answer)
    if answer not in quote:
        raise ValueError(f"the quote does not hold the answer {answer!r}: {quote!r}")
    whole = [index + 1 for index, text in enumerate(pages) if quote in text]
    if whole:
        return whole
    broken = broken_at(pages, quote)
    if broken is None:
        raise ValueError(f"no page holds the quote {quote!r}")
    numbers, cut = broken
    start = quote.index(answer)
    if start >= cut:
        return numbers[-1:]
    return numbers[:1] if start + len(answer) <= cut else numbers


def written_questions() -> list[dict[str, Any]]:
    """Returns the questions as written, handbook last; each with file, question, answer, quote, unanswerable."""
    records: list[dict[str, Any]] = []
    handbook = sorted((SOURCES / "handbook").glob("questions_*.jsonl"))
    for path in [WRITTEN, *handbook]:
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip():
                records.append({"file": HANDBOOK, **json.loads(line)})
    return records


def build() -> None:
    """Writes questions.jsonl (the contract's keys) and questions_source.jsonl (with quotes and document pages)."""
    public: list[str] = []
    source: list[str] = []
    faults: list[str] = []
    for record in written_questions():
        pages = page_texts(SAMPLES / record["file"])
        numbers: list[int] = []
        answer, quote = record["answer"], record["quote"]
        if record["unanswerable"]:
            answer, quote = "", ""
        else:
            try:
                numbers = find_pages(pages, quote, answer)
            except ValueError as fault:
                faults.append(f"{record['file']}: {record['question']!r}: {fault}")
        row = {"file": record["file"], "question": record["question"], "answer": answer, "pages": numbers,
               "unanswerable": bool(record["unanswerable"])}
        public.append(json.dumps(row, ensure_ascii=False))
        source.append(json.dumps({**row, "quote": quote, "document_pages": len(pages)}, ensure_ascii=False))
    if faults:
        raise ValueError("\n".join(faults))
    (SAMPLES / "questions.jsonl").write_text("\n".join(public) + "\n", encoding="utf-8")
    (SOURCES / "questions_source.jsonl").write_text("\n".join(source) + "\n", encoding="utf-8")
