"""Lines whose numbers name nothing where they stand: text that a law inserts elsewhere, entries of a table of contents,
notes to a table.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter

from docqa.ingest.language.places import ATTACHMENTS
from docqa.ingest.structure.clean import folded
from docqa.ingest.structure.locators.marks import DIVISION, WORDED, MarkedLine
from docqa.ingest.structure.locators.sections import is_attachment, printed_number
from docqa.ingest.types import Page, Section

_INSERTED = re.compile(
    r"\s{0,80}[“\"]\s?(?:\(?\d{1,3}[A-Z]{0,3}\)?[.)]?(?=[\s(—–])|\([A-Za-z]{1,5}\)\s|[A-Z]{1,5}\.\s|"
    r"(?:part|chapter|section|article|schedule)\s+[\dA-Z])",
    re.IGNORECASE,
)
_MOST_LINES = 150
"""Lines in which the end of an insertion is looked for; without one there is no insertion."""
_OF_ENTRIES = frozenset((WORDED, DIVISION, "1.1", "1.", "a."))
_LEAST_ENTRY, _MOST_ENTRY = 5, 100
"""Letters and characters that an entry has."""
_BESIDE = 2
_PAGE_BEHIND = re.compile(r"[\s.]{1,200}\d{1,4}$")
_NOTE = re.compile(r"\s{0,80}\((\d{1,2})\)\s")
_WORD_IN_FRONT = re.compile(r"([^\W\d_]{2,40})\Z")
_WORDS_THAT_CITE = frozenset(
    ("section", "sections", "subsection", "subsections", "paragraph", "paragraphs", "subparagraph", "article",
     "articles", "clause", "clauses", "rule", "rules", "regulation", "item", "items", "part", "in", "and", "or", "to")
)  # fmt: skip
_BARE = re.compile(r"\s{0,80}(?:\(\d{1,3}\)|\d{1,3}(?:\.\d{1,3}){2,5})\s{0,80}$", re.MULTILINE)
_COURT = re.compile(r"\b(?:SUPREME|UNITED STATES|DISTRICT|SUPERIOR|APPEALS?) COURTS?\b|\bCOURTS? OF APPEALS?\b")
_ATTACHMENT = re.compile(
    rf"({'|'.join(ATTACHMENTS)})\s+([A-Z]|\d{{1,3}}|[IVX]{{1,6}})(?=\s*[-–—:]|$)", re.IGNORECASE
)
_MOST_CAPTION, _MOST_TITLE = 2500, 250
_SENTENCE = re.compile(r"[a-z)]\.\s{0,3}$", re.MULTILINE)
_CHAPTER = re.compile(r"(?:Chapter|CHAPTER)\s+(\d{1,3})[.:]?\s")
_LEAST_IN_ROW = 3
_NEAR = 3000
"""Characters in front of a note in which the word with its mark stands."""


def insertions(lines: Sequence[MarkedLine], pages: Sequence[Page]) -> set[int]:
    """The numbers of the lines of words that an amendment puts into another text ("“2A Purpose of Act ... .”").

    They begin with a quotation mark and a number and end, lines later, where the quotation does.
    """
    found: set[int] = set()
    at = 0
    while at < len(lines):
        text = _text(lines[at], pages)
        end = _end_of_quotation(lines, pages, at) if _INSERTED.match(text) else at
        if end > at:
            found.update(range(at, end + 1))
        at = max(end, at) + 1
    return found


def _end_of_quotation(lines: Sequence[MarkedLine], pages: Sequence[Page], first: int) -> int:
    """The line that closes the quotation that line `first` opens; `first` where that is itself, or none is."""
    depth = 0
    curved = "“" in _text(lines[first], pages)[:82]
    for number in range(first, min(first + _MOST_LINES, len(lines))):
        text = _text(lines[number], pages)
        if curved:
            # Every paragraph of a long quotation opens it again.
            again = number > first and text.lstrip().startswith("“")
            depth += text.count("“") - text.count("”") - again
            if depth <= 0:
                return number
        elif text.rstrip(" .;,").endswith('"') and text.count('"') % 2 == 1 and number > first:
            return number
        elif text.count('"') % 2 == 0 and number == first:
            return first
    return first


def contents_lines(lines: Sequence[MarkedLine], pages: Sequence[Page], sections: Sequence[Section]) -> set[int]:
    """The numbers of the lines that come again, word for word, later or as the heading of a section on a later page,
    where such lines follow on each other: tables of contents, also of one chapter or schedule."""
    last = {}
    for section in sections:
        if section.number and section.title:
            last[folded(f"{section.number}{section.title}")] = section.page, section.start
    keys = [_entry(line, pages) for line in lines]
    for line, key in zip(lines, keys, strict=True):
        if key:
            last[key] = max(last.get(key, (0, 0)), (line.page, line.start))
    again = [bool(key) and last[key] > (line.page, line.end) for line, key in zip(lines, keys, strict=True)]
    # What is attached twice comes again on one page.
    spread = {(line.page, last[key][0]) for line, key, later in zip(lines, keys, again, strict=True) if later}
    pages_behind = Counter(page for page, _ in spread)
    starts = {(section.page, section.start) for section in sections}
    return {
        number
        for number, line in enumerate(lines)
        if again[number]
        and (pages_behind[line.page] > 1 or len(pages) == 1)
        and sum(again[max(number - _BESIDE, 0) : number + _BESIDE + 1]) > _BESIDE
        and (line.page, line.start) not in starts
    }


def _entry(line: MarkedLine, pages: Sequence[Page]) -> str:
    """The letters and digits of a numbered line that may be an entry of a table of contents, else nothing."""
    if not line.marks or line.marks[0].shape not in _OF_ENTRIES or line.end - line.start > _MOST_ENTRY:
        return ""
    key = folded(_PAGE_BEHIND.sub("", _text(line, pages)))
    return key if sum(map(str.isalpha, key)) >= _LEAST_ENTRY else ""


def torn_pages(lines: Sequence[MarkedLine], pages: Sequence[Page]) -> set[int]:
    """The pages on which numbers stand apart from their words: those of sections and of paragraphs, line after line."""
    found: set[int] = set()
    before: MarkedLine | None = None
    deep: set[int] = set()
    for line in lines:
        bare = bool(line.marks) and _BARE.match(pages[line.page - 1].text, line.start, line.end) is not None
        if bare and line.marks[0].shape == "1.1":
            deep.add(line.page)
        if bare and before is not None and before.page == line.page:
            found.add(line.page)
        before = line if bare else None
    return found & deep


def chapters(pages: Sequence[Page]) -> dict[int, int]:
    """The number of the chapter that is printed in the head or foot of a page, by page."""
    found: dict[int, int] = {}
    for page in pages:
        at = max(page.text.rfind("\n", 0, len(page.text)), 0)
        lines = (*page.furniture, page.text[at:].strip())
        match = next((match for line in lines if (match := _CHAPTER.match(line))), None)
        if match is not None:
            found[page.page] = int(match[1])
    return found


def attachments_in_heads(pages: Sequence[Page], sections: Sequence[Section]) -> dict[int, str]:
    """The attachment that only the running head of a page names ("Attachment A - Plan"), by page; not a name that
    stands above numbered sections, which is that of the whole document."""
    begun = {section.page for section in sections if section.number}
    named: list[tuple[int, str]] = []
    for page in pages:
        match = next((match for line in page.furniture if (match := _ATTACHMENT.match(line))), None)
        named.append((page.page, f"{match[1].capitalize()} {match[2]}" if match is not None else ""))
    runs = [(name, [page for page, _ in run]) for name, run in groupby(named, key=itemgetter(1))]
    inner = [(name, run) for name, run in runs if name and run[0] > 1 and 2 * len(run) <= len(pages)]
    return {page: name for name, run in inner if begun.isdisjoint(run) for page in run}


def pages_behind_sections(pages: Sequence[Page], sections: Sequence[Section]) -> set[int]:
    """Pages with a running title in capitals that no page with a heading has, at least three in a row: tables or forms
    behind the last section ("ADDRESS TABLE")."""
    if any(section.source == "opinion" for section in sections):
        return set()
    begun = {section.page for section in sections if section.number}
    titles = {folded(section.title) for section in sections}
    where: dict[str, list[int]] = {}
    for page in pages:
        for line in page.furniture:
            words = line.split()
            if line.isupper() and 2 < len(words) <= 12 and all(len(word) > 1 for word in words):
                where.setdefault(folded(line), []).append(page.page)
    found: set[int] = set()
    for title, run in where.items():
        in_row = len(run) >= _LEAST_IN_ROW and run[-1] - run[0] < len(run)
        if in_row and title not in titles and begun.isdisjoint(run):
            found.update(run)
    return found


def captions(pages: Sequence[Page], sections: Sequence[Section]) -> dict[int, int]:
    """Where the opinion that has the heading of the court above it begins, or the schedule that has the name of the
    case above it, by page: what stands above is in no part."""
    found: dict[int, int] = {}
    begun: set[int] = set()
    for section in sections:
        if section.page in begun:
            continue
        begun.add(section.page)
        above = pages[section.page - 1].text[: section.start]
        court = section.source == "opinion" and section.start < _MOST_CAPTION and _COURT.search(above)
        title = is_attachment(printed_number(section)) and section.start < _MOST_TITLE and above.count("\n") <= 3
        if section.start and (court or (title and not _SENTENCE.search(above))):
            found.setdefault(section.page, section.start)
    return found


def is_table_note(line: MarkedLine, pages: Sequence[Page]) -> bool:
    """Whether "(1)" at the beginning of a line is the mark of a note: it stands against a word above, on its page."""
    body = pages[line.page - 1].text
    match = _NOTE.match(body, line.start, line.end)
    return match is not None and any(_is_anchor(front) for front in _in_front(body, match[1], line.start))


def _in_front(body: str, mark: str, end: int) -> Iterator[str]:
    """The words that "(mark)" stands against in the text before offset `end`."""
    start = max(0, end - _NEAR)
    at = body.find(f"({mark})", start, end)
    while at >= 0:
        yield body[max(0, at - 41) : at]
        at = body.find(f"({mark})", at + 1, end)


def _is_anchor(front: str) -> bool:
    match = _WORD_IN_FRONT.search(front)
    return match is not None and match[1].casefold() not in _WORDS_THAT_CITE


def _text(line: MarkedLine, pages: Sequence[Page]) -> str:
    return pages[line.page - 1].text[line.start : line.end]
