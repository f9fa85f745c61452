"""Training of the span head, from documents to a file that the runtime loads, on a tiny trunk."""

import random
from types import SimpleNamespace

import pytest
import torch

from docqa.model.heads.span import SpanHead
from docqa.model.training.heads import span


def test_training_lowers_the_loss_and_leaves_a_head_that_loads(read_folder, tmp_path):
    options = SimpleNamespace(
        features=read_folder, out=tmp_path / "head", validation=None, steps=60, minutes=5.0, rate=3e-3, dropout=0.0,
        documents=1, save_every=1000, save_minutes=60.0, seed=0,
    )  # fmt: skip
    options.out.mkdir()
    torch.manual_seed(0)
    span.train(options)
    head = SpanHead.load(options.out)
    assert head is not None
    documents = span.Documents(read_folder)
    document = documents.draw(random.Random(1))
    fresh = SpanHead(document.rows.shape[1])
    fresh.mean.copy_(head.mean)
    fresh.scale.copy_(head.scale)
    losses = []
    for each in (fresh.eval(), head):
        pairs = span.draw_pairs(each, documents, document, random.Random(2))
        with torch.no_grad():
            start, _ = span.pair_logits(each, document, pairs)
            places = [(pair, first) for pair, first, _ in pairs.golds]
            losses.append(float(span.shared_loss(start, each.none[0], pairs.question, places, len(pairs.questions))))
    # A fresh head knows nothing of some hundred places; sixty steps leave a few of them.
    assert losses[1] < 0.7 * losses[0]


def test_two_halves_by_length_score_as_all_passages_together(read_folder):
    documents = span.Documents(read_folder)
    document = documents.draw(random.Random(1))
    torch.manual_seed(0)
    head = SpanHead(document.rows.shape[1]).eval()
    pairs = span.draw_pairs(head, documents, document, random.Random(2))
    with torch.no_grad():
        p_rows, p_mask = span.padded(document.rows, document.passages[pairs.passages])
        q_rows, q_mask = span.padded(document.rows, document.questions[pairs.questions])
        p_rows, q_rows = head.rows(p_rows), head.rows(q_rows)
        p, q = head.encode(p_rows, p_mask), head.encode(q_rows, q_mask)
        a, b = pairs.passage, pairs.question
        together = head.score((p_rows[a], p[a], p_mask[a]), (q_rows[b], q[b], q_mask[b]))
        halves = span.pair_logits(head, document, pairs)
    for one, other in zip(together, halves, strict=True):
        assert torch.allclose(one, other, atol=1e-4)  # products of other shapes sum in another order


def test_the_loss_counts_no_answer_beside_all_tokens_of_all_passages():
    logits = torch.tensor([[0.0, 1.0, float("-inf")], [2.0, 0.0, 1.0], [0.5, 0.5, 0.5]])
    question = torch.tensor([0, 0, 1])
    loss = span.shared_loss(logits, torch.tensor(0.3), question, [(1, 0)], 2)
    first = torch.tensor([0.0, 1.0, 2.0, 0.0, 1.0, 0.3]).logsumexp(0) - 2.0
    second = torch.tensor([0.5, 0.5, 0.5, 0.3]).logsumexp(0) - 0.3
    assert loss == pytest.approx(float(first + second) / 2)
