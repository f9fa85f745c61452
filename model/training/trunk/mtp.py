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
from torch import Tensor, nn
from torch.nn import functional

from docqa.model.checkpoints.quantize import CONFIG_KEY, PARTS, is_quantized, quantize_matrix
from docqa.model.checkpoints.weights import INDEX, SINGLE, find_tensors
from docqa.model.config import HybridConfig
from docqa.model.decode.mtp import PREFIX, Mtp
from docqa.model.hybrid import Hybrid
from docqa.model.load import load_network
from docqa.model.training.data.sequences import FileTokenizer, mixed_batches
from docqa.model.training.loop import (
    Log,
    Progress,
    add_run_options,
    best_dtype,
    learning_rate,
    make_optimizer,
    restore,
    set_rate,
)

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


def step_loss(trunk: Hybrid, module: Mtp, ids: Tensor, generator: torch.Generator) -> tuple[Tensor, dict[str, float]]:
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


def save(folder: Path, module: Mtp, optimizer: torch.optim.Optimizer, step: int, tokens: int) -> None:
    """Write module, optimizer and counters to `folder`, the counters last; each file whole or not at all."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    moments = {
        f"{number}.{name}": value.contiguous()
        for number, entry in optimizer.state_dict()["state"].items()
        for name, value in entry.items()
    }
    module_tensors = {PREFIX + name: part.detach().float().contiguous() for name, part in module.state_dict().items()}
    for name, tensors in ((FILE, module_tensors), ("optimizer.safetensors", moments)):
        save_file(tensors, folder / f"{name}.new")
    (folder / "progress.json.new").write_text(json.dumps({"step": step, "tokens": tokens}), encoding="utf-8")
    for name in (FILE, "optimizer.safetensors", "progress.json"):
        os.replace(folder / f"{name}.new", folder / name)


def resume(folder: Path, module: Mtp, optimizer: torch.optim.Optimizer) -> tuple[int, int]:
    """Load what `save` left in `folder`, if anything; returns (steps, tokens) done."""
    from safetensors.torch import load_file

    if not (folder / "progress.json").exists():
        return 0, 0
    module.load_state_dict({name.removeprefix(PREFIX): part for name, part in load_file(folder / FILE).items()})
    return restore(folder, optimizer)


def add_to_checkpoint(source: Path, folder: Path) -> None:
    """Lay the module of a run beside the weights of a checkpoint folder, quantized as they are, and list it there.

    A checkpoint that has one gets the new one.
    """
    from safetensors.torch import load_file, save_file

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
    save_file(stored, folder / f"{FILE}.new", metadata={"format": "pt"})
    os.replace(folder / f"{FILE}.new", folder / FILE)
    fresh = index.with_suffix(".new")
    fresh.write_text(json.dumps(listed, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    os.replace(fresh, index)


def run(options: argparse.Namespace) -> None:
    """Train until the steps or the minutes are over; a run that was cut goes on from its last checkpoint."""
    torch.set_flush_denormal(True)
    device = torch.device(options.device)
    dtype = best_dtype(device)
    config = HybridConfig.from_folder(options.student)
    trunk = load_network(options.student, config, dtype).to(device)
    module = start(config, options.seed).to(device)
    optimizer = make_optimizer(list(module.parameters()), options.rate)
    step, tokens = resume(options.out, module, optimizer)
    generator = torch.Generator().manual_seed(options.seed + step)
    batches = mixed_batches(
        options.data, FileTokenizer(options.student / "tokenizer.json"),
        batch=options.batch, length=options.length, seed=options.seed + 7919 * (step + 1), shares=(0.4, 0.2, 0.4),
    )  # fmt: skip
    log = Log(options.out.with_suffix(".jsonl"))
    progress = Progress(options.steps, options.minutes)
    recent: dict[str, list[float]] = {}
    while (fraction := progress.fraction(step)) < 1:
        ids = next(batches)[0].to(device)
        with torch.autocast(device.type, dtype=dtype, enabled=dtype != torch.float32):
            loss, figures = step_loss(trunk, module, ids, generator)
        loss.backward()
        set_rate(optimizer, learning_rate(fraction, step))
        nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        step, tokens = step + 1, tokens + ids.numel()
        for name, value in figures.items():
            recent.setdefault(name, []).append(value)
        if step % 10 == 0:
            log.write(step, tokens, **{name: sum(values) / len(values) for name, values in recent.items()})
            recent.clear()
        if step % options.save_every == 0:
            save(options.out, module, optimizer, step, tokens)
    save(options.out, module, optimizer, step, tokens)
    if options.into is not None:
        add_to_checkpoint(options.out, options.into)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Train the module of multi-token prediction on the frozen trunk.")
    add_run_options(parser, "student", "data", "out")
    parser.add_argument("--into", type=Path, help="checkpoint folder that gets the module at the end")
    run(parser.parse_args(arguments))


if __name__ == "__main__":
    main()
