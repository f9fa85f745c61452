"""Texts with a summary by their own authors: PubMedQA's abstracts, and papers, of which a half is
held out.

The weights of signals were fitted on the other half; a hash of its title says to which half a paper
belongs.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from docqa.app.eval.questions import lines
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
_LABEL_CHARACTERS = 60


@dataclass(frozen=True)
class Example:
    """`text` without its summary `gold`; `title` is empty where it has none."""

    name: str
    title: str
    text: str
    gold: str

    def document(self) -> Document:
        """The text as docqa reads it."""
        digest = hashlib.sha256(self.name.encode()).hexdigest()[:12]
        parsed = read(ReadRequest(f"{digest}.txt", self.text.encode(), media_type="txt"))
        return replace(parsed, title=self.title)


def abstracts(folder: Path) -> Iterator[Example]:
    """PubMedQA's development set: an abstract without its conclusion, and the conclusion."""
    for record in map(json.loads, lines(folder / "qa" / "dev" / "pubmedqa.jsonl.gz")):
        yield Example(record["doc"], "", record["context"], record["qas"][0]["answers"][0]["text"])


def papers(folder: Path) -> Iterator[Example]:
    """The held-out half of the papers: the body, and the paper's own abstract. Papers without one
    are left out.
    """
    for record in map(json.loads, lines(folder / "text" / "papers.jsonl.xz")):
        parted = part_paper(record["text"])
        if parted is None or hashlib.sha256(record["title"].encode()).digest()[0] % 2:
            continue
        gold, body = parted
        if len(gold.split()) >= LEAST_SUMMARY_WORDS and len(body) >= LEAST_CHARACTERS:
            yield Example(record["title"], record["title"], body, gold)


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
    abstract = [
        line
        for block in blocks[:count]
        for line in block.strip().split("\n")
        if not _is_label(line)
    ]
    return " ".join(abstract).strip(), "\n\n".join(blocks[count:]).strip()


def _is_label(line: str) -> bool:
    return len(line) < _LABEL_CHARACTERS and _STRUCTURED.match(line) is not None
