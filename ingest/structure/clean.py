"""The characters that a text may have after ingest, hard-wrapped lines, and words broken at line
ends.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TypeVar

from docqa.ingest.types import Block, lines_of

T = TypeVar("T")
# Everything below U+0020 but tab and newline, DEL and C1, lone surrogates, non-characters: none may
# reach a terminal or a UTF-8 writer.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Invisible characters that can carry text a reader does not see, or turn the order of what they
# see.
_INVISIBLE = re.compile(
    r"[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]+"
)
_SPACES = re.compile(r"[ \t\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
_WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_HYPHENS = ("-", "\u00ad", "\u2010")
_FIRST_WORD = re.compile(r"\w+")
_LONGEST_WORD = 1_000  # characters; what is longer is no word
_BREAKS = re.compile(r"(?<=\w[-\u00ad\u2010]) (?=[a-z])")
_BROKEN_WORD = re.compile(
    r"(?<!\w)\w++[-\u00ad\u2010] [a-z]\w*"
)  # in lines that were joined with spaces
_WIDE_MIN = 55
_WIDE_MAX = 90
LEADER = re.compile(
    r"(?:\.\s?){3}\s*[\divxlc]{1,6}$"
)  # dots and the page number of a table of contents
_DIGITS = re.compile(r"\d+(?:[.\-–]\d+)*")
_SIGNS = re.compile(r"[\W_]+")


def clean_text(text: str) -> str:
    r"""`text` in NFC with `\n` lines; forbidden control characters and lone surrogates become
    U+FFFD.
    """
    if text.isascii() and not _FORBIDDEN.search(text):
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _FORBIDDEN.sub("\ufffd", text))


def strip_invisible(text: str) -> tuple[str, int]:
    """`text` without zero-width, direction and tag characters, and how many suspicious runs of them
    there were: tag characters, or two and more (one is ordinary typography)."""
    if text.isascii():
        return text, 0
    hidden = 0
    for match in _INVISIBLE.finditer(text):
        run = match.group()
        hidden += len(run) > 1 or ord(run[0]) >= 0xE0000
    return _INVISIBLE.sub("", text), hidden


def squeeze_spaces(text: str) -> str:
    """`text` stripped, with every run of spaces as one."""
    return _SPACES.sub(" ", text).strip(" ")


def collapse_whitespace(text: str) -> str:
    """The words of `text`, each white space between them as one space."""
    return " ".join(text.split())


def collapse_whitespace_by_line(text: str) -> str:
    """The lines of `text` that have words, white space in order."""
    return "\n".join(filter(None, map(collapse_whitespace, text.split("\n"))))


def mask_digits(line: str) -> str:
    """The key under which running heads are equal: digits masked, case and spaces folded."""
    return squeeze_spaces(_DIGITS.sub("#", line).casefold())


def title_comparison_key(text: str) -> str:
    """The letters and digits of `text`, case folded, by which titles are compared."""
    return _SIGNS.sub("", text).casefold()


class Dehyphenator:
    """Decides whether a hyphen at a line end belongs to the word: where the document has the form
    within a line, or a half is not lower case or has digits."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._seen: Counter[str] = Counter()
        broken = False
        for line in lines:
            # A hyphen and a space are found far quicker than broken words.
            words = _WORDS.findall(
                _BROKEN_WORD.sub(" ", line.lower()) if "- " in line else line.lower()
            )
            # The halves of broken words are no words.
            first = int(broken)
            broken = line.endswith(_HYPHENS)
            self._seen.update(words[first : len(words) - broken])

    def join_at_line_end(self, before: str, after: str) -> str | None:
        """`before` and `after` as one line where `before` ends with a broken word, else None. A
        soft hyphen goes; another one where the joined word stands elsewhere, or nothing speaks for
        the hyphen."""
        right = _FIRST_WORD.match(after)
        if not before.endswith(_HYPHENS) or not before[-2:-1].isalnum() or not right:
            return None
        head = _last_word_of_line(before[:-1])
        tail = right.group()
        if before[-1] == "\u00ad":
            return before[:-1] + after
        if not head.isalpha():  # "4th-grade"
            return before + after
        joined = (head + tail).lower()
        hyphenated = f"{head}-{tail}".lower()
        if self._seen[joined] > self._seen[hyphenated]:
            return before[:-1] + after
        if self._seen[hyphenated] or not (head.islower() and tail.islower()) or len(tail) < 2:
            return before + after
        # A compound such as "long-term" that occurs only here: its halves are words of this
        # document, or it has more.
        more = before[:-1].removesuffix(head).endswith("-") or after.removeprefix(tail).startswith(
            "-"
        )
        halves = min(len(head), len(tail)) > 2 and self._seen[head] and self._seen[tail]
        if not self._seen[joined] and (more or halves):
            return before + after
        return before[:-1] + after

    def join_broken_words(self, text: str) -> str:
        """`text`, of lines joined with spaces, with its broken words joined."""
        parts = _BREAKS.split(text)
        mended = _LineJoiner(parts[0])
        for part in parts[1:]:
            suspended = part.startswith(("and ", "or ", "to "))  # "short- and long-term"
            mended.add(part, None if suspended else self)
        return mended.text()


