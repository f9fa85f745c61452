"""Plain text of an e-mail taken apart: what its writer says, and the earlier messages quoted in
it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from docqa.ingest.language.words import alternatives, word_set

_MAX_TITLE_CHARS = 300
_MAX_DEPTH = 6
_MARKS = re.compile(r"[> ]*>")
# "On Monday Ann wrote:" in the languages of the common programs.
_WROTE = re.compile(
    r"\b(?:wrote|writes|schrieb|schreef|skrev|a écrit|escribió|escreveu|ha scritto|napisał\(a\)|написал)\b"
    r"[^\n]{0,80}:$",
    re.IGNORECASE,
)
_RULE = re.compile(
    r"[-_ ]{2,40}(?:original message|forwarded (?:message|by)[^\n]{0,80}|ursprüngliche nachricht|message d'origine|"
    r"mensaje original)[-_ :]{0,40}$|begin forwarded message:?\s{0,9}$|[-_]{5,80}\s{0,9}$",
    re.IGNORECASE,
)
_FROM = re.compile(r"[*\s]{0,4}(?:From|Von|De|Da|Van)\s?:[*\s]{0,4}(\S[^\n]{0,300})$")
_HEADER_NAMES = word_set(
    "Sent Date To Cc Subject Gesendet Datum An Betreff Envoyé À Objet Enviado Para Asunto"
)
_OTHER = re.compile(
    rf"[*\s]{{0,4}}(?:{alternatives(_HEADER_NAMES)})"
    r"\s?:[*\s]{0,4}(\S[^\n]{0,300})$"
)


@dataclass
class QuotedPart:
    """Lines of one writer: `depth` 0 is the message itself. `title` says whose words are quoted, if
    known.
    """

    depth: int
    title: str = ""
    lines: list[str] = field(default_factory=list)


def split_by_quotation_depth(text: str) -> list[QuotedPart]:
    """`text` in stretches, without the marks of quotation."""
    found: list[QuotedPart] = []
    for depth, lines in _runs_of_equal_depth(text.split("\n")):
        if depth == 0:
            found += _split_at_reply_headers(lines)
            continue
        own = found[-1] if found and found[-1].depth < depth else None
        found.append(
            QuotedPart(min(depth, _MAX_DEPTH), attribution_line(own.lines) if own else "", lines)
        )
    return [stretch for stretch in found if any(line.strip() for line in stretch.lines)]


def attribution_line(lines: Sequence[str]) -> str:
    """The last paragraph of `lines` on one line where it says who wrote what follows, or ""."""
    last: list[str] = []
    for line in reversed(lines[-8:]):
        if line.strip():
            last.insert(0, line.strip())
        elif last:
            break
    words = " ".join(last)
    return (
        words.rstrip(":").strip() if len(words) <= _MAX_TITLE_CHARS and _WROTE.search(words) else ""
    )


def _runs_of_equal_depth(lines: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Runs of lines with as many marks; a blank line belongs to those before it."""
    marked: list[tuple[int, str]] = []
    for line in lines:
        marks = _MARKS.match(line) if line.startswith(">") else None
        depth = marks[0].count(">") if marks else 0
        words = line[marks.end() :].removeprefix(" ") if marks else line
        marked.append((marked[-1][0] if not line.strip() and marked else depth, words))
    for depth, run in groupby(marked, key=lambda item: item[0]):
        yield depth, [words for _, words in run]


def _split_at_reply_headers(lines: Sequence[str]) -> Iterator[QuotedPart]:
    """From the headers of an earlier message on unmarked lines are quoted, as some programs have
    it.
    """
    current = QuotedPart(0)
    for at, line in enumerate(lines):
        who = _FROM.match(line)
        others = (
            [match for other in lines[at + 1 : at + 6] if (match := _OTHER.match(other))]
            if who
            else []
        )
        if (
            who
            and len(others) >= 2
            and (at == 0 or not lines[at - 1].strip() or _RULE.match(lines[at - 1]))
        ):
            while current.lines and (
                not current.lines[-1].strip() or _RULE.match(current.lines[-1])
            ):
                current.lines.pop()
            yield current
            current = QuotedPart(min(current.depth + 1, _MAX_DEPTH), f"From: {who[1].strip(' *')}")
        current.lines.append(line)
    yield current
