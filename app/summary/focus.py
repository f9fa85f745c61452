"""Sentences about what somebody wants to know, by docqa's own evidence: passages, and the reader on each sentence."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

from docqa.app.evidence.ranking import Ranked
from docqa.app.evidence.terms import terms
from docqa.app.reading.candidates import on_one_line
from docqa.app.summary.topical import Asker

PASSAGES = 12
"""Passages whose sentences are looked at."""
MOST = 15
"""Sentences that are about the focus at most."""
LEAST = 0.45
"""From this on a sentence is about the focus; set by hand."""
_WORDS_WEIGHT, _MOST_LOG_ODDS = 0.6, 30.0


def about_focus(focus: str, asker: Asker, ranked: Sequence[Ranked]) -> list[int]:
    """Numbers of the candidates that are about `focus`, best first; `ranked` are the passages for it."""
    numbers = _inside(asker, ranked[:PASSAGES])
    if not numbers:
        return []
    wanted = set(terms(focus))
    texts = [asker.candidates[number].text for number in numbers]
    said = [frozenset(terms(text)) | frozenset(terms(_above(asker, n))) for n, text in zip(numbers, texts, strict=True)]
    shares = [asker.index.coverage(wanted, words) for words in said]
    chances = _chances(focus, asker, numbers, texts)
    scores = [chance + _WORDS_WEIGHT * share for chance, share in zip(chances, shares, strict=True)]
    order = sorted(range(len(numbers)), key=lambda at: (-scores[at], numbers[at]))
    return [numbers[at] for at in order if scores[at] >= LEAST][:MOST]


def _inside(asker: Asker, ranked: Sequence[Ranked]) -> list[int]:
    """The candidates in some passages, in the order of the document."""
    spans = [asker.context.passages[item.index].passage for item in ranked]
    return [
        number
        for number, each in enumerate(asker.candidates)
        if any(each.page == span.page and span.start <= each.start < span.end for span in spans)
    ]


def _chances(focus: str, asker: Asker, numbers: Sequence[int], texts: Sequence[str]) -> list[float]:
    """The reader's chance, 0 to 1, that each sentence answers the focus; zeros where the model has no reader."""
    reader = asker.model.reader
    if reader is None:
        return [0.0] * len(texts)
    from docqa.model.heads.excerpt_reading import read_excerpts

    found = read_excerpts(reader, focus, [on_one_line(text) for text in texts], [_above(asker, n) for n in numbers])
    return [1.0 / (1.0 + exp(-max(min(odds, _MOST_LOG_ODDS), -_MOST_LOG_ODDS))) for odds in found.answers]


def _above(asker: Asker, number: int) -> str:
    """The headings above a candidate."""
    section = asker.candidates[number].section
    return " > ".join(asker.document.section_path(asker.document.sections[section])) if section >= 0 else ""
