"""Training of the evidence path by contrast: right passages rise, and the runtime loads the head
and its adapters.
"""

import json
import random
import shutil

import numpy as np
import torch
from safetensors.numpy import save_file

from docqa.model.heads.evidence import EVIDENCE_FILE, EvidenceHead, load_evidence_adapters
from docqa.model.load import load_model
from docqa.model.training.data.documents import groups
from docqa.model.training.data.sequences import FileTokenizer
from docqa.model.training.heads.evidence import EvidencePath, WindowReader, loss_of


def test_training_brings_right_passages_forward_and_the_file_loads(read_options, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(read_options.student, folder)
    hidden = json.loads((folder / "config.json").read_text())["hidden_size"]
    shapes = {
        "mean": (hidden,),
        "scale": (hidden,),
        "token": (4, hidden),
        "question": (4, hidden),
        "weight": (hidden,),
    }
    rng = np.random.default_rng(0)
    head = {
        name: np.abs(rng.normal(size=shape)).astype(np.float32) for name, shape in shapes.items()
    }
    save_file(head | {"bias": np.zeros((), np.float32)}, folder / EVIDENCE_FILE)
    (folder / "calibration.json").write_text('{"evidence_layer": 1}')
    torch.manual_seed(0)
    path = EvidencePath(folder)
    reader = WindowReader(FileTokenizer(folder / "tokenizer.json"))
    documents = [sources for _, sources in groups(read_options.sets, 0)]
    read = [reader.windows(sources, random.Random(n)) for n, sources in enumerate(documents)]
    steps = [each for each in read if each is not None]
    assert steps and all(len(each.right) == len(each.questions) for each in steps)
    before = sum(float(loss_of(path(each), each.right).detach()) for each in steps)
    optimizer = torch.optim.AdamW(path.parameters(), 3e-3)
    for _ in range(12):
        for each in steps:
            optimizer.zero_grad()
            loss_of(path(each), each.right).backward()
            optimizer.step()
    assert sum(float(loss_of(path(each), each.right).detach()) for each in steps) < before
    save_file(
        {name: part.numpy() for name, part in path.finished().items()}, folder / EVIDENCE_FILE
    )
    adapters = load_evidence_adapters(folder)
    loaded = load_model(folder, dtype=torch.float32)
    assert adapters and EvidenceHead.load(folder) is not None
    for name in adapters:
        assert loaded.lower.get_submodule(name).adapter is not None
        assert loaded.network.get_submodule(name).adapter is None  # the trunk itself stays as it is
