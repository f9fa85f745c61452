"""How sure an answer is: every chance, threshold and constant of confidence, and the logistics that
make a chance of signals. A RefusalCalibration (docqa.model.protocol) has, over its `features`, for
each form of answer a logistic of "what would be asserted is right", and one of "the first passage
answers". Below its threshold an answer is refused."""

import math
from collections.abc import Mapping
from types import MappingProxyType

from docqa.model.protocol import Logistic, NamedLogistic, RefusalCalibration

# Signals that decide alone.
BY_STRUCTURE = "by_structure"
"""The structure gave the answer: the text of a section, or the definition of a term."""
BY_CELL = "by_cell"
"""Row and column of a table gave the answer, and have all that was asked for."""
BY_CLAUSE = "by_clause"
"""Its value is the chance that the answer is in the clause of a field, or is the clause."""

OWN_ODDS: RefusalCalibration = {
    "features": ["sentence_coverage"],
    "weights": [8.0],
    "bias": -5.0,
    "threshold": 0.5,
}
"""For a checkpoint without calibration, set by hand: the share of the question's words in the
sentence that answers. Equal odds are enough from five eighths of the words on."""

# Chances, 0 to 1.
STRUCTURE_CHANCE = 0.9  # of an answer by structure; by hand
CELL_CHANCE = 0.88  # of an answer by a cell: 109 of 118 training questions without the reader
ITEM_CHANCE = 0.5  # of words from which they count as an item of a list
FIELD_CHANCE = 0.48  # of a field's value, from which it is asserted
CLAUSE_CHANCE = 0.5  # of a sentence from which it counts as of a clause
SUMMARY_CHANCE = 0.25  # from which a summary has it below the heading of its clause
AUTHORS_CHANCE = 0.8  # of names after a title: all of 14 of 17 papers, of 7 of 9 of others
CAPTION_CHANCE = 0.8  # of the court, the names and the judges of a caption
TITLE_CHANCE = 0.85  # of a title that the first pages print: 15 of 17 papers, four with a line more
KIND_CHANCE = 0.4  # from which a document counts as of a kind
SURELY_DATED = 0.85  # from which the date of a document stands for an agreement's date
SURE_OWN = 0.6  # of the reader's own answer, shown where what a small model wrote is refused
AGREES_CHANCE = 0.65  # geometric mean over documents of being rightly named or left out
UNNAMED_CHANCE = 0.05  # that a question means another value than the one it names
MISSING_CHANCE = 0.4  # most of an answer to a question with a name or year that no document has
PASSAGE_CHANCES = 0.01, 0.99  # bounds of the first passage's chance as a signal of a statement

# Log-odds.
AGREES_ODDS = 0.5  # from which what is asked holds: right for 85 % of third-party files
VERDICT_ODDS = 0.6  # of yes or no below which the clause alone is shown: right for 87 % above
DATE_ODDS = -1.5  # of a date below which it is not the document's
DATE_BONUS = 1.5  # added to the likeliest date's: nine of ten such are right
LARGEST_ODDS = 12.0  # bound of a signal

# Log-probabilities.
LEAST_SPAN = -36.0  # bound of start plus end of a span
LEAST_PASSAGE = -12.0  # bound of a passage's, and of one that was not read
LARGEST_MARGIN = 20.0  # bound of a margin
LARGEST_LEAD = 10.0  # bound of a lead

# Shares of a question's words, 0 to 1.
CELL_COVERED = 0.85  # in row, column and what is above a table, for its cell to answer
LEAST_CELL_COVERED = 0.5  # the same where the reader's answer is a stretch of that table
OTHER_CELL_COVERED = 0.1  # by which a cell of another table has to be worse

# Factors of the reader's chance of each form of answer.
LIST_FACTOR = 6.0  # the reader was trained on few lists
LIST_IN_WORDS_FACTOR = 4.0  # again, where the words of the question ask for one

