"""Answers that only announce what answers: "for two reasons", "as follows"."""

from __future__ import annotations

import re

from docqa.app.quotes.sentence_runs import Sentences
from docqa.ingest.language.numbers import NUMBER_WORD

LONGEST = 80  # words of an answer with what it announces
_ANNOUNCES = re.compile(
    rf"\b(?:(?:{NUMBER_WORD}|several|many|some|various|multiple|following|these|number\s+of)\s+(?:[\w-]+\s+)?"
    r"(?:reasons|grounds|causes|factors|ways|means|steps|points|purposes|respects|conditions|considerations|things)|"
    r"as\s+follows|the\s+following)\W*$",
    re.IGNORECASE,
)


def with_what_follows(text: str, start: int, end: int) -> int:
    """The end of the answer `start:end` of a passage's text with what it announces, where it does nothing else.

    That is the sentences behind it, as far as they are within LONGEST words; at least a part of it has to be.
    """
    if not _ANNOUNCES.search(text[start:end]):
        return end
    found = Sentences(text)
    last = found.touched(start, end)[-1]
    if text[end : found.spans[last].end].strip(" .:;—–-\n"):
        return end  # the sentence goes on
    words, whole = len(text[start:end].split()), end
    for sentence in found.spans[last + 1 :]:
        words += len(text[sentence.start : sentence.end].split())
        if words > LONGEST:
            break
        whole = sentence.end
    return whole
