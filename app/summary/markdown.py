"""Records as Markdown. Whatever comes from a document is escaped, and never becomes markup or a link."""

import re

from docqa.app.answer.answer import Cite
from docqa.app.answer.grades import Support
from docqa.app.output.render import cite_text, printable
from docqa.app.summary.record import UNREADABLE, WRITTEN, SummaryRecord, SummarySentence

DIGEST_SECTIONS = 8
_METHOD = "Every sentence is the document's own, chosen by the model and looked up again; the place stands behind it."
_WRITTEN = "Written by {model}. Behind every sentence stands the place that bears it out, or that none does."
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~&#!@$])")
_LEADING = re.compile(r"^(\d{1,9})?([.)+=-])")
_LINKS = re.compile(r"(?=://)|(?<=\bwww)(?=\.)", re.IGNORECASE)


def escaped(text: str) -> str:
    """`text` on one line, as Markdown that shows exactly its characters."""
    line = _LINKS.sub(r"\\", _SPECIAL.sub(r"\\\1", printable(text)))
    return _LEADING.sub(r"\1\\\2", line)


def render_markdown(record: SummaryRecord) -> str:
    """RELATIVE_PATH.md: the whole, then the sections, the place behind every sentence; ends in a line end."""
    lines = [f"# {escaped(record.title)}", "", escaped(record.path), "", _method(record)]
    if not record.every_sentence():
        lines += ["", _nothing(record)]
    if record.style == "abstract" and record.sentences:  # a paragraph, the rest are points
        lines += ["", " ".join(_placed(sentence) for sentence in record.sentences)]
    elif record.sentences:
        lines += ["", *(f"- {_placed(sentence)}" for sentence in record.sentences)]
    for section in record.sections:
        lines += ["", f"{'#' * min(section.level + 1, 6)} {escaped(section.heading)}", ""]
        lines += [f"- {_placed(sentence, section.heading)}" for sentence in section.sentences]
    lists = {
        "Not covered": record.not_covered, "What was not read": record.warnings, "How it was written": record.remarks,
    }  # fmt: skip
    for heading, texts in lists.items():
        lines += ["", f"## {heading}", "", *(f"- {escaped(text)}" for text in texts)] if texts else []
    return "\n".join(lines) + "\n"


def digest_markdown(records: list[SummaryRecord]) -> str:
    """digest.md: every document by its path: the whole, then a sentence of each section."""
    count = f"{len(records)} document{'' if len(records) == 1 else 's'}"
    lines = [f"# Digest of {count}", ""]
    lines += [f"{number}. {escaped(record.path)}: {escaped(record.title)}" for number, record in enumerate(records, 1)]
    for record in records:
        lines += ["", f"## {escaped(record.path)}", "", f"**{escaped(record.title)}**"]
        lines += _digest_entry(record)
    return "\n".join(lines) + "\n"


def _digest_entry(record: SummaryRecord) -> list[str]:
    shown = [section for section in record.sections if section.sentences]
    lines = ["", _method(record)] if record.method == WRITTEN else []
    if record.sentences:
        lines += ["", *(f"- {_placed(sentence)}" for sentence in record.sentences)]
    if shown:
        lines += ["", "By section:", ""] if record.sentences else [""]
    for section in shown[:DIGEST_SECTIONS]:
        lines.append(f"- **{escaped(section.heading)}**: {_placed(section.sentences[0], section.heading)}")
    if len(shown) > DIGEST_SECTIONS:
        more = len(shown) - DIGEST_SECTIONS
        lines += ["", f"{more} more section{'' if more == 1 else 's'} in its summary."]
    if not record.every_sentence():
        lines += ["", _nothing(record)]
    elif record.not_covered:
        lines += ["", f"Not covered: {escaped('; '.join(record.not_covered))}."]
    remarks = (*record.warnings, *record.remarks)
    return lines + (["", *(f"- {escaped(remark)}" for remark in remarks)] if remarks else [])


def _method(record: SummaryRecord) -> str:
    return _WRITTEN.format(model=escaped(record.model or "a model")) if record.method == WRITTEN else _METHOD


def _nothing(record: SummaryRecord) -> str:
    if record.status == UNREADABLE:
        return "There was nothing to summarize."
    return escaped(f"Nothing states any of: {', '.join(record.not_covered)}.")


def _placed(sentence: SummarySentence, heading: str = "") -> str:
    """The sentence and its place, who says it unless the heading does, and whether it is borne out."""
    speaker = sentence.speaker if sentence.speaker != heading else None
    where = ", ".join(escaped(part) for part in (speaker, place(sentence)) if part)
    remark = Support(sentence.support).remark if sentence.support else ""
    return escaped(sentence.text) + (f" ({where})" if where else "") + (escaped(f" [{remark}]") if remark else "")


def place(sentence: SummarySentence) -> str:
    """`p. 12`, `p. xii (PDF 14)`, or without pages the section; of a written sentence every place that bears it out."""
    cites = [Cite("", cite.page, cite.label, None, cite.start, cite.end) for cite in sentence.cites]
    if sentence.support is None:
        return cite_text(cites)
    return "; ".join(dict.fromkeys(cite_text([each]) for each in cites))
