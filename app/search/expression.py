"""What a person searches for, as a pattern: plain words, found over the ends of lines and pages,
whatever their quotation marks and dashes, in linear time; or a regular expression, which may take
exponential time: the module `regex` can be stopped."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docqa.app.errors import UsageError
from docqa.ingest.types import Span

if TYPE_CHECKING:
    import regex

EXPRESSION_SECONDS = 10.0
"""Processor time of an expression on one document."""

_WINDOW = 200_000
_OVERLAP = 20_000
"""Characters that an expression looks at together, as it may keep 200 bytes for each; what begins
in the last ones is found from there on."""

_MOST_REPEATS = 100_000  # each takes memory
MAX_PATTERN_CHARACTERS = 4_000
"""Of words or an expression from a program."""
_ALIKE = ("'‘’‚‛ʼ`´", '"“”„«»', "‐‑‒–—−-")  # the last of a class of characters may be a hyphen
_FIRST_CJK = "\u2e80"
_WHITE_SPACE = r"\s"
_ESCAPED_OR_PLAIN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*+\]?|[ '\"]", re.DOTALL)
"""A sign after a backslash, or a class of signs; or a space or quotation mark."""
_SIMPLER = "make it simpler: repeats inside repeats, as in (a+)+, take long"


@dataclass(frozen=True)
class WordsPattern:
    pattern: re.Pattern[str]

    def spans(self, text: str) -> Iterator[Span]:
        """The places in `text`, in order, without overlap, none of them empty."""
        return (Span(*match.span()) for match in self.pattern.finditer(text))


@dataclass(frozen=True)
class ExpressionPattern:
    pattern: "regex.Pattern[str]"
    written: str
    seconds: float

    def spans(self, text: str) -> Iterator[Span]:
        """As of Words. Raises UsageError where it takes too long."""
        begun = time.process_time()
        at = 0
        try:
            while at < len(text):
                end = min(at + _WINDOW, len(text))
                last = end - _OVERLAP if end < len(text) else end
                left = self.seconds - (time.process_time() - begun)
                for match in self.pattern.finditer(text, at, end, timeout=max(left, 0.001)):
                    if match.start() >= last:
                        break
                    if time.process_time() - begun > self.seconds:
                        raise TimeoutError
                    if match.start() < match.end():
                        yield Span(*match.span())
                        last = max(last, match.end())
                at = last
        except TimeoutError as error:
            raise UsageError(
                f"the expression {self.written!r} takes more than {self.seconds:g} seconds on a document",
                hint=_SIMPLER,
            ) from error


Pattern = WordsPattern | ExpressionPattern


def words_pattern(
    words: str, *, ignore_case: bool = False, whole_words: bool = False
) -> WordsPattern:
    """The pattern of plain `words`. Raises UsageError where there are none."""
    parts = words.split()
    if not parts:
        raise UsageError("there is nothing to look for", hint="name some words")
    pattern = _bound_to_whole_words(r"\s+".join(map(_word_pattern, parts)), whole_words)
    return WordsPattern(re.compile(pattern, re.IGNORECASE if ignore_case else re.NOFLAG))


def expression_pattern(
    expression: str, *, ignore_case: bool = False, whole_words: bool = False
) -> ExpressionPattern:
    """The pattern of a regular expression. Raises UsageError where it is none."""
    import regex

    if not expression:
        raise UsageError("the expression is empty", hint="write one")
    if _largest_repeat_count(expression) > _MOST_REPEATS:
        raise UsageError(
            f"the expression repeats something over {_MOST_REPEATS:,} times", hint="use + or *"
        )
    flags = regex.MULTILINE | (regex.IGNORECASE if ignore_case else 0)
    try:
        regex.compile(expression, flags)  # its message should name a position in what was typed
        compiled = regex.compile(
            _bound_to_whole_words(
                _pattern_with_any_white_space_for_spaces(expression), whole_words
            ),
            flags,
        )
        return ExpressionPattern(compiled, expression, EXPRESSION_SECONDS)
    except RecursionError as error:
        raise UsageError("the expression is nested too deeply", hint=_SIMPLER) from error
    except regex.error as error:
        raise UsageError(
            f"{expression!r} is not a regular expression: {error}",
            hint="it can be looked for as plain words",
        ) from error


def _largest_repeat_count(written: str) -> int:
    """How often something may repeat by the counts in braces; one after a group repeats what is in
    it.
    """
    most = groups = 1
    before, *parts = written.split("{")
    for part in parts:
        ends = [end.strip()[-7:] for end in part.partition("}")[0].split(",")]
        count = max((int(end) for end in ends if end.isdecimal()), default=1)
        most = max(most, count)
        groups = groups * (max(count, 1) if before.endswith(")") else 1)
        before = part
    return most * groups


def _bound_to_whole_words(pattern: str, whole_words: bool) -> str:
    return rf"(?<!\w)(?:{pattern})(?!\w)" if whole_words else pattern


def _word_pattern(word: str) -> str:
    """`word` as keyboards write it, or divided at the end of a page or, without spaces, a line."""
    letters = [_similar_characters_pattern(letter) or re.escape(letter) for letter in word]
    joints = (_pattern_between_words(one, other) for one, other in zip(word, word[1:]))
    return "".join(letter + joint for letter, joint in zip(letters, [*joints, ""]))


def _pattern_between_words(one: str, other: str) -> str:
    if one >= _FIRST_CJK and other >= _FIRST_CJK:
        return r"\s?"
    if one.isalpha() and other.isalpha():
        return r"(?:[-‐]\n)?"
    return r"\n?" if one in _ALIKE[-1] else ""


def _similar_characters_pattern(letter: str) -> str:
    return next((f"[{alike}]" for alike in _ALIKE if letter in alike), "")


def _pattern_with_any_white_space_for_spaces(pattern: str) -> str:
    """Every plain space as any white space, and quotation marks of every form."""
    if re.search(r"\(\?[a-zA-Z]*x", pattern):  # verbose: spaces mean nothing
        return pattern
    return _ESCAPED_OR_PLAIN.sub(
        lambda part: (
            _WHITE_SPACE if part[0] == " " else _similar_characters_pattern(part[0]) or part[0]
        ),
        pattern,
    )
