"""Sentences whose part in their document is told by its headings, by an abstract's labels, or by
words that are only found in such sentences: weak labels (Ratner et al. 2017, arXiv 1711.10160) from
which heads learn the other words.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from docqa.app.answerers.corpus import Corpus
from docqa.app.eval.questions import lines
from docqa.app.reading.clauses import ClauseSentence, clause_sentences, hashed_sentence_features
from docqa.app.reading.document_kind import OPENING, DocumentKind, document_kind_features
from docqa.ingest.language.sentences import sentences
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.types import Document
from docqa.model.protocol import Tokenizer

HEADED = {
    "termination": r"terminat",
    "liability": r"liabilit|indemni",
    "confidentiality": r"confiden",
    "aim": r"objective|\baims?\b|purpose|hypothes|question|rationale",
    "method": r"method|design|procedure|intervention",
    "result": r"result|finding|conclusion|interpretation",
    "limits": r"limitation",
}
"""By its headings."""
SAID = {
    "holding": r"^\W*held:|\bwe (?:\w+ ){0,2}?(?:hold|conclude|decline|reject|agree|disagree|find no|affirm|reverse)\b",
    "disposition": r"\b(?:affirm|revers|vacat|remand|dismiss|den(?:y|ied)|grant|set aside)\w*",
    "issue": r"\b(?:questions?|issues?) (?:presented|before us|on appeal|in this (?:case|appeal)|is|are)\b|"
    r"\bwe (?:must|are asked to) (?:now )?(?:decide|determine|consider)\b|"
    r"\b(?:he|she|they|it|petitioner|appellants?|plaintiffs?|defendants?) (?:now )?(?:appeals?|seeks? review)\b",
    "aim": r"\bin this (?:paper|study|article|work|report),? we\b|\bhere,? we (?:show|report|present|describe|propose)|"
    r"\b(?:aim|purpose|objective|goal)s? (?:of (?:this|the present|our)|was|is|were|are) |"
    r"\bwe (?:propose|present|introduce|investigate|examined?|asked|sought)\b",
    "limits": r"\blimitations?\b.{0,40}\b(?:of|in|to) (?:this|our|the present)|\bcaveats?\b|with caution|"
    r"\b(?:this|our) (?:study|work|analysis|approach) (?:is|was|has|had) (?:\w+ ){0,3}limit",
    "forum": r"\b(?:exclusive|personal|submits? to the) jurisdiction\b|\bvenue (?:of|in|for|shall)\b|"
    r"\bcourts (?:of (?!competent)|in|located|sitting)|"
    r"\b(?:settled|resolved|determined|decided|submitted)\b.{0,60}\barbitrat|"
    r"\barbitration (?:in|under|pursuant|shall)\b",
    "termination for cause": r"\bterminat\w*\b.{0,160}\b(?:breach|default|cause|fails? to|insolven|bankrupt)\w*",
}
"""By its own words."""
HEADED_OF_CONTRACT = ("termination", "liability", "confidentiality")
SAID_OF_CONTRACT = ("forum", "termination for cause")
_LABEL = re.compile(r"([A-Z][A-Z ,/&]+):\s*")
_LAST = 10  # sentences at the end of an opinion, where it says what becomes of the case
AIMLESS = re.compile(r"method|result", re.IGNORECASE)
BEFORE_RESULTS = re.compile(r"introduction|background|related", re.IGNORECASE)
ROLES = tuple(dict.fromkeys((*SAID, *HEADED)))
KINDS = {
    DocumentKind.CONTRACT: ("qa/train/cuad", "qa/train/contractnli"),
    DocumentKind.COURT: ("text/court_opinions",),
    DocumentKind.PAPER: ("text/papers", "qa/train/covidqa"),
    DocumentKind.STATUTE: ("text/statutes",),
    DocumentKind.MANUAL: ("text/technical",),
    DocumentKind.BOOK: ("text/textbooks", "text/books"),
    DocumentKind.OTHER: ("text/speeches",),
}
"""Where documents of a kind are, below the folder of data."""
_OF_A_KIND = 250


def _records(data: Path, name: str) -> Iterator[dict[str, Any]]:
    path = next(
        each for each in (data / f"{name}.jsonl.{end}" for end in ("gz", "xz")) if each.exists()
    )
    return map(json.loads, lines(path))


def _text(record: dict[str, Any]) -> str:
    return str(record.get("text", record.get("context")))


def parsed(text: str) -> Document:
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return read(ReadRequest(f"{digest}.txt", text.encode(), media_type="txt"))


def kinds(data: Path) -> tuple[list[np.ndarray], list[int]]:
    """The features of the openings of documents, and the number of the kind of each."""
    found = []
    numbers = []
    for number, kind in enumerate(DocumentKind):
        for name in KINDS[kind]:
            records = list(_records(data, name))
            for record in records[:: -(-len(records) // _OF_A_KIND)]:
                found.append(document_kind_features(parsed(_text(record)[: 4 * OPENING])))
                numbers.append(number)
    return found, numbers


def role_rows(data: Path, tokenizer: Tokenizer) -> list[tuple[list[ClauseSentence], np.ndarray]]:
    """The sentences of opinions, contracts and papers, and which has which part of ROLES, nan where
    it is not told.
    """
    made = []
    for name, told, step in (
        ("text/court_opinions", _of_opinion, 2),
        ("qa/train/cuad", _of_contract, 2),
        ("text/papers", _of_paper, 1),
    ):
        for number, record in enumerate(islice(_records(data, name), 0, None, step)):
            context = Corpus((parsed(_text(record)),), tokenizer, []).context
            rows = clause_sentences(context)
            at = [context.passages[row.passage_number] for row in rows]
            texts = [
                context.text_of(passage)[row.start : row.end] for passage, row in zip(at, rows)
            ]
            above = [" ".join(passage.passage.section[-2:]) for passage in at]
            if number % 2:  # what a sentence is about must be seen without its headings, too
                rows = [
                    replace(row, features=hashed_sentence_features(text, ""))
                    for row, text in zip(rows, texts)
                ]
            made.append((rows, told(texts, above)))
    return [*made, *map(_of_abstract, _records(data, "qa/train/pubmedqa"))]


def _of_abstract(record: dict[str, Any]) -> tuple[list[ClauseSentence], np.ndarray]:
    """Of an abstract with labels, and of its conclusion."""
    texts: list[str] = []
    above: list[str] = []
    for part in [
        *record["context"].split("\n\n"),
        "CONCLUSION: " + record["qas"][0]["answers"][0]["text"],
    ]:
        label = _LABEL.match(part)
        said = part[label.end() if label else 0 :]
        texts += [said[span.start : span.end] for span in sentences(said)]
        above += [label[1] if label else ""] * (len(texts) - len(above))
    heading = "Abstract" if len(texts) % 2 else ""
    rows = [ClauseSentence(0, 0, 0, hashed_sentence_features(text, heading)) for text in texts]
    wanted = _labels(texts, above, ("aim", "method", "result", "limits"))
    wanted[:, ROLES.index("limits")][wanted[:, ROLES.index("limits")] == 0] = np.nan
    return rows, wanted


def _of_opinion(texts: list[str], above: list[str]) -> np.ndarray:
    wanted = _labels(texts, [""] * len(texts), ("holding", "disposition", "issue"))
    wanted[:-_LAST, ROLES.index("disposition")] *= 0
    return wanted


def _of_contract(texts: list[str], above: list[str]) -> np.ndarray:
    wanted = _labels(texts, above, (*HEADED_OF_CONTRACT, *SAID_OF_CONTRACT))
    headed = [ROLES.index(name) for name in HEADED_OF_CONTRACT]
    wanted[np.ix_([not heading for heading in above], headed)] = np.nan
    return wanted


def _of_paper(texts: list[str], above: list[str]) -> np.ndarray:
    """Not every sentence below "Results" is one of the paper's results, but none of them is its
    method.
    """
    wanted = _labels(texts, above, ("aim", "method", "result", "limits"))
    aim, method, result = (wanted[:, ROLES.index(name)] for name in ("aim", "method", "result"))
    method[(method == 0) & (result == 0)] = np.nan
    before = np.array([BEFORE_RESULTS.search(text) is not None for text in above])
    result[(method != 1) & ~before] = np.nan
    result[before] = 0
    aim[[AIMLESS.search(text) is not None for text in above]] = 0
    return wanted


def _labels(texts: list[str], above: list[str], names: tuple[str, ...]) -> np.ndarray:
    """1 where words or headings say a role of `names`, else 0; nan for those of other kinds of
    documents.
    """
    wanted = np.full((len(texts), len(ROLES)), np.nan, dtype=np.float32)
    for name in names:
        said, headed = (
            re.compile(found.get(name, "(?!)"), re.IGNORECASE) for found in (SAID, HEADED)
        )
        told = [
            bool(said.search(text) or headed.search(heading)) for text, heading in zip(texts, above)
        ]
        wanted[:, ROLES.index(name)] = told
    return wanted
