"""Answers written as JSON and read back, and the words of their grades."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docqa.app.answer.answer import Answer, Cite, CoverageReport, EvidenceItem, Quote, Usage
from docqa.app.answer.grades import Grade, Place, Status, weakest
from docqa.app.answer.text import clip

QUOTE = Quote("It ends.", 3, 7, Grade.NORMALISED, Place.MOVED, (Cite("a.pdf", 1, "i", None, 0, 8, (4, 5)),), "Doe")
ANSWER = Answer(
    Status.ANSWERED, "When?", "ends", False, 0.5, (QUOTE,), (EvidenceItem("a.pdf", 1, "i", 1.5, "It ends."),),
    CoverageReport(9, 9, 1, pages_without_text=(2, 3)), Usage(9, 0, 0.1, False), {"options": {"k": 5}},
)  # fmt: skip


def test_an_answer_is_read_back_as_it_was_written() -> None:
    back = Answer.from_json_object(json.loads(json.dumps(ANSWER.to_json_object())))
    assert back == ANSWER
    assert (back.quotes[0].grade.verified, type(back.status)) == (True, Status)


@pytest.mark.parametrize("change", [{"status": "done"}, {"quotes": [{"grade": "fine"}]}, {"other": 1}, {"usage": 3}])
def test_what_is_not_an_answer_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        Answer.from_json_object(json.loads(json.dumps(ANSWER.to_json_object())) | change)


def test_grades_are_the_words_of_the_contract() -> None:
    assert [*Grade] == ["exact", "normalised", "damaged", "near", "absent", "uncheckable"]
    assert [*Place] == ["as_cited", "moved", "other_document", "unknown"]
    assert [*Status] == ["answered", "partial", "not_found", "unreadable", "error"]
    assert [grade for grade in Grade if grade.verified] == ["exact", "normalised"]
    assert weakest([Grade.NEAR, Grade.EXACT, Grade.DAMAGED]) == "near"


def test_long_text_is_clipped_between_two_words() -> None:
    assert clip("one two three", 13) == "one two three"
    assert clip("one two three", 12) == "one two …"
