"""The encoder against `transformers`' own BERT, and its filling, which must not count."""

import json

import pytest
import torch
from transformers import BertConfig, BertModel

from docqa.model.errors import ConfigUnsupported
from docqa.model.heads.encoder import Encoder
from docqa.model.training.reader.encoder_start import encoder_shape, fewer_pieces, plain_names

CONFIG = {
    "model_type": "bert", "vocab_size": 90, "hidden_size": 24, "num_hidden_layers": 3, "num_attention_heads": 4,
    "intermediate_size": 40, "max_position_embeddings": 50, "layer_norm_eps": 1e-7, "hidden_act": "gelu",
}  # fmt: skip


@pytest.fixture(scope="module")
def pair():
    torch.manual_seed(0)
    theirs = BertModel(BertConfig(**CONFIG, attn_implementation="eager")).eval()
    for parameter in theirs.parameters():
        torch.nn.init.normal_(parameter, 0, 0.3)
    ours = Encoder(encoder_shape(CONFIG))
    ours.load_state_dict(plain_names(theirs.state_dict()))
    return ours.eval(), theirs


def test_states_are_those_of_transformers(pair):
    ours, theirs = pair
    ids = torch.randint(0, 90, (3, 20), generator=torch.Generator().manual_seed(1))
    mask = torch.arange(20)[None] < torch.tensor([[20], [13], [7]])
    second = torch.arange(20)[None].expand(3, -1) >= 5
    with torch.no_grad():
        mine = ours(ids, mask, second)
        right = theirs(input_ids=ids, attention_mask=mask.long(), token_type_ids=second.long()).last_hidden_state
    # Both in float32; sums of 40 products in another order.
    torch.testing.assert_close(mine[mask], right[mask], atol=2e-5, rtol=1e-4)


def test_filling_changes_nothing(pair):
    ours, _ = pair
    ids = torch.randint(0, 90, (1, 12), generator=torch.Generator().manual_seed(2))
    filled = torch.cat([ids, torch.full((1, 6), 7)], 1)
    mask = torch.arange(18)[None] < 12
    with torch.no_grad():
        alone = ours(ids, mask[:, :12], torch.zeros_like(ids, dtype=torch.bool))
        beside = ours(filled, mask, torch.zeros_like(filled, dtype=torch.bool))
    torch.testing.assert_close(beside[:, :12], alone, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("change", [{"model_type": "roberta"}, {"hidden_act": "relu"}, {"type_vocab_size": 1}])
def test_another_architecture_is_refused(change):
    with pytest.raises(ConfigUnsupported, match="BERT"):
        encoder_shape(CONFIG | change)


def test_unused_word_pieces_are_dropped_and_others_keep_their_rows(tmp_path):
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    names = [
        "[PAD]",
        "[unused0]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "rent",
        "##s",
        "\u0441\u0434",
        "\u00e9t\u00e9",
        "##\u6c34",
        "\u03b2",
        ".",
    ]
    pieces = Tokenizer(models.WordPiece({name: i for i, name in enumerate(names)}, unk_token="[UNK]"))
    pieces.normalizer, pieces.pre_tokenizer = normalizers.Lowercase(), pre_tokenizers.BertPreTokenizer()
    pieces.add_special_tokens(names[:5])
    spec, kept = fewer_pieces(json.loads(pieces.to_str()))
    assert [names[i] for i in kept] == [
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "rent", "##s", "\u00e9t\u00e9", "\u03b2", "."
    ]  # fmt: skip
    fresh = Tokenizer.from_str(json.dumps(spec))
    for text in ("Rents. \u00e9t\u00e9", "\u03b2 rent", "[CLS] rent"):
        old, new = (t.encode(text, add_special_tokens=False) for t in (pieces, fresh))
        assert [kept[i] for i in new.ids] == old.ids
        assert new.offsets == old.offsets