# Of statements that a model wrote.
STATEMENT_CHANCE = 0.33  # from which a statement counts as an answer
SMALL_STATEMENT_CHANCE = 0.5  # the same of a small model
STATEMENT_BIAS = -3.63
STATEMENT_WEIGHTS = {
    "statement_answers": 0.49,
    "share": 2.38,
    "like_the_readers": 3.12,
    "other_verdict": 1.35,
    "kinds_of_the_readers": 1.18,
    "wrong_type": -0.9,
    "behind_the_best": 0.91,
    "passage_answers": 0.28,
}
"""Fitted on what people answered to questions over documents that nothing was trained on, on their
answers to other questions about the same document, and on what a model of 1.5B wrote
(`app.lab.statements`). `share`: of the statement's words, by their idf; `behind_the_best`: how
much less a text answers than another."""
SMALL_STATEMENT_BIAS = -5.9
SMALL_STATEMENT_WEIGHTS = STATEMENT_WEIGHTS | {"share": 2.6, "passage_answers": 0.7}
"""Of a small model, whose wrong answers use the document's words too: fitted on its answers."""
FOLLOWUP_LEAD = 0.05  # of confidence, by which a follow-up is answered better alone

SENTENCE_WEIGHT = 1.5
"""Of the log-odds that the sentence alone answers, beside the score of a candidate in it."""
READER_WEIGHTS: dict[str, float] = {
    "evidence_weight": 0.1,
    "vector_weight": 0.0,
    "again_weight": 1.0,
    "excerpts": 12,
    "passages": 24,
    "max_tokens": 80,
}
"""What orders the candidates of a reader, where the calibration of its model says nothing else."""

Signals = Mapping[str, float]
"""What was measured on an answer, by name (reading/signals.py)."""


def chance_from_log_odds(log_odds_value: float) -> float:
    """The probability that log-odds are."""
    return 1.0 / (1.0 + math.exp(-max(min(log_odds_value, 60.0), -60.0)))


def log_odds(chance: float) -> float:
    """The log-odds of a probability, finite."""
    bounded = min(max(chance, 1e-9), 1 - 1e-9)
    return math.log(bounded / (1 - bounded))


def clamp_to_bounds(value: float, largest: float) -> float:
    """`value` within `largest` on either side of 0."""
    return max(min(value, largest), -largest)


def answer_chance(
    signals: Signals, calibration: RefusalCalibration | None, form: str = ""
) -> float:
    """Probability (0 to 1) that an answer of this form is right, by `calibration` or OWN_ODDS."""
    if signals.get(BY_STRUCTURE):
        return STRUCTURE_CHANCE
    if signals.get(BY_CELL):
        return CELL_CHANCE
    if BY_CLAUSE in signals:
        return signals[BY_CLAUSE]
    chosen = calibration or OWN_ODDS
    return _logistic_probability(
        signals, chosen["features"], chosen.get("forms", {}).get(form, chosen)
    )


def first_passage_chance(signals: Signals, calibration: RefusalCalibration | None) -> float:
    """Probability (0 to 1) that the first passage answers; without a calibration of it, that of an
    answer.
    """
    fitted = calibration.get("evidence") if calibration else None
    if calibration is None or fitted is None or BY_CLAUSE in signals:
        return answer_chance(signals, calibration)
    return _logistic_probability(signals, calibration["features"], fitted)


def agreement_chance(signals: Signals, calibration: NamedLogistic | None) -> float:
    """Probability (0 to 1) that what is asked holds for a document; 0 without a calibration of it,
    or where nothing was read.
    """
    if calibration is None or not signals:
        return 0.0
    return _logistic_probability(signals, calibration["features"], calibration)


def _logistic_probability(signals: Signals, features: list[str], fitted: Logistic) -> float:
    weighed = zip(features, fitted["weights"], strict=True)
    return chance_from_log_odds(
        fitted["bias"] + sum(w * signals.get(name, 0.0) for name, w in weighed)
    )


def is_below_answer_threshold(
    chance: float,
    calibration: RefusalCalibration | None,
    signals: Signals = MappingProxyType({}),
) -> bool:
    """Whether an answer with this chance and these `signals` is not asserted."""
    if BY_CLAUSE in signals:
        return chance < FIELD_CHANCE
    return chance < float((calibration or OWN_ODDS)["threshold"])


def is_above_possible_threshold(chance: float, calibration: RefusalCalibration | None) -> bool:
    """Whether the first passage may answer what is refused, by the threshold calibrated for
    that.
    """
    threshold = calibration.get("possible_threshold") if calibration is not None else None
    return isinstance(threshold, int | float) and chance >= threshold
