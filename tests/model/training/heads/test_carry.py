"""Heads that go over to another trunk see there what they saw before."""

import json
import shutil

import numpy as np
import tiny
import torch

from docqa.model.heads.evidence import EvidenceHead
from docqa.model.heads.span import SpanHead
from docqa.model.training.heads import carry
from docqa.model.training.loop import save_tensors


def test_the_map_is_found_and_a_product_takes_it_in():
    torch.manual_seed(0)
    new, turn, scale = torch.randn(4000, 12) + 3.0, torch.randn(12, 12), torch.rand(12) + 0.5
    old = (new - 3.0) @ turn
    mean, solution, explained = carry.fitted(iter([(new[:2000], old[:2000]), (new[2000:], old[2000:])]))
    matrix, new_scale = torch.randn(5, 12), torch.rand(12) + 0.5
    moved = carry.carried(matrix, scale, solution, new_scale)
    found, wanted = ((new - mean) * new_scale) @ moved.T, ((old - old.mean(0)) * scale) @ matrix.T
    assert explained > 0.99 and (found - wanted).abs().max() < 0.02 * wanted.abs().max()


def test_heads_that_go_over_to_their_own_trunk_stay_what_they_are(checkpoint, data, tmp_path, capsys):
    before, after = tmp_path / "before", tmp_path / "after"
    for folder in (before, after):
        shutil.copytree(checkpoint, folder)
    torch.manual_seed(0)
    save_tensors(before / "span.safetensors", SpanHead(tiny.RAW["hidden_size"], row=16, width=8).state_dict())
    parts = {"mean": torch.zeros(64), "scale": torch.ones(64), "token": torch.randn(8, 64)}
    parts |= {"question": torch.randn(8, 64), "weight": torch.randn(64) * 0.1, "bias": torch.zeros(())}
    save_tensors(before / "evidence.safetensors", parts)
    carry.main([
        "--before", str(before), "--after", str(after), "--data", str(data), "--out", str(after), "--layer", "1",
        "--sequences", "40",
    ])  # fmt: skip
    assert json.loads(capsys.readouterr().out)["explained"] > 0.95
    hidden = torch.randn(30, 64)
    old, new = SpanHead.load(before), SpanHead.load(after)
    assert old is not None and new is not None and old.enter.weight.equal(new.enter.weight)
    one, other = EvidenceHead.load(before), EvidenceHead.load(after)
    assert one is not None and other is not None
    # What the heads were without a mean to take off, they are now about the mean of what was read.
    wanted = one.token_vectors(hidden.numpy()).astype(np.float32)
    found = other.token_vectors((hidden + torch.tensor(other.mean)).numpy()).astype(np.float32)
    assert np.mean(np.sum(wanted * found, 1)) / 127**2 > 0.95
