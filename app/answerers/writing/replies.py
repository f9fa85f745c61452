"""A model's reply before its statements are checked: what is no answer in it is taken out, and
said.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from docqa.app.quotes.normalise import fold
from docqa.app.reading.wording.language import reads_as_english

from .excerpts import Given
from .marks import cited_numbers
from .statements import Written, split_into_statements, starts_with_verdict

NOTHING = "the model wrote nothing"
REPEATED = "the model repeated itself; the repetition was cut off"
STOPPED = "stopped before the answer was complete"
CUT = "the model's reply was cut at its longest length"
OTHER_LANGUAGE = "the model answered in another language than English, which the check of its statements cannot read"
_LEAST_REPEATED = 40  # characters that a repetition has in all
_LEAST_REPEATS = 4
_LONGEST_PERIOD = 400
_LOOKED_AFTER = 200
_LEAST_WORDS = 5  # of a line that is not said twice
_CITES = re.compile(r"\[\d+(?:\s*[,;]\s*\d+)*\]")
_SAYS_SOMETHING = re.compile(r"\d|[^\W\d_]{2}")  # more than the label of an item, "c."
_POINTS = re.compile(r"[^.\n]{0,200}\b(?:is|are|was|were)(?:\s*(?:,|and|or))*\s*\.?")
_CITED = re.compile(r"(?:(?<!\s)\s++)?\[[\d\s,;–-]++\]")


@dataclass(frozen=True)
class ReadReply:
    """`written` None: the model says that nothing answers, or wrote no answer; `notes`: what was
    taken out.
    """

    written: Written | None
    notes: tuple[str, ...] = ()


def read_reply(text: str, given: Given, refuses: Callable[[str], bool]) -> ReadReply:
    """What `text` states, without repetitions; `refuses`: whether a statement says that nothing
    answers.
    """
    kept = spell_out_cited_sentences(text, given)
    notes = []
    once = without_repeated_ending(kept)
    once = without_repeated_lines(kept if once is None else once)
    if once != kept:
        kept = once
        notes = [REPEATED]
    if not any(map(str.isalnum, kept)):
        return ReadReply(None, tuple(notes or [NOTHING]))
    written = split_into_statements(kept, len(given.sentences) if given.numbered else 0)
    said = [
        item for item in written.statements if starts_with_verdict(item.plain)[1]
    ]  # "No. Not stated." says nothing
    if not written.statements or any(
        refuses(starts_with_verdict(item.plain)[1])
        for item in said[:1]
        if not item.numbers and not item.quotations
    ):
        return ReadReply(None, tuple(notes))
    if not reads_as_english(written.text):
        notes.append(OTHER_LANGUAGE)
    return ReadReply(written, tuple(notes))


def spell_out_cited_sentences(text: str, given: Given) -> str:
    """`text`; where it is only numbers of sentences, or points at them ("The laws are [3] and
    [5]."), these sentences, numbered."""
    cites = _CITES.findall(text)
    bare = _CITES.sub(" ", text)
    if (
        not given.numbered
        or not cites
        or (_SAYS_SOMETHING.search(bare) and not _POINTS.fullmatch(bare.strip()))
    ):
        return text
    lines = [
        (number, given.line_by_number[number])
        for number in cited_numbers(" ".join(cites))
        if number in given.line_by_number
    ]
    return "\n".join(f"{line} [{number}]" for number, line in lines) or text


def without_repeated_ending(text: str) -> str | None:
    """`text` up to the first of at least four equal runs that end it; None where nothing is
    repeated.
    """
    bare = text.rstrip()
    for period in range(2, min(_LONGEST_PERIOD, len(bare) // _LEAST_REPEATS) + 1):
        # "1000000" repeats itself as well
        unit = bare[-period:]
        long = period * _LEAST_REPEATS >= _LEAST_REPEATED
        if not (long and any(map(str.isalnum, unit)) and bare.endswith(unit * _LEAST_REPEATS)):
            continue
        start = len(bare) - period  # of the first run, wherever the last one was broken off
        while start and bare[start - 1] == bare[start - 1 + period]:
            start -= 1
        end = start + period
        while end < len(bare) and not (
            bare[end - 1].isspace() or bare[end].isspace() or bare[end].isalnum()
        ):
            end += 1  # the mark at its end
        return bare[:end].rstrip()
    return None


def is_repeating_itself(text: str, piece: str) -> bool:
    """Whether a text that is being written, `text` with `piece` at its end, only repeats itself.
    Looked at once in so many characters."""
    looks = len(text) // _LOOKED_AFTER > (len(text) - len(piece)) // _LOOKED_AFTER
    return looks and (
        without_repeated_ending(text) is not None
        or not any(map(str.isalnum, text[-_LOOKED_AFTER:]))
    )


def without_repeated_lines(text: str) -> str:
    """`text` without the lines that say, word for word, what a line before them says; short lines
    may.
    """
    known: set[str] = set()
    kept = []
    for line in text.split("\n"):
        words = _CITED.sub("", fold(line).text).strip(" -*#>.\"'")
        if len(words.split()) < _LEAST_WORDS or words not in known:
            kept.append(line)
        known.add(words)
    return "\n".join(kept)
