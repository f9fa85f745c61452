"""The words of a text with their stems and places, as contrasts are looked for in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from docqa.app.evidence.terms import STOP_WORDS, stems
from docqa.ingest.structure.sentences import sentences

REACH = 7
"""Words to either side that say what a word is about."""
_WORD = re.compile(r"(?:non-)?[^\W\d_]+(?:['’][^\W\d_]+)?|\d[\d.,]*")
_TURNED = re.compile(r"(?:turn|switch|put|shut)\w{0,20}\s+(on|off)\b", re.IGNORECASE)
_EXCEPT_IF = re.compile(r"\b(?:except|save)\s+(?:if|when|where)\b", re.IGNORECASE)
_EVEN_IF = re.compile(r"\beven\s+(?:if|when|where|though)\b", re.IGNORECASE)
_TAKES_EFFECT = re.compile(
    r"\b(?:takes?|took|taking) effect\b|\b(?:comes?|came|enters?|entered|put) into (?:force|effect|operation)\b"
    r"|\bis (?:made|dated|signed|entered into) (?=on |as of )",
    re.IGNORECASE,
)
_ON_THE_LEFT = re.compile(r"\b(?:the|his|her|its|their) (left|right)\b(?!\s+(?:to|of)\b)", re.IGNORECASE)
_POSSESSIVE = re.compile(r"['’]s?$")
_DENIALS = frozenset(("not", "never", "no", "cannot", "neither", "nor", "none", "without"))
_BEFORE = 3  # words between a denial and what it denies, at most


@dataclass(frozen=True)
class Word:
    """A word in lower case without "'s", its `stem`, whether it is `capital`, `denied` by a word before it, and its
    characters from `start` to `end`."""

    text: str
    stem: str
    capital: bool
    denied: bool
    start: int
    end: int

    @property
    def tells(self) -> bool:
        """Whether it says something by itself."""
        return self.text not in STOP_WORDS and not self.text[0].isdigit()


def words(text: str) -> list[Word]:
    """The words of one sentence in order; "switched off", "the left", "except if" and "even if" are one word
    each, and what takes effect begins."""
    shown = _TURNED.sub(lambda match: _padded(f"switched{match[1]}", match), text)
    shown = _EXCEPT_IF.sub(lambda match: _padded("unless", match), shown)
    shown = _EVEN_IF.sub(lambda match: _padded("evenif", match), shown)
    shown = _TAKES_EFFECT.sub(lambda match: _padded("begins", match), shown)
    shown = _ON_THE_LEFT.sub(lambda match: _padded(f"{match[1]}side", match), shown)
    found = list(_WORD.finditer(shown))
    bare = [_POSSESSIVE.sub("", match.group().lower()) or match.group().lower() for match in found]
    made = []
    for number, (match, word, stem) in enumerate(zip(found, bare, stems(bare), strict=True)):
        before = bare[max(number - _BEFORE, 0) : number]
        denied = any(each in _DENIALS or each.endswith(("n't", "n’t")) for each in before)
        made.append(Word(word, stem, match.group()[0].isupper(), denied, match.start(), match.end()))
    return made


def sentences_of(text: str) -> list[list[Word]]:
    """The words of each sentence of `text`."""
    parts = [text[span.start : span.end] for span in sentences(text)] or [text]
    return [words(part) for part in parts]


def left(sentence: Sequence[Word], at: int, reach: int = REACH) -> frozenset[str]:
    """Stems of the words that tell something among `reach` before word `at`."""
    return frozenset(word.stem for word in sentence[max(at - reach, 0) : at] if word.tells)


def right(sentence: Sequence[Word], at: int, reach: int = REACH) -> frozenset[str]:
    """The same, behind it."""
    return frozenset(word.stem for word in sentence[at + 1 : at + 1 + reach] if word.tells)


def _padded(word: str, match: re.Match[str]) -> str:
    """`word` in as many characters as were matched, so that places stay."""
    return word[: len(match.group())].ljust(len(match.group()))
