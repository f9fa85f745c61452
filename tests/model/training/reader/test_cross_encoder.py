"""The reader as it is trained: where the excerpts are, and logits on them alone."""

import pytest
import torch

from docqa.model.training.reader.cross_encoder import lay_out


@pytest.fixture
def reader(tmp_path, tiny_reader):
    return tiny_reader.random_reader(tmp_path)


def test_rows_are_filled_on_the_right_and_excerpts_marked():
    batch = lay_out([([1, 2], [3, 4, 5]), ([1], [6])], end=9)
    assert batch.ids.tolist() == [[1, 2, 3, 4, 5, 9], [1, 6, 9, 0, 0, 0]]
    assert batch.mask.sum(1).tolist() == [6, 3]
    assert batch.ids[batch.excerpt].tolist() == [3, 4, 5, 6]


def test_logits_of_tokens_are_finite_on_excerpts_alone(reader):
    batch = lay_out([(reader.tokenizer.asked("When?"), [7, 8, 9]), (reader.tokenizer.asked("Who?"), [7])], 2)
    with torch.no_grad():
        found = reader(batch)
    for logits in (found.start, found.end, found.begins, found.inside):
        assert torch.equal(logits.isfinite(), batch.excerpt)
    assert (found.form.shape, found.verdict.shape, found.answers.shape) == ((2, 4), (2, 2), (2,))
