"""Which sentences to take: the strongest first, none that says again what is said, no section twice
while others wait. Greedy, as in Carbonell and Goldstein 1998, "The Use of MMR", by the share of
words in common."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from docqa.app.evidence.ranking import z_scores
from docqa.app.evidence.terms import distinct_terms, plain_words, terms
from docqa.app.reading.candidates import spaces_for_line_breaks
from docqa.app.reading.clauses import ClauseSentence, clause_classifiers, hashed_sentence_features
from docqa.ingest.language.words import DUTIES
from docqa.ingest.types import Document
from docqa.model.heads.excerpt_reading import ExcerptReader, predict_spans
from docqa.model.heads.spans import sigmoid

from .sentences.candidates import SentenceCandidate
from .topics import PAPERS, Topic

SECTION_WEIGHT = 0.25
SAID_ALREADY = 0.6
"""The share of a sentence's words (or of the other's) in a taken one from which on it is never
taken.
"""
AT_ONCE = 400
"""Sentences compared in one step."""
WEIGHTS: dict[str, float] = {
    "words": 0.352,
    "title": 1.076,
    "document_start": 0.561,
    "section_end": 0.22,
    "paragraph_start": 0.194,
    "length": 0.712,
    "little_length": -0.492,
    "claim": 0.256,
    "aim": 0.416,
    "digits": -0.297,
    "methods": -0.272,
}
"""Fitted by ridge regression on 454 abstracts, 33 papers and 58 proposals (training part)."""
STATED = {"aim": PAPERS[0], "methods": PAPERS[1], "claim": PAPERS[2]}
"""The chance of a topic of papers, whatever the document is."""


@dataclass(frozen=True)
class Pool:
    """The candidates of one document, named by number. `bias`, [candidates], is added to the
    scores. `reader`: the model's, or None."""

    document: Document
    candidates: list[SentenceCandidate]
    bias: np.ndarray
    reader: ExcerptReader | None = None

    @cached_property
    def words(self) -> list[frozenset[str]]:
        return [distinct_terms(candidate.text) for candidate in self.candidates]

    def repeats(self, one: int, other: int) -> bool:
        """Whether the shorter of two sentences has SAID_ALREADY of its words in common with the
        other.
        """
        fewer = min(len(self.words[one]), len(self.words[other]))
        return len(self.words[one] & self.words[other]) >= SAID_ALREADY * fewer if fewer else False

    def scores(self, numbers: Sequence[int]) -> np.ndarray:
        """Score of each of the candidates `numbers` as a part of a summary of all of them,
        [numbers].
        """
        if not numbers:
            return np.zeros(0)
        return self._prior_scores[list(numbers)] + _weighted_signals(
            self.document, [self.candidates[number] for number in numbers]
        )

    def all_scores(self) -> np.ndarray:
        """Scores of all candidates, [candidates]; in a long document each among AT_ONCE
        neighbours.
        """
        parts = [self.scores(run) for run in _runs_of_candidates(range(len(self.candidates)))]
        return np.concatenate(parts) if parts else np.zeros(0)

    def best_candidates(
        self, numbers: Sequence[int], count: int, *, taken: Sequence[int] = ()
    ) -> list[int]:
        """At most `count` of the candidates `numbers` that together say most, in order."""
        return choose(self, numbers, self.scores(numbers), count, taken=taken)

    def strongest_of_parts(self, parts: Sequence[Sequence[int]]) -> list[int]:
        """At most AT_ONCE candidates of several parts; of more, the strongest of each of AT_ONCE
        runs.
        """
        if sum(map(len, parts)) <= AT_ONCE:
            return sorted(number for part in parts for number in part)
        runs = [run for part in parts for run in _runs_of_candidates(part)]
        share = max(AT_ONCE // len(runs), 2)
        return self.strongest_of_parts(
            [sorted(number for run in runs for number in self.best_candidates(run, share))]
        )

    def chances(self, question: str, numbers: Sequence[int]) -> np.ndarray:
        """The chance, 0 to 1, that each of the candidates `numbers` answers, [numbers]; 0 without a
        reader.
        """
        if not self.reader or not len(numbers):
            return np.zeros(len(numbers))
        texts = [spaces_for_line_breaks(self.candidates[number].text) for number in numbers]
        readings = predict_spans(
            self.reader, question, texts, [self.heading_above(number) for number in numbers]
        )
        return sigmoid(np.array(readings.answers))

    @cached_property
    def _prior_scores(self) -> np.ndarray:
        """What speaks for each candidate by what it is and states, [candidates]."""
        return self.bias + sum(
            WEIGHTS[name] * self.chances_of_stating(topic) for name, topic in STATED.items()
        )

    @cached_property
    def _clause_sentences(self) -> list[ClauseSentence]:
        texts = enumerate(candidate.text for candidate in self.candidates)
        return [
            ClauseSentence(
                0, 0, len(text), hashed_sentence_features(text, self.heading_above(number))
            )
            for number, text in texts
        ]

    def chances_of_stating(self, topic: Topic) -> np.ndarray:
        """The chance, 0 to 1, that each candidate states the topic, by its heads or words,
        [candidates].
        """
        if not topic.clauses:
            return np.array(
                [float(not DUTIES.isdisjoint(plain_words(each.text))) for each in self.candidates]
            )
        return np.max(
            [clause_classifiers()[name].chances(self._clause_sentences) for name in topic.clauses],
            axis=0,
        )

    def heading_above(self, number: int) -> str:
        return " > ".join(self.document.section_path(self.candidates[number].section))


def choose(
    pool: Pool,
    numbers: Sequence[int],
    scores: Sequence[float] | np.ndarray,
    count: int,
    *,
    taken: Iterable[int] = (),
    spread: bool = True,
) -> list[int]:
    """At most `count` of the candidates `numbers` with their `scores`, in order, none that repeats
    what is `taken`. One that needs the one before it comes only after that. With `spread` a chosen
    section waits for others."""
    rounded = np.round(np.asarray(scores, dtype=np.float64), 9).tolist()
    left = dict(zip(map(int, numbers), rounded, strict=True))
    for number in taken:
        left = _without_repeats(left, pool, number)
    chosen: list[int] = []
    while len(chosen) < count:
        fit = [number for number in left if pool.candidates[number].before in (None, *chosen)]
        if not fit:
            break
        best = max(fit, key=lambda number: (left[number], -number))
        chosen.append(best)
        left = _without_repeats(left, pool, best)
        if spread:  # others of its section wait
            section = pool.candidates[best].section
            left = {
                n: score - SECTION_WEIGHT * (pool.candidates[n].section == section)
                for n, score in left.items()
            }
    return sorted(chosen)


def _without_repeats(left: dict[int, float], pool: Pool, taken: int) -> dict[int, float]:
    return {
        number: score
        for number, score in left.items()
        if number != taken and not pool.repeats(number, taken)
    }


def _runs_of_candidates(numbers: Sequence[int]) -> list[Sequence[int]]:
    return [numbers[start : start + AT_ONCE] for start in range(0, len(numbers), AT_ONCE)]


def _weighted_signals(document: Document, candidates: Sequence[SentenceCandidate]) -> np.ndarray:
    """The weighted sum of the signals of each of some candidates, at least one, of one document,
    [candidates].
    """
    words = [terms(candidate.text) for candidate in candidates]
    frequency = Counter(word for each in words for word in set(each))
    titled = distinct_terms(document.title)
    total = np.log1p(len(candidates))
    common = np.array(
        [sum(np.log1p(frequency[w]) for w in set(e)) / total / max(len(set(e)), 1) for e in words]
    )
    texts = [candidate.text for candidate in candidates]
    count = len(candidates)
    last = {candidate.section: number for number, candidate in enumerate(candidates)}
    until = np.array(
        [last[candidate.section] - number for number, candidate in enumerate(candidates)]
    )
    sizes = np.array([len(text.split()) for text in texts])
    length = np.clip(np.log(np.maximum(sizes, 1) / 20), -1.5, 1.0)
    # From 1 for ten sentences down to 0 for three hundred.
    little = float(np.clip(1 - np.log(max(count, 1) / 10) / np.log(30), 0, 1))
    signals = {
        "words": np.clip(z_scores(common), -3, 3),
        "digits": np.array(
            [min(sum(map(str.isdigit, text)) / max(len(text), 1) * 10, 1) for text in texts]
        ),
        "title": np.array([len(titled.intersection(each)) / max(len(titled), 1) for each in words]),
        "document_start": 1 / (1 + np.arange(count) / 3),
        "section_end": 1 / (1 + until),
        "paragraph_start": np.array(
            [1.0 if candidate.line == 0 else 0.0 for candidate in candidates]
        ),
        "length": length,
        "little_length": little * length,
    }
    return np.asarray(sum(WEIGHTS[name] * values for name, values in signals.items()))
