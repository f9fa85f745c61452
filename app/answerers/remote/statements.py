"""What a model's reply claims: its answer, and the words that it says are the documents' own."""

from __future__ import annotations

import re
from dataclasses import dataclass

from docqa.app.check.quotations import find_quotations
from docqa.app.evidence.terms import count_content_words
from docqa.ingest.structure.sentences import sentences
from docqa.model.prompts.prompt import REFUSAL

_NUMBER = re.compile(r"\[(?:excerpt\s*)?(\d{1,3})\]", re.IGNORECASE)
_NUMBERS = re.compile(r"\s*[\[(](?:excerpts?\s*)?\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*[\])]\s*", re.IGNORECASE)
_LABEL = re.compile(
    r"^(?:[-*•+#>]+\s+|\d{1,2}[.)]\s+)*(?:\**(?:answer|quotes?|quotations?|support|evidence)\**\s*:\s*)?\**",
    re.IGNORECASE,
)
_FENCE = re.compile(r"^\s*```.*$", re.MULTILINE)
_EDGES = " \t\"'“”‘’*_`"
_LEAST_PROSE = 3
"""Content words from which the prose around a quotation is a claim of its own, and not "The lease says"."""


@dataclass(frozen=True)
class Statement:
    """Words of a reply, and the number of the excerpt that it gives for them; `quoted`: between quotation marks."""

    text: str
    excerpt: int | None = None
    quoted: bool = False


def refuses(reply: str) -> bool:
    """Whether a reply says, as it was asked to, that the excerpts do not answer; an empty one says so too."""
    first = next((line for line in _lines(reply)), "")
    bare = _bare(first).rstrip(".!").casefold()
    return not bare or bare == REFUSAL.strip() or bare.startswith(f"{REFUSAL.strip()}.")


def statements_of(reply: str) -> list[Statement]:
    """Every claim of a reply in order, the first of them its answer; quotations by themselves, prose by sentences."""
    found: list[Statement] = []
    for line in _lines(reply):
        found += _of_line(line)
    return list(dict.fromkeys(found))


def _lines(reply: str) -> list[str]:
    return [line.strip() for line in _FENCE.sub("", reply).splitlines() if any(map(str.isalnum, line))]


def _of_line(line: str) -> list[Statement]:
    text = _LABEL.sub("", line)
    quotations, _ = find_quotations(text)
    found: list[Statement] = []
    prose, at = [], 0
    for quotation in quotations:
        found.append(Statement(quotation.text, _number(text[quotation.end :]), True))
        prose.append(text[at : quotation.start])
        at = quotation.end
    prose.append(text[at:])
    if not quotations:
        return _prose(text)
    around = _bare(_NUMBERS.sub(" ", " ".join(prose)))
    if count_content_words(around) >= _LEAST_PROSE:
        found.append(Statement(around))
    return found


def _prose(text: str) -> list[Statement]:
    """The sentences of a line without quotations. A short line is one claim: an answer may hold full stops."""
    bare = _bare(_NUMBERS.sub(" ", text))
    spans = sentences(bare)
    if len(spans) < 2 or count_content_words(bare) < 2 * _LEAST_PROSE:
        return [Statement(bare, _number(text))] if any(map(str.isalnum, bare)) else []
    return [Statement(bare[span.start : span.end].strip(), _number(text)) for span in spans]


def _number(text: str) -> int | None:
    match = _NUMBER.search(text)
    return int(match[1]) if match else None


def _bare(text: str) -> str:
    return " ".join(text.split()).strip(_EDGES)
