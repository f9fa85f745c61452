"""Figures of a reader that is right, of one that knows nothing, and of one that is wrong."""

import pytest
import torch

from docqa.model.training.data.claims import EncodedClaim
from docqa.model.training.data.excerpts import AskedExcerpts
from docqa.model.training.reader.cross_encoder import HeadLogits
from docqa.model.training.reader.measure import measure

ASKED = 3
TOKENS = 6
NONE = torch.zeros(2)
QUESTIONS = [
    AskedExcerpts([[1] * ASKED] * 2, [[2] * TOKENS] * 2, [(1, 2, 3)], [False, True], form=0),
    AskedExcerpts([[1] * ASKED], [[2] * TOKENS], [], [False]),
    AskedExcerpts([[1] * ASKED], [[2] * TOKENS], [], [True], form=2, verdict=1),
] * 4
CLAIMS = [EncodedClaim([1], [2], right) for right in ((0,), (2,), (1, 2, 3))] * 4


def reader(sign: float):
    """Reads and judges as is right (`sign` 1), or the other way round (-1)."""

    def read(group):
        rows = []
        for one in group:
            count = len(one.excerpts)
            length = ASKED + TOKENS
            start, end = torch.full((2, count, length), -9.0)
            start[:, :ASKED] = end[:, :ASKED] = -torch.inf
            for excerpt, first, last in one.golds:
                start[excerpt, ASKED + first] = end[excerpt, ASKED + last] = 9.0 * sign
            form = torch.zeros(count, 4)
            verdict = torch.zeros(count, 2)
            form[:, one.form] = verdict[:, one.verdict] = sign
            answers = (torch.tensor(one.holds).float() - 0.5) * sign
            rows.append(HeadLogits(start, end, start, end, form, verdict, answers))
        return HeadLogits(
            *(
                torch.cat([getattr(row, name) for row in rows])
                for name in HeadLogits.__annotations__
            )
        )

    def judge(claims):
        logits = torch.zeros(len(claims), 4)
        for row, claim in zip(logits, claims, strict=True):
            row[0] = sign if 0 in claim.right else -sign
        return logits

    return read, judge


def test_a_reader_that_is_right_has_full_figures():
    assert measure(*reader(1), NONE, QUESTIONS, CLAIMS) == {
        "span_f1": 1,
        "excerpt_right": 1,
        "form": 1,
        "verdict": 1,
        "told_apart": 1,
        "answers_apart": 1,
        "support": 1,
    }


def test_a_reader_that_is_wrong_has_none():
    found = measure(*reader(-1), NONE, QUESTIONS, CLAIMS)
    assert found.pop("span_f1") < 0.5
    assert found == pytest.approx(dict.fromkeys(found, 0)) and len(found) == 6