class _LineJoiner:
    """Lines that become one; only the last word is copied for the next line."""

    def __init__(self, line: str) -> None:
        self._parts: list[str] = []
        self._end = line

    def add(self, line: str, dehyphenator: Dehyphenator | None) -> None:
        joined = None if not dehyphenator else dehyphenator.join_at_line_end(self._end, line)
        if joined is None:
            self._parts += [self._end, " "]
        self._end = line if joined is None else joined
        cut = max(len(self._end) - _LONGEST_WORD, 0)
        self._parts.append(self._end[:cut])
        self._end = self._end[cut:]

    def text(self) -> str:
        return "".join([*self._parts, self._end])


def _last_word_of_line(text: str) -> str:
    start = len(text)
    while start and (text[start - 1].isalnum() or text[start - 1] == "_"):
        start -= 1
    return text[start:]


def paragraph_block_per_line(text: str) -> tuple[Block, ...]:
    """A paragraph for each line of `text` that is not blank."""
    return tuple(Block(at.start, at.end, "para") for at in lines_of(text) if at.of(text).strip())


def join_hard_wrapped_lines(lines: list[str], dehyphenator: Dehyphenator) -> list[str]:
    """Paragraphs of hard-wrapped text: joins lines where nine tenths of the full ones are 55 to 90
    wide, but not before a blank or indented line or a list item."""
    from docqa.ingest.language.sentences import is_opener

    full = [
        len(line)
        for line, after in zip(lines, lines[1:], strict=False)
        if line.strip() and after.strip()
    ]
    wrapped = sum(_WIDE_MIN <= width <= _WIDE_MAX for width in full)
    if len(full) < 4 or wrapped < 0.9 * len(full):
        return lines
    out: list[_LineJoiner] = []
    blank = True
    for line in lines:
        if blank or not line.strip() or line[:1].isspace() or is_opener(line):
            out.append(_LineJoiner(line.rstrip()))
        else:
            out[-1].add(line.strip(), dehyphenator)
        blank = not line.strip()
    return [line.text() for line in out]


def places_by_identity(items: Iterable[object]) -> dict[int, int]:
    """Which of `items` each is, by its `id`."""
    return {id(item): at for at, item in enumerate(items)}


def split_by(items: Iterable[T], test: Callable[[T], object]) -> tuple[list[T], list[T]]:
    """Those of `items` for which `test` is true, and the others."""
    parts: tuple[list[T], list[T]] = ([], [])
    for item in items:
        parts[not test(item)].append(item)
    return parts


def group_consecutive(
    items: Iterable[T], belongs_to_group: Callable[[list[T], T], bool]
) -> list[list[T]]:
    """`items` in groups: each belongs to the last group where `belongs_to_group` says so."""
    groups: list[list[T]] = []
    for item in items:
        if groups and belongs_to_group(groups[-1], item):
            groups[-1].append(item)
        else:
            groups.append([item])
    return groups
