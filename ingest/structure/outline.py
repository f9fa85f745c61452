"""The tree of sections: bookmarks checked against the page, else printed numbering, else how
headings look.

An unknown structure gives no sections: a guess is never shown as a fact.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from docqa.ingest.language.places import ATTACHMENTS
from docqa.ingest.structure.clean import folded, grouped
from docqa.ingest.structure.nesting import NUMBERS, Nesting
from docqa.ingest.structure.numbering import Numbered, parse_heading
from docqa.ingest.structure.opinions import find_opinions
from docqa.ingest.structure.sequence import Step, best_chain
from docqa.ingest.types import Page, Section

_MAX_TITLE_CHARS = 300
_NUMBER_WITH_STOP = re.compile(r"(\d{1,3}[A-Z]{0,2}(?:\.\d{1,3}){0,5})\.\s+(\S.*)", re.DOTALL)
_LEAST_LIST = 4
_CHARS_OF_PAGE = 2_000
_LEAST_ENTRIES = 2
_PAGE_BEHIND = re.compile(r"\A\S+\s.*[\s.](\d{1,3})$")
_BETWEEN_ENTRIES = 60
"""Characters between two entries of a table of contents: a line that is none, or a page number."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A line that may be a heading: its offset, its text, and how it was printed. `run_in`: the
    numbered words that open a longer paragraph ("2.1 Work plan. The parties ...")."""

    start: int
    text: str
    size: float
    bold: bool
    alone: bool
    run_in: bool = False


class HeadingMark(NamedTuple):
    """A heading before it has a place in the tree; `level` counts from 1, the outermost."""

    level: int
    number: str | None
    title: str
    page: int
    start: int
    source: str
    confidence: float


def with_opinions(marks: Sequence[HeadingMark], pages: Sequence[Page]) -> list[HeadingMark]:
    """`marks` with the parts of an opinion above them, without the caption that parts repeat."""
    opinions = find_opinions(pages)
    if not opinions:
        return list(marks)
    first = opinions[0][:2]
    parts = [
        HeadingMark(1, None, title, page, start, "opinion", 0.95) for page, start, title in opinions
    ]
    inner = [
        mark._replace(level=mark.level + 1) if (mark.page, mark.start) > first else mark
        for mark in marks
        if mark.source != "style"
    ]
    return sorted([*parts, *inner], key=lambda mark: (mark.page, mark.start, mark.level))


def build(
    marks: Sequence[HeadingMark], labels: Sequence[str | None] | None = None
) -> tuple[Section, ...]:
    """Sections in preorder from marks in document order. Ids are paths from the root: "2.1" is the
    first child of the second top section. `labels`: of the pages, where there are any."""
    sections: list[Section] = []
    stack: list[tuple[int, str]] = []
    children: Counter[str] = Counter()
    for mark in marks:
        while stack and stack[-1][0] >= mark.level:
            stack.pop()
        parent = stack[-1][1] if stack else None
        children[parent or ""] += 1
        own = f"{parent}.{children[parent or '']}" if parent else str(children[""])
        label = labels[mark.page - 1] if labels is not None else None
        level = len(stack) + 1
        title = "" if mark.title == mark.number else mark.title[:_MAX_TITLE_CHARS]
        sections.append(
            Section(
                own,
                mark.number,
                title,
                level,
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
    plain = _NUMBER_WITH_STOP.fullmatch(
        title
    )  # "15. [repealed]", which looks like no heading but is known to be one
    return (plain[1], plain[2]) if plain is not None else (None, title)


class Candidate(NamedTuple):
    """A line that may be a heading, on `page` from 1."""

    page: int
    heading: Heading


def from_numbering(candidates: Sequence[Candidate], body: float) -> list[HeadingMark]:
    """Headings by their numbers, in document order; `body` is the usual height of text, in points.

    A line must also be set like a heading (larger, bold, in capitals, or alone), and its number
    must be a first one, the next sibling, or a sibling of an open parent.
    """
    lines, titles = _with_titles(_without_contents(candidates))
    found = [
        _Numbered(
            c, numbered, (c.heading.bold or c.heading.size > 1.08 * body) and not c.heading.run_in
        )
        for c in lines
        if (numbered := titles.get(id(c)) or parse_heading(c.heading.text))
        and _looks_like_heading(c, numbered, body)
    ]
    kept = _with_unnumbered(lines, _in_sequence(_without_lists(found)))
    marks = [
        HeadingMark(
            level,
            f.numbered.number,
            _without_stop(f.numbered.title),
            f.candidate.page,
            f.candidate.heading.start,
            "numbering",
            0.9 if f.strong else 0.7,
        )
        for f, level in zip(kept, Nesting([f.numbered for f in kept]).levels(), strict=True)
    ]
    return marks if len(marks) >= 2 else []


def _with_unnumbered(lines: Sequence[Candidate], kept: list["_Numbered"]) -> list["_Numbered"]:
    """`kept` and short lines between them set exactly like the outermost ("Data and code")."""
    outermost = [f for f in kept if f.strong and len(f.numbered.ordinals) <= 1]
    looks = Counter(
        _look(f.candidate) for f in outermost if f.numbered.family in ("decimal", "roman", "named")
    )
    inner = {_look(f.candidate) for f in kept if len(f.numbered.ordinals) > 1}
    place = {id(f.candidate): f for f in kept}
    out: list[_Numbered] = []
    for line in lines:
        look = _look(line)
        if id(line) in place:
            out.append(place[id(line)])
        elif (
            out
            and looks[look] > 1
            and look not in inner
            and line.heading.alone
            and _is_name(line.heading.text)
        ):
            out.append(_Numbered(line, Numbered("named", 5, (), None, line.heading.text), True))
    return out


def _look(line: Candidate) -> tuple[int, bool]:
    return round(2 * line.heading.size), line.heading.bold


def _is_name(text: str) -> bool:
    letters = sum(char.isalpha() or char.isspace() for char in text)
    plain = len(text) > 3 and text[0].isupper() and text[-1].isalpha() and letters > 0.9 * len(text)
    return plain and len(text.split()) <= 8 and parse_heading(text) is None


def _without_stop(title: str) -> str:
    return title[:-1] if title.endswith(".") and "." not in title[:-1] else title


class _Numbered(NamedTuple):
    candidate: Candidate
    numbered: Numbered
    strong: bool


def _with_titles(candidates: Sequence[Candidate]) -> tuple[list[Candidate], dict[int, Numbered]]:
    """The lines without titles of the division above ("ARTICLE IV" / "PAYMENT"), and those
    divisions with their titles, by line `id`."""
    kept: list[Candidate] = []
    titles: dict[int, Numbered] = {}
    bare: tuple[Candidate, Numbered] | None = None
    for candidate in candidates:
        if bare is not None and _is_title(bare[0], candidate):
            titles[id(bare[0])] = bare[1]._replace(title=candidate.heading.text.rstrip(".:"))
            bare = None
            continue
        numbered = parse_heading(candidate.heading.text)
        untitled = (
            numbered is not None
            and numbered.family not in NUMBERS
            and numbered.title == numbered.number
        )
        bare = (candidate, numbered) if numbered is not None and untitled else None
        kept.append(candidate)
    return kept, titles


def _is_title(above: Candidate, line: Candidate) -> bool:
    """Whether `line` follows at once on the number `above` and is set like a title."""
    text = line.heading.text
    if not _follows_at_once(above, line):
        return False
    numbered = parse_heading(text)
    if (
        line.heading.run_in
        or (numbered is not None and numbered.family != "named")
        or not text[:1].isupper()
    ):
        return False
    words = [word for word in text.split() if len(word) > 3]
    capital = sum(word[0].isupper() for word in words)
    return not text.endswith((",", ";")) and (text.isupper() or capital >= 0.6 * len(words))


def _without_lists(found: Sequence[_Numbered]) -> list[_Numbered]:
    """Without numbered lists and tables: four or more with nothing between them."""

    def goes_on(run: list[_Numbered], item: _Numbered) -> bool:
        one = run[-1].numbered
        other = item.numbered
        alike = one.family == other.family == "decimal" and len(one.ordinals) == len(other.ordinals)
        return alike and _follows_at_once(run[-1].candidate, item.candidate, 1)

    return [item for run in grouped(found, goes_on) if len(run) < _LEAST_LIST for item in run]


def _in_sequence(found: Sequence[_Numbered]) -> list[_Numbered]:
    """Those whose numbers follow from each other, family by family."""
    families: dict[str, list[int]] = {}
    parts: list[int] = []
    part = 0
    for at, item in enumerate(found):
        family = item.numbered.family
        part += family not in NUMBERS and family != "named"
        parts.append(part)
        families.setdefault(family, []).append(at)
    chosen: set[int] = set()
    for family, places in families.items():
        if family == "named":
            chosen.update(places)
        elif family not in NUMBERS:
            chosen.update(_divisions(found, places))
        else:
            steps = [
                Step(found[at].numbered.ordinals, 3.0 if found[at].strong else 1.0, parts[at])
                for at in places
            ]
            chain = [places[n] for n in best_chain(steps)]
            if _is_counted(family, [found[at] for at in chain]):
                chosen.update(chain)
    return [item for at, item in enumerate(found) if at in chosen]


def _is_counted(family: str, chain: Sequence[_Numbered]) -> bool:
    """Whether a chain is of headings, not of list items or table rows."""
    if not chain:
        return False
    first = chain[0].numbered.ordinals
    begins = [item for item in chain if item.numbered.ordinals == (1,)]
    if len(chain) == 1:
        return chain[0].strong and first[0] <= 1
    if family == "bare letter":
        # The appendices of a paper are counted once; letters that begin again are in the first
        # column of a table.
        return len(begins) == 1
    if family in ("letter", "roman"):
        return first[0] <= 2
    return first[0] <= 1 or any(item.strong for item in chain)


def _divisions(found: Sequence[_Numbered], places: Sequence[int]) -> list[int]:
    kept: list[int] = []
    before: tuple[int, ...] | None = None
    for at in places:
        now = found[at].numbered.ordinals
        strong = found[at].strong
        if len(places) < 2 and not strong:
            continue
        if before is None:
            follows = now[0] <= 1 or strong
        else:
            follows = now != before and (
                0 < now[0] - before[0] <= 3 or now[0] in (1, before[0]) or strong
            )
        if follows:
            kept.append(at)
            before = now
    return kept


def _without_contents(candidates: Sequence[Candidate]) -> list[Candidate]:
    if len({candidate.page for candidate in candidates}) > 1:
        contents = _contents_pages(candidates)
        return [candidate for candidate in candidates if candidate.page not in contents]
    # One page, or a document without any: lines that follow on each other and come again, or end
    # with rising pages.
    keys = [_entry_of(candidate.heading.text) for candidate in candidates]
    last = {key: at for at, key in enumerate(keys) if key}
    again = [bool(key) and last[key] > at for at, key in enumerate(keys)]
    pages = [
        int(match[1]) if (match := _PAGE_BEHIND.search(c.heading.text)) else 0 for c in candidates
    ]

    def goes_on(run: list[int], at: int) -> bool:
        before = run[-1]
        listed = (again[before] and again[at]) or 0 < pages[before] <= pages[at]
        return listed and _follows_at_once(candidates[before], candidates[at], _BETWEEN_ENTRIES)

    runs = grouped(range(len(candidates)), goes_on)
    return [
        candidates[at]
        for run in runs
        if len(run) < _LEAST_ENTRIES + (not again[run[0]])
        for at in run
    ]


def _entry_of(text: str) -> str:
    """A numbered line as a table of contents repeats it, without its page, or ""."""
    numbered = parse_heading(text)
    if numbered is None or numbered.number is None:
        return ""
    return folded(f"{numbered.number}{numbered.title.rstrip('0123456789 .')}")


def _contents_pages(candidates: Sequence[Candidate]) -> set[int]:
    last_seen: dict[str, int] = {}
    keys: dict[int, list[str]] = {}
    headed: set[int] = set()
    for candidate in candidates:
        numbered = parse_heading(candidate.heading.text)
        if numbered is None:
            continue
        if numbered.family == "named" and numbered.title.lower().endswith("contents"):
            headed.add(candidate.page)
        key = _entry_of(candidate.heading.text) or folded(f"None{numbered.title}")
        last_seen[key] = candidate.page
        keys.setdefault(candidate.page, []).append(key)
    found: set[int] = set()
    for page, own in keys.items():
        again = sum(last_seen[key] > page for key in own)
        # A form that is attached twice comes again on one page.
        together = max(
            Counter(last_seen[key] for key in own if last_seen[key] > page).values(), default=0
        )
        repeated = together <= 0.7 * again and again >= 4 and again >= 0.5 * len(own)
        if repeated or (page in headed and len(own) >= 5):
            found.add(page)
    return found


def _looks_like_heading(candidate: Candidate, numbered: Numbered, body: float) -> bool:
    heading = candidate.heading
    text = heading.text
    untitled = numbered.family in ATTACHMENTS and numbered.title == numbered.number
    if (
        untitled
        and text.rstrip().endswith(".")
        and not heading.bold
        and heading.size <= 1.08 * body
    ):
        return False  # "... is set forth in" / "ANNEX I.": the end of a sentence
    if heading.run_in:
        return (
            numbered.family in ("decimal", "section", "article", "clause")
            and heading.size > 0.93 * body
        )
    larger = heading.size > 1.08 * body
    capitals = numbered.title.isupper() and len(numbered.title) > 3
    if larger or heading.bold or capitals:
        return not text.rstrip().endswith((",", ";")) or larger
    if heading.size < 0.93 * body:
        return False
    if text.rstrip().endswith("."):
        # "5. Appearances." above its paragraphs; the sequence of numbers decides about it.
        return numbered.family == "decimal" and heading.alone and len(numbered.title.split()) <= 5
    short = len(text.split()) <= 10 and not text.rstrip().endswith((",", ";", ":"))
    return short and heading.alone and "letter" not in numbered.family


def from_style(candidates: Sequence[Candidate], body: float) -> list[HeadingMark]:
    """Headings by look alone, with confidence 0.4: clearly larger than the text, or bold and alone
    on their line; of a title page's the last. Levels are the ranks of the sizes."""
    pages = len({c.page for c in candidates})
    if pages == 1:
        pages = candidates[-1].heading.start // _CHARS_OF_PAGE
    most = max(12, 2 * pages)
    chosen = [c for c in candidates if _stands_out(c.heading, body)]
    if len(chosen) > most:
        chosen = [c for c in chosen if not c.heading.run_in]

    def is_above(run: list[Candidate], line: Candidate) -> bool:
        return _follows_at_once(run[-1], line) and _size_key(run[-1].heading, body) <= _size_key(
            line.heading, body
        )

    chosen = [run[-1] for run in grouped(chosen, is_above)]
    if not 2 <= len(chosen) <= most:
        return []
    sizes = sorted({_size_key(c.heading, body) for c in chosen}, reverse=True)[:4]
    return [
        HeadingMark(
            sizes.index(key) + 1 if (key := _size_key(c.heading, body)) in sizes else len(sizes),
            None,
            c.heading.text,
            c.page,
            c.heading.start,
            "style",
            0.4,
        )
        for c in chosen
    ]


def _follows_at_once(above: Candidate, line: Candidate, most: int = 3) -> bool:
    gap = line.heading.start - above.heading.start - len(above.heading.text)
    return line.page == above.page and gap <= most


def _size_key(heading: Heading, body: float) -> int:
    return round(heading.size) if heading.size > 1.12 * body else 0


def _stands_out(heading: Heading, body: float) -> bool:
    text = heading.text.strip()
    words = text.split()
    if len(words) > 12 or text.endswith((".", ",", ";")) or text.startswith("(") or "@" in text:
        return False
    if sum(c.isalpha() for c in text) < 0.6 * len(text) - 2:
        return False
    return heading.size > 1.12 * body or (heading.bold and (heading.alone or heading.run_in))
