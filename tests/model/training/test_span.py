"""Training of the span head, from documents to a file that the runtime loads, on a tiny trunk."""

import random
from types import SimpleNamespace

import pytest
import torch

from docqa.model.span_head import SpanHead
from docqa.model.training import features, span
from docqa.model.training.features import DocumentFeatures


def test_features_hold_every_passage_and_lead_to_the_answers_tokens(read_folder):
    paths = sorted(read_folder.glob("*.safetensors"))
    assert paths
    document = DocumentFeatures.load(paths[0])
    assert len(document.passages) == 8 and len(document.questions) == 8
    bounds = torch.cat([document.passages, document.questions])
    assert bounds[0, 0] == 0 and torch.equal(bounds[1:, 0], bounds[:-1, 1]) and bounds[-1, 1] == len(document.rows)
    assert sorted(document.golds[:, 0].tolist()) == list(range(8))
    for _, passage, first, last in document.golds.tolist():
        start, end = document.passages[passage].tolist()
        assert 0 <= first <= last < end - start


def test_reading_again_keeps_what_is_there(read_folder, read_options):
    before = {path: path.stat().st_mtime_ns for path in read_folder.glob("*")}
    features.run(read_options)
    assert {path: path.stat().st_mtime_ns for path in read_folder.glob("*")} == before


def test_training_lowers_the_loss_and_leaves_a_head_that_loads(read_folder, tmp_path):
    options = SimpleNamespace(
        features=read_folder, out=tmp_path / "head", validation=None, steps=60, minutes=5.0, rate=3e-3, dropout=0.0,
        accumulate=1, save_every=1000, seed=0,
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
        pairs = span.draw_pairs(each, document, random.Random(2))
        with torch.no_grad():
            start, _ = span.pair_logits(each, document, pairs)
        places = [(pair, first) for pair, first, _ in pairs.golds]
        losses.append(float(span.shared_loss(start, each.none[0], pairs.question, places, len(pairs.questions))))
    # A fresh head knows nothing of some hundred places; sixty steps leave a few of them.
    assert losses[1] < 0.7 * losses[0]


def test_the_loss_counts_no_answer_beside_all_tokens_of_all_passages():
    logits = torch.tensor([[0.0, 1.0, float("-inf")], [2.0, 0.0, 1.0], [0.5, 0.5, 0.5]])
    question = torch.tensor([0, 0, 1])
    loss = span.shared_loss(logits, torch.tensor(0.3), question, [(1, 0)], 2)
    first = torch.tensor([0.0, 1.0, 2.0, 0.0, 1.0, 0.3]).logsumexp(0) - 2.0
    second = torch.tensor([0.5, 0.5, 0.5, 0.3]).logsumexp(0) - 0.3
    assert loss == pytest.approx(float(first + second) / 2)
