"""What attention past the exact range loses, measured against all keys."""

from dataclasses import replace

import torch

from docqa.app.answerers.loading import load_model
from docqa.app.lab.attention_recall import kept_share, main, measure
from docqa.app.options import Options
from docqa.model.state.kv_cache import AttentionMemory
from docqa.model.state.long_attention import LongAttention

LONG = LongAttention(exact=192, local=64, best=2, block=16)


def filled(keys, queries, long=LONG):
    """A memory of `keys` [tokens, 1, dim] in blocks of 64, and what it gives for the last 64 queries [64, 2, dim]."""
    memory = AttentionMemory(64, long)
    out = torch.empty(0)
    for at in range(0, len(keys), 64):
        piece = keys[None, at : at + 64]
        out = memory.attend(queries.expand(1, -1, -1, -1), piece, piece)
    return memory, out


def test_the_share_read_is_that_of_the_softmax_over_all_keys():
    torch.manual_seed(0)
    keys, queries = torch.randn(320, 1, 8), torch.randn(64, 2, 8)
    memory, _ = filled(keys, queries)
    stored, _ = memory.between(0, 320, torch.float32)
    weights = ((queries[-1] * 8**-0.5) @ stored[:, 0].T).softmax(-1)
    read = memory.reads(queries, 256)[0]
    assert read[:16].all() and read[192:].all() and read.sum() == 16 + 128 + 2 * 16
    assert torch.allclose(kept_share(queries[None], memory), weights[:, read].sum(-1), atol=1e-6)


def test_nothing_is_lost_where_the_weight_lies_on_the_chosen_blocks():
    keys = torch.zeros(320, 1, 8)
    keys[100, 0, 0] = 400.0  # one key of a far block that every query looks at
    queries = torch.zeros(64, 2, 8)
    queries[..., 0] = 1.0
    memory, out = filled(keys, queries)
    assert kept_share(queries[None], memory).min() > 0.999
    assert (out[..., 0] - 400).abs().max() < 4  # int8 keys and values


def test_both_readings_of_a_text_are_compared(checkpoint):
    model = load_model(Options(model=str(checkpoint)))
    ids = torch.randint(0, 200, (420,), generator=torch.Generator().manual_seed(1))
    found = measure(model, ids, LONG, 64)
    assert found["tokens"] == 420 and found["past_exact"] == 420 - 192
    assert all(0 < layer["least"] < layer["mean"] < 1 for layer in found["kept_by_layer"].values())
    assert found["kept_by_layer"] and found["hidden_difference"] > 0
    everything = measure(model, ids, replace(LONG, best=1000), 64)
    assert all(layer["least"] > 0.9999 for layer in everything["kept_by_layer"].values())
    assert everything["hidden_difference"] < 0.01  # rounded keys and values, summed in another order
    assert abs(everything["loss"] - everything["loss_exact"]) < 0.001


def test_what_the_exact_range_covers_is_refused_with_the_numbers(tiny_model, tmp_path, capsys):
    document = tmp_path / "short.txt"
    document.write_text("Rent is due on the first of May.")
    assert main([str(document)]) == 2
    assert "are read exactly (up to 32,768)" in capsys.readouterr().err
    assert main([str(document), "--exact", "100"]) == 2
    assert "at least 10,496" in capsys.readouterr().err
    assert main([str(tmp_path / "none.txt")]) == 3
    assert "none.txt" in capsys.readouterr().err
