"""The module of multi-token prediction, trained on the frozen trunk: it learns what the trunk will say one token later.

Its target is the trunk's own distribution, since a guess is worth something only where the trunk would say the same.
`agreement` in the log is the share of positions where both prefer the same token: how often a greedy guess is kept.

python -m docqa.model.training.trunk.mtp --student FOLDER --data FOLDER --out FOLDER [--steps N] [--into FOLDER]

`--out` takes mtp.safetensors and what a resumed run needs; `--into` adds the module to a checkpoint folder at the end.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from docqa.model.checkpoints.formats.grouped import quantize_matrix
from docqa.model.checkpoints.names import CONFIG_KEY, PARTS
from docqa.model.checkpoints.network import load_network
from docqa.model.checkpoints.quantize import is_quantized
from docqa.model.checkpoints.weights import INDEX, SINGLE, find_tensors
from docqa.model.config import HybridConfig
from docqa.model.mtp import PREFIX, Mtp
from docqa.model.network import Network
from docqa.model.training.data.sequences import FileTokenizer, mixed_batches
from docqa.model.training.data.sets import parse_with_sets
from docqa.model.training.loop import Figures, Precision, Run, make_optimizer, matrices_and_vectors, save_tensors
from docqa.model.training.trunk.stage import TRAINING_FILE, trunk_parser

MIXTURE = (0.4, 0.2, 0.4)  # questions, passages repeated once, prose
SHARE = 0.33  # of the positions whose logits are compared; the vocabulary would eat the time otherwise
FILE = "mtp.safetensors"


def start(config: HybridConfig, seed: int) -> Mtp:
    """An untrained module that passes the trunk's hidden state on: the best guess of one that knows nothing."""
    torch.manual_seed(seed)
    module = Mtp(config)
    hidden = config.hidden_size
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if parameter.ndim == 2:
                parameter.normal_(0, 0.02)
            if name.endswith(("o_proj.weight", "down_proj.weight")):
                parameter.zero_()
        module.fc.weight[:, hidden:] += torch.eye(hidden)
    return module


def step_loss(trunk: Network, module: Mtp, ids: Tensor, generator: torch.Generator) -> tuple[Tensor, Figures]:
    """KL to the trunk on a sample of the positions of ids [batch, seq], and how often both prefer the same token."""
    with torch.no_grad():
        hidden = trunk(ids)
        following = trunk.embed_tokens(ids[:, 1:])
    rotation = trunk.rotation(torch.arange(ids.shape[1] - 1, device=ids.device))
    guessed = module(hidden[:, :-1], following, rotation).flatten(0, 1)  # at t: of what follows token t + 1
    right = hidden[:, 1:].flatten(0, 1)
    count = max(1, int(len(right) * SHARE))
    chosen = torch.randperm(len(right), generator=generator)[:count].to(ids.device)
    with torch.no_grad():
        target = trunk.logits(right[chosen]).float().log_softmax(-1)
    ours = trunk.logits(guessed[chosen].to(right.dtype)).float().log_softmax(-1)
    loss = functional.kl_div(ours, target, log_target=True, reduction="batchmean")
    agreement = float((ours.argmax(-1) == target.argmax(-1)).float().mean())
    return loss, {"kl": float(loss.detach()), "agreement": agreement}


def save(folder: Path, module: Mtp) -> None:
    """Write the module to `folder`, whole or not at all."""
    save_tensors(folder / FILE, {PREFIX + name: part.float() for name, part in module.state_dict().items()})


def add_to_checkpoint(source: Path, folder: Path) -> None:
    """Lay the module of a run beside the weights of a checkpoint folder, quantized as they are, and list it there.

    A checkpoint that has one gets the new one.
    """
    from safetensors.torch import load_file

    stored: dict[str, Tensor] = {}
    quantized = CONFIG_KEY in json.loads((folder / "config.json").read_text(encoding="utf-8"))
    for name, tensor in load_file(source / FILE).items():
        if quantized and is_quantized(name, tensor):
            parts = zip(PARTS, quantize_matrix(tensor, 4), strict=True)
            stored.update((name + suffix, part.contiguous()) for suffix, part in parts)
        else:
            stored[name] = tensor
    index = folder / INDEX
    listed = json.loads(index.read_text(encoding="utf-8")) if index.is_file() else {"metadata": {}, "weight_map": {}}
    places = listed["weight_map"] or {entry.key: SINGLE for entry in find_tensors(folder).values()}
    places = {name: file for name, file in places.items() if not name.startswith(PREFIX)}
    listed["weight_map"] = places | dict.fromkeys(stored, FILE)
    save_tensors(folder / FILE, stored, {"format": "pt"})
    fresh = index.with_suffix(".new")
    fresh.write_text(json.dumps(listed, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    os.replace(fresh, index)


def run(options: argparse.Namespace) -> None:
    """Train until the steps or the minutes are over; a run that was cut goes on from its last checkpoint."""
    torch.set_flush_denormal(True)
    precision = Precision.best(options.device)
    config = HybridConfig.from_folder(options.student)
    trunk = load_network(options.student, config, precision.dtype).to(precision.device)
    module = start(config, options.seed).to(precision.device)
    training = Run(
        options, module, make_optimizer(matrices_and_vectors(module.parameters(), options.rate)),
        log=options.out.with_suffix(".jsonl"), saved=options.out / TRAINING_FILE,
    )  # fmt: skip
    generator = torch.Generator().manual_seed(options.seed + training.step)
    tokenizer = FileTokenizer(options.student / "tokenizer.json")
    batches = mixed_batches(options, tokenizer, options.seed + 7919 * (training.step + 1), MIXTURE)

    def one_step() -> tuple[int, Figures]:
        ids = next(batches)[0].to(precision.device)
        with precision.autocast():
            loss, figures = step_loss(trunk, module, ids, generator)
        loss.backward()
        return ids.numel(), figures

    def keep() -> Figures:
        save(options.out, module)
        return {}

    training.train(one_step, keep)
    if options.into is not None:
        add_to_checkpoint(options.out, options.into)


def main(arguments: list[str] | None = None) -> None:
    description = "Train the module of multi-token prediction on the frozen trunk."
    parser = trunk_parser(description, ("student", "out"), rate=1e-3)
    parser.add_argument("--into", type=Path, help="checkpoint folder that gets the module at the end")
    run(parse_with_sets(parser, arguments))


if __name__ == "__main__":
    main()
