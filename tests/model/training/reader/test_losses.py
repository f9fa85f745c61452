"""What the reader is trained on: a head that is right loses nearly nothing, and each gold
counts.
"""

import math

import pytest
import torch

from docqa.model.training.data.claims import EncodedClaim
from docqa.model.training.data.excerpts import AskedExcerpts
from docqa.model.training.reader.cross_encoder import HeadLogits
from docqa.model.training.reader.losses import Figures, claim_loss, question_losses

# tokens of a question and of an excerpt
ASKED = 3
TOKENS = 6
SURE = 30.0


def question(golds, holds, **known) -> AskedExcerpts:
    count = len(holds)
    return AskedExcerpts([[1] * ASKED] * count, [[2] * TOKENS] * count, golds, holds, **known)


def certain(one: AskedExcerpts, *, sure: float = SURE) -> HeadLogits:
    """Logits of a head that knows what is right, or with `sure` 0 knows nothing."""
    count = len(one.excerpts)
    length = ASKED + TOKENS + 1
    start, end, begins, inside = (torch.full((count, length), -sure) for _ in range(4))
    for excerpt, first, last in one.golds:
        start[excerpt, ASKED + first] = begins[excerpt, ASKED + first] = end[
            excerpt, ASKED + last
        ] = sure
        inside[excerpt, ASKED + first : ASKED + last + 1] = sure
    for logits in (start, end, begins, inside):
        logits[:, :ASKED] = logits[:, -1] = -torch.inf
    form = torch.full((count, 4), -sure)
    verdict = torch.full((count, 2), -sure)
    form[:, one.form] = verdict[:, one.verdict] = sure
    answers = torch.tensor(one.holds).float() * 2 * sure - sure
    return HeadLogits(start, end, begins, inside, form, verdict, answers)


def loss(found, *group):
    figures = Figures()
    return float(question_losses(found, torch.zeros(2), group, figures)), figures.means()


@pytest.mark.parametrize(
    "one",
    [
        question([(1, 2, 3)], [False, True], form=0),
        question([(0, 1, 1)], [True], form=2, verdict=1),
        question([], [True, False], form=2, verdict=0),  # yes or no, no words marked
        question([], [False, False]),
    ],
)
def test_a_head_that_is_right_loses_nearly_nothing(one):
    assert loss(certain(one), one)[0] == pytest.approx(0, abs=1e-4)
    assert loss(certain(one, sure=0.0), one)[0] > 0.5


def test_of_several_parts_each_must_be_likely_and_of_wordings_any():
    golds = [(0, 0, 0), (0, 4, 5)]
    wordings = question(golds, [True])
    parts = question(golds, [True], several=True)
    one_of_two = certain(question(golds[:1], [True]))
    assert loss(one_of_two, wordings)[1]["span"] == pytest.approx(0, abs=1e-4)
    assert loss(one_of_two, parts)[1]["span"] == pytest.approx(
        2 * SURE, rel=0.01
    )  # start and end, of half the parts
    both = certain(parts)
    assert loss(both, parts)[1]["span"] == pytest.approx(
        2 * math.log(2), abs=1e-4
    )  # each has half of the chance
    assert loss(both, wordings)[1]["span"] == pytest.approx(0, abs=1e-4)


def test_an_unknown_form_or_verdict_adds_nothing():
    one = question([(0, 1, 2)], [True])
    told = question([(0, 1, 2)], [True], form=3, verdict=0)
    found = certain(one, sure=0.0)
    total, figures = loss(found, one)
    assert "form" not in figures and "verdict" not in figures
    named, more = loss(found, told)
    assert named - total == pytest.approx(0.2 * math.log(4) + 2.0 * math.log(2), abs=1e-5)
    assert (more["form"], more["verdict"]) == (
        pytest.approx(math.log(4)),
        pytest.approx(math.log(2)),
    )


def test_a_claim_may_have_several_right_labels():
    claims = [EncodedClaim([1], [2], (1,)), EncodedClaim([1], [2], (1, 2, 3))]
    figures = Figures()
    unsaid = torch.zeros(2, 2)
    assert (
        float(claim_loss(torch.tensor([[0, SURE, 0, 0], [0, 0, SURE, 0]]), unsaid, claims, figures))
        < 1e-4
    )
    unsure = float(claim_loss(torch.zeros(2, 4), unsaid, claims, Figures()))
    assert unsure == pytest.approx(math.log(4) + math.log(4 / 3), abs=1e-5)
    assert figures.means() == {"support": pytest.approx(0, abs=1e-4)}


def test_what_evidence_supports_is_so_and_what_it_contradicts_is_not():
    claims = [EncodedClaim([1], [2], (right,)) for right in range(4)]
    certain_of_all = torch.eye(4) * SURE
    said = torch.tensor(
        [[SURE, 0], [0.0, SURE], [0, SURE], [SURE, 0]]
    )  # of the second and fourth it matters not
    assert float(claim_loss(certain_of_all, said, claims, Figures())) < 1e-4
    assert float(claim_loss(certain_of_all, said.flip(1), claims, Figures())) == pytest.approx(
        4 * SURE, abs=1e-3
    )
