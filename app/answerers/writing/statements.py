"""The statements of a text that a model wrote (sentences, items of lists, rows of tables), and what
each of them cites.

Cites are `[n]`, `[n, m]`, `[n-m]`, `(n)` at the end of a clause, pages (`[p. 12]`), and quotations
between quotation marks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from docqa.app.answer.grades import Verdict
from docqa.app.check.quotations import find_quotations, line_starts
from docqa.app.evidence.terms import count_content_words
from docqa.ingest.language.sentences import sentences
from docqa.ingest.types import Span

from .marks import find_citation_marks, without_citation_marks

_FENCE = re.compile(r"^[ \t]*(?:```|~~~).*\n?", re.MULTILINE)
_BROKEN_MARK = re.compile(r"(?:(?<!\s)\s++)?\[[\d,;\s]*+\Z")  # of a reply that was cut off
_BULLET = re.compile(r"\s*(?:(?:[-*•+–>]|\d{1,2}[.)]|\([a-z\d]{1,3}\)|[a-z]\))\s+)*")
_LABEL = re.compile(
    r"[*_]*(?:final )?(?:answer|quote|quotation|evidence)s?[*_]*\s*:\s*[*_]*\s*", re.I
)
_HEADING = re.compile(r"\s*+(?:#{1,6}\s|(?:\*\*|__)[^*_]{1,80}(?:\*\*|__)\s*+(?::\s*+)?$)")
_RULE = re.compile(r"[\s|:=*_-]*$")
_POLITE = re.compile(
    r"(?:sure|certainly|of course|i hope|let me know|here (?:is|are))\b[^\d.]*[.!:]?$",
    re.IGNORECASE,
)
_EMPHASIS = re.compile(r"\*\*|__|(?<!\w)[*_`](?=\S)|(?<=\S)[*_`](?!\w)")
_CELLS = re.compile(r"(?:(?<!\s)\s++)?\|\s*+")
_POINTS_BACK = re.compile(
    r"(?<=[.!?])\s+(?:the |this )?\w+ (?:is|was|can be) (?:\w+ ){1,2}(?:in|by|at) (?:\w+ ){0,2}"
    r"(?P<cites>\[\d+\](?:,? (?:and )?\[\d+\])*)\.?",
    re.IGNORECASE,
)
_VERDICT = re.compile(
    r"\s*(?:\*\*|__)?(yes|no)\b(?:\*\*|__)?\s*[,.;:!–—-]*\s*(?:\*\*|__)?\s*(?!one\b|\d)",
    re.IGNORECASE,
)
LEAST_WORDS = 3
"""Content words from which what stands around a quotation states something, and not "The lease
says".
"""


@dataclass
class WrittenStatement:
    """Characters `start:end` of the text; mutable only while it is being read.

    `lead`: the line above a list that its item goes on ("The supplier must:"). `numbers`: of cited
    sentences. `quotations`: words given between quotation marks, within it or right after it.
    `only_quoted`: it is nothing but a quotation.
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
        return plain_line(self.text)


@dataclass(frozen=True)
class Written:
    """What a model wrote: `text` as written but for the marks by which it cites, and its
    statements, slices of it.
    """

    text: str
    statements: tuple[WrittenStatement, ...]


def plain_line(text: str) -> str:
    """`text` on one line, without emphasis, and a table's row with commas."""
    bare = _EMPHASIS.sub("", text)
    if bare.count("|") > 1:
        bare = ", ".join(cell for cell in _CELLS.split(bare) if cell)
    return " ".join(bare.split())


def starts_with_verdict(text: str) -> tuple[Verdict | None, str]:
    """(yes or no where `text` begins with it, the words after it)."""
    match = _VERDICT.match(text)
    if not match or (match[0].strip().lower() == "no" and text[match.end() :][:1].islower()):
        return None, text  # "No notice is due" denies something, and answers nothing with no
    return Verdict(match[1].lower()), text[match.end() :]


def split_into_statements(reply: str, most: int) -> Written:
    """The statements of `reply`, whose model was given sentences with the numbers 1 to `most` (0:
    none).
    """
    text = _FENCE.sub("", reply).replace("\r\n", "\n").strip()
    text = _POINTS_BACK.sub(
        lambda match: " " + "".join(re.findall(r"\[\d+\]", match["cites"])), text
    )
    text = _BROKEN_MARK.sub("", text).rstrip()
    quoted = [Span(found.start, found.end) for found in find_quotations(text)[0] if not found.block]
    marks = list(find_citation_marks(text, most, quoted))
    shown, places = without_citation_marks(text, [span for span, _ in marks])
    found = list(_Reading(shown).read_all_statements())
    opened: set[int] = set()  # the lines whose marks stand before what they belong to
    for (_, numbers), at in zip(marks if found else (), places):
        line = shown.rfind("\n", 0, at) + 1
        end = shown.find("\n", at)
        if _BULLET.fullmatch(shown, line, at):
            opened.add(line)
        behind = [item for item in found if item.start >= at and (end < 0 or item.start < end)]
        before = [item for item in found if item.start < at]
        target = behind[0] if line in opened and behind else [found[0], *before][-1]
        target.numbers += [number for number in numbers if number not in target.numbers]
    return Written(shown, tuple(found))


