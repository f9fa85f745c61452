"""What an answer is worth: its scores, what counts as right, and the calibration error."""

import random
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from docqa.app.answer.answer import Answer, Cite, CoverageReport, Quote, Usage
from docqa.app.answer.grades import Grade, Place, Status, Verdict
from docqa.app.eval.judging import (
    Asserted,
    bins,
    calibration_error,
    confidence_figure,
    is_right,
    scores,
    verdict_of,
)
from docqa.app.eval.questions import GoldQuestion


def answer(said: str | None, *quotes: tuple[str, int | None]) -> Answer:
    """An answer with quotes (text, page)."""
    made = tuple(
        Quote(
            text, None, None, Grade.EXACT, Place.AS_CITED, (Cite("a.pdf", page, None, None, 0, 1),)
        )
        for text, page in quotes
    )
    status, refused = (Status.NOT_FOUND, True) if said is None else (Status.ANSWERED, False)
    begins = verdict_of(said)
    verdict = Verdict(begins) if begins else None
    report = CoverageReport(1, 1, 1)
    usage = Usage(1, 0, 0.0, False)
    return Answer(status, "q", said, refused, 0.5, made, (), report, usage, verdict=verdict)


RENT = GoldQuestion(
    "When is the rent due?", ("within nine days of the end of each month", "nine days"), False
)
OPENED = GoldQuestion("When did it open?", ("21 May 1911",), False)
PARTIES = GoldQuestion("Who signs?", ("the Tenant", "the Landlord"), False, multi=True)
FIXED = GoldQuestion(
    "Is the rent fixed?", ("it rises each year by two percent",), False, verdict="no"
)
MAY = GoldQuestion("May it end?", ("yes",), False, verdict="yes")


@pytest.mark.parametrize(
    ("said", "question", "overlap", "exact"),
    [
        ("nine days", RENT, 1.0, 1.0),
        ("the Landlord; the Tenant", PARTIES, 1.0, 0.0),
        ("Tenant; Landlord", PARTIES, 1.0, 1.0),
        ("the Tenant", PARTIES, 2 / 3, 0.0),
        ("No: it rises each year by two percent", FIXED, 1.0, 1.0),
        ("Yes: it rises each year by two percent", FIXED, 1.0, 1.0),
        ("No person may", RENT, 0.0, 0.0),
        ("Yes: the term may end", MAY, 1.0, 1.0),
        ("No: the term may not end, yes", MAY, 0.0, 0.0),
        ("the term may end, yes", MAY, 0.0, 0.0),
        (None, RENT, 0.0, 0.0),
    ],
)
def test_scores_are_of_all_golds_together_and_of_clauses(said, question, overlap, exact):
    assert scores(said, question) == (pytest.approx(overlap), exact)


@pytest.mark.parametrize(
    ("said", "question", "right"),
    [
        ("nine days", RENT, True),
        ("the end of each month", RENT, True),
        ("month", RENT, False),
        ("the rent is due, as was agreed by all of the parties, in nine days", RENT, True),
        ("word " * 70 + "nine days", RENT, False),
        ("nineteen days", RENT, False),
        ("21 May 1911 at noon", OPENED, True),
        ("22 May 1911", OPENED, False),
        ("22 or 21 May 1911", OPENED, True),
        ("ten weeks", RENT, False),
        ("Tenant; Landlord", PARTIES, True),
        ("it is signed by the Tenant and then by the Landlord on the last page", PARTIES, True),
        ("the Tenant", PARTIES, False),
        ("No: it rises each year", FIXED, True),
        ("Yes: it rises each year", FIXED, False),
        ("it rises each year", FIXED, True),
        ("Yes: the term may end", MAY, True),
        ("No: the term may not end", MAY, False),
        (None, RENT, False),
    ],
)
def test_an_answer_is_right_that_agrees_with_a_known_one(said, question, right):
    assert is_right(answer(said), question) is right
    assert not is_right(answer(said), replace(question, unanswerable=True))


def test_a_known_answer_may_stand_in_the_first_quote():
    assert is_right(answer("month", ("due within nine days of each month", 6)), RENT)
    assert not is_right(answer("month", ("due each month", 6), ("within nine days", 6)), RENT)
    assert not is_right(answer("month", ("word " * 60 + "nine days", 6)), RENT)
    one_word = GoldQuestion("Who pays?", ("tenants",), False)
    assert not is_right(answer("landlords", ("landlords and not tenants pay", 6)), one_word)
    assert is_right(
        answer("the Tenant", ("signed by the Tenant", 6), ("and the Landlord", 6)), PARTIES
    )


def test_words_that_are_needed_may_stand_in_the_first_quote():
    asked = GoldQuestion("q", ("two years",), False, pages=(6,), must=("two (2) year", "24 months"))
    assert is_right(answer("it", ("for a Two (2)-year period", 6)), asked)
    assert is_right(answer("24 months", ("other words", 3), ("more", 6)), asked)
    assert is_right(answer("24 months", ("a document without pages", None)), asked)
    assert not is_right(answer("24 months", ("other words", 3)), asked)
    assert not is_right(answer("it", ("other words", 6), ("two (2) year", 6)), asked)
    assert not is_right(answer("it", ("word " * 60 + "two (2) year", 6)), asked)
    assert not is_right(answer("No: 24 months", ("other words", 6)), replace(asked, verdict="yes"))


def test_all_words_of_a_list_may_stand_in_all_quotes():
    asked = GoldQuestion(
        "q", ("a",), False, pages=(2,), kind="list", must=("irons",), all_of=("irons", "putters")
    )
    assert is_right(answer("irons", ("irons", 2), ("and Putters", 4)), asked)
    assert not is_right(
        answer("irons", ("irons", 2), ("and Putters", 4)), replace(asked, kind="near")
    )
    assert not is_right(answer("irons", ("irons", 2)), asked)


def test_bins_are_of_equal_count_and_weigh_the_error():
    sure = [Asserted(0.9, n < 9) for n in range(10)]
    unsure = [Asserted(0.5, n < 2) for n in range(10)]
    mixed = random.Random(0).sample(sure + unsure, 20)
    found = bins(mixed)
    assert [each.size for each in found] == [2] * 10
    assert found[0] == (2, pytest.approx(0.9), 1.0) and found[-1] == (2, pytest.approx(0.5), 0.0)
    assert calibration_error(mixed) == pytest.approx((4 * 0.1 + 0.4 + 0.5 + 4 * 0.5) / 10)
    assert calibration_error([Asserted(0.75, True)]) == pytest.approx(0.25)
    assert (bins([]), calibration_error([])) == ([], 0)


def test_the_figure_has_a_dot_for_each_bin_and_ends_in_precision():
    drawn = confidence_figure([Asserted(n / 20, n % 4 > 0) for n in range(20)], 40)
    ElementTree.fromstring(drawn)
    assert drawn.count("<circle") == 10 and drawn.count("<polyline") == 2
    curve = re.findall(r'points="([^"]+)"', drawn)[1].split()
    zero, last = (tuple(map(float, point.split(","))) for point in (curve[0], curve[-1]))
    assert len(curve) == 20 and last[0] > zero[0]
    ElementTree.fromstring(confidence_figure([], 0))
