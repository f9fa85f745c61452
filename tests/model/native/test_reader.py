"""The reader and the passage encoder on native kernels say what those in torch say."""

import numpy as np
import pytest

from docqa.kernels.self_check import array_library
from docqa.model.errors import WeightsMismatch
from docqa.model.folder import BUNDLED
from docqa.model.heads.excerpt_reading import judge_support, read_excerpts
from docqa.model.heads.passage_encoder import load_passage_encoder
from docqa.model.heads.reader_files import load_reader
from docqa.model.native.reader import NativePassageEncoder, NativeReader

library = array_library()
pytestmark = pytest.mark.skipif(library is None, reason="the native library is not here")
QUESTION = "When does the lease end?"
EXCERPTS = ["The lease ends on 4 May 1912.", "Nothing.", "Rent is due in June; " * 20, "A dog may be kept."]
CLOSE = 2e-4  # both multiply in 8 bits; what is between two products is summed in other orders


@pytest.mark.parametrize("folder", ["random", "bundled"])
def test_excerpts_are_read_as_in_torch(folder, tmp_path, tiny_reader):
    if folder == "random":
        tiny_reader.write_reader(tmp_path)
    where = tmp_path if folder == "random" else BUNDLED
    ours, theirs = NativeReader(where, library), load_reader(where)
    mine, right = (read_excerpts(reader, QUESTION, EXCERPTS, ["Term"] * 4) for reader in (ours, theirs))
    assert mine.answers == pytest.approx(right.answers, abs=CLOSE) and mine.yes == pytest.approx(right.yes, abs=CLOSE)
    assert mine.forms == pytest.approx(right.forms, abs=CLOSE) and mine.places == right.places
    assert mine.spans.none == pytest.approx(right.spans.none, abs=CLOSE)
    best, other = mine.spans.spans[0], right.spans.spans[0]
    assert (best.passage, best.first, best.last) == (other.passage, other.first, other.last)
    judged = (judge_support(reader, [QUESTION] * 4, EXCERPTS) for reader in (ours, theirs))
    np.testing.assert_allclose(*judged, atol=CLOSE)


@pytest.mark.parametrize("folder", ["random", "bundled"])
def test_vectors_of_passages_are_those_of_torch(folder, tmp_path, tiny_reader):
    if folder == "random":
        tiny_reader.random_passage_encoder(tmp_path)
    where = tmp_path if folder == "random" else BUNDLED
    ours, theirs = NativePassageEncoder(where, library), load_passage_encoder(where)
    np.testing.assert_allclose(ours.vectors(EXCERPTS), theirs.vectors(EXCERPTS), atol=1e-5)
    assert ours.identity == theirs.identity and ours.vectors([]).shape == (0, ours.vectors([""]).shape[1])


def test_an_excerpt_is_read_alike_alone_and_beside_others(tmp_path, tiny_reader):
    tiny_reader.write_reader(tmp_path)
    reader = NativeReader(tmp_path, library)
    alone = [read_excerpts(reader, QUESTION, [text]).answers[0] for text in EXCERPTS]
    # The encoder gives the same bits; the head's small products in numpy sum in other orders.
    assert alone == pytest.approx(read_excerpts(reader, QUESTION, EXCERPTS).answers, abs=1e-5)


def test_a_damaged_file_is_named(tmp_path, tiny_reader):
    tiny_reader.write_reader(tmp_path)
    (file,) = tmp_path.glob("reader-*.safetensors")
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(WeightsMismatch, match=file.name):
        NativeReader(tmp_path, library)
