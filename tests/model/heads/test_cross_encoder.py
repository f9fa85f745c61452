"""What is put before the reader: marks, questions and headings that are too long, and where the excerpts are."""

import pytest
import torch

from docqa.model.errors import WeightsMismatch
from docqa.model.heads.cross_encoder import lay_out
from docqa.model.heads.reader_text import LONGEST_ASKED, LONGEST_EXCERPT, LONGEST_HEADING, ReaderTokenizer
from docqa.model.training.reader.encoder_start import POSITIONS


@pytest.fixture
def reader(tmp_path, tiny_reader):
    return tiny_reader.random_reader(tmp_path)


def test_a_question_longer_than_there_is_room_for_keeps_its_end(reader):
    tokenizer = reader.tokenizer
    asked = tokenizer.asked("word " * 100 + "end?")
    assert asked[0] == tokenizer.begin and asked[-2:] == [tokenizer.between, tokenizer.between]
    assert len(asked) == LONGEST_ASKED + 3 and asked[-6:-2] == tokenizer.encode("end?")


def test_of_many_headings_the_last_ones_stay(reader):
    tokenizer = reader.tokenizer
    heading = tokenizer.heading("A chapter of many words > section nine")
    assert len(heading) == LONGEST_HEADING + 1 and heading[-1] == tokenizer.between
    assert heading[-5:-1] == tokenizer.encode("section nine")[-4:]
    assert tokenizer.heading(" \n") == []


def test_the_longest_of_everything_fits_the_places(reader):
    asked, heading = reader.tokenizer.asked("w " * 200), reader.tokenizer.heading("h " * 200)
    batch = lay_out([([*asked, *heading], [5] * LONGEST_EXCERPT)], reader.tokenizer.between)
    assert batch.ids.shape[1] <= POSITIONS <= reader.encoder.shape.positions
    with torch.no_grad():
        assert reader(batch).start.isfinite().sum() == LONGEST_EXCERPT


def test_rows_are_filled_on_the_right_and_excerpts_marked():
    batch = lay_out([([1, 2], [3, 4, 5]), ([1], [6])], end=9)
    assert batch.ids.tolist() == [[1, 2, 3, 4, 5, 9], [1, 6, 9, 0, 0, 0]]
    assert batch.mask.sum(1).tolist() == [6, 3]
    assert batch.ids[batch.excerpt].tolist() == [3, 4, 5, 6] and batch.first == [2, 1]


def test_logits_of_tokens_are_finite_on_excerpts_alone(reader):
    batch = lay_out([(reader.tokenizer.asked("When?"), [7, 8, 9]), (reader.tokenizer.asked("Who?"), [7])], 2)
    with torch.no_grad():
        found = reader(batch)
    for logits in (found.start, found.end, found.begins, found.inside):
        assert torch.equal(logits.isfinite(), batch.excerpt)
    assert (found.form.shape, found.verdict.shape, found.answers.shape) == ((2, 4), (2, 2), (2,))


@pytest.mark.parametrize("text", ["{}", "no JSON", None])
def test_a_tokenizer_that_cannot_be_read_is_named(tmp_path, text):
    path = tmp_path / "pieces.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(WeightsMismatch, match=r"pieces\.json"):
        ReaderTokenizer(path)


def test_a_tokenizer_without_the_marks_is_refused(tmp_path, tiny_reader):
    path = tmp_path / "pieces.json"
    tiny_reader.write_pieces(path)
    path.write_text(path.read_text().replace('"<s>"', '"[CLS]"'))
    with pytest.raises(WeightsMismatch, match="<s>"):
        ReaderTokenizer(path)
