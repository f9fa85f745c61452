"""Features of documents: whole, resumable, and questions made unanswerable."""


import torch

from docqa.model.training.data.features import DocumentFeatures


def test_features_have_every_passage_and_the_tokens_of_answers(read_folder):
    paths = sorted(read_folder.glob("*.safetensors"))
    assert paths
    document = DocumentFeatures.load(paths[0])
    asked = document.golds[:, 0].tolist()
    assert len(document.passages) == 8 and len(set(asked)) == 8
    bounds = torch.cat([document.passages, document.questions])
    assert bounds[0, 0] == 0 and torch.equal(bounds[1:, 0], bounds[:-1, 1]) and bounds[-1, 1] == len(document.rows)
    for _, passage, first, last in document.golds.tolist():
        start, end = document.passages[passage].tolist()
        assert 0 <= first <= last < end - start
