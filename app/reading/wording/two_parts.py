"""A question of two parts cut into two questions that each stand alone.

"When was it signed by the Company, and by whom?" asks two things that may stand on different pages, so each is looked
for by itself. The second part gets what it leaves out from the first: the verb of "and by whom?", what a pronoun
means, and "under the lease" at the very beginning. By rules, as a follow-up in a conversation (followup.py); nothing is
guessed by a model.
"""

from __future__ import annotations

import re
from itertools import takewhile

from docqa.app.evidence.terms import terms
from docqa.app.reading.wording import followup
from docqa.app.reading.wording.coordination import coordinated
from docqa.app.reading.wording.followup import Earlier, Parts, sentence, words_of
from docqa.app.reading.wording.forms import joint_of
from docqa.ingest.language.words import AUXILIARY, CONJUNCTION, DETERMINER, PREPOSITION, QUESTION, VERBS, word_set

_JOINT = re.compile(r"[\W_]*(?:(?:and|but)\b\s*)?", re.IGNORECASE)
_BE = word_set("is are was were am")
_PRONOUN = word_set("i you he she it we they me him us them there this that these those one")
_OWNED = DETERMINER | word_set("my your our his her its their")
_OPENS_PHRASE = PREPOSITION | CONJUNCTION | word_set("according compared without after") - QUESTION
_ADVERB = word_set("first also only often later then still ever now further")
_MEASURE = word_set("many much long often soon far large small old high low quickly closely big wide deep")
_PAST = word_set("came went made found took got gave said held fell rose grew cost paid sold led ran wrote")
_NAMES = re.compile(r"(?<=\s)[A-Z][\w.'’&-]*(?:\s[A-Z][\w.'’&-]*)*")


def parts_of(question: str) -> tuple[str, str] | None:
    """The two questions in `question`, in its order; None where it does not show two, or more than two."""
    joint = joint_of(question)
    if joint is None:
        return coordinated(question)
    opened = _JOINT.match(question, joint)
    first, second = question[:joint].strip(" ,;?"), question[opened.end() if opened else joint :].strip(" ,;?")
    lead, first = _led_in(first)
    before, words = words_of(first), words_of(second)
    if not before or not words or joint_of(f"{second}?") is not None:
        return None
    marked = question[joint:].lstrip().startswith((",", ";", "?"))
    if not marked and before[-1].lower() in QUESTION and len(before) > 2:
        return None  # "the rule on who and when": one thing
    if not marked and _is_bare(before):
        parts = followup.parts_of(second)
        first = " ".join([*before, *filter(None, [parts.auxiliary]), *parts.rest])
    second = _whole(first, second)
    whole = len(words_of(second)) > 2 and terms(first) and terms(second)
    return (sentence([lead + first]), sentence([lead + second])) if whole else None


def _led_in(first: str) -> tuple[str, str]:
    """What stands before the question itself (`Under the lease, `) and so is said for both parts, and the rest."""
    before, _, rest = first.partition(", ")
    words, asked = [[word.lower() for word in words_of(part)] for part in (before, rest)]
    if not words or not asked or words[0] not in _OPENS_PHRASE or words[1:2] and words[1] in QUESTION:
        return "", first
    asks = asked[0] in AUXILIARY or any(word in QUESTION for word in asked[:2])
    return (f"{before}, ", rest) if asks else ("", first)


def _is_bare(words: list[str]) -> bool:
    """Whether there is a question word and no more than its noun: `When`, `By whom`, `In what year`."""
    low = [word.lower() for word in words]
    at = _asking(low)
    after = low[at + 1 :]
    verb = any(word in AUXILIARY | _PAST or word.endswith(("ed", "s")) for word in after)
    return at < len(low) and len(after) <= 1 and not verb


def _asking(low: list[str]) -> int:
    """The index of the question word among the first three words; past the end for a yes/no question."""
    return next((at for at, word in enumerate(low[:3]) if word in QUESTION), len(low))


def _whole(first: str, second: str) -> str:
    """The second part with what it leaves out; as it is written where it leaves out nothing."""
    words = words_of(second)
    low = [word.lower() for word in words]
    at = _asking(low)
    before = followup.parts_of(first)
    if at < len(low) and _leaves_out_its_verb(low, at):
        return " ".join(_completed(words_of(first), before, words, at))
    if low[:1] == ["how"] and low[2:3] and low[2] in AUXILIARY and low[:2] == [w.lower() for w in before.asked[:2]]:
        words = [*words[:2], *_things(before), *words[2:]]
        second = " ".join(words)
    pronoun = followup.pronoun_in(words)
    if pronoun is None:
        return second
    meant = _subject(before)
    names = _NAMES.findall(first)
    if followup.is_person(words[pronoun]) and not any(word[0].isupper() for word in meant):
        meant = names[:1] or (meant if before.auxiliary else [])
    return " ".join(followup.with_meaning(words, pronoun, " ".join(meant))) if meant else second


