"""What is put before the reader: marks, and questions and headings that are too long."""

import pytest

from docqa.model.errors import WeightsMismatch
from docqa.model.heads.reader_text import (
    LONGEST_ASKED,
    LONGEST_EXCERPT,
    LONGEST_HEADING,
    ReaderTokenizer,
)
from docqa.model.training.reader.encoder_start import POSITIONS


@pytest.fixture
def tokenizer(tmp_path, tiny_reader):
    tiny_reader.write_pieces(tmp_path / "pieces.json")
    return ReaderTokenizer(tmp_path / "pieces.json")


def test_a_question_longer_than_there_is_room_for_keeps_its_end(tokenizer):
    asked = tokenizer.encode_question("word " * 100 + "end?")
    assert asked[0] == tokenizer.begin and asked[-2:] == [tokenizer.between, tokenizer.between]
    assert len(asked) == LONGEST_ASKED + 3 and asked[-6:-2] == tokenizer.encode("end?")


def test_of_many_headings_the_last_ones_stay(tokenizer):
    heading = tokenizer.encode_heading("A chapter of many words > section nine")
    assert len(heading) == LONGEST_HEADING + 1 and heading[-1] == tokenizer.between
    assert heading[-5:-1] == tokenizer.encode("section nine")[-4:]
    assert tokenizer.encode_heading(" \n") == []


def test_the_longest_of_everything_fits_the_places(tokenizer):
    asked = tokenizer.encode_question("w " * 200)
    heading = tokenizer.encode_heading("h " * 200)
    assert len(asked) + len(heading) + LONGEST_EXCERPT + 1 <= POSITIONS


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
