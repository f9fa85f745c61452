"""Records as Markdown. Whatever comes from a document is escaped: it is shown, and never becomes markup or a link."""

from __future__ import annotations

import re
from collections.abc import Sequence

from docqa.app.answer.answer import Cite
from docqa.app.output.render import cite_text, printable
from docqa.app.summary.record import UNREADABLE, SummaryRecord, SummarySentence

DIGEST_SECTIONS = 8
_METHOD = "Every sentence is the document's own, chosen by the model and looked up again; the place stands behind it."
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~&#!@$])")
_LEADING = re.compile(r"^(\d{1,9})?([.)+=-])")
_LINKS = re.compile(r"(?=://)|(?<=\bwww)(?=\.)", re.IGNORECASE)


def escaped(text: str) -> str:
    """`text` on one line, as Markdown that shows exactly its characters."""
    line = _LINKS.sub(r"\\", _SPECIAL.sub(r"\\\1", printable(text)))
    return _LEADING.sub(r"\1\\\2", line)


def render_markdown(record: SummaryRecord) -> str:
    """RELATIVE_PATH.md: the whole, then the sections, the place behind every sentence; ends in a line end."""
    lines = [f"# {escaped(record.title)}", "", escaped(record.path), "", _METHOD]
    if not record.every_sentence():
        lines += ["", _nothing(record)]
    if record.style == "abstract" and record.sentences:  # a paragraph, the rest are points
        lines += ["", " ".join(_placed(sentence) for sentence in record.sentences)]
    elif record.sentences:
        lines += ["", *(_bullet(sentence) for sentence in record.sentences)]
    for section in record.sections:
        lines += ["", f"{'#' * min(section.level + 1, 6)} {escaped(section.heading)}", ""]
        lines += [_bullet(sentence, section.heading) for sentence in section.sentences]
    if record.not_covered:
        lines += ["", "## Not covered", "", *(f"- {escaped(heading)}" for heading in record.not_covered)]
    if record.warnings:
        lines += ["", "## What was not read", "", *(f"- {escaped(warning)}" for warning in record.warnings)]
    return "\n".join(lines) + "\n"


def digest_markdown(records: list[SummaryRecord]) -> str:
    """digest.md: every document by its path, in the order given, a sentence of each section first, then the whole."""
    count = f"{len(records)} document{'' if len(records) == 1 else 's'}"
    lines = [f"# Digest of {count}", ""]
    lines += [f"{number}. {escaped(record.path)}: {escaped(record.title)}" for number, record in enumerate(records, 1)]
    for record in records:
        lines += ["", f"## {escaped(record.path)}", "", f"**{escaped(record.title)}**"]
        lines += _digest_entry(record)
    return "\n".join(lines) + "\n"


def _digest_entry(record: SummaryRecord) -> list[str]:
    shown = [section for section in record.sections if section.sentences]
    lines = [""] if shown else []
    for section in shown[:DIGEST_SECTIONS]:
        lines.append(f"- **{escaped(section.heading)}**: {_placed(section.sentences[0], section.heading)}")
    if len(shown) > DIGEST_SECTIONS:
        more = len(shown) - DIGEST_SECTIONS
        lines += ["", f"{more} more section{'' if more == 1 else 's'} in its summary."]
    if record.sentences:
        lines += ["", "In all:", "", *(_bullet(sentence) for sentence in record.sentences)]
    if not record.every_sentence():
        lines += ["", _nothing(record)]
    return lines + (["", *(f"- {escaped(warning)}" for warning in record.warnings)] if record.warnings else [])


def _nothing(record: SummaryRecord) -> str:
    if record.status == UNREADABLE:
        return "There was nothing to summarize."
    return escaped(f"Nothing states any of: {', '.join(record.not_covered)}.")


def _bullet(sentence: SummarySentence, heading: str = "") -> str:
    return f"- {_placed(sentence, heading)}"


def _placed(sentence: SummarySentence, heading: str = "") -> str:
    """The sentence and its place, with who says it unless the heading above does."""
    speaker = f"{escaped(sentence.speaker)}, " if sentence.speaker and sentence.speaker != heading else ""
    return f"{escaped(sentence.text)} ({speaker}{escaped(place(sentence))})"


def place(sentence: SummarySentence) -> str:
    """`p. 12`, `p. xii (PDF 14)`, or the section where there are no pages."""
    cites: Sequence[Cite] = [Cite("", cite.page, cite.label, None, cite.start, cite.end) for cite in sentence.cites]
    return cite_text(cites)
