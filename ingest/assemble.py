"""The last step of every reader: pages and headings to a Document with passages, grades and
coverage.
"""

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from .errors import NoText, refuse_over_limit
from .limits import MAX_TEXT_CHARS
from .request import ReadRequest
from .structure.clean import LEADER
from .structure.leads import find_leads
from .structure.locators.items import find_numbered_parts
from .structure.locators.sections import add_locators_to_sections
from .structure.notes import find_notes
from .structure.opinions import add_opinion_parts
from .structure.passages import cut_passages
from .structure.references import find_references
from .structure.tables.described import add_described_tables
from .types import Coverage, Document, Page, Passage, Section

_GOOD_SCORE = 0.95
_DOUBTFUL = re.compile(r"[\ufffd\ue000-\uf8ff\U000f0000-\U0010ffff]")
_BIBLIOGRAPHY = re.compile(
    r"^(?:[\dA-Z.]+ )?(?:references|bibliography|works cited|literature cited)$", re.IGNORECASE
)
# Letters beyond those of western Europe, by where their scripts begin; Chinese, Japanese and Korean
# are one.
_FOREIGN = re.compile("[\u0100-\u024f\u0370-\u1cff\u3040-\u9fff\ua000-\ud7af]{2,}")
# fmt: off
_SCRIPTS = (
    0x100, 0x370, 0x400, 0x530, 0x590, 0x600, 0x900, 0x980, 0xA00, 0xA80, 0xB00, 0xB80, 0xC00,
    0xC80, 0xD00, 0xD80, 0xE00, 0xE80, 0xF00, 0x1000, 0x10A0, 0x1100, 0x1200, 0x13A0, 0x1680,
    0x1780, 0x1800, 0x1900, 0x3040, 0xA000,
)
# fmt: on
_HANGUL = 0xAC00
_KANA = 0x3040
# of the letters
_FEW_MIXED = 5
_SHARE_MIXED = 0.1
_MOST_NAMED = 12  # pages
_LETTER_ALONE = re.compile(r"(?<!\S)[^\W\d_](?!\S)")


def assemble_document(
    request: ReadRequest,
    *,
    title: str = "",
    media_type: str,
    paged: bool,
    pages: Sequence[Page],
    sections: Sequence[Section],
    hidden: int = 0,
    ocr: Sequence[int] = (),
    warnings: Sequence[str] = (),
    lost: Sequence[int] = (),
) -> Document:
    """The Document of these parts, by default called as its file. Raises NoText, and TooLarge over
    64 million characters."""
    empty = tuple(page.page for page in pages if not page.text.strip())
    if len(empty) == len(pages):
        raise NoText("there is no text in it", hint="Check that this is the right file")
    refuse_over_limit(MAX_TEXT_CHARS, sum(len(page.text) for page in pages), "characters of text")
    lines = list(warnings)
    if empty and paged:
        lines.append(f"no text on {page_list(empty)}")
    poor = [page.page for page in pages if page.grade in "CD"]
    if poor and paged:
        lines.append(f"doubtful text on {page_list(poor)}")
    coverage = Coverage(len(pages), empty, tuple(ocr), hidden, tuple(lines), tuple(lost))
    document = Document(
        hashlib.sha256(request.content).hexdigest(),
        request.name,
        title or request.stem,
        media_type,
        paged,
        tuple(add_described_tables(pages)),
        add_locators_to_sections(sections, has_pages=paged),
        (),
        coverage,
    )
    notes = tuple(find_notes(document.pages, paged=paged))
    items = tuple(find_numbered_parts(document.pages, document.sections, notes))
    parts = add_opinion_parts(document.sections, items, document.pages)
    leads = tuple(find_leads(document.pages, notes))
    document = replace(document, notes=notes, items=items, sections=parts, leads=leads)
    return replace(
        document,
        passages=tuple(_passages_of_document(document)),
        references=tuple(find_references(document)),
    )


def grade_page_text(
    text: str, *, is_repaired: bool = False, ocr_score: float | None = None, order_grade: str = "A"
) -> str:
    """The grade of a page's text. F: no words; C: over 2 % of the characters are private-use or
    replaced, over 45 % of the words single letters, or scripts mix within words; D: recognised from
    an image with a mean `ocr_score` (0 to 1) under 0.95; B: recognised better, or `is_repaired`; else A.
    Never better than the grade of its `order_grade`."""
    stripped = text.strip()
    if not any(c.isalnum() for c in stripped):
        return "F"
    foreign = not stripped.isascii()  # what is doubtful is not among the letters of ASCII
    if foreign and (
        len(_DOUBTFUL.findall(stripped)) > 0.02 * len(stripped)
        or _has_words_of_mixed_scripts(stripped)
    ):
        return "C"
    words = len(stripped.split())
    if words > 20 and len(_LETTER_ALONE.findall(stripped)) > 0.45 * words:
        return "C"
    if ocr_score is not None and ocr_score < _GOOD_SCORE:
        return "D"
    return max("B" if is_repaired or ocr_score is not None else "A", order_grade)


def _has_words_of_mixed_scripts(text: str) -> bool:
    """As where codes of glyphs are taken for letters."""
    letters = mixed = 0
    for run in _FOREIGN.findall(text):
        codes = [code if code < _HANGUL else _KANA for code in map(ord, run)]
        scripts = [bisect_right(_SCRIPTS, code) for code in codes]
        letters += len(run)
        mixed += sum(a != b for a, b in pairwise(scripts))
    return mixed >= _FEW_MIXED and mixed > _SHARE_MIXED * letters


def _passages_of_document(document: Document) -> Iterator[Passage]:
    starts: dict[int, list[int]] = {}
    for section in document.sections:
        starts.setdefault(section.page, []).append(section.start)
    for page in document.pages:
        for span in cut_passages(page.text, starts.get(page.page, ())):
            path = document.section_path(document.section_of(page.page, span.start))
            last = document.section_path(document.section_of(page.page, span.end - 1))
            kind = _kind_of_passage(page.words(span), path if path == last else ())
            yield Passage(page.page, span.start, span.end, path, kind)


def _kind_of_passage(text: str, path: Sequence[str]) -> str:
    lines = text.split("\n")
    if len(lines) > 3 and sum(LEADER.search(line) is not None for line in lines) > 0.5 * len(lines):
        return "contents"
    return "references" if path and _BIBLIOGRAPHY.search(path[-1]) else "text"


def hidden_remark(is_included: bool) -> str:
    """What was done with hidden text, for a warning."""
    return "read because it was asked for" if is_included else "not read; --include-hidden reads it"


def page_list(pages: Sequence[int]) -> str:
    """ "page 3" or "pages 1, 2 and 7 more"."""
    shown = ", ".join(map(str, pages[:_MOST_NAMED]))
    more = f" and {len(pages) - _MOST_NAMED} more" if len(pages) > _MOST_NAMED else ""
    return f"page{'s' if len(pages) > 1 else ''} {shown}{more}"
