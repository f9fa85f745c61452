"""The search for how much signals count in the order of passages and of candidates."""

from typing import Any

from docqa.app.lab.calibration.extracts import Layout
from docqa.app.lab.calibration.trials import Noticed, Trial, Weighed
from docqa.app.lab.calibration.weights import RANKS, search_candidates, search_ranks
from docqa.app.reading.candidates import Form

NOW = {"again_weight": 1.0, "sentence_weight": 0.0, "evidence_weight": 0.1}


def asked(*passages: Noticed, candidates: tuple[Weighed, ...] = (), unanswerable: bool = False) -> Trial:
    """A question about a document of these passages."""
    return Trial(
        Layout.ALONE, "d", "near", "?", unanswerable, True, True, True, Form.FACT, {}, list(passages), list(candidates)
    )


def test_a_reading_that_finds_the_passage_is_heard():
    told: list[dict[str, Any]] = []
    misled = asked((2.0, -9.0, False), (0.0, -0.1, True), (1.0, None, False))
    found = search_ranks([misled], NOW | {"again_weight": 0.0}, lambda **figures: told.append(figures))
    assert set(found) == set(RANKS) and found["again_weight"] > 0
    assert told[0] == {"again_weight": 0.0, "hit_at_1": 0.0, "hit_at_5": 1.0}
    assert len(told) == 1 + len(RANKS["again_weight"])


def test_words_of_the_sentence_count_where_they_tell_candidates_apart():
    covered = asked(candidates=((-2.0, 0.1, 0.0, 0.0), (-2.5, 0.9, -3.0, 0.8)))
    none = asked(candidates=((-1.0, 0.0, 0.0, 0.0), (-2.0, 0.9, 0.0, 1.0)), unanswerable=True)
    found = search_candidates([covered, none], NOW, lambda **_: None)
    assert found["sentence_weight"] > 0
    right = asked(candidates=((-2.0, 0.1, 0.0, 1.0), (-2.5, 0.2, -3.0, 0.0)))
    assert search_candidates([right], NOW, lambda **_: None) == {
        name: NOW[name] for name in ("sentence_weight", "evidence_weight")
    }
