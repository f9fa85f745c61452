"""The reader: a file that comes back, spans on the excerpts' own words, and damage that is named."""

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny import tiny_model

from docqa.model.errors import WeightsMismatch
from docqa.model.heads.cross_encoder import (
    READER_FILE,
    READER_TOKENIZER,
    CrossEncoder,
    described,
    lay_out,
    read_excerpts,
)
from docqa.model.load import load_model

EXCERPTS = ["The lease ends on 4 May 1912.", "The tenant pays 30 pounds a year in the inn.", "Nothing."]
QUESTION = "When does the lease end?"


@pytest.fixture
def reader(tmp_path, tiny_reader):
    tiny_reader.write_reader(tmp_path)
    return CrossEncoder.load(tmp_path)


def test_a_written_reader_comes_back_within_its_rounding(tmp_path, tiny_reader):
    written = tiny_reader.write_reader(tmp_path)
    back = CrossEncoder.load(tmp_path)
    asked = written.tokenizer.asked(QUESTION)
    batch = lay_out([(asked, written.tokenizer.encode(text)) for text in EXCERPTS], written.tokenizer.between)
    with torch.no_grad():
        for ours, theirs in zip(back(batch), written(batch), strict=True):
            assert torch.equal(ours.isinf(), theirs.isinf())
            # Random embeddings in 4 bits: some 7 % of a value's spread, through two layers.
            assert torch.corrcoef(torch.stack([ours[batch.excerpt], theirs[batch.excerpt]]))[0, 1] > 0.9


def test_packed_and_dense_matrices_read_the_same_within_rounding(tmp_path, monkeypatch, tiny_reader):
    tiny_reader.write_reader(tmp_path)
    found = []
    for packed in (True, False):
        monkeypatch.setattr("docqa.model.heads.cross_encoder.packed_is_faster", lambda packed=packed: packed)
        reading, _ = read_excerpts(CrossEncoder.load(tmp_path), QUESTION, EXCERPTS, longest=1, each=100)
        found.append({(s.passage, s.first): s.score for s in reading.spans})
    assert found[0].keys() == found[1].keys()
    # Activations are rounded to 8 bits beside packed matrices: half a part in a hundred, of logits of a few units.
    assert max(abs(found[0][place] - score) for place, score in found[1].items()) < 0.5


def test_starts_and_ends_lie_in_the_excerpts_and_share_one_probability(reader):
    reading, tokens = read_excerpts(reader, QUESTION, EXCERPTS, each=3)
    for span in reading.spans:
        assert 0 <= span.first <= span.last < len(tokens[span.passage])
        start, end = tokens[span.passage][span.first][0], tokens[span.passage][span.last][1]
        assert EXCERPTS[span.passage][start:end].strip()
    single, _ = read_excerpts(reader, QUESTION, EXCERPTS, longest=1, each=200)
    # With spans of one token, `score` is start plus end of every token; each of the two sums to 1 with "no answer".
    assert len(single.spans) == sum(map(len, tokens))
    assert float(torch.tensor([span.score for span in single.spans]).exp().sum()) < 1.0


def test_excerpt_scores_do_not_depend_on_padding(reader):
    alone, _ = read_excerpts(reader, QUESTION, EXCERPTS[:1], each=4)
    beside, _ = read_excerpts(reader, QUESTION, EXCERPTS, each=4)
    theirs = [span for span in beside.spans if span.passage == 0]
    assert [(s.first, s.last) for s in theirs] == [(s.first, s.last) for s in alone.spans]
    shift = alone.none - beside.none
    # fp32 products of other shapes sum in another order
    assert [s.score + shift for s in theirs] == pytest.approx([s.score for s in alone.spans], abs=1e-3)


def test_a_question_longer_than_there_is_room_for_keeps_its_end(reader):
    tokenizer = reader.tokenizer
    asked = tokenizer.asked("word " * 100 + "end?")
    assert len(asked) < 80
    assert asked[-5:-1] == tokenizer.encode("end?")
    assert (asked[0], asked[-1]) == (tokenizer.begin, tokenizer.between)


def test_damaged_and_missing_files_are_refused_by_name(tmp_path, tiny_reader):
    tiny_reader.write_reader(tmp_path)
    pieces = (tmp_path / READER_TOKENIZER).read_text()
    (tmp_path / READER_TOKENIZER).write_text("{}")
    with pytest.raises(WeightsMismatch, match=READER_TOKENIZER):
        CrossEncoder.load(tmp_path)
    (tmp_path / READER_TOKENIZER).unlink()
    with pytest.raises(WeightsMismatch, match=READER_TOKENIZER):
        CrossEncoder.load(tmp_path)
    (tmp_path / READER_TOKENIZER).write_text(pieces)
    (tmp_path / READER_FILE).write_bytes(b"no weights")
    with pytest.raises(WeightsMismatch, match=READER_FILE):
        CrossEncoder.load(tmp_path)


def test_a_file_that_lacks_a_tensor_or_has_another_shape_is_refused(tmp_path, tiny_reader):
    shape = tiny_reader.write_reader(tmp_path).encoder.shape
    whole = load_file(tmp_path / READER_FILE)
    for name, change in (("head.none", None), ("encoder.layers.0.query.scale", None), ("head.none", torch.zeros(3))):
        kept = {key: part for key, part in whole.items() if key != name} | ({} if change is None else {name: change})
        save_file(kept, tmp_path / READER_FILE, metadata=described(shape))
        with pytest.raises(WeightsMismatch, match="reader"):
            CrossEncoder.load(tmp_path)
    save_file(whole, tmp_path / READER_FILE, metadata={"layers": "2"})
    with pytest.raises(WeightsMismatch, match="reader"):
        CrossEncoder.load(tmp_path)


def test_a_checkpoint_with_a_reader_has_it_and_one_without_has_none(tmp_path, tiny_reader):
    assert tiny_model(tmp_path / "model").reader is None
    tiny_reader.write_reader(tmp_path / "model")
    assert load_model(tmp_path / "model", dtype="float32", threads=1).reader is not None
