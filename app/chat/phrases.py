"""The words of a question as far as rules can tell them apart: word classes that are closed, and its parts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

InDocuments = Callable[[str], bool]
"""Whether words occur side by side, in this order, anywhere in the documents."""


def word_set(words: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(words.split())


AUXILIARY = word_set(
    "is are was were am do does did has have had will would shall should can could may might must cannot"
)
VERBS = AUXILIARY | word_set("be been being not")
QUESTION = word_set("what which who whom whose when where why how")
DETERMINER = word_set("a an the this that these those each every any all no some both either")
PLACES = word_set("in at on within near inside outside")
TIMES = word_set("before after until during since by")
PREPOSITION = PLACES | TIMES | word_set("for to from with without under over between against about per through upon")
PREPOSITION |= word_set("into than if of as")
CONJUNCTION = word_set("while when where if unless that which who because although until")
OPENING = re.compile(r"(?:(?:and|but|so|or|then|also|ok|okay|well|now)\b[\s,]+)+", re.IGNORECASE)
_WORD = re.compile(r"[^\s,;:?!()\"“”]+|[,;:?!()\"“”]")


@dataclass(frozen=True)
class Parts:
    """`How long | does | a licence last`: question phrase, auxiliary (empty: there is none), and what follows."""

    asked: list[str]
    auxiliary: str
    rest: list[str]


def parts_of(question: str) -> Parts:
    """The parts of a question; without an auxiliary, what follows its first words, and for any other text all of it."""
    opened = OPENING.match(question)
    words = words_of(question[opened.end() :] if opened else question)
    at = next((at for at, word in enumerate(words) if word.lower() in AUXILIARY), None)
    if at is not None and words[0].lower() in QUESTION | PREPOSITION | AUXILIARY:
        return Parts(words[:at], words[at], words[at + 1 :])
    if words and words[0].lower() in ("who", "whom"):  # who, the verb, and its object
        return Parts(words[:1], "", words[2:])
    if words and words[0].lower() in ("which", "what"):
        return Parts(words[:1], "", words[1:])
    return Parts([], "", words)


def words_of(text: str) -> list[str]:
    """Words and punctuation, without the mark at the end."""
    words = [match.group() for match in _WORD.finditer(text)]
    while words and words[-1] in "?!.":
        words.pop()
    if words and len(words[-1]) > 1:
        words[-1] = words[-1].rstrip(".")
    return words


def noun_phrase(words: list[str], in_documents: InDocuments) -> str:
    """The noun phrase that `words` begin with: up to a verb or preposition, and as long as the documents say it."""
    kept = 1 if words[:1] and words[0].lower() in DETERMINER else 0
    stop = next((at for at in range(kept, len(words)) if _ends_noun(words[at])), len(words))
    if stop < len(words) and words[stop].lower() in VERBS:
        end = stop  # its verb is known, so all before it is the noun
    else:
        end = min(kept + 1, stop)
        while end < stop and (_owns_next(words[end - 1]) or in_documents(" ".join(words[kept : end + 1]))):
            end += 1
    while end > kept and words[end - 1].lower() == "of":
        end -= 1
    return " ".join(words[:end]) if end > kept else ""


def _ends_noun(word: str) -> bool:
    """Whether no noun phrase goes on with `word`."""
    low = word.lower()
    return not word[0].isalnum() or low in VERBS | CONJUNCTION or (low in PREPOSITION | DETERMINER and low != "of")


def _owns_next(word: str) -> bool:
    return word.endswith(("'s", "’s"))


def possessive(phrase: str) -> str:
    """`the Supplier's`, `the ponds'`."""
    return phrase if phrase.endswith(("'s", "’s")) else f"{phrase}'" if phrase.endswith("s") else f"{phrase}'s"


def sentence(words: list[str]) -> str:
    """The words as a question, with a capital letter and its mark."""
    text = re.sub(r" ([,;:?!)])", r"\1", " ".join(words))
    return text[:1].upper() + text[1:] + "?"
