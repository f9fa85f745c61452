"""The places that a text names: "p. 12", "pp. 3-4", "page xii", "Section 4.2(b)", "§ 5", "at 14",
"12:5-13:2".
"""

import re
from dataclasses import dataclass

from docqa.ingest.language import places as grammar
from docqa.ingest.language.expressions import lazily
from docqa.ingest.language.places import PAGE_RANGE, NamedPlaces, named_places, page_labels

_LEAD = 80
"""Characters in front of a page that may name its section."""
_PAGE = lazily(
    rf"\b(?P<pdf>(?<!\.)PDF\s+)?(?:(?:pp\.?|pages|pgs\.?)\s*(?P<many>{grammar.PAGE_RANGES})|(?:p\.|page|pg\.)\s*(?P<one>{PAGE_RANGE}))"
    rf"(?!\w)|\b(?<!\.)PDF\s+(?P<sheet>\d{{1,5}}(?:\s?[-–—]\s?\d{{1,5}})?)(?!\w)",
    re.IGNORECASE,
)
# "at 14" is a page after a source, where the cite ends: "Id. at 14." but not "at 14 °C".
_AT = lazily(
    rf"(?:(?<=[.,;:)\]\"”’»]\s)|(?<=\bsupra\s)|(?<=\()|(?<=\bibid\s))at\s+(?P<one>{PAGE_RANGE})(?=\s*(?:[.,;:)\]]|\n|$|\())",
    re.IGNORECASE,
)
# "12:5-13:2" and "p. 12, lines 5-9". Lines have no leading zero, so "12:05" is a time; without a
# word that cites, or a bracket, only a range of two pages after a name or a mark is one: not "from
# 9:10-10:20".
_NO_LINES = r"(?![\w:])(?!\s*(?:[ap]\.?\s?m\b|o['’]clock|hours))"
_LINES = lazily(
    rf"(?P<lead>(?<!\w)(?:(?:pp?|pgs?|tr|dep|depo|hr'?g|rec)\.|pages?|transcript|deposition)\s+(?:at\s+)?|(?<=\()at\s+|"
    rf"(?<=[.,;:)\]\"”’»]\s)at\s+|(?<=[(\[]))?(?P<page>\d{{1,5}}):(?P<line>[1-9]\d?)"
    rf"(?:\s?[-–—]\s?(?:(?P<to_page>\d{{1,5}}):)?(?P<to_line>[1-9]\d?))?{_NO_LINES}",
    re.IGNORECASE,
)
_PAGE_AND_LINES = lazily(
    r"(?<!\w)(?:p\.|page|pg\.|at)\s+(?P<page>\d{1,5}),?\s+(?:at\s+)?(?:ll?\.|lines?)\s+(?P<line>[1-9]\d{0,3})"
    r"(?:\s?[-–—]\s?(?P<to_line>[1-9]\d{0,3}))?(?!\w)",
    re.IGNORECASE,
)
_AFTER_QUOTATION = lazily(r"[\"”’»][.,]?\s*[(\[]$")
_CITED_BEFORE = lazily(r"(?:\b[A-Z][\w.’']{0,80}|[.,;:)\]\"”’»])\s+$")
_SECTIONS = (*sorted(grammar.PROVISIONS | grammar.ATTACHMENTS), "chapter", "part")
_WORK_BEFORE = lazily(
    r"(?:\d{1,40}\s{1,40})?(?:U\.\s?S\.\s?C\.(?:\s?A\.)?|C\.\s?F\.\s?R\.|\b(?:[A-Z][\w.]{0,40}\s{1,40}){0,20}(?:Code|Stat\.|"
    r"Act(?:\s+\d{4})?|Rules?|Regulations?))\s*+(?:Ann\.\s*+)?(?:,\s*+)?$"
)
_WORK_AFTER = lazily(
    r",?\s+(?:of|to|in|under)\s+(?:the\s+|that\s+)?((?:[A-Z][\w.&'’-]*\s+(?:of\s+|and\s+)?){0,6}?"
    r"(?:Act|Code|Constitution|Rules?|Regulations?|Directive|Statutes?|Treaty|Convention)\b(?:\s+\d{4})?)"
)
# A reporter ("347 U.S. at 495") or an author with the year ("Smith 2020, p. 12").
_WORK_PAGE = lazily(
    r"(\d{1,60}\s{1,60}[A-Z][\w.]{0,60}(?:\s[\w.]{1,60}){0,3},?(?:\s\d{1,60},)?|"
    r"[A-Z][\w'’-]{1,60}(?:\s(?:and|&)\s[A-Z][\w'’-]{1,60}|\set\sal\.)?,?\s"
    r"\(?(?:1[6-9]|20)\d\d[a-z]?\)?[,:])\s*$"
)
_FULL = grammar.SHORTENED | {"s": "section"}
_SHORT = lazily(rf"(?<![\w.’'])(?P<word>{'|'.join(_FULL)})\.?\s?(?=\d+(?![\da-z]))", re.IGNORECASE)
_SMALL = lazily(
    rf"\b(?P<word>{'|'.join(_SECTIONS)})\s+(?P<number>[ivxlc]{{2,7}}|[b-hj-z]|[ai](?=\s*(?:[?.,;:)]|$)|\s+(?:of|to|say|provide)))"
    rf"(?![\w’'])",
    re.IGNORECASE,
)


