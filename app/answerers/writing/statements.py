"""The statements of a text that a model wrote (sentences, items of lists, rows of tables), and what each of them cites.

Cites are `[n]`, `[n, m]`, `[n-m]`, `(n)` at the end of a clause, pages (`[p. 12]`), and quotations between quotation
marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from docqa.app.answer.grades import Verdict
from docqa.app.answerers.writing.marks import CitationMark, find_marks, without_marks
from docqa.app.check.quotations import find_quotations, line_starts
from docqa.app.evidence.terms import count_content_words
from docqa.ingest.language.sentences import sentences
from docqa.ingest.types import Span

_FENCE = re.compile(r"^[ \t]*(?:```|~~~).*\n?", re.MULTILINE)
_BROKEN_MARK = re.compile(r"(?:(?<!\s)\s++)?\[[\d,;\s]*+\Z")  # of a reply that was cut off
_BULLET = re.compile(r"\s*(?:(?:[-*•+–>]|\d{1,2}[.)]|\([a-z\d]{1,3}\)|[a-z]\))\s+)*")
_LABEL = re.compile(
    r"(?:\*\*|__)?(?:final answer|answer|quotes?|quotations?|evidence|support)(?:\*\*|__)?\s*:\s*(?:\*\*|__)?\s*", re.I
)
_HEADING = re.compile(r"\s*+(?:#{1,6}\s|(?:\*\*|__)[^*_]{1,80}(?:\*\*|__)\s*+(?::\s*+)?$)")
_RULE = re.compile(r"[\s|:=*_-]*$")
_POLITE = re.compile(
    r"(?:(?:sure|certainly|of course|okay|ok)\b[^.:]*[.:!]|(?:i hope this helps|let me know)\b.*|"
    r"here(?:['’]s| is| are)\b[^.]*:)\s*$",
    re.IGNORECASE,
)
_EMPHASIS = re.compile(r"\*\*|__|(?<!\w)[*_`](?=\S)|(?<=\S)[*_`](?!\w)")
_CELLS = re.compile(r"(?:(?<!\s)\s++)?\|\s*+")
_POINTS_BACK = re.compile(
    r"(?<=[.!?])\s+(?:(?:this|the) )?\w+ (?:is|was|can be) (?:\w+ ){1,2}(?:in|by|at) (?:the )?(?:\w+ )?"
    r"(?P<cites>\[\d+\](?:,? (?:and |or )?\[\d+\])*)\.?",
    re.IGNORECASE,
)
_VERDICT = re.compile(
    r"\s*(?:\*\*|__)?(yes|no)\b(?:\*\*|__)?\s*[,.;:!–—-]*\s*(?:\*\*|__)?\s*(?!one\b|\d)", re.IGNORECASE
)
LEAST_WORDS = 3
"""Content words from which what stands around a quotation states something, and not "The lease says"."""


@dataclass
class WrittenStatement:
    """Characters `start:end` of the text; mutable only while it is being read.

    `lead`: the line above a list that its item goes on ("The supplier must:"). `numbers`: of cited sentences.
    `quotations`: words given between quotation marks, within it or right behind it. `only_quoted`: it is nothing but a
    quotation.
    """

    start: int
    end: int
    text: str
    lead: str = ""
    numbers: list[int] = field(default_factory=list)
    quotations: list[str] = field(default_factory=list)
    only_quoted: bool = False

    @property
    def plain(self) -> str:
        """Its words on one line, without Markdown's marks."""
        return plain(self.text)

    @property
    def cites_something(self) -> bool:
        return bool(self.numbers or self.quotations)


@dataclass(frozen=True)
class Written:
    """What a model wrote: `text` as written but for the marks by which it cites, and its statements, slices of it."""

    text: str
    statements: tuple[WrittenStatement, ...]


def plain(text: str) -> str:
    """`text` on one line, without emphasis, and a table's row with commas."""
    bare = _EMPHASIS.sub("", text)
    if bare.count("|") > 1:
        bare = ", ".join(cell for cell in _CELLS.split(bare) if cell)
    return " ".join(bare.split())


def starts_with_verdict(text: str) -> tuple[Verdict | None, str]:
    """(yes or no where `text` begins with it, the words behind it)."""
    match = _VERDICT.match(text)
    if match is None or (match[0].strip().lower() == "no" and text[match.end() :][:1].islower()):
        return None, text  # "No notice is due" denies something, and answers nothing with no
    return Verdict(match[1].lower()), text[match.end() :]


def read_statements(reply: str, most: int) -> Written:
    """The statements of `reply`, whose model was given sentences with the numbers 1 to `most` (0: none)."""
    text = _FENCE.sub("", reply).replace("\r\n", "\n").strip()
    text = _POINTS_BACK.sub(lambda match: " " + "".join(re.findall(r"\[\d+\]", match["cites"])), text)
    text = _BROKEN_MARK.sub("", text).rstrip()
    quoted = [Span(found.start, found.end) for found in find_quotations(text)[0] if not found.block]
    marks = list(find_marks(text, most, quoted))
    shown, places = without_marks(text, marks)
    found = list(_Reading(shown).statements())
    opened: set[int] = set()
    for mark, at in zip(marks, places, strict=True):
        _attach(mark, at, shown, found, opened)
    return Written(shown, tuple(found))


