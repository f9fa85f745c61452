"""Sentences about something: a topic of a style, or what somebody wants to know (`--focus`).

Headings and words propose sentences, and the reader says which of them answer the question. A topic that no sentence
states stays empty, and the record says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from docqa.app.context.context import Context
from docqa.app.evidence.ranking import Ranked, WordIndex, standardise
from docqa.app.evidence.terms import terms
from docqa.app.summary.selection import Pool, choose
from docqa.app.summary.sentences.candidates import SentenceCandidate
from docqa.app.summary.topics import Topic
from docqa.ingest.types import Section

SECTION, CUE, READER, SALIENCE = 1.0, 1.2, 1.6, 0.15
LEAST = 1.5
"""A cue alone is not enough."""
FOLLOWING = 0.5
"""A sentence soon after one that states a topic, in the same paragraph, says as much of it as this share of a cue."""
READ = 16
"""Sentences that the reader is asked about for a topic."""
FOCUS_PASSAGES, FOCUS_SENTENCES = 12, 15
"""Passages whose sentences may be about a focus, and how many sentences are at most."""
FOCUS_LEAST, FOCUS_WORDS = 0.45, 0.6
"""The reader's chance and this weight of the words in common: from their least sum on a sentence is about a focus."""


def about_focus(focus: str, pool: Pool, context: Context, ranked: Sequence[Ranked]) -> list[int]:
    """Numbers of the candidates that are about `focus`, best first; `ranked` are the passages for it."""
    spans = [context.passages[item.index].passage for item in ranked[:FOCUS_PASSAGES]]
    numbers = [
        number
        for number, each in enumerate(pool.candidates)
        if any(each.page == span.page and span.start <= each.start < span.end for span in spans)
    ]
    index, wanted = WordIndex.of(context), set(terms(focus))
    said = [set(terms(f"{pool.candidates[number].text} {pool.above(number)}")) for number in numbers]
    shares = np.array([index.coverage(wanted, words) for words in said])
    scores = pool.chances(focus, numbers) + FOCUS_WORDS * shares
    order = np.argsort(-scores, kind="stable")[:FOCUS_SENTENCES]
    return [numbers[at] for at in order if scores[at] >= FOCUS_LEAST]


def choose_for_topic(
    topic: Topic, pool: Pool, salience: np.ndarray, taken: Sequence[int], outside: Sequence[int] = ()
) -> list[int]:
    """At most `topic.count` candidates that state the topic, in the order of the document; `salience` [candidates].

    Nothing that is `taken` or repeats it is chosen, and none of `outside`.
    """
    cued = cues(topic, pool.candidates)
    value = SECTION * headed_by(topic.sections, pool) + CUE * cued
    at = np.arange(len(pool.candidates))
    value = value + topic.opening / (1 + at / 5) + SALIENCE * np.clip(standardise(salience), -2, 2)
    closed = {*taken, *outside}
    likely = [int(number) for number in np.argsort(-value, kind="stable") if cued[number] and number not in closed]
    likely = sorted(likely[:READ])
    value[likely] += READER * pool.chances(topic.question, likely)
    fit = [number for number in likely if value[number] >= LEAST]
    return choose(pool, fit, value[fit], topic.count, taken=taken, spread=False)


def cues(topic: Topic, candidates: list[SentenceCandidate]) -> np.ndarray:
    """1 for candidates that state the topic, FOLLOWING for those that go on about it, 0 for others, [candidates]."""
    found = np.zeros(len(candidates))
    since, paragraph = 0, -1
    for number, candidate in enumerate(candidates):
        if topic.cues.search(candidate.text):
            found[number] = 1.0
            since, paragraph = 0, candidate.paragraph
        elif candidate.paragraph == paragraph and since < topic.following:
            found[number] = FOLLOWING
            since += 1
    return found


def headed_by(pattern: re.Pattern[str], pool: Pool) -> np.ndarray:
    """1 for candidates under a heading that `pattern` matches, 1/2 where it is further up, [candidates]."""
    values: dict[Section | None, float] = {None: 0.0}
    for section in pool.document.sections:
        path = pool.document.section_path(section)[::-1]
        depth = next((depth for depth, title in enumerate(path[:3]) if pattern.search(title)), None)
        values[section] = 0.0 if depth is None else 1.0 if depth == 0 else 0.5
    return np.array([values[candidate.section] for candidate in pool.candidates])
