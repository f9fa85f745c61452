"""The passage encoder against `transformers`' own BERT, and its file."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from transformers import BertConfig, BertModel

from docqa.kernels.native import SWITCH, is_native_in_use
from docqa.model.errors import ConfigUnsupported, WeightsMismatch
from docqa.model.folder import BUNDLED
from docqa.model.heads.passage_encoder import PassageEncoder
from docqa.model.heads.reader_cost import cost_of_reader
from docqa.model.heads.reader_text import (
    LONGEST_PASSAGE,
    PASSAGE_ENCODER_FILE,
    READER_TOKENIZER,
    ReaderTokenizer,
)
from docqa.model.training.heads.passage_start import (
    main,
    save_passage_encoder,
    start_passage_encoder,
)
from docqa.model.training.reader.cross_encoder import lay_out
from docqa.model.training.reader.reader_files import dense_form

TEXTS = [
    "The lease ends on 4 May 1912.",
    "Rent",
    "The tenant pays 30 pounds a year in the inn. " * 12,
]
PIECES = {"[CLS]": "<s>", "[SEP]": "</s>", "[PAD]": "<pad>"}


@pytest.fixture
def published(tmp_path, tiny_reader):
    """(a folder as BERT is published, with its pieces in another order; the folder with the
    reader's tokenizer).
    """
    ours = tmp_path / "ours"
    theirs = tmp_path / "theirs"
    ours.mkdir(), theirs.mkdir()
    size = tiny_reader.write_pieces(ours / READER_TOKENIZER)
    spec = json.loads((ours / READER_TOKENIZER).read_text())
    names = {ours: theirs for theirs, ours in PIECES.items()}
    spec["model"]["vocab"] = {
        names.get(piece, piece): size - 1 - n for piece, n in spec["model"]["vocab"].items()
    }
    (theirs / "tokenizer.json").write_text(json.dumps(spec))
    torch.manual_seed(1)
    shape = {
        "hidden_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 128,
    }
    BertModel(BertConfig(vocab_size=size, **shape)).save_pretrained(theirs)
    return theirs, ours


def vectors_in_torch(encoder, tokenizer):
    """The mean of what `encoder` makes of the tokens of each of TEXTS, as unit vectors."""
    ids = [tokenizer.encode(text)[:LONGEST_PASSAGE] for text in TEXTS]
    batch = lay_out([([tokenizer.begin], text) for text in ids], tokenizer.between)
    with torch.no_grad():
        states = encoder(batch.ids, batch.mask) * batch.mask[..., None]
    return torch.nn.functional.normalize(states.sum(1), dim=1).numpy()


def test_vectors_are_the_mean_of_transformers_states(published):
    theirs, ours = published
    tokenizer = ReaderTokenizer(ours / READER_TOKENIZER)
    found = vectors_in_torch(start_passage_encoder(theirs, ours).eval(), tokenizer)
    model = BertModel.from_pretrained(theirs).eval()
    vocabulary = json.loads((theirs / "tokenizer.json").read_text())["model"]["vocab"]
    own = {
        n: piece
        for piece, n in json.loads((ours / READER_TOKENIZER).read_text())["model"]["vocab"].items()
    }
    for text, vector in zip(TEXTS, found, strict=True):
        pieces = ["[CLS]", *(own[i] for i in tokenizer.encode(text)[:LONGEST_PASSAGE]), "[SEP]"]
        with torch.no_grad():
            states = model(
                torch.tensor([[vocabulary[piece] for piece in pieces]])
            ).last_hidden_state[0]
        # float32 through two layers, in groups of other lengths
        right = torch.nn.functional.normalize(states.mean(0), dim=0).numpy()
        np.testing.assert_allclose(vector, right, atol=1e-5, rtol=1e-4)


def test_a_written_encoder_comes_back_and_takes_what_was_planned(published, monkeypatch):
    theirs, ours = published
    main(["--start", str(theirs), "--out", str(ours)])
    start = start_passage_encoder(theirs, ours).eval()
    stored = load_file(ours / PASSAGE_ENCODER_FILE)
    whole = vectors_in_torch(start, ReaderTokenizer(ours / READER_TOKENIZER))
    start.load_state_dict(
        {name.removeprefix("encoder."): part for name, part in dense_form(stored).items()}
    )
    rounded = vectors_in_torch(start, ReaderTokenizer(ours / READER_TOKENIZER))
    assert (rounded * whole).sum(1).min() > 0.97  # 4 bits
    for switch, close in (
        ("torch", 1e-5),
        ("", 0.02),
    ):  # natively activations are rounded to 8 bits
        monkeypatch.setenv(SWITCH, switch)
        np.testing.assert_allclose(PassageEncoder(ours).vectors(TEXTS), rounded, atol=close)
    held = sum(
        part.nbytes * (2 if part.is_floating_point() and part.ndim < 2 else 1)
        for part in stored.values()
    )
    held += stored["encoder.places.weight"].nbytes  # float16 in the file, float32 in memory
    planned = cost_of_reader(ours)
    assert planned.weights_bytes == pytest.approx(held, rel=0.02)  # the plan rounds small vectors
    assert planned.passage_macs == 2 * (4 * 64 * 64 + 2 * 64 * 128)


@pytest.mark.skipif(not is_native_in_use(), reason="the native library is not here")
def test_without_the_native_library_passages_of_the_bundled_encoder_rank_alike(monkeypatch):
    native = PassageEncoder(BUNDLED).vectors(TEXTS[:2])
    monkeypatch.setenv(SWITCH, "torch")
    # Activations rounded to 8 bits: vectors of length 1 turn by a few hundredths.
    assert (native * PassageEncoder(BUNDLED).vectors(TEXTS[:2])).sum(1).min() > 0.999


def test_the_same_file_has_the_same_identity_and_damage_is_named(published, tmp_path):
    theirs, ours = published
    assert PassageEncoder.load(tmp_path) is None
    save_passage_encoder(start_passage_encoder(theirs, ours), ours)
    assert PassageEncoder(ours).identity == PassageEncoder(ours).identity != ""
    (ours / PASSAGE_ENCODER_FILE).write_bytes(b"no weights")
    with pytest.raises(WeightsMismatch, match=PASSAGE_ENCODER_FILE):
        PassageEncoder(ours)


def test_another_architecture_is_refused(published):
    theirs, ours = published
    config = json.loads((theirs / "config.json").read_text())
    (theirs / "config.json").write_text(json.dumps(config | {"hidden_act": "relu"}))
    with pytest.raises(ConfigUnsupported, match="relu"):
        start_passage_encoder(theirs, ours)
