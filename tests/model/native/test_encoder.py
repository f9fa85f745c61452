"""The encoder on arrays: a text's states do not depend on what is read beside it."""

import numpy as np
import pytest

from docqa.kernels.native import SWITCH, is_native_in_use, library_to_use
from docqa.model.heads.reader_text import reader_files
from docqa.model.native.encoder import load_encoder

TEXTS = [list(range(4, 94)), [7], [9, 8] * 29]


def states_beside_and_alone(folder):
    """The states of each text, read with the others and by itself."""
    encoder, _ = load_encoder(reader_files(folder), library_to_use())
    beside, starts = encoder.states(TEXTS)
    assert starts.tolist() == [0, 90, 91, 149]
    for text, first, last in zip(TEXTS, starts, starts[1:], strict=False):
        yield beside[first:last], encoder.states([text])[0]


@pytest.mark.skipif(not is_native_in_use(), reason="the native library is not here")
def test_texts_keep_their_bits_beside_others(tmp_path, tiny_reader):
    tiny_reader.write_reader(tmp_path)
    for beside, alone in states_beside_and_alone(tmp_path):
        assert np.array_equal(alone, beside)


def test_in_numpy_texts_have_the_same_states_beside_others(tmp_path, monkeypatch, tiny_reader):
    monkeypatch.setenv(SWITCH, "reference")
    tiny_reader.write_reader(tmp_path)
    for beside, alone in states_beside_and_alone(tmp_path):
        # float32 products of other shapes sum in another order
        np.testing.assert_allclose(alone, beside, atol=1e-5)
