"""The tree of sections: bookmarks checked against the page, else printed numbering, else how
headings look.

An unknown structure gives no sections: a guess is never shown as a fact.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import NamedTuple

from docqa.ingest.language.numbers import Ordinals
from docqa.ingest.language.places import ATTACHMENTS
from docqa.ingest.types import Page, Section, location_of

from .clean import group_consecutive, title_comparison_key
from .nesting import NUMBERS, HeadingLevels
from .numbering import ParsedHeading, parse_heading
from .opinions import find_opinions
from .sequence import NumberingStep, indices_of_best_sequence

_MAX_TITLE_CHARS = 300
_NUMBER_WITH_STOP = re.compile(r"(\d{1,3}[A-Z]{0,2}(?:\.\d{1,3}){0,5})\.\s+(\S.*)", re.DOTALL)
_LEAST_LIST = 4
_CHARS_OF_PAGE = 2_000
_LEAST_ENTRIES = 2
_LEAST_BEGINNING = 10  # letters and digits of an entry with which a longer line begins
_PAGE_BEHIND = re.compile(r"\A\S+\s.*[\s.](\d{1,3})$")
_BETWEEN_ENTRIES = 60
"""Characters between two entries of a table of contents: a line that is none, or a page number."""
_CLEARLY = 1.12
"""Times the usual height of text, over which a line is larger by look alone."""


@dataclass(frozen=True, slots=True)
class HeadingLine:
    """A line that may be a heading: its offset in the text of `page` (from 1), its words, and how it
    was printed. `run_in`: the numbered words that open a longer paragraph ("2.1 Work plan. The
    parties ...")."""

    start: int
    text: str
    size: float
    bold: bool
    alone: bool
    run_in: bool = False
    page: int = 1

    def precedes(self, line: "HeadingLine", most_characters: int = 3) -> bool:
        """Whether at most so many characters are between this line and `line` on the same page."""
        gap = line.start - self.start - len(self.text)
        return line.page == self.page and gap <= most_characters

    def is_larger(self, body_size: float, ratio: float = 1.08) -> bool:
        """Whether its letters are higher than `ratio` times the usual height of text."""
        return self.size > ratio * body_size

    @property
    def size_and_weight(self) -> tuple[int, bool]:
        """Size in half points, and weight."""
        return round(2 * self.size), self.bold


class HeadingMark(NamedTuple):
    """A heading before it has a place in the tree; `level` counts from 1, the outermost."""

    level: int
    number: str | None
    title: str
    page: int
    start: int
    source: str
    confidence: float


def add_opinion_headings(marks: Sequence[HeadingMark], pages: Sequence[Page]) -> list[HeadingMark]:
    """`marks` with the parts of an opinion above them, without the caption that parts repeat."""
    opinions = find_opinions(pages)
    if not opinions:
        return list(marks)
    first = opinions[0][:2]
    parts = [
        HeadingMark(1, None, title, page, start, "opinion", 0.95) for page, start, title in opinions
    ]
    inner = [
        mark._replace(level=mark.level + 1) if location_of(mark) > first else mark
        for mark in marks
        if mark.source != "style"
    ]
    return sorted([*parts, *inner], key=lambda mark: (mark.page, mark.start, mark.level))


def build_sections(
    marks: Sequence[HeadingMark], labels: Sequence[str | None] | None = None
) -> tuple[Section, ...]:
    """Sections in preorder from marks in document order. Ids are paths from the root: "2.1" is the
    first child of the second top section. `labels`: of the pages, where there are any."""
    sections: list[Section] = []
    stack: list[tuple[int, str]] = []
    children: Counter[str | None] = Counter()
    for mark in marks:
        while stack and stack[-1][0] >= mark.level:
            stack.pop()
        parent = stack[-1][1] if stack else None
        children[parent] += 1
        own = f"{parent}.{children[parent]}" if parent else str(children[parent])
        title = "" if mark.title == mark.number else mark.title[:_MAX_TITLE_CHARS]
        label = labels[mark.page - 1] if labels is not None else None
        sections.append(
            Section(
                own,
                mark.number,
                title,
                len(stack) + 1,
                mark.page,
                mark.start,
                mark.source,
                mark.confidence,
                parent,
                label,
            )
        )
        stack.append((mark.level, own))
    return tuple(sections)


def split_number(title: str) -> tuple[str | None, str]:
    """The printed number of a heading and its words; no number that might be a word ("A New
    Method").
    """
    parsed = parse_heading(title)
    if parsed is not None and parsed.number and parsed.family != "bare letter":
        return parsed.number, parsed.title
    # "15. [repealed]", which looks like no heading but is known to be one
    plain = _NUMBER_WITH_STOP.fullmatch(title)
    return (plain[1], plain[2]) if plain else (None, title)


class NumberedHeading(NamedTuple):
    """A line with the parts of its heading; `strong`: it is also larger or bold."""

    line: HeadingLine
    parsed: ParsedHeading
    strong: bool

    @property
    def ordinals(self) -> Ordinals:
        return self.parsed.ordinals

    @property
    def family(self) -> str:
        return self.parsed.family


def headings_by_numbering(lines: Sequence[HeadingLine], body_size: float) -> list[HeadingMark]:
    """Headings by their numbers, in document order; `body_size`: usual height of text, in points.

    A line must also be set like a heading (larger, bold, in capitals, or alone), and its number
    must be a first one, the next sibling, or a sibling of an open parent.
    """
    lines, titles = _join_divisions_with_titles_below(_without_table_of_contents(lines))
    numbered: list[NumberedHeading] = []
    for line in lines:
        parsed = titles.get(line) or parse_heading(line.text)
        if parsed and _looks_like_heading(line, parsed, body_size):
            strong = (line.bold or line.is_larger(body_size)) and not line.run_in
            numbered.append(NumberedHeading(line, parsed, strong))
    headings = _with_unnumbered_headings(
        lines, _headings_in_sequence(_without_list_items(numbered))
    )
    levels = HeadingLevels([heading.parsed for heading in headings]).level_of_each_heading()
    marks: list[HeadingMark] = []
    for (line, parsed, strong), level in zip(headings, levels, strict=True):
        title = parsed.title.partition(".—")[0].partition(".–")[0]  # the text goes on
        title = title.removesuffix(".") if "." not in title[:-1] else title
        confidence = 0.9 if strong else 0.7
        marks.append(
            HeadingMark(level, parsed.number, title, line.page, line.start, "numbering", confidence)
        )
    return marks if len(marks) >= 2 else []


def _with_unnumbered_headings(
    lines: Sequence[HeadingLine], headings: Sequence[NumberedHeading]
) -> list[NumberedHeading]:
    """`headings` and short lines between them set exactly like the outermost ("Data and code")."""
    outermost = Counter(
        heading.line.size_and_weight
        for heading in headings
        if heading.strong
        and len(heading.ordinals) <= 1
        and heading.family in ("decimal", "roman", "named")
    )
    inner = {heading.line.size_and_weight for heading in headings if len(heading.ordinals) > 1}
    known = {heading.line: heading for heading in headings}
    out: list[NumberedHeading] = []
    for line in lines:
        if line in known:
            out.append(known[line])
        elif (
            out
            and outermost[line.size_and_weight] > 1
            and line.size_and_weight not in inner
            and _is_unnumbered_heading_line(line)
        ):
            out.append(NumberedHeading(line, ParsedHeading("named", 5, (), None, line.text), True))
    return out


def _is_unnumbered_heading_line(line: HeadingLine) -> bool:
    """Whether a line alone is a few words without a number."""
    text = line.text
    letters = sum(char.isalpha() or char.isspace() for char in text)
    plain = len(text) > 3 and text[0].isupper() and text[-1].isalpha() and letters > 0.9 * len(text)
    return line.alone and plain and len(text.split()) <= 8 and parse_heading(text) is None


def _join_divisions_with_titles_below(
    lines: Sequence[HeadingLine],
) -> tuple[list[HeadingLine], dict[HeadingLine, ParsedHeading]]:
    """The lines without titles of the division above ("ARTICLE IV" / "PAYMENT"), and those
    divisions with their titles."""
    others: list[HeadingLine] = []
    titles: dict[HeadingLine, ParsedHeading] = {}
    bare: tuple[HeadingLine, ParsedHeading] | None = None
    for line in lines:
        parsed = parse_heading(line.text)
        if bare is not None and bare[0].precedes(line) and _is_title(line, parsed):
            titles[bare[0]] = bare[1]._replace(title=line.text.rstrip(".:"))
            bare = None
            continue
        bare = None
        if parsed is not None and parsed.family not in NUMBERS and parsed.is_untitled:
            bare = line, parsed
        others.append(line)
    return others, titles


def _is_title(line: HeadingLine, parsed: ParsedHeading | None) -> bool:
    """Whether a line below the number of a division is set like its title."""
    text = line.text
    numbered = parsed is not None and parsed.family != "named"
    if line.run_in or numbered or not text[:1].isupper() or text.endswith((",", ";")):
        return False
    words = [word for word in text.split() if len(word) > 3]
    capital = sum(word[0].isupper() for word in words)
    return text.isupper() or capital >= 0.6 * len(words)


def _without_list_items(headings: Sequence[NumberedHeading]) -> list[NumberedHeading]:
    """Without numbered lists and tables: four or more with nothing between them."""

    def goes_on(run: list[NumberedHeading], item: NumberedHeading) -> bool:
        before = run[-1]
        alike = before.family == item.family == "decimal"
        same_depth = len(before.ordinals) == len(item.ordinals)
        return alike and same_depth and before.line.precedes(item.line, 1)

    return [
        item
        for run in group_consecutive(headings, goes_on)
        if len(run) < _LEAST_LIST
        for item in run
    ]


def _headings_in_sequence(headings: Sequence[NumberedHeading]) -> list[NumberedHeading]:
    """Those whose numbers follow from each other, family by family."""
    families: dict[str, list[int]] = {}
    parts: list[int] = []
    part = 0
    for at, heading in enumerate(headings):
        family = heading.family
        part += family not in NUMBERS and family != "named"
        parts.append(part)
        families.setdefault(family, []).append(at)
    chosen: set[int] = set()
    for family, members in families.items():
        if family == "named":
            chosen.update(members)
        elif family not in NUMBERS:
            chosen.update(_sequence_of_divisions(headings, members))
        else:
            steps = [
                NumberingStep(headings[at].ordinals, 3.0 if headings[at].strong else 1.0, parts[at])
                for at in members
            ]
            chain = [members[number] for number in indices_of_best_sequence(steps)]
            if chain and _is_chain_of_headings(family, [headings[at] for at in chain]):
                chosen.update(chain)
    return [heading for at, heading in enumerate(headings) if at in chosen]


def _is_chain_of_headings(family: str, headings: Sequence[NumberedHeading]) -> bool:
    """Whether a chain is of headings, not of list items or table rows."""
    first = headings[0].ordinals[0]
    if len(headings) == 1:
        return headings[0].strong and first <= 1
    if family == "bare letter":
        # The appendices of a paper are counted once; letters that begin again are in the first
        # column of a table.
        return sum(item.ordinals == (1,) for item in headings) == 1
    if family in ("letter", "roman"):
        return first <= 2
    return first <= 1 or any(item.strong for item in headings)


def _sequence_of_divisions(
    headings: Sequence[NumberedHeading], members: Sequence[int]
) -> Iterator[int]:
    before: Ordinals = ()
    for at in members:
        now = headings[at].ordinals
        strong = headings[at].strong
        if len(members) < 2:
            follows = strong
        elif not before:
            follows = now[0] <= 1 or strong
        else:
            next_one = 0 < now[0] - before[0] <= 3 or now[0] in (1, before[0])
            follows = now != before and (next_one or strong)
        if follows:
            yield at
            before = now


def _without_table_of_contents(lines: Sequence[HeadingLine]) -> Sequence[HeadingLine]:
    if len({line.page for line in lines}) > 1:
        contents = _contents_pages(lines)
        return [line for line in lines if line.page not in contents]
    # One page, or a document without any: lines that follow on each other and come again, or end
    # with rising pages.
    keys = [_contents_entry_of(parse_heading(line.text)) for line in lines]
    last = {key: at for at, key in enumerate(keys) if key}
    again = [bool(key) and last[key] > at for at, key in enumerate(keys)]
    ends = [_PAGE_BEHIND.search(line.text) for line in lines]
    pages = [int(end[1]) if end else 0 for end in ends]

    def goes_on(run: list[int], at: int) -> bool:
        before = run[-1]
        listed = (again[before] and again[at]) or 0 < pages[before] <= pages[at]
        return listed and lines[before].precedes(lines[at], _BETWEEN_ENTRIES)

    runs = group_consecutive(range(len(lines)), goes_on)
    entries = [run for run in runs if len(run) >= _LEAST_ENTRIES + (not again[run[0]])]
    dropped = {at for run in entries for at in run}
    return [line for at, line in enumerate(lines) if at not in dropped]


def _contents_entry_of(parsed: ParsedHeading | None) -> str:
    """A numbered line as a table of contents repeats it, without its page, or ""."""
    if parsed is None or parsed.number is None:
        return ""
    return title_comparison_key(f"{parsed.number}{parsed.title.rstrip('0123456789 .')}")


def _contents_pages(lines: Sequence[HeadingLine]) -> set[int]:
    pages: list[tuple[str, int]] = []
    keys: dict[int, list[str]] = {}
    headed: set[int] = set()
    for line in lines:
        parsed = parse_heading(line.text)
        if parsed is None:
            continue
        if parsed.family == "named" and parsed.title.lower().endswith("contents"):
            headed.add(line.page)
        key = _contents_entry_of(parsed) or title_comparison_key(f"None{parsed.title}")
        pages.append((key, line.page))
        keys.setdefault(line.page, []).append(key)
    pages.sort()
    contents: set[int] = set()
    for page, own in keys.items():
        last_pages = [_last_page_of_entry(pages, key) for key in own]
        later = Counter(last for last in last_pages if last > page)
        again = later.total()
        # A form that is attached twice comes again on one page.
        together = max(later.values(), default=0)
        repeated = together <= 0.7 * again and again >= 4 and again >= 0.5 * len(own)
        if repeated or (page in headed and len(own) >= 5):
            contents.add(page)
    return contents


def _last_page_of_entry(pages: Sequence[tuple[str, int]], entry: str) -> int:
    """The last of the sorted (line, page) whose line is `entry` or, where that is several words long, begins
    with it, as a heading before its text does.
    """
    following = pages[bisect_left(pages, (entry, 0)) :]
    whole = len(entry) < _LEAST_BEGINNING
    begun = takewhile(lambda line: line[0].startswith(entry), following)
    return max(page for line, page in begun if line == entry or not whole)


def _looks_like_heading(line: HeadingLine, parsed: ParsedHeading, body_size: float) -> bool:
    text = line.text.rstrip()
    larger = line.is_larger(body_size)
    stopped = text.endswith(".")
    outstanding = larger or line.bold
    if parsed.family in ATTACHMENTS and parsed.is_untitled and stopped and not outstanding:
        return False  # "... is set forth in" / "ANNEX I.": the end of a sentence
    small = not line.is_larger(body_size, 0.93)
    if line.run_in:
        return not small and parsed.family in ("decimal", "section", "article", "clause")
    title = parsed.title
    if outstanding or (title.isupper() and len(title) > 3):
        return larger or not text.endswith((",", ";"))
    if not line.alone:
        return False
    if stopped:
        # "5. Appearances." above its paragraphs; the sequence of numbers decides about it.
        return (
            line.size >= 0.93 * body_size and parsed.family == "decimal" and len(title.split()) <= 5
        )
    short = len(text.split()) <= 10 and not text.endswith((",", ";", ":"))
    return line.size >= 0.93 * body_size and short and "letter" not in parsed.family


def headings_by_style(lines: Sequence[HeadingLine], body_size: float) -> list[HeadingMark]:
    """Headings by look alone, with confidence 0.4: clearly larger than the text, or bold and alone
    on their line; of a title page's the last. Levels are the ranks of the sizes."""

    def size_of(line: HeadingLine) -> int:
        return round(line.size) if line.is_larger(body_size, _CLEARLY) else 0

    def is_above(run: list[HeadingLine], line: HeadingLine) -> bool:
        return run[-1].precedes(line) and size_of(run[-1]) <= size_of(line)

    pages = len({line.page for line in lines})
    if pages == 1:
        pages = lines[-1].start // _CHARS_OF_PAGE
    most = max(12, 2 * pages)
    chosen = [line for line in lines if _is_set_like_heading(line, body_size)]
    if len(chosen) > most:
        chosen = [line for line in chosen if not line.run_in]
    chosen = [run[-1] for run in group_consecutive(chosen, is_above)]
    if not 2 <= len(chosen) <= most:
        return []
    sizes = sorted(set(map(size_of, chosen)), reverse=True)[:4]
    marks: list[HeadingMark] = []
    for line in chosen:
        size = size_of(line)
        level = sizes.index(size) + 1 if size in sizes else len(sizes)
        marks.append(HeadingMark(level, None, line.text, line.page, line.start, "style", 0.4))
    return marks


def _is_set_like_heading(line: HeadingLine, body_size: float) -> bool:
    text = line.text.strip()
    sentence = len(text.split()) > 12 or text.endswith((".", ",", ";"))
    if sentence or text.startswith("(") or "@" in text:
        return False
    if sum(map(str.isalpha, text)) < 0.6 * len(text) - 2:
        return False
    return line.is_larger(body_size, _CLEARLY) or (line.bold and (line.alone or line.run_in))
