"""Distillation end to end on a tiny hybrid: what learns, what stays, and going on with it."""

import json
import os
import signal

import torch
from safetensors.torch import load_file

from docqa.model.training.loop import computed_rounded, rounded_to_ship
from docqa.model.training.trunk import distill


def train(folders, out, steps: int, *more: str):
    """Run the command; the lines of its log."""
    teacher, student, data = folders
    options = (
        f"--teacher {teacher} --student {student} --data {data} --out {out} --steps {steps} "
        "--batch 2 --lengths 320 --device cpu --frozen-layers 1 --mlp-rate 0"
    )
    distill.main([*options.split(), *more])
    log = out.with_suffix(".jsonl")  # a line every ten steps
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def test_mixers_above_the_frozen_layers_learn_and_nothing_else_moves(folders, tmp_path):
    options = "--rate 3e-3 --mixture 0.2,0.4,0.4 --rounded out_proj"
    lines = train(folders, tmp_path / "run", 20, *options.split())
    assert (
        lines[-1]["divergence"] < lines[0]["divergence"]
        and lines[-1]["distance"] < lines[0]["distance"]
    )
    before, after = (
        load_file(folder / "model.safetensors") for folder in (folders[1], tmp_path / "run")
    )
    moved = {name for name, tensor in before.items() if not torch.equal(tensor, after[name])}
    assert before.keys() == after.keys()
    assert moved == {
        name for name in before if "_attn." in name and not name.startswith("model.layers.0.")
    }


def test_matrices_learn_while_they_are_rounded():
    torch.manual_seed(0)
    weight = torch.nn.Parameter(torch.randn(4, 64))
    own = weight.detach().clone()
    with computed_rounded([weight]):
        assert all(len(row.unique()) <= 16 for row in weight) and not torch.equal(weight, own)
        (gradient,) = torch.autograd.grad(weight.square().sum(), weight)
    assert torch.equal(weight, own) and torch.equal(gradient, 2 * rounded_to_ship(own))


def test_a_run_that_is_told_to_end_saves_the_step_at_hand(folders, tmp_path, monkeypatch):
    whole = distill.StudentAndTeacher.loss

    def told(self, batch, seed):
        if seed >= 2 * 3:
            os.kill(os.getpid(), signal.SIGTERM)
        return whole(self, batch, seed)

    monkeypatch.setattr(distill.StudentAndTeacher, "loss", told)
    assert train(folders, tmp_path / "run", 1000) == []
    monkeypatch.undo()
    lines = train(folders, tmp_path / "run", 10)
    assert [line["step"] for line in lines] == [
        10
    ]  # it had ended before its tenth step, and went on
