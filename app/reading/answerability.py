"""Whether the documents answer: signals of one question, and the calibrated decision.

The model's calibration.json has the calibration: {"features": [names], "weights": [..], "bias": b, "threshold": t}, a
logistic over the signals that `features` returns. An answer is refused when its probability is under the threshold.
"""

from __future__ import annotations

import math
import re
from collections import Counter

from docqa.app.context.context import Context
from docqa.app.evidence.ranking import Ranked, WordIndex
from docqa.app.evidence.terms import key_words, names_and_numbers, plain_words, terms
from docqa.app.reading.candidates import Candidate, Candidates
from docqa.ingest.structure.sentences import sentences
from docqa.model.protocol import RefusalCalibration

# Set by hand for a checkpoint without calibration: most of the question's words must be together somewhere.
DEFAULT: RefusalCalibration = {
    "features": ["idf_coverage_passage", "idf_coverage_sentence", "missing_names"],
    "weights": [4.0, 3.0, -0.7],
    "bias": -2.2,
    "threshold": 0.5,
}
# For one that follows instructions and was asked to say so where nothing answers: the odds of its answer against that.
CHAT: RefusalCalibration = {"features": ["reader_refusal_margin"], "weights": [1.0], "bias": 0.0, "threshold": 0.5}
_NO_READER = -20.0
FEATURES = (
    "bm25_top", "idf_coverage_passage", "idf_coverage_sentence", "vector_top", "vector_margin", "reader_logprob",
    "reader_refusal_margin", "reader_passage", "reader_none", "reader_again", "pointed_margin", "answer_coverage",
    "answer_similarity", "missing_names",
)  # fmt: skip
"""The signals that `features` returns, in the order of a calibration's weights."""
AGAINST = frozenset({"reader_none", "missing_names"})
"""Those that can only speak against an answer; all others only for one."""


def features(
    question: str, context: Context, index: WordIndex, ranked: list[Ranked], reading: Candidates | None
) -> dict[str, float]:
    """The signals, all finite; what was not measured is 0, and -20 for log-probabilities.

    bm25_top: top passage's BM25 over the sum of idf of the question's words. idf_coverage_passage, _sentence: share
    of the question's idf in the best of the first three passages, and in the best sentence of them. vector_top: largest
    cosine; vector_margin: that minus the mean over all passages. reader_logprob: mean log-probability of a token of
    the best span. reader_refusal_margin: its whole log-probability minus that of the refusal. reader_passage:
    log-probability that the answer is in the first passage. reader_none: that there is none. reader_again: as
    reader_passage, by the second reading. pointed_margin: the span head's log-probability of the best span minus that
    of "no answer", where the answer was read again. answer_coverage and answer_similarity: of the best span's sentence.
    missing_names: numbers and names of the question that are nowhere in the documents.
    """
    wanted = set(terms(question))
    total = sum(index.idf(term) for term in sorted(wanted))
    top = ranked[:3]
    best_passage = max((index.coverage(wanted, index.passage_words(item.index)) for item in top), default=0.0)
    vectors = [item.vector for item in ranked if item.vector is not None]
    best = reading.candidates[0] if reading and reading.candidates else None
    refusal = reading.refusal_logprob if reading and reading.refusal_logprob is not None else 0.0
    return {
        "bm25_top": max((item.bm25 for item in ranked), default=0.0) / total if total else 0.0,
        "idf_coverage_passage": best_passage,
        "idf_coverage_sentence": _best_sentence(wanted, context, index, top),
        "vector_top": max(vectors, default=0.0),
        "vector_margin": max(vectors) - sum(vectors) / len(vectors) if vectors else 0.0,
        "reader_logprob": max(best.mean_logprob, _NO_READER) if best else _NO_READER,
        "reader_refusal_margin": max(min(best.logprob - refusal, 20.0), _NO_READER) if best else _NO_READER,
        "reader_passage": max(ranked[0].reader, _NO_READER) if ranked and ranked[0].reader is not None else _NO_READER,
        "reader_none": max(refusal, _NO_READER),
        "reader_again": max(ranked[0].again, _NO_READER) if ranked and ranked[0].again is not None else _NO_READER,
        "pointed_margin": _pointed_margin(best, reading),
        "answer_coverage": best.coverage if best else 0.0,
        "answer_similarity": best.similarity if best else 0.0,
        "missing_names": float(len(missing_names(question, context, index))),
    }


def probability(values: dict[str, float], calibration: RefusalCalibration | None) -> float:
    """Probability (0 to 1) that the question is answered, by `calibration` or, without one, by DEFAULT."""
    chosen = calibration or DEFAULT
    total = float(chosen["bias"])
    for name, weight in zip(chosen["features"], chosen["weights"], strict=True):
        total += float(weight) * values.get(name, 0.0)
    return 1.0 / (1.0 + math.exp(-max(min(total, 60.0), -60.0)))


def refused(answer_probability: float, calibration: RefusalCalibration | None) -> bool:
    """True when the probability is under the calibrated threshold."""
    return answer_probability < float((calibration or DEFAULT)["threshold"])


def possible(answer_probability: float, calibration: RefusalCalibration | None) -> bool:
    """Whether what is refused may be answered by the first passage: from the threshold calibrated for that, never
    without one."""
    threshold = calibration.get("possible_threshold") if calibration is not None else None
    return isinstance(threshold, int | float) and answer_probability >= threshold


def missing_names(question: str, context: Context, index: WordIndex) -> list[str]:
    """Numbers and capitalised names of the question that are in no passage."""
    missing = []
    for name in names_and_numbers(question):
        stems = terms(name)
        if stems and not any(index.occurrences(stem) for stem in stems):
            missing.append(name)
    return missing


def word_counts(question: str, context: Context) -> dict[str, int]:
    """How often each key word of the question is in the documents' passages, in any inflection."""
    stems = {word: (terms(word) or [word.casefold()])[0] for word in key_words(question)}
    if not stems:
        return {}
    words = Counter(word for placed in context.passages for word in plain_words(context.text_of(placed)))
    found: Counter[str] = Counter()
    for word, count in words.items():
        found.update(dict.fromkeys(terms(word)[:1], count))
    return {word: found[stem] for word, stem in stems.items()}


def counts_line(counts: dict[str, int]) -> str:
    """One line for `coverage.warnings`, such as: The question's words in the text: "rent" 12, "subsidy" 0."""
    if not counts:
        return "The question has no word that could be counted in the text."
    listed = ", ".join(f'"{re.sub(chr(34), "", word)}" {count}' for word, count in counts.items())
    return f"The question's words in the text: {listed}."


def _pointed_margin(best: Candidate | None, reading: Candidates | None) -> float:
    if best is None or reading is None or reading.pointed_none is None:
        return 0.0
    return max(min(best.pointed - reading.pointed_none, 20.0), _NO_READER)


def _best_sentence(wanted: set[str], context: Context, index: WordIndex, top: list[Ranked]) -> float:
    texts = (context.text_of(context.passages[item.index]) for item in top)
    found = (set(terms(text[span.start : span.end])) for text in texts for span in sentences(text))
    return max((index.coverage(wanted, words) for words in found), default=0.0)
