"""Texts with a summary by their own authors, for fitting weights and for evaluation: what data/README.md describes.

Training: PubMedQA's training part, every second paper, and proposals (PEPs, EIPs, RFCs) with their abstracts. Held out:
PubMedQA's development part and the other papers. A hash of its title says to which half a paper belongs.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from docqa.app.lab.questions import lines
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.types import Document

LEAST_SUMMARY_WORDS = 20
LEAST_CHARACTERS = 3_000
_ABSTRACT = "\nAbstract\n"
_NEAR_THE_TOP = 400
_STRUCTURED = re.compile(
    r"(?:background|objectives?|aims?|methods?|methodology|materials|results|findings|principal findings|conclusions?|"
    r"design|trial registration|summary$|significance)\b",
    re.IGNORECASE,
)
_PROPOSAL = re.compile(r"^(?:#{1,3} )?(?:Abstract|Summary|Simple Summary)[ \t]*(?:\n[=\-~]+)?\n", re.MULTILINE)
_HEADING = re.compile(r"^(?:#{1,4} [^\n]+|[^\n]{3,70}\n[=\-~]{3,})$", re.MULTILINE)
_PROPOSAL_CHARACTERS = 11_000
_LABEL_CHARACTERS = 60


@dataclass(frozen=True)
class Example:
    """`text` without its summary `gold`; `title` is empty where it has none."""

    name: str
    title: str
    text: str
    gold: str
    media_type: str = "txt"

    def document(self) -> Document:
        """The text as docqa reads it."""
        digest = hashlib.sha256(self.name.encode()).hexdigest()[:12]
        parsed = read(ReadRequest(f"{digest}.txt", self.text.encode(), media_type=self.media_type))
        return replace(parsed, title=self.title)


def abstracts(folder: Path, part: str) -> Iterator[Example]:
    """PubMedQA, `part` train or dev: an abstract without its conclusion, and the conclusion."""
    for record in map(json.loads, lines(folder / "qa" / part / "pubmedqa.jsonl.gz")):
        yield Example(record["doc"], "", record["context"], record["qas"][0]["answers"][0]["text"])


def papers(folder: Path, *, held_out: bool) -> Iterator[Example]:
    """One half of the papers: the body, and the paper's own abstract. Papers without one are left out."""
    for record in map(json.loads, lines(folder / "text" / "papers.jsonl.xz")):
        parted = part_paper(record["text"])
        if parted is None or (hashlib.sha256(record["title"].encode()).digest()[0] % 2 == 0) != held_out:
            continue
        gold, body = parted
        if len(gold.split()) >= LEAST_SUMMARY_WORDS and len(body) >= LEAST_CHARACTERS:
            yield Example(record["title"], record["title"], body, gold)


def proposals(folder: Path) -> Iterator[Example]:
    """Technical proposals of moderate length that begin with an abstract or a summary."""
    for record in map(json.loads, lines(folder / "text" / "technical.jsonl.xz")):
        head = _PROPOSAL.search(record["text"][:4_000])
        end = _HEADING.search(record["text"], head.end()) if head else None
        if head is None or end is None:
            continue
        gold, body = record["text"][head.end() : end.start()].strip(), record["text"][end.start() :].strip()
        if len(gold.split()) >= LEAST_SUMMARY_WORDS and LEAST_CHARACTERS <= len(body) <= _PROPOSAL_CHARACTERS:
            form = "md" if re.search(r"^#+ ", body, re.MULTILINE) else "txt"
            yield Example(record["title"], record["title"], body, gold, form)


def part_paper(text: str) -> tuple[str, str] | None:
    """(abstract, body) of a paper's text; None where it has no abstract near its top.

    The sections of a structured abstract belong to it, their headings do not.
    """
    head, found, rest = text.partition(_ABSTRACT)
    if not found or len(head) > _NEAR_THE_TOP:
        return None
    blocks = rest.split("\n\n")
    count = 1
    if rest.startswith("\n"):
        while count < len(blocks) and _is_label(blocks[count].strip().split("\n")[0]):
            count += 1
    abstract = [line for block in blocks[:count] for line in block.strip().split("\n") if not _is_label(line)]
    return " ".join(abstract).strip(), "\n\n".join(blocks[count:]).strip()


def _is_label(line: str) -> bool:
    return len(line) < _LABEL_CHARACTERS and _STRUCTURED.match(line) is not None
