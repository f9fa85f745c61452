"""The signals of one question, by which a calibration says how sure its answer is."""

from collections.abc import Sequence

from .candidates import CandidateSet


def answer_signals(missing: Sequence[str], reading: CandidateSet | None) -> dict[str, float]:
    """The signals of an answer to a question with the words `missing` (premises.py), all finite;
    what was not measured is 0, and -20 for log-probabilities.

    Of the reader: margin: log-probability of the best span minus that of "no answer"; likely: the
    first of the two; lead: by how much it exceeds the best span elsewhere; answers: log-odds that
    the span's excerpt answers, by itself; answers_alone: that its sentence does; answers_elsewhere:
    that the second best excerpt does; form_chance: of the chosen form; yes: log-odds of yes by the
    sentence; behind: how far its passage is after the
    first one in the ranking; said, said_lead: likely and lead by another reader, where that chose
    the span. Of words: sentence_coverage: share of the question's idf in the sentence of the best
    span; missing_names: how many names and years of the question are in no document; names_elsewhere:
    how many of its names and numbers are not where the answer is.
    """
    best = reading.candidates[0] if reading and reading.candidates else None
    return {
        "sentence_coverage": best.coverage if best else 0.0,
        "missing_names": float(len(missing)),
        **(reading.signals if reading else {}),
    }
