"""Whether the documents answer: signals of one question, and the calibrated decision.
RefusalCalibration (docqa.model.protocol) has logistics over `features`: for each form of answer one
of "what would be asserted is right", and one of "the first passage answers". Under its threshold an
answer is refused."""

import math
import re
from collections import Counter
from collections.abc import Mapping

from docqa.app.context.context import Context
from docqa.app.evidence.ranking import Ranked, WordIndex
from docqa.app.evidence.terms import key_words, names_and_numbers, plain_words, terms
from docqa.app.reading.candidates import BY_CELL, BY_CLAUSE, BY_STRUCTURE, Candidates, Form
from docqa.ingest.language.sentences import sentences
from docqa.model.protocol import NamedLogistic, RefusalCalibration

# By hand, for a checkpoint without calibration: most of the question's words must be together.
DEFAULT: RefusalCalibration = {
    "features": ["idf_coverage_passage", "idf_coverage_sentence", "missing_names"],
    "weights": [4.0, 3.0, -0.7],
    "bias": -2.2,
    "threshold": 0.5,
}
_NO_READER = -20.0
STRUCTURE_CHANCE = (
    0.9  # that a place's text, or a term's definition, answers a question for it; by hand
)
CELL_CHANCE = (
    0.88  # of a cell, by hand: without the reader 109 of 118 were right on training questions
)
SIGNALS = (
    "margin",
    "likely",
    "lead",
    "answers",
    "answers_alone",
    "answers_elsewhere",
    "form_chance",
    "items_chance",
    "behind",
    "missing_names",
)
"""What a calibration of the reader weighs."""


def features(
    question: str,
    context: Context,
    index: WordIndex,
    ranked: list[Ranked],
    reading: Candidates | None,
) -> dict[str, float]:
    """The signals, all finite; what was not measured is 0, and -20 for log-probabilities.

    Of the reader: margin: log-probability of the best span minus that of "no answer"; likely: the
    first of the two; lead: how far the best span elsewhere is behind; answers: log-odds that the
    span's excerpt answers, by itself; answers_alone: that its sentence does; answers_elsewhere:
    that the second best excerpt does; form_chance: of the chosen form; yes: log-odds of yes by the
    sentence; items_chance: mean chance of a list's items; behind: of the passage in the ranking;
    said, said_lead: likely and lead by another reader, where that chose the span. Of other models:
    reader_refusal_margin: log-probability of the best span minus that of a refusal. Of words:
    sentence_coverage: share of the question's idf in the sentence of the best span;
    idf_coverage_passage, _sentence: in the best of the first three passages, and in their best
    sentence; missing_names: how many of the question are in no passage.
    """
    wanted = set(terms(question))
    top = ranked[:3]
    texts = (context.text_of(context.passages[item.index]) for item in top)
    said = (set(terms(text[span.start : span.end])) for text in texts for span in sentences(text))
    best = reading.candidates[0] if reading and reading.candidates else None
    refusal = reading.refusal_logprob if reading and reading.refusal_logprob is not None else 0.0
    return {
        "idf_coverage_passage": max(
            (index.coverage(wanted, index.passage_words(item.index)) for item in top), default=0.0
        ),
        "idf_coverage_sentence": max(
            (index.coverage(wanted, words) for words in said), default=0.0
        ),
        "reader_refusal_margin": max(min(best.logprob - refusal, 20.0), _NO_READER)
        if best
        else _NO_READER,
        "sentence_coverage": best.coverage if best else 0.0,
        "missing_names": float(len(missing_names(question, index))),
        **(reading.signals if reading else {}),
    }


def probability(
    values: Mapping[str, float], calibration: RefusalCalibration | None, form: Form = Form.FACT
) -> float:
    """Probability (0 to 1) that an answer of this form is right, by `calibration` or DEFAULT."""
    if values.get(BY_STRUCTURE):
        return STRUCTURE_CHANCE
    if values.get(BY_CELL):
        return CELL_CHANCE
    if BY_CLAUSE in values:
        return values[BY_CLAUSE]
    chosen = calibration or DEFAULT
    fitted = chosen.get("forms", {}).get(form)
    weights, bias = (
        (fitted["weights"], fitted["bias"]) if fitted else (chosen["weights"], chosen["bias"])
    )
    return _logistic(values, chosen["features"], weights, bias)


def first_passage_probability(
    values: Mapping[str, float], calibration: RefusalCalibration | None
) -> float:
    """Probability (0 to 1) that the first passage answers; without a calibration of it, that of an
    answer.
    """
    fitted = calibration.get("evidence") if calibration else None
    if calibration is None or fitted is None or BY_CLAUSE in values:
        return probability(values, calibration)
    return _logistic(values, calibration["features"], fitted["weights"], fitted["bias"])


def _logistic(
    values: Mapping[str, float], names: list[str], weights: list[float], bias: float
) -> float:
    total = bias + sum(
        weight * values.get(name, 0.0) for name, weight in zip(names, weights, strict=True)
    )
    return chance_of(total)


def agreement(signals: Mapping[str, float], calibration: NamedLogistic | None) -> float:
    """Probability (0 to 1) that what is asked holds; 0 without a calibration of it, or where
    nothing was read.
    """
    if calibration is None or not signals:
        return 0.0
    return _logistic(signals, calibration["features"], calibration["weights"], calibration["bias"])


def chance_of(odds: float) -> float:
    """The probability that log-odds are."""
    return 1.0 / (1.0 + math.exp(-max(min(odds, 60.0), -60.0)))


def log_odds(chance: float) -> float:
    """The log-odds of a probability, finite."""
    bounded = min(max(chance, 1e-9), 1 - 1e-9)
    return math.log(bounded / (1 - bounded))


def refused(answer_probability: float, calibration: RefusalCalibration | None) -> bool:
    return answer_probability < float((calibration or DEFAULT)["threshold"])


def possible(answer_probability: float, calibration: RefusalCalibration | None) -> bool:
    """Whether what is refused may be answered by the first passage, by the threshold calibrated for
    that.
    """
    threshold = calibration.get("possible_threshold") if calibration is not None else None
    return isinstance(threshold, int | float) and answer_probability >= threshold


def missing_names(question: str, index: WordIndex) -> list[str]:
    """Numbers and capitalised names of the question that are in no passage."""
    stems_of = {name: terms(name) for name in names_and_numbers(question)}
    return [
        name for name, stems in stems_of.items() if stems and not any(map(index.occurrences, stems))
    ]


def word_counts(question: str, context: Context) -> dict[str, int]:
    """How often each key word of the question is in the passages, in any inflection."""
    stems = {word: (terms(word) or [word.casefold()])[0] for word in key_words(question)}
    if not stems:
        return {}
    words = Counter(
        word for placed in context.passages for word in plain_words(context.text_of(placed))
    )
    found: Counter[str] = Counter()
    for word, count in words.items():
        found.update(dict.fromkeys(terms(word)[:1], count))
    return {word: found[stem] for word, stem in stems.items()}


def counts_line(counts: dict[str, int]) -> str:
    """One line for `coverage.warnings`, as: The question's words in the text: "rent" 12, "subsidy"
    0.
    """
    if not counts:
        return "The question has no word that could be counted in the text."
    listed = ", ".join(f'"{re.sub(chr(34), "", word)}" {count}' for word, count in counts.items())
    return f"The question's words in the text: {listed}."
