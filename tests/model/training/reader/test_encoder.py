"""The encoder against `transformers`' own MPNet, and its padding, which must not count."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import MPNetConfig, MPNetModel
from transformers.models.mpnet.modeling_mpnet import MPNetEncoder

from docqa.model.errors import ConfigUnsupported
from docqa.model.native.encoder import distance_buckets
from docqa.model.training.reader.encoder_start import (
    FIRST_PLACE,
    POSITIONS,
    encoder_shape,
    fewer_pieces,
    start_reader,
)

PIECES = [
    "<s>",
    "<pad>",
    "</s>",
    "[UNK]",
    "[unused0]",
    "rent",
    "##s",
    "сд",
    "été",
    "##水",
    "β",
    ".",
    *"abcdefgh",
]
KEPT = [number for number, piece in enumerate(PIECES) if piece not in ("[unused0]", "сд", "##水")]


def pieces() -> Tokenizer:
    found = Tokenizer(
        models.WordPiece({name: i for i, name in enumerate(PIECES)}, unk_token="[UNK]")
    )
    found.normalizer = normalizers.Lowercase()
    found.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    found.add_special_tokens(PIECES[:5])
    return found


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """The encoder that training starts from a published folder, and the one that wrote the
    folder.
    """
    folder = tmp_path_factory.mktemp("published")
    out = tmp_path_factory.mktemp("reader")
    torch.manual_seed(0)
    config = MPNetConfig(
        vocab_size=len(PIECES),
        hidden_size=64,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=128,
        max_position_embeddings=POSITIONS + FIRST_PLACE,
        attn_implementation="eager",
    )
    theirs = MPNetModel(config).eval()
    for parameter in theirs.parameters():
        torch.nn.init.normal_(parameter, 0, 0.2)
    theirs.save_pretrained(folder)
    pieces().save(str(folder / "tokenizer.json"))
    return start_reader(folder, out).encoder.eval(), theirs


def test_states_are_those_of_transformers(pair):
    ours, theirs = pair
    ids = torch.randint(0, len(KEPT), (3, 200), generator=torch.Generator().manual_seed(1))
    mask = torch.arange(200)[None] < torch.tensor([[200], [130], [7]])
    places = (torch.arange(200) + FIRST_PLACE)[None]
    with torch.no_grad():
        mine = ours(ids, mask)
        right = theirs(
            input_ids=torch.tensor(KEPT)[ids], attention_mask=mask.long(), position_ids=places
        ).last_hidden_state
    # Both in float32, states of size 1; sums of 128 products in another order through three layers.
    torch.testing.assert_close(mine[mask], right[mask], atol=5e-5, rtol=1e-4)


@settings(deadline=None, max_examples=40)
@given(length=st.integers(1, 300), quarter=st.integers(1, 16))
def test_buckets_of_distances_are_those_of_transformers(length, quarter):
    buckets = 4 * quarter
    places = torch.arange(length)
    theirs = MPNetEncoder.relative_position_bucket(
        places[None] - places[:, None], num_buckets=buckets
    )
    assert np.array_equal(
        distance_buckets((places[:, None] - places).numpy(), buckets), theirs.numpy()
    )


@pytest.mark.parametrize("change", [{"model_type": "bert"}, {"hidden_act": "relu"}])
def test_another_architecture_is_refused(change):
    with pytest.raises(ConfigUnsupported, match="MPNet"):
        encoder_shape(MPNetConfig().to_dict() | change)


def test_unused_word_pieces_are_dropped_and_others_keep_their_rows():
    old = pieces()
    spec, kept = fewer_pieces(json.loads(old.to_str()))
    assert kept == KEPT
    fresh = Tokenizer.from_str(json.dumps(spec))
    for text in ("Rents. été", "β rent", "<s> rent"):
        before, after = (t.encode(text, add_special_tokens=False) for t in (old, fresh))
        assert [kept[i] for i in after.ids] == before.ids
        assert after.offsets == before.offsets