def with_places_in_full(question: str) -> str:
    """`question` with its places as `find_cites` knows them: "section 7" for "sec 7", "exhibit
    B".
    """
    text = _SHORT.sub(lambda match: f"{_FULL[match['word'].lower()]} ", question)
    return _SMALL.sub(lambda match: f"{match['word']} {match['number'].upper()}", text)


@dataclass(frozen=True)
class PlaceCite:
    """A place named at `start:end` of the text. `kind`: page (as printed), pdf (physical page),
    line or section. `numbers` are the labels or section numbers that it may mean, written out ("3",
    "4"; "4.2(b)"), of lines the first and last with their pages ("12:5"). `word`: the family of the
    section in the singular, as "schedule", "¶". `work`: another work that it names. `before`: the
    words in front of a page."""

    start: int
    end: int
    text: str
    kind: str
    numbers: tuple[str, ...]
    word: str = ""
    work: str | None = None
    before: str = ""


def find_cites(text: str, also: tuple[str, ...] = ()) -> list[PlaceCite]:
    """The cites of `text` in order, those inside quotations too; `also`: further words for
    sections.
    """
    found = [_page_cite(text, match) for match in _PAGE.finditer(text)]
    found += [_page_cite(text, match) for match in _AT.finditer(text)]
    found += [
        _section_cite(text, named)
        for named in named_places(text, (*_SECTIONS, *also), elsewhere=True)
    ]
    found += _line_cites(text)
    kept: list[PlaceCite] = []
    for cite in sorted(found, key=lambda cite: (cite.start, -cite.end)):
        if cite.numbers and (not kept or cite.start >= kept[-1].end):
            kept.append(cite)
    return kept


def _page_cite(text: str, match: re.Match[str]) -> PlaceCite:
    groups = match.groupdict()
    wanted = groups["one"] or groups.get("many") or groups.get("sheet") or ""
    kind = "pdf" if groups.get("pdf") or groups.get("sheet") else "page"
    start, end = match.span()
    lead = text[max(0, start - _LEAD) : start]
    labels = page_labels(wanted)
    work = _cited_work_before_page(text, match)
    return PlaceCite(start, end, match.group(), kind, labels, "page", work, lead)


def _line_cites(text: str) -> list[PlaceCite]:
    """Cites of page and line; one after another, as in "12:5-9, 14:2", needs no word in front."""
    found = [_line_cite(text, match, match["page"]) for match in _PAGE_AND_LINES.finditer(text)]
    end = -1
    for match in _LINES.finditer(text):
        start = match.start()
        follows = end >= 0 and re.fullmatch(r"[,;]?\s*(?:and\s+|&\s*)?", text[end:start])
        near = max(0, start - 40), start
        cited = bool(match["lead"])  # "12:5" is a page and a line, and not a time, score or verse
        if match["lead"] == "":  # a bracket
            cited = match["to_line"] is not None or _AFTER_QUOTATION.search(text, *near) is not None
        elif match["lead"] is None:
            cited = match["to_page"] is not None and _CITED_BEFORE.search(text, *near) is not None
        if follows or cited:
            found.append(_line_cite(text, match, match["to_page"] or match["page"]))
            end = match.end()
    return found


def _line_cite(text: str, match: re.Match[str], last_page: str) -> PlaceCite:
    first = f"{match['page']}:{match['line']}"
    last = f"{last_page}:{match['to_line'] or match['line']}"
    return PlaceCite(
        match.start(),
        match.end(),
        match.group(),
        "line",
        (first, last),
        "line",
        _cited_work_before_page(text, match),
    )


def _cited_work_before_page(text: str, match: re.Match[str]) -> str | None:
    """The other work named in front of a page: a reporter, or an author with the year."""
    before = _WORK_PAGE.search(text, max(0, match.start() - 60), match.start())
    return before.group(1).strip(" ,:") if before else None


def _section_cite(text: str, named: NamedPlaces) -> PlaceCite:
    before = _WORK_BEFORE.search(text, max(0, named.start - 40), named.start)
    after = _WORK_AFTER.match(text, named.end)
    work = before.group().strip(" ,") if before else after.group(1) if after else None
    numbers = tuple(number.as_cited for number in named.numbers)
    return PlaceCite(
        named.start, named.end, text[named.start : named.end], "section", numbers, named.word, work
    )
