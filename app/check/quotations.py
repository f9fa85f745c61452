"""The quotations in somebody else's text: between quotation marks of every shape, and block
quotes.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, groupby

from docqa.app.evidence.terms import plain_words

_CLOSERS = {'"': '"', "“": "”", "„": "“”", "«": "»", "‘": "’", "'": "'"}
# An apostrophe that opens a word ('tis) or ends a plural (tenants') looks like a mark; few words
# between two straight ones are no quotation.
_LEAST_WORDS = {"'": 4}
_BLOCK_WORDS = 4
_LONGEST = 20_000
_MOST_UNCLOSED = 40
"""Characters between two marks; and marks in a paragraph that nothing closes, after which none is
looked for: a text of opening marks alone must not take for ever."""
_FENCE = re.compile(r"\s*(?:```|~~~)")
_QUOTED_LINE = re.compile(r" {0,3}>[> ]*")
# Not after a hyphen at the line's end, unless more white space is between: that end stays.
_LINE_END = re.compile(r"(?:(?<![\s-])|(?<=-)(?<![^\W\d_]-)|(?<=[^\W\d_]-\s))[^\S\n]*+\n\s*+")
_NEXT_PARAGRAPH = re.compile(r"[^\S\n]*+\n[^\S\n]*+\n\s*+(.)")
_INDENT = re.compile(r"(?: {4}|\t)\s*+(?=\S)")
_ITEM = re.compile(r"\s*(?:[-*•+]|\(?\w{1,4}[.)])\s")
_EMPHASIS = re.compile(
    r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1|(?<![\w*])([*_])(?=[^\s*_])([^*_]+)(?<=\S)\3(?![\w*])",
    re.DOTALL,
)
_INNER_OPEN = re.compile(r"(?<![\w'’])['‘](?=[^\W\d]|[\[(….])")
_INNER_CLOSE = re.compile(r"(?<=[^\W\d]|[.,;:!?…\])])['’](?!\w)")
# The number of a footnote after a closing mark.
_NOTE_NUMBER = re.compile(r"\d{1,3}(?![\w.,]?\w)")
_SMALL_WORD = re.compile(r"\s+[a-z]")
_ESCAPE = re.compile(r"\\([\[\]\"'*_.>#-])")
# After a block quote: where it is from, which is no part of it.
_SOURCE = re.compile(
    r"(?<!\s)[^\S\n]*+\n\s*+(?:>[> ]*+)?(?:[—–]|--)[^\n]*+\s*+$|"
    r"(?:(?<!\s)\s++)?[(\[](?=[^()\[\]\d]*+\d)[^()\[\]]*+[)\]]\.?\s*+$"
)


@dataclass(frozen=True)
class QuotedPassage:
    """Quoted words; `start:end` is half-open between the marks, `line` counts from 1. `text`:
    claimed verbatim, without line breaks, Markdown's marks and the punctuation that Americans put
    before a closing mark."""

    start: int
    end: int
    text: str
    line: int
    block: bool = False


def find_quotations(text: str) -> tuple[list[QuotedPassage], list[int]]:
    r"""(quotations in order, lines with a quotation mark that has no partner). `text` has `\n` line
    ends.
    """
    starts = line_starts(text)
    spans: list[tuple[int, int, bool]] = []
    alone: list[int] = []
    for start, end, kind in _paragraph_spans(text):
        if kind == "plain":
            marked, unmatched = _spans_in_quotation_marks(text, start, end)
            spans += [(first, last, False) for first, last in marked]
            alone += unmatched
        elif kind == "quote":
            spans.append((*_block_quote_span(text, start, end), True))
    found = (
        QuotedPassage(a, b, _plain_quoted_words(text[a:b]), bisect_right(starts, a), block)
        for a, b, block in spans
    )
    kept = [quotation for quotation in found if any(map(str.isalnum, quotation.text))]
    return kept, [bisect_right(starts, at) for at in alone]


def line_starts(text: str) -> list[int]:
    return [0, *accumulate(len(line) + 1 for line in text.split("\n")[:-1])]


def _plain_quoted_words(raw: str) -> str:
    """The words as the writer meant them; one divided at a line end stays so: only the document
    knows its form.
    """
    text = re.sub(r"\n {0,3}>[> ]*", "\n", raw)
    text = _LINE_END.sub(" ", text)
    text = _EMPHASIS.sub(lambda match: match[2] or match[4], text)
    text = _ESCAPE.sub(r"\1", text).strip()
    return re.sub(r"(?<![.…\s])[.,;:]$", "", text)


def _paragraph_spans(text: str) -> list[tuple[int, int, str]]:
    """(start, end, kind); kind is plain, quote or code."""
    found: list[tuple[int, int, str]] = []
    for kind, group in groupby(_line_kinds(text), key=lambda line: line[2]):
        lines = list(group)
        if kind != "blank":
            found.append((lines[0][0], lines[-1][1], kind))
    counts = Counter(kind for _, _, kind in found)
    kept: list[tuple[int, int, str]] = []
    for number, (start, end, kind) in enumerate(found):
        if kind == "indented":
            # Where most paragraphs are indented it is the margin; after an item of a list it is
            # that item.
            first, last = found[number - 1][:2] if number else (0, 0)
            prose = len(plain_words(text[start:end])) >= _BLOCK_WORDS and not _ITEM.match(
                text, start
            )
            item = _ITEM.match(text[first:last].rpartition("\n")[2])
            touches = number > 0 and "\n\n" not in text[last:start].replace(" ", "").replace(
                "\t", ""
            )
            quote = prose and counts["indented"] <= counts["plain"] and not item and not touches
            kind = "quote" if quote else "plain"
        kept.append((start, end, kind))
    return kept


def _line_kinds(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, kind) of every line."""
    at = 0
    fenced = False
    for line in text.split("\n"):
        end = at + len(line)
        fence = _FENCE.match(line) is not None
        fenced ^= fence
        if fence or fenced:
            kind = "code"
        elif not line.strip():
            kind = "blank"
        elif _QUOTED_LINE.match(line):
            kind = "quote"
        else:
            kind = "indented" if _INDENT.match(line) else "plain"
        yield at, end, kind
        at = end + 1


