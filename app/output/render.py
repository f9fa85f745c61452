"""An Answer as text for a person. What stands between quotation marks was cut from a page, and has its grade."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from docqa.app.answer.grades import Status
from docqa.app.answer.text import clip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docqa.app.answer.answer import Answer, Cite, CoverageReport, EvidenceItem, Quote

NEAREST_SHOWN = 3
EXCERPT_CHARACTERS = 300

# What could move the cursor, change colours or turn the direction of the terminal; a document may hold any of it.
_BARE_NUMBER = re.compile(r"\d+(?:\.\d+)*(?:\(\w+\))*")  # "p. 1, 1" would look like two pages
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def answer_text(answer: Answer, *, first_quote: int | None = None) -> str:
    """The whole answer, without a line end at its end; its quotes numbered from `first_quote` where that is given."""
    named = {cite.file for quote in answer.quotes for cite in quote.cites} | {item.file for item in answer.evidence}
    several = len(named) > 1
    blocks = [coverage_line(answer.coverage)]
    if answer.status == Status.NOT_FOUND:
        blocks.append(_refusal_block(answer, several))
    elif answer.answer is None and not answer.quotes:
        blocks.append(headline(answer))
    else:
        blocks.append(_answer_block(answer, several, first_quote))
    return "\n\n".join(block for block in blocks if block)


def json_line(answer: Answer) -> str:
    """The answer as one compact line of JSON."""
    return json.dumps(answer.to_json_object(), ensure_ascii=False, separators=(",", ":"))


def preview_text(answer: Answer) -> str:
    """A preliminary answer, marked so at its head: nobody may take it for the answer of the whole document."""
    if answer.status == Status.NOT_FOUND or answer.answer is None:
        return "Preliminary: the passages that the question's words find do not answer it. Now reading all of it."
    lines = answer_text(answer).splitlines()
    return "\n".join(["Preliminary answer, from passages found by the question's words:", "", *lines])


def nearest_text(answer: Answer) -> str:
    """What is shown where nothing else was found than what was shown before."""
    several = len({item.file for item in answer.evidence}) > 1
    lines = [_evidence_line(item, several) for item in answer.evidence[:NEAREST_SHOWN]]
    return "\n".join(["Nothing else was found.", *(["Next nearest, not an answer:", *lines] if lines else [])])


def coverage_line(coverage: CoverageReport) -> str:
    """One line when less than everything was read or could be seen, else an empty text."""
    parts: list[str] = []
    if coverage.tokens_read < coverage.tokens:
        share = 100 * coverage.tokens_read // max(coverage.tokens, 1)
        parts.append(f"read {share} % ({coverage.tokens_read:,} of {coverage.tokens:,} tokens)")
    if coverage.pages_without_text:
        share = 100 * (coverage.pages - len(coverage.pages_without_text)) // max(coverage.pages, 1)
        numbers = _ranges(coverage.pages_without_text)
        parts.append(f"{share} % of {coverage.pages} pages have text; none on PDF {numbers}")
    if coverage.ocr_pages:
        parts.append(f"text recognised from pictures on PDF {_ranges(coverage.ocr_pages)}")
    if coverage.hidden_spans:
        parts.append(f"{coverage.hidden_spans} hidden passages")
    return "Coverage: " + "; ".join(parts) + "." if parts else ""


def cite_text(cites: Sequence[Cite], *, with_file: bool = False) -> str:
    """`p. 12`, `p. xii (PDF 14)` where the printed label is not the physical page, `pp. 12–13` over two pages; with the
    printed numbers of the lines where the pages have them.
    """
    if not cites:
        return "no place found"
    first, last = cites[0], cites[-1]
    if first.page is None or last.page is None:
        place = first.label or f"characters {first.start:,} to {first.end:,}"
    elif first.page == last.page:
        place = "p. " + page_text(first.page, first.label)
    else:
        place = _page_range(first, last)
    place += _line_range(first, last)
    if first.section and first.section != first.label:
        section = printable(first.section)  # its heading, or `section 4.2(b)` where it has a number alone
        place += f", section {section}" if _BARE_NUMBER.fullmatch(section) else f", {section}"
    return f"{printable(first.file)}, {place}" if with_file else place


def location_text(page: int | None, label: str | None) -> str:
    """`p. xii (PDF 14)`; where there are no pages the label, else `text`."""
    return f"p. {page_text(page, label)}" if page is not None else printable(label or "text")


def quote_remark(quote: Quote) -> str:
    """Who speaks, and which word of the answer the quote defines, behind a comma each; empty for most quotes."""
    speaker = f", {printable(quote.speaker)}" if quote.speaker else ""
    return f"{speaker}, what {printable(quote.defines)} means" if quote.defines else speaker


def headline(answer: Answer) -> str:
    """The words that answer, or in one line that there are none."""
    if answer.status == Status.NOT_FOUND:
        return "Not found: the document does not answer this."
    return printable(answer.answer) if answer.answer is not None else f"No answer ({answer.status})."


def excerpt(text: str, most: int = EXCERPT_CHARACTERS) -> str:
    """`text` on one line, cut between two words where it is longer than `most`."""
    return clip(printable(text), most)


def page_text(page: int, label: str | None) -> str:
    """`12`, or `xii (PDF 14)`."""
    return str(page) if label is None or label == str(page) else f"{printable(label)} (PDF {page})"


def printable(text: str) -> str:
    """`text` on one line, without anything that a terminal would obey."""
    return " ".join(CONTROL.sub("", text).split())


def _page_range(first: Cite, last: Cite) -> str:
    labels = [cite.label or str(cite.page) for cite in (first, last)]
    pages = [str(cite.page) for cite in (first, last)]
    physical = "" if labels == pages else f" (PDF {pages[0]}–{pages[1]})"
    return f"pp. {printable(labels[0])}–{printable(labels[1])}{physical}"


def _line_range(first: Cite, last: Cite) -> str:
    """`, line 5`, `, lines 5–8`, or `, line 27 to line 2` over two pages; nothing where lines have no numbers."""
    if first.lines is None or last.lines is None:
        return ""
    begin, end = first.lines[0], last.lines[1]
    if first.page != last.page:
        return f", line {begin} to line {end}"
    return f", line {begin}" if begin == end else f", lines {begin}–{end}"


def _answer_block(answer: Answer, several: bool, first_quote: int | None) -> str:
    lines = [printable(answer.answer or "")]
    if answer.status == Status.PARTIAL:
        lines[0] += "   [partial: from the passages that the question's words find]"
    for at, quote in enumerate(answer.quotes):
        lines += ["", *_quote_lines(quote, several, None if first_quote is None else first_quote + at)]
    lines += ["", f"confidence {answer.confidence:.2f}"]
    lines += [f"note: {printable(warning)}" for warning in answer.coverage.warnings]
    return "\n".join(lines)


def _quote_lines(quote: Quote, several: bool, number: int | None = None) -> list[str]:
    lead = "" if number is None else f"{number}. "
    said = f"{cite_text(quote.cites, with_file=several)}{quote_remark(quote)}"
    return [f'  {lead}"{printable(quote.text)}"', f"  {said} [{quote.grade.explained}{quote.place.remark}]"]


def _refusal_block(answer: Answer, several: bool) -> str:
    coverage = answer.coverage
    pages = f"{coverage.pages} pages, " if coverage.pages else ""
    lines = [headline(answer), f"Searched: {pages}{coverage.tokens_read:,} of {coverage.tokens:,} tokens."]
    lines += [printable(warning) for warning in coverage.warnings]
    if answer.evidence:
        lines += ["", "Nearest, not an answer:"]
        lines += [_evidence_line(item, several) for item in answer.evidence[:NEAREST_SHOWN]]
    return "\n".join(lines)


def _evidence_line(item: EvidenceItem, several: bool) -> str:
    file = f"{printable(item.file)}, " if several else ""
    return f"  {file}{location_text(item.page, item.label)}: {excerpt(item.text)}"


def _ranges(pages: Sequence[int]) -> str:
    """`3, 7–9`."""
    runs: list[list[int]] = []
    for page in sorted(pages):
        if runs and page == runs[-1][1] + 1:
            runs[-1][1] = page
        else:
            runs.append([page, page])
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in runs)
