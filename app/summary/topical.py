"""Sentences for the topics of a style: where headings, words, the model's vectors and its reader agree.

A topic that no sentence states stays empty, and the record says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from docqa.app.context.context import Context
from docqa.app.evidence.ranking import WordIndex, rank, standardise
from docqa.app.reading.spans import QuestionEncoding, read_by_spans, read_question
from docqa.app.summary.selection import Pool, choose
from docqa.app.summary.sentences.candidates import Candidate
from docqa.app.summary.topics import Topic
from docqa.ingest.types import Document

if TYPE_CHECKING:
    from docqa.model.protocol import Model

SECTION, CUE, VECTOR, READER, SALIENCE = 1.0, 1.2, 0.5, 0.8, 0.15
LEAST = 1.5
"""A cue alone is not enough."""
FOLLOWING = 0.5
"""A sentence soon after one that states a topic, in the same paragraph, says as much of it as this share of a cue."""
_SPANS = 3
_READ_PASSAGES = 6


class Asker:
    """What the model says of a question about one document whose `rows` were kept."""

    def __init__(
        self, document: Document, context: Context, model: Model, rows: np.ndarray | None, candidates: list[Candidate]
    ) -> None:
        self.document, self.context, self.model, self.rows = document, context, model, rows
        self.candidates = candidates
        self.index = WordIndex.of(context)

    def support(self, questions: Sequence[str]) -> np.ndarray:
        """For each candidate how like the questions it is, and whether the reader of the first points into it."""
        asked = [read_question(self.model, question) for question in questions]
        spans = [(candidate.first, candidate.last) for candidate in self.candidates]
        scores = [self._scores(each, spans) for each in asked]
        like = np.max([np.clip(standardise(each), -1, 3) for each in scores if each is not None] or [0.0], axis=0)
        return np.asarray(VECTOR * like + READER * self._pointed(questions[0], asked[0]))

    def _pointed(self, question: str, asked: QuestionEncoding) -> np.ndarray:
        """1 for the candidate that contains the reader's best span, 1/2 for the next, 1/3 ..."""
        found = np.zeros(len(self.candidates))
        rows, placed = self.rows, self.context.passages
        if not self.model.heads.has_span or rows is None:
            return found
        weights = self.model.calibration.get("evidence_weights")
        vector = self._scores(asked, [(passage.token_start, passage.token_end) for passage in placed])
        ranked = rank(question, self.index, vector=vector, weights=weights)[:_READ_PASSAGES]
        _, reading = read_by_spans(
            self.model, question, asked, self.context, ranked,
            lambda index: rows[placed[index].token_start : placed[index].token_end], self.index, again=False,
        )  # fmt: skip
        for place, answer in enumerate(reading.candidates[:_SPANS], 1):
            for number, candidate in enumerate(self.candidates):
                if candidate.page == answer.page and candidate.start < answer.end and answer.start < candidate.end:
                    found[number] = max(found[number], 1 / place)
        return found

    def _scores(self, asked: QuestionEncoding, spans: list[tuple[int, int]]) -> np.ndarray | None:
        """How like the question the tokens of each span are, [spans]; None where the model has no evidence head."""
        head = self.model.heads.evidence
        if head is None or asked.vectors is None or self.rows is None:
            return None
        scores = head.scores(asked.vectors, self.model.heads.evidence_rows(self.rows), spans)
        return np.asarray(scores, dtype=np.float64)


def choose_for_topic(
    topic: Topic, document: Document, pool: Pool, asker: Asker, salience: np.ndarray, taken: Sequence[int],
    outside: Sequence[int] = (),
) -> list[int]:  # fmt: skip
    """At most `topic.count` candidates that state the topic, in the order of the document; `salience` [candidates].

    Nothing that is `taken` or repeats it is chosen, and none of `outside`.
    """
    headed = headed_by(topic.sections, document, pool.candidates)
    cued = cues(topic, pool.candidates)
    foreign = headed_by(topic.foreign, document, pool.candidates) if topic.foreign else 0.0 * headed
    value = SECTION * np.where(headed > 0, headed, -foreign) + CUE * cued + asker.support(topic.questions)
    at = np.arange(len(pool.candidates))
    value = value + topic.opening / (1 + at / 5) + SALIENCE * np.clip(standardise(salience), -2, 2)
    stated = (cued > 0) & (value >= LEAST)
    closed = {*taken, *outside}
    fit = [int(number) for number in at if stated[number] and int(number) not in closed]
    return choose(pool, fit, value[fit], topic.count, taken=taken, spread=False)


def cues(topic: Topic, candidates: list[Candidate]) -> np.ndarray:
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


def headed_by(pattern: re.Pattern[str], document: Document, candidates: list[Candidate]) -> np.ndarray:
    """1 for candidates under a heading that `pattern` matches, 1/2 where it is further up, [candidates]."""
    values = []
    for section in document.sections:
        path = document.section_path(section)[::-1]
        depth = next((depth for depth, title in enumerate(path[:3]) if pattern.search(title)), None)
        values.append(0.0 if depth is None else 1.0 if depth == 0 else 0.5)
    return np.array([values[candidate.section] if candidate.section >= 0 else 0.0 for candidate in candidates])