def _block_quote_span(text: str, start: int, end: int) -> tuple[int, int]:
    """The words of a block quote without its marks and the source after it."""
    opening = _QUOTED_LINE.match(text, start, end)
    if opening:
        start = opening.end()
    source = _SOURCE.search(text, start, end)
    if source and source.start() > start:
        end = source.start()
    start = end - len(text[start:end].lstrip())
    end = start + len(text[start:end].rstrip())
    closers = _CLOSERS.get(text[start], "") if start < end else ""
    inner = text[start + 1 : end - 1]
    if (
        closers
        and end - start > 2
        and text[end - 1] in closers
        and not set(inner) & {text[start], text[end - 1]}
    ):
        return start + 1, end - 1
    return start, end


def _spans_in_quotation_marks(
    text: str, start: int, end: int
) -> tuple[list[tuple[int, int]], list[int]]:
    """(spans between quotation marks, positions of opening marks without partner)."""
    found: list[tuple[int, int]] = []
    alone: list[int] = []
    at = start
    unclosed = Counter[str]()
    while at < end:
        mark = text[at]
        if mark not in _CLOSERS or not _is_opening_mark(text, at, start, end):
            at += 1
            continue
        close = _closing_mark_offset(text, at, end) if unclosed[mark] < _MOST_UNCLOSED else None
        unclosed[mark] += close is None
        if close is None:
            following = _NEXT_PARAGRAPH.match(text, end)
            if following and following[1] == mark:  # it goes on in the next paragraph, as in books
                found.append((at + 1, end))
                break
            if mark not in _LEAST_WORDS and mark != "‘":
                alone.append(at)
            at += 1
        elif len(plain_words(text[at + 1 : close])) < _LEAST_WORDS.get(mark, 1):
            unclosed[mark] += _SMALL_WORD.match(text, close + 1, end) is not None
            at += 1
        else:
            found.append((at + 1, close))
            at = close + 1
    return found, alone


def _is_opening_mark(text: str, at: int, start: int, end: int) -> bool:
    before = text[at - 1] if at > start else " "
    after = text[at + 1] if at + 1 < end else " "
    return not before.isalnum() and before not in ".,;:!?)]" and not after.isspace()


def _closing_mark_offset(text: str, at: int, end: int) -> int | None:
    """Where the mark opened at `at` closes; marks of the same kind inside it are counted."""
    opener = text[at]
    closers = _CLOSERS[text[at]]
    apostrophe: int | None = None
    depth = 0
    for position in range(at + 1, min(end, at + _LONGEST)):
        character = text[position]
        double = character == opener and opener in '"“'  # which may be opened again inside
        if double and (
            opener == "“"
            or _is_opening_mark(text, position, at, end)
            and not _is_closing_mark(text, position, end)
        ):
            depth += 1
        elif (
            character in closers
            and depth
            and (opener == "“" or _is_closing_mark(text, position, end))
        ):
            depth -= 1
        elif character in closers and _is_closing_mark(text, position, end):
            # "the tenants’ rights": an apostrophe before a small word closes nothing, unless there
            # is no other mark.
            if opener not in "‘'" or not _SMALL_WORD.match(text, position + 1, end):
                return position
            apostrophe = apostrophe or position
    return apostrophe


def _is_closing_mark(text: str, position: int, end: int) -> bool:
    before = text[position - 1]
    after = text[position + 1] if position + 1 < end else " "
    if _NOTE_NUMBER.match(text, position + 1, end):
        return not before.isspace() and not before.isdigit()  # 6"4 is no end of a quotation
    return not before.isspace() and not after.isalnum()


def inner_marks_as_outer(text: str) -> str:
    """`text` with the single marks of a quotation inside it as double ones, as in the document."""
    if not _INNER_OPEN.search(text):
        return text
    return _INNER_CLOSE.sub("”", _INNER_OPEN.sub("“", text))
