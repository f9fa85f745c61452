"""Training of the MTP module on a frozen trunk, from text to a checkpoint that guesses."""

import json
from types import SimpleNamespace

import pytest
import torch

from docqa.model.checkpoints.network import load_network
from docqa.model.checkpoints.quantize import quantize
from docqa.model.config import HybridConfig
from docqa.model.load import load_model
from docqa.model.training.trunk import mtp


@pytest.fixture
def options(read_options, data, tmp_path):
    return SimpleNamespace(
        student=read_options.student, data=read_options.data, sets=read_options.sets, out=tmp_path / "run", into=None,
        steps=10, minutes=5.0,
        batch=1, lengths=[320], rate=3e-3, seed=0, save_every=5, save_minutes=60.0, device="cpu",
    )  # fmt: skip


def test_a_module_is_trained_resumed_and_added_to_a_checkpoint(options, tmp_path):
    mtp.run(options)
    options.steps = 20
    mtp.run(options)
    logged = [json.loads(line) for line in options.out.with_suffix(".jsonl").read_text().splitlines()]
    assert [record["step"] for record in logged] == [10, 20] and {"kl", "agreement"} <= set(logged[0])
    assert 10 * 100 < logged[0]["tokens"] < logged[1]["tokens"] <= 20 * 320
    quantize(options.student, tmp_path / "q")
    mtp.add_to_checkpoint(options.out, tmp_path / "q")
    mtp.add_to_checkpoint(options.out, tmp_path / "q")  # a second time it is exchanged
    model = load_model(tmp_path / "q", dtype="float32")
    assert model.mtp is not None
    names = json.loads((tmp_path / "q" / "model.safetensors.index.json").read_text())["weight_map"]
    assert names["mtp.fc.weight.q"] == "mtp.safetensors"


def test_steps_lower_the_divergence_and_leave_the_trunk_alone(checkpoint):
    config = HybridConfig.from_folder(checkpoint)
    trunk = load_network(checkpoint, config, torch.float32)
    kept = {name: part.clone() for name, part in trunk.state_dict().items()}
    module = mtp.start(config, 0)
    optimizer = torch.optim.AdamW(module.parameters(), lr=3e-3)
    ids = torch.randint(0, 290, (4, 40), generator=torch.Generator().manual_seed(0))
    losses = []
    for _ in range(40):
        loss, figures = mtp.step_loss(trunk, module, ids, torch.Generator().manual_seed(1))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(figures["kl"])
    assert losses[-1] < 0.5 * losses[0]
    assert all(torch.equal(part, kept[name]) for name, part in trunk.state_dict().items())
