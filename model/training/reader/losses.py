"""What the reader is trained on: where answers start and end, what they are, and whether a claim is
supported.
"""

from collections import defaultdict
from collections.abc import Sequence
from threading import Lock

import torch
from torch import Tensor
from torch.nn import functional

from docqa.model.heads.reader_text import SUPPORT, VERDICTS
from docqa.model.training.data.claims import EncodedClaim
from docqa.model.training.data.excerpts import UNKNOWN, AskedExcerpts

from .cross_encoder import HeadLogits

# weights beside the loss of start and end
ITEMS = 2.0
ANSWERS = 0.5
FORM = 0.2
VERDICT = 2.0

DECIDED = {
    (SUPPORT.index(of),): VERDICTS.index(verdict)
    for of, verdict in (("supported", "yes"), ("contradicted", "no"))
}


class Figures:
    """Means of losses, by name; several threads may add."""

    def __init__(self) -> None:
        self._sums: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        self._adding = Lock()

    def add(self, name: str, total: Tensor, count: int) -> None:
        """A sum over `count` questions or claims."""
        value = float(total.detach())
        with self._adding:
            self._sums[name][0] += value
            self._sums[name][1] += count

    def means(self) -> dict[str, float]:
        return {name: total / count for name, (total, count) in self._sums.items() if count}


def question_losses(
    found: HeadLogits, none: Tensor, group: Sequence[AskedExcerpts], figures: Figures
) -> Tensor:
    """The sum over the questions of `group`, whose excerpts are the rows of `found`, in order."""
    base = 0
    total = found.start.new_zeros(())
    for one in group:
        rows = slice(base, base + len(one.excerpts))
        base = rows.stop
        first = [len(asked) for asked in one.asked]
        if one.golds or not any(one.holds):
            span = _span_loss(found.start[rows], none[0], one, first, 1)
            span = span + _span_loss(found.end[rows], none[1], one, first, 2)
            figures.add("span", span, 1)
            items = _items_loss(found.begins[rows], found.inside[rows], one, first)
            figures.add("items", items, 1)
            total = total + span + ITEMS * items
        holds = torch.tensor(one.holds, dtype=torch.float32, device=found.answers.device)
        answers = functional.binary_cross_entropy_with_logits(found.answers[rows], holds)
        figures.add("answers", answers, 1)
        total = total + ANSWERS * answers + _named_losses(found, rows, one, figures)
    return total


def _span_loss(
    logits: Tensor, none: Tensor, one: AskedExcerpts, first: list[int], side: int
) -> Tensor:
    """Cross entropy of one side, over all tokens of a question's excerpts and "no answer".

    Any of several wordings of an answer will do; of an answer in several parts each must be likely.
    """
    normal = torch.cat([logits.flatten(), none[None]]).logsumexp(0)
    if not one.golds:
        return normal - none
    right = torch.stack([logits[gold[0], first[gold[0]] + gold[side]] for gold in one.golds])
    return normal - (right.mean() if one.several else right.logsumexp(0))


def _items_loss(begins: Tensor, inside: Tensor, one: AskedExcerpts, first: list[int]) -> Tensor:
    """Binary cross entropy of "begins an item" and "is inside of one", mean over the tokens of
    excerpts.
    """
    begin_here = torch.zeros_like(begins)
    inside_here = torch.zeros_like(inside)
    for excerpt, start, end in one.golds:
        begin_here[excerpt, first[excerpt] + start] = 1.0
        inside_here[excerpt, first[excerpt] + start : first[excerpt] + end + 1] = 1.0
    real = begins > float("-inf")
    loss = functional.binary_cross_entropy_with_logits
    return loss(begins[real], begin_here[real]) * 3 + loss(inside[real], inside_here[real])


def _named_losses(found: HeadLogits, rows: slice, one: AskedExcerpts, figures: Figures) -> Tensor:
    """Form of the question, by every excerpt, and the verdict by those that answer."""
    total = found.form.new_zeros(())
    if one.form != UNKNOWN:
        right = torch.full((len(one.excerpts),), one.form, device=found.form.device)
        loss = functional.cross_entropy(found.form[rows], right)
        figures.add("form", loss, 1)
        total = total + FORM * loss
    if one.verdict != UNKNOWN:
        holds = torch.tensor(one.holds, device=found.verdict.device)
        right = torch.full((int(holds.sum()),), one.verdict, device=found.verdict.device)
        loss = functional.cross_entropy(found.verdict[rows][holds], right)
        figures.add("verdict", loss, 1)
        total = total + VERDICT * loss
    return total


def claim_loss(
    logits: Tensor, verdict: Tensor, claims: Sequence[EncodedClaim], figures: Figures
) -> Tensor:
    """Sum over the claims of minus the log-probability of what is right, of any of several.

    One that its evidence supports or contradicts teaches the verdict, too: as the question whether
    it is so.
    """
    likely = logits.log_softmax(-1)
    loss = -torch.stack(
        [likely[n, list(claim.right)].logsumexp(0) for n, claim in enumerate(claims)]
    ).sum()
    figures.add("support", loss, len(claims))
    decided = [
        (n, DECIDED[claim.right]) for n, claim in enumerate(claims) if claim.right in DECIDED
    ]
    if not decided:
        return loss
    rows, right = torch.tensor(decided, device=verdict.device).unbind(1)
    said = functional.cross_entropy(verdict[rows], right, reduction="sum")
    figures.add("claim verdict", said, len(decided))
    return loss + VERDICT * said
