"""Training of the evidence head, from features to a file that the runtime loads, on a tiny trunk."""

from types import SimpleNamespace

import torch

from docqa.model.heads.evidence import EvidenceHead
from docqa.model.training.heads import evidence


@torch.no_grad()
def margin(head, documents) -> float:
    """How far the right passage stands above the best wrong one, on average."""
    gaps = []
    for document in documents:
        scores = head(document.questions, document.passages)
        wrong = scores.masked_fill(document.right, -2.0).amax(1)
        gaps.append(scores.masked_fill(~document.right, -2.0).amax(1) - wrong)
    return float(torch.cat(gaps).mean())


def test_training_separates_right_from_wrong_passages_and_saves_a_head(read_folder, tmp_path, capsys):
    documents = evidence.read_documents(read_folder)
    assert documents
    for document in documents:
        assert document.right.shape == (len(document.questions), len(document.passages))
        assert document.right.sum(1).min() >= 1
    before, after = (margin(evidence.train_head(documents, steps, 0), documents) for steps in (1, 150))
    assert after > before
    evidence.run(SimpleNamespace(features=read_folder, out=tmp_path, validation=read_folder, steps=150, seed=0))
    assert EvidenceHead.load(tmp_path) is not None
    assert '"hit_at_1"' in capsys.readouterr().out
