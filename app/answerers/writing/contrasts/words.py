"""The words of a text with their stems and places, as contrasts are looked for in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from docqa.app.evidence.terms import STOP_WORDS, stems
from docqa.ingest.language.sentences import sentence_texts
from docqa.ingest.language.words import denies

REACH = 7
"""Words to either side that say what a word is about."""
_WORD = re.compile(r"(?:non-)?[^\W\d_]+(?:['’][^\W\d_]+)?|\d[\d.,]*")
_EXCEPT_IF = re.compile(r"\b(?:except|save)\s+(?:if|when|where)\b", re.IGNORECASE)
_POSSESSIVE = re.compile(r"['’]s?$")
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
    """The words of one sentence in order; "except if" is one, "unless"."""
    shown = _EXCEPT_IF.sub(lambda match: "unless".ljust(len(match.group())), text)
    found = list(_WORD.finditer(shown))
    bare = [_POSSESSIVE.sub("", match.group().lower()) or match.group().lower() for match in found]
    made = []
    for number, (match, word, stem) in enumerate(zip(found, bare, stems(bare), strict=True)):
        before = bare[max(number - _BEFORE, 0) : number]
        denied = any(map(denies, before))
        made.append(Word(word, stem, match.group()[0].isupper(), denied, match.start(), match.end()))
    return made


def sentences_of(text: str) -> list[list[Word]]:
    """The words of each sentence of `text`."""
    return [words(part) for part in sentence_texts(text)]


def left(sentence: Sequence[Word], at: int, reach: int = REACH) -> frozenset[str]:
    """Stems of the words that tell something among `reach` before word `at`."""
    return frozenset(word.stem for word in sentence[max(at - reach, 0) : at] if word.tells)


def right(sentence: Sequence[Word], at: int, reach: int = REACH) -> frozenset[str]:
    """The same, behind it."""
    return frozenset(word.stem for word in sentence[at + 1 : at + 1 + reach] if word.tells)
