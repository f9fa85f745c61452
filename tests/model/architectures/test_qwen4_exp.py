"""Several residual streams outside the network: what hooks, first layers, batches and narrow numbers see of them."""

import pytest
import tiny
import torch

from docqa.model.decode.generate import generate
from docqa.model.load import load_model


@pytest.fixture(scope="module")
def model(folders):
    return load_model(folders("qwen4_exp_text"), dtype="float64")


def test_hooks_and_first_layers_see_one_stream(model):
    seen = []
    state = model.new_state(layers=3)
    last = model.prefill(tiny.random_ids(70), state)
    with torch.inference_mode():
        ids = tiny.random_ids(70)[None]
        first = model.network(ids, layers=3)
        model.network(ids, hooks={2: seen.append})
    assert seen[0].shape == (1, 70, model.config.hidden_size)
    assert torch.equal(seen[0], first) and (first[0, -1] - last).abs().max() < 1e-11


def test_texts_of_a_batch_are_read_as_if_alone(model):
    ids = torch.stack([tiny.random_ids(90, 3), tiny.random_ids(90, 4)])
    with torch.inference_mode():
        together, alone = model.network(ids), torch.cat([model.network(row[None]) for row in ids])
    assert (together - alone).abs().max() < 1e-11


def test_bfloat16_reads_and_writes_near_float64(folders, model):
    narrow, ids = load_model(folders("qwen4_exp_text"), dtype="bfloat16"), tiny.random_ids(20)
    found, right = (one.logits(one.prefill(ids, one.new_state())) for one in (narrow, model))
    assert (found - right).abs().max() < 0.1 * right.abs().max()
    state = narrow.new_state(grid=64)
    narrow.prefill(tiny.random_ids(150), state)
    assert len(list(generate(narrow, state, max_tokens=6, stop_ids=[]))) == 6