class _Reading:
    """A text read line by line; `lead` is the line that introduces the items being read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lead = ""
        found, alone = find_quotations(text)
        self.quotations: list[tuple[Span, str]] = [
            (Span(item.start, item.end), item.text) for item in found
        ]
        starts = line_starts(text)
        if alone and alone[-1] == len(
            starts
        ):  # a quotation that the model did not finish goes to its last whole word
            at = max(text.rfind(mark, starts[-1]) for mark in '"“„«')
            if at >= 0 and any(map(str.isalnum, text[at + 1 :])):
                whole = text[at + 1 :].strip()
                self.quotations.append((Span(at + 1, len(text)), whole.rpartition(" ")[0] or whole))
        self.before: WrittenStatement | None = None

    def read_all_statements(self) -> Iterator[WrittenStatement]:
        """The statements in order; those that only quote belong to the one before, where there is
        one.
        """
        starts = line_starts(self.text)
        texts = self.text.split("\n")
        lines = [
            Span(at, at + len(line))
            for at, line in zip(starts, texts)
            if any(map(str.isalnum, line))
        ]
        for number, line in enumerate(lines, 1):
            for span in (
                ()
                if self._is_introduction(line, number == len(lines))
                else self._sentence_spans(line)
            ):
                made = self._statement_of_sentence(span)
                if made:
                    self.before = made
                    yield made

    def _is_introduction(self, line: Span, last: bool) -> bool:
        """Whether a line only introduces what follows: a heading, "The supplier must:", the names
        of a table's columns, which have a rule below them."""
        content = line.of(self.text)
        polite = _POLITE.match(content.strip())
        opens = content.rstrip(" *_").endswith(":")
        heads = not last and (opens or _HEADING.match(content)) and not self._quotes_in(line)
        if heads or polite:
            self.lead = plain_line(content.lstrip("#").strip()) if opens and not polite else ""
            self.before = None
            return True
        if not _BULLET.match(content).group().strip() and "|" not in content:  # type: ignore[union-attr]
            self.lead = ""
        below = self.text[line.end + 1 :].partition("\n")[0] if content.count("|") > 1 else ""
        return "--" in below and _RULE.match(below) is not None

    def _sentence_spans(self, line: Span) -> list[Span]:
        """The sentences of a line after its bullet and label; a quotation and a table's row are
        not cut.
        """
        first = _BULLET.match(self.text, line.start, line.end).end()  # type: ignore[union-attr]
        label = _LABEL.match(self.text, first, line.end)
        first = label.end() if label else first
        if line.of(self.text).strip().startswith("|"):
            return [Span(first, line.end)]
        joined: list[Span] = []
        for each in sentences(self.text[first : line.end]):
            span = Span(first + each.start, first + each.end)
            before = joined[-1] if joined else Span(first, first)
            verdict, behind = starts_with_verdict(before.of(self.text))
            cut = any(
                quote.start < before.end and span.start < quote.end for quote, _ in self.quotations
            )
            if joined and (cut or (verdict and not behind.strip())):
                # Two sentences are one: a quotation goes over both, or the first is a bare "Yes.".
                joined[-1] = Span(before.start, span.end)
            else:
                joined.append(span)
        return joined

    def _statement_of_sentence(self, span: Span) -> WrittenStatement | None:
        """The statement of a sentence; None where it states nothing, or only quotes what the one
        before states.
        """
        words = span.of(self.text)
        quotes = self._quotes_in(span)
        if not any(map(str.isalnum, words)):
            return None
        inside = {at for place, _ in quotes for at in range(place.start, place.end)}
        around = "".join(
            " " if at in inside else letter for at, letter in enumerate(words, span.start)
        )
        bare = bool(quotes) and count_content_words(around) < LEAST_WORDS
        said = [text for _, text in quotes]
        alone = bare and not any(map(str.isalnum, around))
        if alone and self.before and not self.before.only_quoted:
            self.before.quotations += said
            return None
        return WrittenStatement(
            span.start, span.end, words, self.lead, quotations=said, only_quoted=bare
        )

    def _quotes_in(self, span: Span) -> list[tuple[Span, str]]:
        return [
            (place, text)
            for place, text in self.quotations
            if place.start < span.end and span.start < place.end
        ]