def _leaves_out_its_verb(low: list[str], at: int) -> bool:
    """Whether no verb follows the question word at `at`, as in `by whom`, `how much in 2018`, `which for the rest`."""
    if any(word in AUXILIARY or word.endswith(("n't", "n’t")) for word in low):
        return False
    after = [word for word in low[at + 1 :] if word not in ("one", "ones")]
    if not after or at > 0:
        return True
    if low[at] in ("which", "how") and after[0] == "of" or any(word in _PAST for word in after[:4]):
        return False
    if after[0] in _OPENS_PHRASE | _OWNED | QUESTION:
        return True
    if low[at] in ("when", "where", "why", "how"):
        return not any(word.endswith("ed") for word in after[:3])
    return len(after) == 1 and low[at] != "who"


# What the first part gives


def _subject(first: Parts) -> list[str]:
    """What the first part is about: its subject with an `of` that belongs to it; empty for a pronoun or none."""
    rest, asked = first.rest, _things(first)
    if [word.lower() for word in rest[:2]] in (["there", "a"], ["there", "an"]):
        return ["the", *_noun(rest[1:])[1:]]
    noun = _noun(rest) if first.auxiliary else _object(rest)
    if asked and (not noun or len(noun) == 1 and noun[0].islower() and first.auxiliary.lower() in _BE):
        return ["the", *asked]  # "which address is meant"
    if not noun or noun[0].lower() in _PRONOUN or noun[0] == "become":
        return []
    if not first.auxiliary:
        return noun
    kept = 1 if noun[0].lower() in _OWNED else 0
    if noun[kept:] and noun[kept][0].isupper():
        named = list(takewhile(lambda word: not word[0].islower(), noun[kept:]))
        return [*noun[:kept], *named]
    follows = rest[len(noun)].lower() if len(noun) < len(rest) else ""
    if first.auxiliary.lower() in _BE and follows == "of":
        return [*noun, "of", *_noun(rest[len(noun) + 1 :])]
    is_last = not follows or noun[-1].endswith(("ed", "en"))
    parted = follows in VERBS | _ADVERB | {"of"} or follows.endswith("ly")
    verb = is_last if first.auxiliary.lower() in _BE else not parted
    return noun[:-1] if verb and len(noun) > kept + 1 else noun


def _object(words: list[str]) -> list[str]:
    """The first noun with an article: `the office` of "who heads the office"."""
    start = next((at for at, word in enumerate(words) if word.lower() in DETERMINER), len(words))
    return _noun(words[start:])


def _noun(words: list[str]) -> list[str]:
    """The words up to the next preposition, article, verb that helps, adverb or mark; an article may open them."""
    stops = _OPENS_PHRASE | _OWNED | QUESTION | VERBS | _ADVERB
    kept = 1 if words[:1] and words[0].lower() in _OWNED else 0
    noun = takewhile(
        lambda word: word[0].isalnum() and word.lower() not in stops and not word.endswith("ly"), words[kept:]
    )
    return [*words[:kept], *noun]


def _things(first: Parts) -> list[str]:
    """The noun that the first part asks about: `functions` of "whose functions were transferred"."""
    low = [word.lower() for word in first.asked]
    at = _asking(low)
    if at == len(low) or not first.auxiliary:
        return []
    return first.asked[at + 1 :] if low[at] in ("which", "what", "whose") else first.asked[at + 2 :]


def _completed(all_before: list[str], before: Parts, words: list[str], at: int) -> list[str]:
    """A second part without its verb, filled up from the first.

    `by whom`: what was asked, in other words; `how much in 2018`: the same with its phrase replaced, or with one more;
    `when the second`: with another subject.
    """
    asking, phrase = _phrase_behind(words, at)
    if not phrase and before.auxiliary:
        return [*asking, before.auxiliary, *_things(before), *before.rest]
    if not phrase:
        return followup.asked_otherwise(asking, Earlier(" ".join(all_before)))
    low = [word.lower() for word in all_before[: len(asking)]]
    alike = [word.lower() for word in asking if word.lower() not in ("one", "ones")]
    same = low[: len(alike)] == alike or not asking
    if not before.auxiliary:
        opened, rest = [], all_before
    else:
        opened, rest = before.asked if same else asking, [before.auxiliary, *before.rest]
    if phrase[0].lower() in _OPENS_PHRASE | QUESTION:
        start = next((n for n, word in enumerate(rest) if n and word.lower() == phrase[0].lower()), len(rest))
        return [*opened, *rest[:start], *phrase]
    if not before.auxiliary or not before.rest or before.rest[0].lower() in _PRONOUN:  # another object
        start = next((n for n, word in enumerate(rest) if n > 1 and word.lower() in _OWNED), len(rest))
        return [*opened, *rest[:start], *phrase]
    relation = next((n for n, word in enumerate(rest) if n > 2 and word.lower() in PREPOSITION - {"of"}), 0)
    return [*opened, before.auxiliary, *phrase, *rest[relation - 1 :]]


def _phrase_behind(words: list[str], at: int) -> tuple[list[str], list[str]]:
    """A question phrase (`in which one`, `how many`) and what follows it."""
    low = [word.lower() for word in words]
    if low[at] == "when" and low[at + 1 :] and low[at + 1].endswith("ing"):
        return [], words
    end = at + 1
    if low[at] == "how":
        end += 1 if low[end : end + 1] and low[end] in _MEASURE else 0
    elif low[at] in ("which", "what", "whose"):
        while end < len(words) and low[end] not in _OPENS_PHRASE | _OWNED | QUESTION:
            end += 1
    return words[:end], words[end:]