def _attach(mark: CitationMark, at: int, text: str, found: list[WrittenStatement], opened: set[int]) -> None:
    """Give a mark at `at` of `text` to the statement before it, or, where the line begins with one, to the next."""
    if not found:
        return
    line = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    opens = line in opened or _BULLET.fullmatch(text, line, at) is not None
    if opens:  # the marks of this line stand before what they belong to
        opened.add(line)
    behind = [item for item in found if item.start >= at and (end < 0 or item.start < end)]
    before = [item for item in found if item.start < at]
    target = behind[0] if (opens and behind) or not before else before[-1]
    target.numbers += [number for number in mark.numbers if number not in target.numbers]


class _Reading:
    """A text read line by line; `lead` is the line that introduces the items being read."""

    def __init__(self, text: str) -> None:
        self.text = text
        found, alone = find_quotations(text)
        self.quotations: list[tuple[Span, str]] = [(Span(item.start, item.end), item.text) for item in found]
        self._close_last(alone)
        self.lead = ""
        self.before: WrittenStatement | None = None

    def _close_last(self, alone: list[int]) -> None:
        """A quotation that the model did not finish goes to its last whole word."""
        starts = line_starts(self.text)
        if not alone or alone[-1] != len(starts):
            return
        at = max(self.text.rfind(mark, starts[-1]) for mark in '"“„«')
        if at >= 0 and any(map(str.isalnum, self.text[at + 1 :])):
            whole = self.text[at + 1 :].strip()
            self.quotations.append((Span(at + 1, len(self.text)), whole.rpartition(" ")[0] or whole))

    def statements(self) -> Iterator[WrittenStatement]:
        """The statements in order; those that only quote belong to the one before, where there is one."""
        lines = [line for line in self._lines() if any(map(str.isalnum, self.text[line.start : line.end]))]
        for number, line in enumerate(lines):
            last = number + 1 == len(lines)
            if self._introduces(line, last) or self._heads_table(line):
                continue
            for span in self._sentences(line):
                made = self._statement(span)
                if made is not None:
                    self.before = made
                    yield made

    def _lines(self) -> Iterator[Span]:
        at = 0
        for line in self.text.split("\n"):
            yield Span(at, at + len(line))
            at += len(line) + 1

    def _introduces(self, line: Span, last: bool) -> bool:
        """Whether a line only introduces what follows: a heading, a table's rule, "The supplier must:"."""
        content = self.text[line.start : line.end]
        if not content.strip():
            return True
        heading = _HEADING.match(content) is not None and not _quotes_in(self.quotations, line)
        opens = content.rstrip(" *_").endswith(":") and not _quotes_in(self.quotations, line)
        if not last and (heading or opens) or _POLITE.match(content.strip()):
            bare = plain(content.lstrip("#").strip())
            self.lead = bare if opens and not _POLITE.match(content.strip()) else ""
            self.before = None
            return True
        if not _BULLET.match(content).group().strip() and "|" not in content:  # type: ignore[union-attr]
            self.lead = ""
        return False

    def _heads_table(self, line: Span) -> bool:
        """Whether a line has the names of a table's columns: a rule is below it."""
        below = self.text[line.end + 1 :].split("\n", 1)[0]
        return self.text[line.start : line.end].count("|") > 1 and "--" in below and _RULE.match(below) is not None

    def _sentences(self, line: Span) -> Iterator[Span]:
        """The sentences of a line behind its bullet and label; a quotation and a table's row are not cut."""
        content = self.text[line.start : line.end]
        first = _BULLET.match(content).end()  # type: ignore[union-attr]
        label = _LABEL.match(content, first)
        first = label.end() if label else first
        if content.strip().startswith("|"):
            yield Span(line.start + first, line.end)
            return
        spans = [Span(line.start + first + s.start, line.start + first + s.end) for s in sentences(content[first:])]
        joined: list[Span] = []
        for span in spans:
            if joined and self._belong(joined[-1], span):
                joined[-1] = Span(joined[-1].start, span.end)
            else:
                joined.append(span)
        yield from joined

    def _belong(self, left: Span, right: Span) -> bool:
        """Whether two sentences are one: a quotation goes over both, or the first is a bare "Yes."."""
        cut = any(quote.start < left.end and right.start < quote.end for quote, _ in self.quotations)
        verdict, behind = starts_with_verdict(self.text[left.start : left.end])
        return cut or (verdict is not None and not behind.strip())

    def _statement(self, span: Span) -> WrittenStatement | None:
        """The statement of a sentence; None where it states nothing, or only quotes what the one before states."""
        words = self.text[span.start : span.end]
        if not any(map(str.isalnum, words)):
            return None
        quotes = _quotes_in(self.quotations, span)
        around = list(words)
        for place, _ in quotes:
            around[max(place.start - span.start, 0) : place.end - span.start] = " " * (
                min(place.end, span.end) - max(place.start, span.start)
            )
        bare = bool(quotes) and count_content_words("".join(around)) < LEAST_WORDS
        alone = bare and not any(map(str.isalnum, "".join(around)))
        said = [text for _, text in quotes]
        if alone and self.before is not None and not self.before.only_quoted:
            self.before.quotations += said
            return None
        return WrittenStatement(span.start, span.end, words, self.lead, quotations=said, only_quoted=bare)


def _quotes_in(quotations: list[tuple[Span, str]], span: Span) -> list[tuple[Span, str]]:
    return [(place, text) for place, text in quotations if place.start < span.end and span.start < place.end]
