"""Yes or no, from the words of a question and of the clause that answers it.

A logistic regression over what a person would look at: what is denied, banned or left open, words that mean the
opposite, exceptions, and what the question itself leans to.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from docqa.app.evidence.terms import STOP_WORDS, plain_words, stems
from docqa.app.reading.wording import verdict_words as words
from docqa.ingest.language.opposites import NEGATING_PREFIX
from docqa.ingest.language.words import denies

WEIGHTS = "verdict_weights.json"
NEAR = 6  # words behind a denial, within which it is that of a word of the question
OPENING = 6  # words of a question in which "not" denies all of it
_SUBORDINATE = frozenset(["if", "who", "which", "that", "unless", "when", "where", "because", "whose"])


def verdict_odds(question: str, clause: str) -> float:
    """Log-odds of yes to `question`, where `clause` is what the text says about it.

    "Is it forbidden?" is the other way round from "Is it allowed?": few questions ask so, too few to fit it.
    """
    banned = words.ASKED_BANNED.match(question)
    if banned:
        return -verdict_odds(f"{banned[1]}allowed{question[banned.end() :]}", clause)
    known = weights()
    found = features(question, clause)
    return known["bias"] + sum(known.get(name, 0.0) * value for name, value in found.items())


@lru_cache(maxsize=1)
def weights() -> Mapping[str, float]:
    """The weight of each feature, and `bias`."""
    text = files("docqa.app.reading.wording").joinpath(WEIGHTS).read_text(encoding="utf-8")
    return {name: float(value) for name, value in json.loads(text).items()}


def features(question: str, clause: str) -> dict[str, float]:
    """What speaks for yes or no, by name. What denies counts the other way round where the question denies too."""
    pair = _Pair(question, clause)
    denials = _denials(pair)
    denied = denials["not"] or denials["no"]
    silent = not any(denials[name] for name in denials if name != "hardly")
    sign = -1.0 if pair.asked_to_deny() else 1.0
    asked = {f"asks {name}": float(bool(pattern.search(question))) for name, pattern in words.ASKED.items()}
    said = _said(pair)
    return {
        **{name: sign * value for name, value in denials.items()},
        **asked,
        **said,
        **_together(asked, said, denials),
        **_figures(pair),
        "sign": sign,
        "plain": float(silent and sign > 0),
        "denies nothing asked": float(silent and sign < 0),
        "overlap": pair.overlap,
        "overlap denied": sign * pair.overlap * denied,
        "length": math.log1p(len(pair.said)) / 3,
    }


class _Pair:
    """A question and a clause, taken apart."""

    def __init__(self, question: str, clause: str) -> None:
        self.question, self.clause = question, words.CALM.sub(" ", " ".join(clause.split()))
        self.asked, self.said = plain_words(question), plain_words(self.clause)
        self.asked_stems, self.said_stems = stems(self.asked), stems(self.said)
        self.content = {s for s, w in zip(self.asked_stems, self.asked, strict=True) if w not in STOP_WORDS}
        self.overlap = len(self.content & set(self.said_stems)) / max(len(self.content), 1)

    def new(self, cue: re.Pattern[str]) -> bool:
        """Whether the clause has a cue that is not in the question too, or has it more often."""
        said = Counter(match.group().lower() for match in cue.finditer(self.clause))
        if not said:
            return False
        return bool(said - Counter(match.group().lower() for match in cue.finditer(self.question)))

    def asked_to_deny(self) -> bool:
        """Whether the question asks if something is not so ("Is ... forbidden?") in words that the clause lacks."""
        opening = " ".join(self.asked[:OPENING])
        if words.ASKED_NOT.search(opening) and not words.ASKED_NOT.search(self.clause):
            return True
        said = set(self.said_stems)
        found = (match.group().lower() for match in words.ASKED_BAD.finditer(self.question))
        return any(not said & set(stems(bad.split()[:1])) for bad in found)


def _denials(pair: _Pair) -> dict[str, float]:
    cues = {
        "not": words.NOT, "no": words.NONE, "without": words.WITHOUT, "but for": words.BUT_FOR, "unless": words.UNLESS,
        "bans": words.BANS, "fails": words.FAILS, "solely": words.SOLELY, "hardly": words.HARDLY,
    }  # fmt: skip
    found = {name: float(pair.new(cue)) for name, cue in cues.items()}
    denied = bool(found["not"] or found["no"])
    opposed = bool(_opposed(pair))
    prefixed = _prefixed(pair.said, pair.asked_stems, pair.said_stems) or _prefixed(
        pair.asked, pair.said_stems, pair.asked_stems
    )
    times = sum(found[name] for name in ("not", "no", "without", "bans", "fails")) + opposed + prefixed
    return {
        **found,
        **_denied_words(pair),
        "opposed": float(opposed),
        "prefixed": float(prefixed),
        "more than twice": float(times > 2),
        "denied failure": float(denied and bool(found["bans"] or found["fails"])),
        "denied opposite": float(denied and (opposed or prefixed)),
    }


def _denied_words(pair: _Pair) -> dict[str, float]:
    """Whether a word of the question, or another, stands behind a denial; whether all are in subordinate clauses."""
    asked = set(pair.asked)
    places = [
        i
        for i, word in enumerate(pair.said)
        if denies(word) and word not in asked
    ]
    near = [bool(pair.content & set(pair.said_stems[i + 1 : i + 1 + NEAR])) for i in places]
    below = [bool(_SUBORDINATE & set(pair.said[max(0, i - 8) : i])) for i in places]
    return {
        "denied word asked": float(any(near)),
        "denied word other": float(not all(near)),
        "denied below": float(bool(places) and all(below)),
    }


def _opposed(pair: _Pair) -> int:
    """How many pairs of opposites have one side asked and the other said."""
    return _sides(pair, same=False)


def _sides(pair: _Pair, *, same: bool) -> int:
    """How many sides of pairs of opposites are asked and, in other words, said; or their other sides said."""
    asked, said = set(pair.asked_stems), set(pair.said_stems)
    count = 0
    for pairs in words.opposites():
        for one, other in (pairs, pairs[::-1]):
            if asked & one and not asked & one & said and (said & (one if same else other)) - asked:
                count += 1
    return count


def _prefixed(one: list[str], others: list[str], own: list[str]) -> bool:
    """Whether a word of `one` is one of `others` behind "un-", "non-" or the like, as in "nonexclusive"."""
    for at, word in enumerate(one):
        match = NEGATING_PREFIX.match(word)
        if match and own[at] not in others and stems([word[match.end() :]])[0] in others:
            return True
        if word == "non" and at + 1 < len(one) and own[at + 1] in others and "non" not in others:
            return True
    return False


def _said(pair: _Pair) -> dict[str, float]:
    return {
        "agreed": float(min(_sides(pair, same=True), 2)),
        "condition": float(pair.new(words.CONDITION)),
        "may": float(bool(words.MAY.search(pair.clause))),
        "must": float(bool(words.MUST.search(pair.clause))),
        "than": float("than" in pair.said and "than" not in pair.asked),
    }


def _together(asked: Mapping[str, float], said: Mapping[str, float], denials: Mapping[str, float]) -> dict[str, float]:
    """What counts only where the question asks for it: "must" answered with "may", "only" with "also"."""
    limited = max(denials["solely"], denials["but for"], denials["unless"], denials["without"], said["condition"])
    may = asked["asks may"] * (1.0 - asked["asks must"])
    return {
        "must: must": asked["asks must"] * said["must"],
        "must: condition": asked["asks must"] * said["condition"],
        "may: may": may * said["may"],
        "may: must": may * said["must"] * (1.0 - said["may"]),
        "may: bans": may * denials["bans"],
        "may: without": may * denials["without"],
        "all: limited": asked["asks all"] * limited,
        "without: condition": asked["asks without"] * max(said["condition"], said["must"]),
    }


def _figures(pair: _Pair) -> dict[str, float]:
    asked = {word for word in pair.asked if word[0].isdigit()}
    said = {word for word in pair.said if word[0].isdigit()}
    return {
        "same figures": float(bool(asked) and asked <= said),
        "other figures": float(bool(asked - said) and bool(said)),
    }
