"""A follow-up question made whole: "and when does it end?" becomes a question that is complete by itself.

By rules, from the question before and its answer; nothing is guessed by a model, and a question that no rule takes for
a follow-up stays as it is. Whoever asks is shown what was understood, because a silent rewrite is how a conversation
goes wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from docqa.app.chat.phrases import (
    AUXILIARY,
    CONJUNCTION,
    DETERMINER,
    OPENING,
    PLACES,
    PREPOSITION,
    QUESTION,
    TIMES,
    VERBS,
    InDocuments,
    Parts,
    noun_phrase,
    parts_of,
    possessive,
    sentence,
    word_set,
    words_of,
)
from docqa.app.evidence.terms import terms

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


def resolve(question: str, earlier: Earlier | None, in_documents: InDocuments) -> str:
    """`question` as a complete question; unchanged where it is one already or no rule applies."""
    asked = question.strip()
    if earlier is None or not asked:
        return asked
    opened = OPENING.match(asked)
    bare = asked[opened.end() :] if opened else asked
    about = _ABOUT.match(bare)
    words = words_of(bare[about.end() :] if about else bare)
    if not words or not words_of(earlier.question):
        return asked
    whole = _elliptic(words, earlier, follows=bool(opened or about)) or _pointed(words, earlier, in_documents)
    return sentence(whole) if whole is not None else asked


# What is left out


def _elliptic(words: list[str], earlier: Earlier, *, follows: bool) -> list[str] | None:
    """A question without its verb, filled up from the one before: `And in a lock?`, `Why?`, `And how many in May?`."""
    before = parts_of(earlier.question)
    low = [word.lower() for word in words]
    if any(word in VERBS for word in low) or _pronoun(words) is not None:
        return None
    if low[0] in QUESTION or len(low) > 1 and low[0] in PREPOSITION and low[1] in QUESTION:
        return _asked_otherwise(words, earlier) if follows or len(words) <= 2 else None
    if not follows and len(words) > (_LONGEST_PHRASE if low[0] in PREPOSITION else _LONGEST_NOUN):
        return None
    all_before = words_of(earlier.question)
    if low[0] in PREPOSITION:
        return _replaced_phrase(all_before, words)
    if words[-1].endswith(("'s", "’s")):
        return _replaced_owner(all_before, words)
    if len(words) == 1 and low[0].endswith(("ed", "en")):
        return [*all_before[:-1], *words] if all_before[-1].endswith(("ed", "en")) else None
    return _replaced_noun(before, words)


def _asked_otherwise(words: list[str], earlier: Earlier) -> list[str]:
    """What was asked before, with another question phrase: `When?` after `Who funded the research?`."""
    before = parts_of(earlier.question)
    if before.auxiliary in ("has", "have", "had") and before.asked[:1] and before.asked[0].lower() in ("which", "who"):
        return [*words, before.auxiliary, *_short_answer(earlier).split(), *before.rest]
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


def _replaced_owner(before: list[str], owner: list[str]) -> list[str] | None:
    for at, word in enumerate(before):
        if word.endswith(("'s", "’s")):
            start = at - 1 if at and before[at - 1].lower() in DETERMINER else at
            return [*before[:start], *owner, *before[at + 1 :]]
    return None


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
            return [*before.asked, before.auxiliary, *rest[:start], *noun, *rest[_after_of(rest, at) :]]
    end = next((at for at, word in enumerate(rest) if word.lower() in PREPOSITION | VERBS), None)
    if end is None and before.auxiliary not in ("is", "are", "was", "were"):
        end = min(len(rest), 2 if rest[:1] and rest[0].lower() in DETERMINER else 1)
    return [*before.asked, before.auxiliary, *noun, *rest[end if end is not None else len(rest) :]]


def _after_of(words: list[str], at: int) -> int:
    """Past the word at `at` and a phrase that only says which one is meant: `ponds with pipes`."""
    follows = at + 1
    if follows < len(words) and words[follows].lower() in ("with", "without", "of"):
        return _phrase_end(words, follows)
    return follows


# What is pointed at


def _pointed(words: list[str], earlier: Earlier, in_documents: InDocuments) -> list[str] | None:
    """The question with its pronouns replaced by what they refer to."""
    first = _pronoun(words)
    if first is None:
        return None
    person = words[first].lower() in _PERSON
    meant = antecedent(earlier, in_documents, person=person)
    if not meant:
        return None
    replaced = list(words)
    known = _PERSON if person else _THING
    for at in range(first, len(words)):
        word = words[at].lower()
        if word in known and not (at + 1 < len(words) and words[at + 1] == "'s"):
            owns = _owns(words, at) if word == "her" else known[word]
            replaced[at] = possessive(meant) if owns else meant
            break
        if at == first and word in _POINTING:
            replaced[at] = meant
            break
    return replaced


def _owns(words: list[str], at: int) -> bool:
    """Whether `her` is followed by what is hers."""
    return at + 1 < len(words) and words[at + 1].lower() not in PREPOSITION | VERBS


def _pronoun(words: list[str]) -> int | None:
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
    short = _short_answer(earlier)
    if person and asked[:1] in (["who"], ["whom"]) and short:
        return short
    if parts.auxiliary:
        return noun_phrase(parts.rest, in_documents)
    if asked[:1] in (["which"], ["what"]) and short:
        return short
    return noun_phrase(parts.rest, in_documents)


def _short_answer(earlier: Earlier) -> str:
    """The answer before, where it is short enough for a name and has letters; with a small letter at an article."""
    answer = (earlier.answer or "").strip(" .,;")
    if len(answer.split()) > _SHORT_ANSWER_WORDS or not any(character.isalpha() for character in answer):
        return ""
    article = answer.partition(" ")[0].lower() in DETERMINER
    return answer[:1].lower() + answer[1:] if article else answer


# Words
