"""A follow-up question made whole: "and when does it end?" becomes a question that is complete by itself.

By rules, from the question before and its answer; nothing is guessed by a model, and a question that no rule takes for
a follow-up stays as it is. Whoever asks is shown what was understood, because a silent rewrite is how a conversation
goes wrong. What a pronoun may mean is decided in `readings`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from docqa.app.evidence.terms import terms
from docqa.ingest.language.words import (
    AUXILIARY,
    CONJUNCTION,
    DETERMINER,
    PLACES,
    PREPOSITION,
    QUESTION,
    TIMES,
    VERBS,
    word_set,
)

InDocuments = Callable[[str], bool]
"""Whether words occur side by side, in this order, anywhere in the documents."""


OPENING = re.compile(r"(?:(?:and|but|so|or|then|also|ok|okay|well|now)\b[\s,]+)+", re.IGNORECASE)
_WORD = re.compile(r"[^\s,;:?!()\"“”]+|[,;:?!()\"“”]")
_ABOUT = re.compile(r"(?:what|how) about\b[\s,]+", re.IGNORECASE)
_PERSON = {"he": False, "she": False, "him": False, "his": True, "her": True, "hers": True}
_THING = {"it": False, "its": True, "they": False, "them": False, "their": True, "theirs": True}
_SEVERAL = word_set("they them their theirs")
_POINTING = frozenset(("this", "that", "these", "those"))
# "How long does it take to ...": nothing that was spoken of before.
_EXPLETIVE = re.compile(
    r"\bit\s+(?:takes?|costs?|(?:is\s+)?\w+(?:ed|ble|al|ary))\s+(?:to|that|for|if|when)\b", re.IGNORECASE
)
_SHORT_ANSWER_WORDS = 6
# Words that are still a question without its verb, where nothing like "and" says that it goes on.
_LONGEST_PHRASE, _LONGEST_NOUN = 8, 4


@dataclass(frozen=True)
class Earlier:
    """The question before, as it was understood, and its answer."""

    question: str
    answer: str | None = None


def question_words(question: str) -> list[str]:
    """The words of a question behind what opens it: "and", "what about"."""
    opened = OPENING.match(question)
    bare = question[opened.end() :] if opened else question
    about = _ABOUT.match(bare)
    return words_of(bare[about.end() :] if about else bare)


def complete_by_form(question: str, earlier: Earlier) -> list[str] | None:
    """The words of a question without its verb, filled up from the one before; None where nothing is left out."""
    opened = OPENING.match(question)
    bare = question[opened.end() :] if opened else question
    return _elliptic(question_words(question), earlier, follows=bool(opened or _ABOUT.match(bare)))


# What is left out


def _elliptic(words: list[str], earlier: Earlier, *, follows: bool) -> list[str] | None:
    """A question without its verb, filled up from the one before: `And in a lock?`, `Why?`, `And how many in May?`."""
    low = [word.lower() for word in words]
    if any(word in VERBS for word in low) or pronoun_in(words) is not None:
        return None
    if low[0] in QUESTION or len(low) > 1 and low[0] in PREPOSITION and low[1] in QUESTION:
        return asked_otherwise(words, earlier) if follows or len(words) <= 2 else None
    if not follows and len(words) > (_LONGEST_PHRASE if low[0] in PREPOSITION else _LONGEST_NOUN):
        return None
    if low[0] in PREPOSITION:
        return _replaced_phrase(words_of(earlier.question), words)
    return _replaced_noun(parts_of(earlier.question), words)


def asked_otherwise(words: list[str], earlier: Earlier) -> list[str]:
    """What was asked before, with another question phrase: `When?` after `Who funded the research?`."""
    before = parts_of(earlier.question)
    if before.auxiliary:
        return [*words, before.auxiliary, *before.rest]
    rest = words_of(earlier.question)[1:]
    if len(rest) > 1 and rest[0].endswith("ed"):
        return [*words, "was", *rest[1:], rest[0]]
    return [*words, *rest]


def _replaced_phrase(before: list[str], phrase: list[str]) -> list[str]:
    """The question before with its phrase of the same kind (place, time, the same preposition) replaced."""
    word = phrase[0].lower()
    kind = next((kind for kind in (PLACES, TIMES) if word in kind), frozenset((word,)))
    same = [at for at, other in enumerate(before) if other.lower() == word and at > 0]
    alike = same or [at for at, other in enumerate(before) if other.lower() in kind and at > 0]
    if not alike:
        return [*before, *phrase]
    return [*before[: alike[0]], *phrase, *before[_phrase_end(before, alike[0]) :]]


def _phrase_end(words: list[str], start: int) -> int:
    """Where the phrase that begins at `start` ends: before a verb that is known, a clause, or with the sentence."""
    last = len(words) - 1 if words[-1].endswith("ed") and words[-2].lower() not in PREPOSITION else len(words)
    return next((at for at in range(start + 1, last) if words[at].lower() in VERBS | CONJUNCTION), last)


def _replaced_noun(before: Parts, noun: list[str]) -> list[str] | None:
    """The noun phrase with the same last word replaced, else the subject."""
    if not before.auxiliary:
        return None
    head, rest = terms(noun[-1])[:1], before.rest
    for at, word in enumerate(rest):
        if head and terms(word)[:1] == head:
            start = at
            while start and rest[start - 1].lower() not in PREPOSITION | VERBS:
                start -= 1
            return [*before.asked, before.auxiliary, *rest[:start], *noun, *rest[at + 1 :]]
    end = next((at for at, word in enumerate(rest) if word.lower() in PREPOSITION | VERBS), None)
    if end is None and before.auxiliary not in ("is", "are", "was", "were"):
        end = min(len(rest), 2 if rest[:1] and rest[0].lower() in DETERMINER else 1)
    return [*before.asked, before.auxiliary, *noun, *rest[end if end is not None else len(rest) :]]


# What is pointed at


def is_person(pronoun: str) -> bool:
    """Whether it is "he", "her" and the like."""
    return pronoun.lower() in _PERSON


def with_meaning(words: list[str], first: int, meant: str) -> list[str]:
    """`words` with the pronoun at `first`, or one of its kind behind it, replaced by what is meant."""
    replaced = list(words)
    known = _PERSON if is_person(words[first]) else _THING
    for at in range(first, len(words)):
        word = words[at].lower()
        if word in known and not (at + 1 < len(words) and words[at + 1] == "'s"):
            followed = at + 1 < len(words) and words[at + 1].lower() not in PREPOSITION | VERBS
            owns = followed if word == "her" else known[word]  # `her` may be followed by what is hers
            replaced[at] = possessive(meant) if owns else meant
            break
        if at == first and word in _POINTING:
            replaced[at] = meant
            break
    return replaced


def pronoun_in(words: list[str]) -> int | None:
    """The index of the first pronoun that refers to something outside the question; None without one."""
    if _EXPLETIVE.search(" ".join(words)):
        return None
    low = [word.lower() for word in words]
    start = next((at + 1 for at, word in enumerate(low) if word in AUXILIARY), 0)
    for at, word in enumerate(low):
        alone = at + 1 == len(low) or low[at + 1] in VERBS or not low[at + 1][0].isalnum()
        points = word in _POINTING and alone and (at == 0 or low[at - 1] in AUXILIARY | PREPOSITION)
        if points or word in _PERSON or word in _THING:
            # With something before it that it may mean: inside a question people are clear.
            return None if _names_something(words[max(start, 1) : at], several=word in _SEVERAL) else at
    return None


def _names_something(words: list[str], *, several: bool) -> bool:
    """Whether there is a noun phrase among `words` that a pronoun behind them could mean."""
    if not any(word.lower() in DETERMINER or word[:1].isupper() for word in words):
        return False
    return not several or any(word.endswith("s") and not word.endswith("ss") for word in words)


def antecedent(earlier: Earlier, in_documents: InDocuments, *, person: bool = False) -> str:
    """What a pronoun after `earlier` refers to; empty where no rule applies."""
    parts = parts_of(earlier.question)
    asked = [word.lower() for word in parts.asked]
    short = short_answer(earlier)
    if person and asked[:1] in (["who"], ["whom"]) and short:
        return short
    if not parts.auxiliary and asked[:1] in (["which"], ["what"]) and short:
        return short
    return noun_phrase(parts.rest, in_documents)


def short_answer(earlier: Earlier) -> str:
    """The answer before, where it is short enough for a name and has letters; with a small letter at an article."""
    answer = (earlier.answer or "").strip(" .,;")
    if len(answer.split()) > _SHORT_ANSWER_WORDS or not any(character.isalpha() for character in answer):
        return ""
    article = answer.partition(" ")[0].lower() in DETERMINER
    return answer[:1].lower() + answer[1:] if article else answer


# Words


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
        while end < stop and (_one_name(words[end - 1 : end + 1]) or in_documents(" ".join(words[kept : end + 1]))):
            end += 1
    while end > kept and words[end - 1].lower() == "of":
        end -= 1
    return " ".join(words[:end]) if end > kept else ""


def _ends_noun(word: str) -> bool:
    """Whether no noun phrase goes on with `word`."""
    low = word.lower()
    return not word[0].isalnum() or low in VERBS | CONJUNCTION or (low in PREPOSITION | DETERMINER and low != "of")


def _one_name(words: list[str]) -> bool:
    """Whether two words that stand side by side are one name, or the first owns the second: Commerce Clause."""
    return words[0].endswith(("'s", "’s")) or all(word[:1].isupper() for word in words)


def possessive(phrase: str) -> str:
    """`the Supplier's`, `the ponds'`."""
    return phrase if phrase.endswith(("'s", "’s")) else f"{phrase}'" if phrase.endswith("s") else f"{phrase}'s"


def sentence(words: list[str]) -> str:
    """The words as a question, with a capital letter and its mark."""
    text = re.sub(r" ([,;:?!)])", r"\1", " ".join(words))
    return text[:1].upper() + text[1:] + "?"
