"""Records as Markdown. Whatever comes from a document is escaped, and never becomes markup or a
link.
"""

import re

from markupsafe import Markup

from docqa.app.answer.answer import Cite
from docqa.app.answer.grades import Support
from docqa.app.output.render import cite_text, printable
from docqa.app.output.templates import fill_template

from .record import UNREADABLE, WRITTEN, SummaryRecord, SummarySentence

DIGEST_SECTIONS = 8
_METHOD = "Every sentence is the document's own, chosen by the model and looked up again; the place stands behind it."
_WRITTEN = "Written by {model}. Behind every sentence stands the place that bears it out, or that none does."
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~&#!@$])")
_LEADING = re.compile(r"^(\d{1,9})?([.)+=-])")
_LINKS = re.compile(r"(?=://)|(?<=\bwww)(?=\.)", re.IGNORECASE)


def escaped(text: str) -> str:
    """`text` on one line, as Markdown that shows exactly its characters."""
    return _LEADING.sub(r"\1\\\2", _LINKS.sub(r"\\", _SPECIAL.sub(r"\\\1", printable(text))))


def render_markdown(record: SummaryRecord) -> str:
    """RELATIVE_PATH.md: the whole, then the sections, the place after every sentence; ends in a
    line end.
    """
    return _filled_in("summary/summary.md.jinja", record=record)


def digest_markdown(records: list[SummaryRecord]) -> str:
    """digest.md: every document by its path: the whole, then a sentence of each section."""
    return _filled_in("summary/digest.md.jinja", records=records, most=DIGEST_SECTIONS)


def _filled_in(template: str, **values: object) -> str:
    return fill_template(
        template,
        escaped,
        method=_method_text,
        nothing=_text_without_sentences,
        placed=_sentence_with_place,
        **values,
    )


def _method_text(record: SummaryRecord) -> str:
    return Markup(
        _WRITTEN.format(model=escaped(record.model or "a model"))
        if record.method == WRITTEN
        else _METHOD
    )


def _text_without_sentences(record: SummaryRecord) -> str:
    if record.status == UNREADABLE:
        return "There was nothing to summarize."
    return f"Nothing states any of: {', '.join(record.not_covered)}."


def _sentence_with_place(sentence: SummarySentence, heading: str = "") -> str:
    """The sentence and its place, who says it unless the heading does, and whether it is borne
    out.
    """
    speaker = sentence.speaker if sentence.speaker != heading else None
    where = ", ".join(escaped(part) for part in (speaker, place(sentence)) if part)
    remark = Support(sentence.support).remark if sentence.support else ""
    return Markup(
        escaped(sentence.text)
        + (f" ({where})" if where else "")
        + (escaped(f" [{remark}]") if remark else "")
    )


def place(sentence: SummarySentence) -> str:
    """`p. 12`, `p. xii (PDF 14)`, or without pages the section; of a written sentence every place
    that bears it out.
    """
    cites = [Cite("", cite.page, cite.label, None, cite.start, cite.end) for cite in sentence.cites]
    if sentence.support is None:
        return cite_text(cites)
    return "; ".join(dict.fromkeys(cite_text([each]) for each in cites))
