"""The passage encoder against `transformers`' own BERT, and its file."""

import json

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from docqa.model.errors import ConfigUnsupported, WeightsMismatch
from docqa.model.heads import passage_encoder, reader_cost
from docqa.model.heads.passage_encoder import load_passage_encoder, save_passage_encoder
from docqa.model.heads.reader_cost import cost_of_reader
from docqa.model.heads.reader_text import LONGEST_PASSAGE, PASSAGE_ENCODER_FILE, READER_TOKENIZER
from docqa.model.training.heads.passage_start import main, start_passage_encoder

TEXTS = ["The lease ends on 4 May 1912.", "Rent", "The tenant pays 30 pounds a year in the inn. " * 12]
PIECES = {"[CLS]": "<s>", "[SEP]": "</s>", "[PAD]": "<pad>"}


@pytest.fixture
def published(tmp_path, tiny_reader):
    """(a folder as BERT is published, with its pieces in another order; the folder with the reader's tokenizer)."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir(), theirs.mkdir()
    size = tiny_reader.write_pieces(ours / READER_TOKENIZER)
    spec = json.loads((ours / READER_TOKENIZER).read_text())
    names = {ours: theirs for theirs, ours in PIECES.items()}
    spec["model"]["vocab"] = {names.get(piece, piece): size - 1 - n for piece, n in spec["model"]["vocab"].items()}
    (theirs / "tokenizer.json").write_text(json.dumps(spec))
    torch.manual_seed(1)
    shape = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 128}
    BertModel(BertConfig(vocab_size=size, **shape)).save_pretrained(theirs)
    return theirs, ours


def test_vectors_are_the_mean_of_transformers_states(published):
    theirs, ours = published
    encoder = start_passage_encoder(theirs, ours).eval()
    model = BertModel.from_pretrained(theirs).eval()
    vocabulary = json.loads((theirs / "tokenizer.json").read_text())["model"]["vocab"]
    own = {n: piece for piece, n in json.loads((ours / READER_TOKENIZER).read_text())["model"]["vocab"].items()}
    for text, vector in zip(TEXTS, encoder.vectors(TEXTS), strict=True):
        pieces = ["[CLS]", *(own[i] for i in encoder.tokenizer.encode(text)[:LONGEST_PASSAGE]), "[SEP]"]
        with torch.no_grad():
            states = model(torch.tensor([[vocabulary[piece] for piece in pieces]])).last_hidden_state[0]
        # float32 through two layers, in groups of other lengths
        right = torch.nn.functional.normalize(states.mean(0), dim=0).numpy()
        np.testing.assert_allclose(vector, right, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("packed", [True, False])
def test_a_written_encoder_comes_back_and_takes_what_was_planned(published, monkeypatch, packed):
    theirs, ours = published
    for module in (passage_encoder, reader_cost):
        monkeypatch.setattr(module, "packed_is_faster", lambda: packed)
    main(["--start", str(theirs), "--out", str(ours)])
    back = load_passage_encoder(ours)
    assert (back.encoder.layers[0].query.packed is not None) == packed
    alike = (back.vectors(TEXTS) * start_passage_encoder(theirs, ours).eval().vectors(TEXTS)).sum(1)
    assert alike.min() > 0.97  # 4 bits
    matrices = [m.packed for m in back.modules() if getattr(m, "packed", None) is not None]
    held = sum(p.nbytes for p in back.parameters() if not p.is_meta)
    held += sum(m.q.nbytes + m.scale.nbytes + m.zero.nbytes for m in matrices)
    planned = cost_of_reader(ours)
    assert planned.weights_bytes == pytest.approx(held, rel=0.02)  # the plan rounds small vectors
    assert planned.passage_macs == 2 * (4 * 64 * 64 + 2 * 64 * 128)


def test_the_same_file_has_the_same_identity_and_damage_is_named(published, tmp_path):
    theirs, ours = published
    assert load_passage_encoder(tmp_path) is None
    save_passage_encoder(start_passage_encoder(theirs, ours), ours)
    assert load_passage_encoder(ours).identity == load_passage_encoder(ours).identity != ""
    (ours / PASSAGE_ENCODER_FILE).write_bytes(b"no weights")
    with pytest.raises(WeightsMismatch, match=PASSAGE_ENCODER_FILE):
        load_passage_encoder(ours)


def test_another_architecture_is_refused(published):
    theirs, ours = published
    config = json.loads((theirs / "config.json").read_text())
    (theirs / "config.json").write_text(json.dumps(config | {"hidden_act": "relu"}))
    with pytest.raises(ConfigUnsupported, match="relu"):
        start_passage_encoder(theirs, ours)
