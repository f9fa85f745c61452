"""An Answer as text for a person. What stands between quotation marks was cut from a page, and has
its grade.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from docqa.app.answer.answer import Answer, Cite, CoverageReport, EvidenceItem, Quote, Statement
from docqa.app.answer.grades import Status, Support
from docqa.app.answer.text import CONTROL, clip, compact_json, one_line

NEAREST_SHOWN = 1
_LEADERS = re.compile(r"\.{4,}")
EXCERPT_CHARACTERS = 300
POSSIBLE_CHARACTERS = 600
"""Of the passage that may answer, which its reader is to judge."""
_STEM = 5  # of words of one stem
NOT_STATED = "Not certain enough to be stated as an answer."

# "p. 1, 1" would look like two pages
_BARE_NUMBER = re.compile(r"(?:\d+[A-Z]{0,2}|[A-Z]|[IVXLC]+)(?:\.\w{1,5})*(?:\(\w+\))*")


def answer_text(
    answer: Answer,
    *,
    files: int = 1,
    first_quote: int | None = None,
    judged: bool = True,
    unsupported: bool = False,
) -> str:
    """The whole answer about `files` documents, without a last line end; places name their file
    where there are several.

    Quotes are numbered from `first_quote` where given. `judged`: with the confidence at the end.
    `unsupported`: what nothing bears out stands below, apart.
    """
    several = _is_about_several_documents(answer, files)
    covered = coverage_line(answer.coverage)
    if answer.status == Status.POSSIBLE:  # where it may stand comes before anything else
        blocks = [
            headline(answer, with_file=several),
            covered,
            _refusal_block(answer, several, files),
        ]
    elif was_searched(answer):
        blocks = [covered, f"{headline(answer)}\n{_refusal_block(answer, several, files)}"]
    elif answer.answer is None and not answer.quotes:
        blocks = [covered, headline(answer)]
    else:
        blocks = [covered, _answer_block(answer, several, first_quote, judged)]
    if unsupported:
        # What was written and is not asserted.
        left = [
            each for each in answer.statements if answer.answer is None or not each.is_supported
        ]
        told = [f"- {_statement_text(each, ())}" for each in left]
        blocks.append(
            "\n".join(
                _lines_below_title("Written, and not borne out by the documents:", told)
            ).lstrip()
        )
    blocks.insert(1, missing_line(answer, "documents" if several else "document"))
    return "\n\n".join(block for block in blocks if block)


def _lead_lines(answer: Answer, quote: Quote) -> Iterator[str]:
    """The leads of a quote, with their pages where these are others."""
    for number in quote.leads:
        lead = answer.quotes[number]
        elsewhere = lead.cites[0].page != quote.cites[0].page
        where = f" ({cite_text(lead.cites)})" if elsewhere else ""
        yield f"  {in_quotation_marks(printable(lead.text))} …{where}"


def missing_line(answer: Answer, searched: str) -> str:
    """Which names and years of the question are nowhere in what was `searched`; empty where there
    are none."""
    words = [f"“{printable(word)}”" for word in answer.missing]
    verb = "is" if len(words) == 1 else "are"
    return f"{', '.join(words)} {verb} nowhere in the {searched}." if words else ""


def json_line(answer: Answer) -> str:
    return compact_json(answer.to_json_object())


def preview_text(answer: Answer, files: int) -> str:
    """A preliminary answer about `files` documents, marked so."""
    if answer.status == Status.NOT_FOUND or answer.answer is None:
        return "Preliminary: the passages that the question's words find do not answer it. Now reading all of it."
    text = answer_text(answer, files=files)
    return f"Preliminary answer, from passages found by the question's words:\n\n{text}"


def nearest_text(answer: Answer, files: int) -> str:
    """What is shown where nothing else was found in `files` documents than what was shown
    before.
    """
    several = _is_about_several_documents(answer, files)
    lines = [_passage_line(item, several) for item in answer.evidence[:NEAREST_SHOWN]]
    return "\n".join(
        ["Nothing else was found.", *(["Next nearest, not an answer:", *lines] if lines else [])]
    )


def coverage_line(coverage: CoverageReport) -> str:
    """One line when less than everything was read or could be seen, else ""."""
    parts: list[str] = []
    if coverage.tokens_read < coverage.tokens:
        share = 100 * coverage.tokens_read // max(coverage.tokens, 1)
        parts.append(f"read {share} % ({coverage.tokens_read:,} of {coverage.tokens:,} tokens)")
    if coverage.pages_without_text:
        share = 100 * (coverage.pages - len(coverage.pages_without_text)) // max(coverage.pages, 1)
        numbers = _page_ranges_text(coverage.pages_without_text)
        parts.append(f"{share} % of {coverage.pages} pages have text; none on PDF {numbers}")
    if coverage.ocr_pages:
        parts.append(
            f"text recognised from pictures on PDF {_page_ranges_text(coverage.ocr_pages)}"
        )
    if coverage.hidden_spans:
        parts.append(f"{coverage.hidden_spans} hidden passages")
    return "Coverage: " + "; ".join(parts) + "." if parts else ""


def cite_text(
    cites: Sequence[Cite], *, with_file: bool = False, section_first: bool = False
) -> str:
    """`p. 12`, `p. xii (PDF 14)` where the label is not the physical page, `pp. 12–13`; with
    printed line numbers, and the section after it, or `section_first`."""
    if not cites:
        return "no place found"
    first = cites[0]
    last = cites[-1]
    if first.page is None or last.page is None:
        place = (
            printable(first.label)
            if first.label
            else f"characters {first.start:,} to {first.end:,}"
        )
    elif first.page == last.page:
        place = "p. " + page_text(first.page, first.label)
    else:
        labels = [cite.label or str(cite.page) for cite in (first, last)]
        pages = [str(cite.page) for cite in (first, last)]
        physical = "" if labels == pages else f" (PDF {pages[0]}–{pages[1]})"
        place = f"pp. {printable(labels[0])}–{printable(labels[1])}{physical}"
    place += _line_range(first, last)
    named = first.page is None and (first.label or "").startswith(first.section or "")
    if first.section and first.section != first.label and not named:
        named_place = section_text(first.section)
        place = f"{named_place} · {place}" if section_first else f"{place}, {named_place}"
    return f"{printable(first.file)}, {place}" if with_file else place


def section_text(section: str) -> str:
    """`Article 70`; `section 4.2(b)` where the document prints a number alone."""
    named = printable(section)
    return f"section {named}" if _BARE_NUMBER.fullmatch(named) else named


def location_text(page: int | None, label: str | None) -> str:
    """`p. xii (PDF 14)`; where there are no pages the label, else `text`."""
    return f"p. {page_text(page, label)}" if page is not None else printable(label or "text")


def quote_remark(quote: Quote) -> str:
    """Who speaks, if no section says it."""
    told = quote.speaker in (None, *(cite.section for cite in quote.cites))
    return "" if told else f", {printable(str(quote.speaker))}"


def headline(answer: Answer, *, with_file: bool = False) -> str:
    """The words that answer, or where they may stand, or that there are none."""
    if answer.status == Status.POSSIBLE and answer.evidence:
        return possible_line(answer.evidence[0], answer.evidence[0].file if with_file else None)
    if answer.status == Status.PARTIAL and was_searched(answer):
        return "Not found among the passages that the question's words find."
    if was_searched(answer):
        return "Not found."
    if answer.answer is None:
        return f"No answer ({answer.status})."
    stated = [statement.text for statement in answer.statements if statement.is_supported]
    return printable(answer.answer if len(stated) == len(answer.statements) else " ".join(stated))


def possible_line(item: EvidenceItem, file: str | None) -> str:
    """`Possibly on p. 19: the words`, or with a file `Possibly in b.pdf, p. 19: the words`."""
    return f"{possible_place(item, file)}: {one_line_excerpt(item.text, POSSIBLE_CHARACTERS)}"


def possible_place(item: EvidenceItem, file: str | None = None) -> str:
    """`Possibly on p. 19`, `Possibly in § 3`, `Possibly in b.pdf, p. 19`; without a page or label
    `in the text`.
    """
    place = location_text(item.page, item.label) if item.page is not None or item.label else ""
    if file is not None:
        return f"Possibly in {', '.join(filter(None, (printable(file), place)))}"
    return f"Possibly on {place}" if item.page is not None else f"Possibly in {place or 'the text'}"


def nearest_passages_shown(answer: Answer) -> Sequence[EvidenceItem]:
    """The passages that are shown below a refusal as no answer; the one that may answer stands
    above.
    """
    if not was_searched(answer):
        return ()
    first = int(answer.status == Status.POSSIBLE)
    return answer.evidence[first : first + NEAREST_SHOWN]


def was_searched(answer: Answer) -> bool:
    """Whether there was text, and docqa states no answer from it."""
    return answer.refused and answer.status != Status.UNREADABLE


def searched_line(coverage: CoverageReport, files: int) -> str:
    """`Searched: 3 files, 20 pages.`"""
    parts = [f"{files} files"] if files > 1 else []
    parts += (
        [f"{coverage.pages:,} page{'' if coverage.pages == 1 else 's'}"] if coverage.pages else []
    )
    return f"Searched: {', '.join(parts) or 'the text'}."


def statement_texts(
    answer: Answer, places: Callable[[Statement], Sequence[str]], mark: str = ""
) -> list[str]:
    """The statements that are shown one by one, as `a.pdf: the words (p. 4; p. 9) [partly
    supported]` after `mark`: where there are several, or one is borne out in part. First the
    number of files, if asked. None that nothing bears out."""
    stated = [each for each in answer.statements if each.is_supported and answer.answer is not None]
    weak = any(statement.remark or statement.file for statement in stated)
    shown = stated if weak or len(answer.statements) > 1 else []
    file = shown[0].file if shown else None
    lead = (
        (answer.answer or "").partition(f"{os.path.basename(file)}: ")[0].rstrip(": ")
        if file
        else ""
    )
    return [
        *filter(None, [lead]),
        *(
            mark + _statement_text(each, places(each), _words_not_in_quotes(each, answer))
            for each in shown
        ),
    ]


def _statement_text(
    statement: Statement, places: Sequence[str], open_words: Sequence[str] = ()
) -> str:
    file = f"{printable(os.path.basename(statement.file))}: " if statement.file is not None else ""
    where = f" ({'; '.join(dict.fromkeys(places))})" if places else ""
    remark = "; not in its quotes: ".join(filter(None, (statement.remark, ", ".join(open_words))))
    return file + printable(statement.text) + where + (f" [{remark}]" if remark else "")


def _words_not_in_quotes(statement: Statement, answer: Answer) -> list[str]:
    if statement.support != Support.PARTLY or not statement.quotes:
        return []
    said = " ".join(answer.quotes[at].text for at in statement.quotes).casefold()
    words = (word.strip(".,;:!?()[]\"'“”‘’") for word in printable(statement.text).split())
    return [word for word in words if word and word.casefold()[:_STEM] not in said]


def document_line(path: str, answer: Answer) -> str:
    """`a.pdf: 30 days (p. 4)`, of one of several documents that are asked."""
    where = f" ({cite_text(answer.quotes[0].cites)})" if answer.quotes else ""
    return f"{printable(os.path.basename(path))}: {headline(answer)}{where}"


def partial_remark(answer: Answer) -> str:
    """Why an answer is only partial: made in haste, not all found, or not all borne out."""
    if any(statement.is_not_stated for statement in answer.statements):
        return "partial: a part of the question is not found"
    if any(statement.remark for statement in answer.statements):
        return "partial: quotes do not bear out all of it"
    return "partial: from the passages that the question's words find"


def lines_on_writing_sources(answer: Answer) -> list[str]:
    """What a model that wrote the answer was given; nothing for an answer that was cut from
    pages.
    """
    options = answer.provenance.get("options")
    source = options.get("from") if isinstance(options, dict) else None
    said = {"whole": "written from the whole text", "passages": "written from passages of the text"}
    return [said[source]] if source in said else []


def in_quotation_marks(text: str) -> str:
    """`"the words"`, or `“the "words"”` where they have quotation marks of their own."""
    return f"“{text}”" if '"' in text else f'"{text}"'


def one_line_excerpt(text: str, most: int = EXCERPT_CHARACTERS) -> str:
    """`text` on one line, without leaders of a table of contents, cut between words where it is
    over `most`.
    """
    return clip(_LEADERS.sub("…", printable(text)), most)


def page_text(page: int, label: str | None) -> str:
    """`12`, or `xii (PDF 14)`."""
    return str(page) if label is None or label == str(page) else f"{printable(label)} (PDF {page})"


def printable(text: str) -> str:
    """`text` on one line, without anything that a terminal would obey."""
    return one_line(CONTROL.sub("", text))


def _line_range(first: Cite, last: Cite) -> str:
    """`, line 5`, `, lines 5–8`, or `, line 27 to line 2` over two pages; nothing without
    numbers.
    """
    if first.lines is None or last.lines is None:
        return ""
    begin = first.lines[0]
    end = last.lines[1]
    if first.page != last.page:
        return f", line {begin} to line {end}"
    return f", line {begin}" if begin == end else f", lines {begin}–{end}"


def _answer_block(answer: Answer, several: bool, first_quote: int | None, judged: bool) -> str:
    def places(statement: Statement) -> list[str]:
        named = several and statement.file is None
        return [
            cite_text(answer.quotes[number].cites, with_file=named) for number in statement.quotes
        ]

    lines = statement_texts(answer, places, "- ") or [headline(answer)]
    if answer.status == Status.PARTIAL:
        lines[-1] += f"   [{partial_remark(answer)}]"
    leads = {number for quote in answer.quotes for number in quote.leads}
    for at, quote in enumerate(answer.quotes):
        if at in leads:
            continue
        number = "" if first_quote is None else f"{first_quote + at}. "
        said = f"{cite_text(quote.cites, with_file=several)}{quote_remark(quote)}"
        lines += ["", *_lead_lines(answer, quote)]
        lines.append(f"  {number}{in_quotation_marks(printable(quote.text))}")
        lines.append(f"  {said} [{quote.grade.explanation}{quote.place.remark}]")
    told = [
        *([f"confidence {answer.confidence:.2f}"] if judged else []),
        *lines_on_writing_sources(answer),
    ]
    lines += ["", *told] if told else []
    lines += [f"note: {printable(warning)}" for warning in answer.coverage.warnings]
    return "\n".join(lines)


def _refusal_block(answer: Answer, several: bool, files: int) -> str:
    lines = [NOT_STATED] if answer.status == Status.POSSIBLE else []
    lines.append(
        " ".join((searched_line(answer.coverage, files), *map(printable, answer.coverage.warnings)))
    )
    lines += lines_on_writing_sources(answer)
    lines += _lines_below_title(
        "Nearest, not an answer:",
        [_passage_line(item, several) for item in nearest_passages_shown(answer)],
    )
    return "\n".join(lines)


def _lines_below_title(title: str, lines: list[str]) -> list[str]:
    return ["", title, *lines] if lines else []


def _is_about_several_documents(answer: Answer, files: int) -> bool:
    """Whether places need the names of their files: of several documents, also where one alone is
    cited.
    """
    named = {cite.file for quote in answer.quotes for cite in quote.cites} | {
        item.file for item in answer.evidence
    }
    return files > 1 or len(named) > 1


def _passage_line(item: EvidenceItem, several: bool) -> str:
    file = f"{printable(item.file)}, " if several else ""
    return f"  {file}{location_text(item.page, item.label)}: {one_line_excerpt(item.text)}"


def _page_ranges_text(pages: Sequence[int]) -> str:
    """`3, 7–9`."""
    by_step = groupby(enumerate(sorted(pages)), key=lambda pair: pair[1] - pair[0])
    runs = ([page for _, page in run] for _, run in by_step)
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)
