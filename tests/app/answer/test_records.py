"""Answers written as JSON and read back, and the words of their grades."""

import json
from dataclasses import replace
from typing import Any

import pytest

from docqa.app.answer.answer import (
    Answer,
    Cite,
    CoverageReport,
    EvidenceItem,
    Quote,
    Statement,
    Usage,
)
from docqa.app.answer.grades import Grade, Place, Status, Support, Verdict, weakest_grade
from docqa.app.answer.text import clip

QUOTE = Quote(
    "It ends.",
    3,
    7,
    Grade.NORMALISED,
    Place.MOVED,
    (Cite("a.pdf", 1, "i", None, 0, 8, (4, 5)),),
    "Doe",
)
ANSWER = Answer(
    Status.ANSWERED,
    "When?",
    "Yes: ends",
    False,
    0.5,
    (QUOTE,),
    (EvidenceItem("a.pdf", 1, "i", 1.5, "It ends."),),
    CoverageReport(9, 9, 1, pages_without_text=(2, 3)),
    Usage(9, 0, 0.1, False),
    {"options": {"k": 5}},
    verdict=Verdict.YES,
    statements=(Statement("ends", Support.QUOTED, (0,)),),
)


def test_an_answer_is_read_back_as_it_was_written():
    back = Answer.from_json_object(json.loads(json.dumps(ANSWER.to_json_object())))
    assert back == ANSWER
    assert (back.quotes[0].grade.verified, type(back.status)) == (True, Status)
    assert (type(back.verdict), type(back.statements[0].support)) == (Verdict, Support)


def test_an_answer_is_written_in_the_order_of_the_contract():
    assert list(ANSWER.to_json_object()) == [
        "schema",
        "status",
        "question",
        "answer",
        "verdict",
        "refused",
        "confidence",
        "statements",
        "quotes",
        "evidence",
        "coverage",
        "usage",
        "provenance",
        "missing",
    ]
    assert list(ANSWER.to_json_object()["statements"][0]) == ["text", "support", "quotes", "file"]  # type: ignore[index]


def _under_schema_1(answer: Answer) -> dict[str, Any]:
    """The object of `answer` as it was kept before there were verdicts and statements."""
    written = json.loads(json.dumps(answer.to_json_object()))
    return {
        key: value for key, value in written.items() if key not in ("verdict", "statements")
    } | {"schema": 1}


def test_what_was_kept_under_schema_1_is_read():
    assert Answer.from_json_object(_under_schema_1(ANSWER)) == replace(
        ANSWER, verdict=None, statements=()
    )


def test_a_refusal_of_schema_1_had_the_chance_that_nothing_answers():
    refusal = replace(
        ANSWER, status=Status.NOT_FOUND, answer=None, refused=True, confidence=0.9, quotes=()
    )
    assert Answer.from_json_object(_under_schema_1(refusal)).confidence == 0.1


@pytest.mark.parametrize(
    "change",
    [
        {"status": "done"},
        {"quotes": [{"grade": "fine"}]},
        {"other": 1},
        {"usage": 3},
        {"verdict": "maybe"},
    ],
)
def test_what_is_not_an_answer_is_refused(change):
    with pytest.raises((TypeError, ValueError)):
        Answer.from_json_object(json.loads(json.dumps(ANSWER.to_json_object())) | change)


def test_grades_are_the_words_of_the_contract():
    assert [*Grade] == ["exact", "normalised", "damaged", "near", "absent", "uncheckable"]
    assert [*Place] == ["as_cited", "moved", "other_document", "unknown"]
    assert [*Status] == ["answered", "partial", "possible", "not_found", "unreadable", "error"]
    assert [*Support] == ["quoted", "supported", "partly", "unsupported", "contradicted"]
    assert [*Verdict] == ["yes", "no"]
    assert [grade for grade in Grade if grade.verified] == ["exact", "normalised"]
    assert weakest_grade([Grade.NEAR, Grade.EXACT, Grade.DAMAGED]) == "near"


def test_long_text_is_clipped_between_two_words():
    assert clip("one two three", 13) == "one two three"
    assert clip("one two three", 12) == "one two …"
