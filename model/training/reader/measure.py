"""Figures of a reader on fixed questions and claims that it is not trained on."""

from collections import defaultdict
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from docqa.model.heads.reader_text import FORMS, SUPPORT
from docqa.model.heads.spans import best_spans
from docqa.model.training.data.claims import EncodedClaim
from docqa.model.training.data.excerpts import UNKNOWN, AskedExcerpts

from .cross_encoder import HeadLogits

TOGETHER = 8  # questions or claims
LONGEST_SPAN = 64


def measure(
    read: Callable[[list[AskedExcerpts]], HeadLogits],
    judge: Callable[[list[EncodedClaim]], Tensor],
    none: Tensor,
    asked: Sequence[AskedExcerpts],
    claims: Sequence[EncodedClaim],
) -> dict[str, float]:
    """Figures of a reader that reads and judges so.

    span_f1: token F1 of the best span in a right excerpt; excerpt_right: the best excerpt is a
    right one; told_apart: how often the margin of the best span over "no answer" is greater for an
    answered question than for an unanswered one (0.5: chance), answers_apart: the same of what the
    first token says; form, verdict: share that is right; support: balanced accuracy of supported
    against not.
    """
    found: defaultdict[str, list[float]] = defaultdict(list)
    for begin in range(0, len(asked), TOGETHER):
        group = list(asked[begin : begin + TOGETHER])
        logits = read(group)
        base = 0
        for one in group:
            _measure_one(logits, none, one, base, found)
            base += len(one.excerpts)
    for begin in range(0, len(claims), TOGETHER):
        few = list(claims[begin : begin + TOGETHER])
        for claim, row in zip(few, judge(few), strict=True):
            supported = bool(row.argmax() == SUPPORT.index("supported"))
            right = SUPPORT.index("supported") in claim.right
            found["held" if right else "not_held"].append(float(supported == right))
    named = ("span_f1", "excerpt_right", "form", "verdict")
    figures = {name: _mean(found[name]) for name in named if found[name]}
    for name, signal in (("told_apart", "margin"), ("answers_apart", "answers")):
        if found[f"{signal}_yes"] and found[f"{signal}_no"]:
            figures[name] = _greater(found[f"{signal}_yes"], found[f"{signal}_no"])
    if found["held"] and found["not_held"]:
        figures["support"] = (_mean(found["held"]) + _mean(found["not_held"])) / 2
    return figures


def _measure_one(
    logits: HeadLogits,
    none: Tensor,
    one: AskedExcerpts,
    base: int,
    found: defaultdict[str, list[float]],
) -> None:
    rows = slice(base, base + len(one.excerpts))
    answered = "yes" if any(one.holds) else "no"
    found[f"answers_{answered}"].append(float(logits.answers[rows].max()))
    best = best_spans(logits.start[rows].numpy(), logits.end[rows].numpy(), LONGEST_SPAN, 1)
    if one.golds or answered == "no":
        found[f"margin_{answered}"].append(best[0].score - float(none.sum()))
    if one.golds:
        holding = {e for e, _, _ in one.golds}
        found["excerpt_right"].append(float(best[0].passage in holding))
        inner = next(span for span in best if span.passage in holding)
        first = len(one.asked[inner.passage])
        found["span_f1"].append(
            max(
                overlap(inner.first - first, inner.last - first, a, b)
                for e, a, b in one.golds
                if e == inner.passage
            )
        )
    if one.form != UNKNOWN:
        chosen = logits.form[rows].log_softmax(-1).mean(0).argmax()
        found["form"].append(float(FORMS[int(chosen)] == FORMS[one.form]))
    if one.verdict != UNKNOWN:
        chosen = logits.verdict[rows][torch.tensor(one.holds)].log_softmax(-1).mean(0).argmax()
        found["verdict"].append(float(int(chosen) == one.verdict))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _greater(yes: Sequence[float], no: Sequence[float]) -> float:
    return float((torch.tensor(yes)[:, None] > torch.tensor(no)[None]).float().mean())


def overlap(a: int, b: int, c: int, d: int) -> float:
    """Token F1 of two spans, each by its first and last token."""
    shared = min(b, d) - max(a, c) + 1
    return 2 * shared / (b - a + 1 + d - c + 1) if shared > 0 else 0.0
