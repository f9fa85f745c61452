"""Questions in other words, for training: some words exchanged for others of their meaning, by WordNet.

People ask in their own words, while the questions of the training sets often repeat the text's. The folder is
WordNet 3.0's database as published by Princeton (Debian: wordnet-base); its format is described in wndb(5WN).
"""

from __future__ import annotations

import random
import re
from pathlib import Path

PARTS = ("noun", "verb", "adj")
SENSES = 2  # of a word, the commonest first: rarer ones mislead
EXCHANGED = 0.3  # share of a question's words that are exchanged, of those that can be
_WORD = re.compile(r"[a-z]{4,}")
# Words that carry a question's form and not its matter.
_KEPT = frozenset(
    re.findall(
        r"\w+",
        "what when where which whom whose many much long does doing done have having been being will would could "
        "should must that this these those there their them they with from into than then some such other more "
        "most very also about after before during between under over only each every both either kind type sort "
        "name called like",
    )
)
_ENDINGS = (("ies", "y"), ("es", ""), ("s", ""), ("ied", "y"), ("ed", "e"), ("ed", ""), ("ing", "e"), ("ing", ""))


class Synonyms:
    """Words of like meaning, by WordNet's synonyms and the words one step more general."""

    def __init__(self, folder: Path) -> None:
        """Raises FileNotFoundError: `folder` has no WordNet database."""
        self._senses: dict[str, tuple[int, list[list[str]]]] = {}
        self._irregular: dict[str, str] = {}  # "paid": "pay"
        for part in PARTS:
            words, general = _read_data(folder / f"data.{part}")
            for lemma, tagged, offsets in _read_index(folder / f"index.{part}"):
                senses = [words[at] + [w for up in general[at] for w in words[up]] for at in offsets[:SENSES]]
                # A word that is a noun and a verb is taken for what it is oftener in WordNet's tagged texts.
                if lemma not in self._senses or tagged > self._senses[lemma][0]:
                    self._senses[lemma] = (tagged, senses)
            self._irregular |= {fields[0]: fields[1] for fields in _records(folder / f"{part}.exc")}

    def of(self, word: str) -> list[str]:
        """Words that may stand for a lower-case `word`, in their ground form but for a plural's ending."""
        best, found = -1, []
        for lemma, ending in [*_ground_forms(word), (self._irregular.get(word, word), "")]:
            tagged, senses = self._senses.get(lemma, (-1, []))
            others = {other + ending for sense in senses for other in sense if other != lemma} - {word}
            if others and tagged > best:
                best, found = tagged, sorted(others)
        return found

    def reworded(self, question: str, rng: random.Random) -> str:
        """The question with some of its words exchanged; names and numbers stay as they are."""

        def exchange(match: re.Match[str]) -> str:
            word = match.group()
            before = question[match.start() - 1 : match.start()]
            if word in _KEPT or before.isalnum() or rng.random() >= EXCHANGED:
                return word
            others = self.of(word)
            return rng.choice(others) if others else word

        return _WORD.sub(exchange, question)


def _ground_forms(word: str) -> list[tuple[str, str]]:
    """(what may be the word's ground form, the ending of a plural or nothing)."""
    forms = [(word, "")]
    for ending, stands_for in _ENDINGS:
        if word.endswith(ending):
            forms.append((word.removesuffix(ending) + stands_for, "s" if ending[-1] == "s" else ""))
    return forms


def _read_data(path: Path) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Words of each synset, and the synsets one step more general, by its offset."""
    words: dict[str, list[str]] = {}
    general: dict[str, list[str]] = {}
    for fields in _records(path):
        count = int(fields[3], 16)
        words[fields[0]] = [_plain(word) for word in fields[4 : 4 + 2 * count : 2]]
        pointers = fields[5 + 2 * count :]
        ends = 4 * int(fields[4 + 2 * count])
        general[fields[0]] = [pointers[i + 1] for i in range(0, ends, 4) if pointers[i] == "@"]
    return words, general


def _read_index(path: Path) -> list[tuple[str, int, list[str]]]:
    """(lemma, how often its senses are tagged in WordNet's texts, offsets of its synsets, the commonest first)."""
    found = []
    for fields in _records(path):
        senses, pointers = int(fields[2]), int(fields[3])
        found.append((_plain(fields[0]), int(fields[5 + pointers]), fields[6 + pointers : 6 + pointers + senses]))
    return found


def _records(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8") as lines:
        return [line.split(" | ")[0].split() for line in lines if not line.startswith("  ")]


def _plain(word: str) -> str:
    return re.sub(r"\([a-z]+\)$", "", word).replace("_", " ").lower()
