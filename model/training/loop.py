"""What every training stage shares: batches, learning rate, log, checkpoints, and a stop by steps or by minutes."""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from docqa.model.hybrid import Hybrid
from docqa.model.training.trunk.convert import read_checkpoint, write_checkpoint


def best_dtype(device: torch.device) -> torch.dtype:
    """bf16 on a GPU and on processors with bf16 products (AVX512-BF16, AMX), else float32."""
    if device.type == "cuda":
        return torch.bfloat16
    flags = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    return torch.bfloat16 if "avx512_bf16" in flags or "amx_bf16" in flags else torch.float32


class Progress:
    """Fraction done, by steps and by wall time, whichever is further; a run ends at 1."""

    def __init__(self, steps: int, minutes: float, done_steps: int = 0) -> None:
        self.steps, self.seconds, self.done_steps = steps, minutes * 60, done_steps
        self.start = time.monotonic()

    def fraction(self, step: int) -> float:
        return max(step / self.steps, (time.monotonic() - self.start) / self.seconds)


def add_run_options(parser: argparse.ArgumentParser, *folders: str) -> None:
    """Options of a stage that trains one module: the paths it needs, how long, how much a step, from what seed."""
    for name in folders:
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=1e9)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--length", type=int, default=512)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save-every", type=int, default=100)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")


def learning_rate(fraction: float, step: int, warmup: int = 20) -> float:
    """Factor of the peak rate: linear warm-up, then a cosine down to a twentieth."""
    return min(1.0, (step + 1) / warmup) * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(1.0, fraction))))


def make_optimizer(parameters: list[nn.Parameter], rate: float) -> torch.optim.AdamW:
    """AdamW; vectors (norms, decays, convolution) learn three times as fast as matrices and do not decay."""
    matrices = [p for p in parameters if p.ndim == 2]
    vectors = [p for p in parameters if p.ndim != 2]
    groups = [
        {"params": matrices, "lr": rate, "peak": rate, "weight_decay": 0.01},
        {"params": vectors, "lr": 3 * rate, "peak": 3 * rate, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW([g for g in groups if g["params"]], betas=(0.9, 0.95), fused=True)


def set_rate(optimizer: torch.optim.Optimizer, factor: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * factor


class Average:
    """A moving average of parameters by name: what is kept of a run, since single steps are noisy."""

    def __init__(self, named: dict[str, Tensor], keep: float) -> None:
        self.tensors = {name: part.detach().clone() for name, part in named.items()}
        self.keep, self.steps = keep, 0

    @torch.no_grad()
    def update(self, named: dict[str, Tensor]) -> None:
        """Move towards `named`; the first steps count more, or the start would be remembered for long."""
        self.steps += 1
        keep = min(self.keep, self.steps / (self.steps + 10))
        for name, fresh in named.items():
            self.tensors[name].lerp_(fresh, 1 - keep)


def add_gradients(parameters: Iterable[Tensor], gradients: Iterable[Tensor], parts: int) -> None:
    """Add one of `parts` equal shares of a step to the parameters' gradients."""
    for parameter, gradient in zip(parameters, gradients, strict=True):
        share = gradient / parts
        parameter.grad = share if parameter.grad is None else parameter.grad + share


def worker_pool(threads: int) -> ThreadPoolExecutor:
    """Threads that compute shares of a step; denormals are flushed in each, which torch does not inherit."""
    return ThreadPoolExecutor(threads, initializer=torch.set_flush_denormal, initargs=(True,))


class Log:
    """JSON lines of training: one object a call, with the time and the tokens per second since the last."""

    def __init__(self, path: Path) -> None:
        self.path, self.clock, self.tokens = path, time.monotonic(), 0
        path.parent.mkdir(parents=True, exist_ok=True)

    def write(self, step: int, tokens: int, **figures: float) -> None:
        now = time.monotonic()
        rate = (tokens - self.tokens) / max(now - self.clock, 1e-9)
        self.clock, self.tokens = now, tokens
        record = {"step": step, "tokens": tokens, "tokens_per_second": round(rate, 1), **figures}
        with self.path.open("a", encoding="utf-8") as log:
            log.write(json.dumps({k: round(v, 5) if isinstance(v, float) else v for k, v in record.items()}) + "\n")


def save(
    folder: Path, student: Hybrid, raw: dict[str, Any], optimizer: torch.optim.Optimizer, step: int, tokens: int
) -> None:
    """Write student, optimizer and counters to `folder`, atomically: a new folder is renamed over the old one."""
    from safetensors.torch import save_file

    fresh = folder.with_name(folder.name + ".new")
    write_checkpoint(student, raw, fresh)
    tensors: dict[str, Tensor] = {}
    for number, entry in optimizer.state_dict()["state"].items():
        tensors.update({f"{number}.{name}": value.contiguous() for name, value in entry.items()})
    if tensors:
        save_file(tensors, fresh / "optimizer.safetensors")
    (fresh / "progress.json").write_text(json.dumps({"step": step, "tokens": tokens}), encoding="utf-8")
    if folder.exists():
        for name in os.listdir(folder):
            os.unlink(folder / name)
        folder.rmdir()
    fresh.rename(folder)


def restore(folder: Path, optimizer: torch.optim.Optimizer) -> tuple[int, int]:
    """Load the optimizer's moments that `save` wrote; return (steps, tokens) done."""
    from safetensors.torch import load_file

    state = optimizer.state_dict()
    for name, value in load_file(folder / "optimizer.safetensors").items():
        number, key = name.split(".")
        state["state"].setdefault(int(number), {})[key] = value
    optimizer.load_state_dict(state)
    progress = json.loads((folder / "progress.json").read_text(encoding="utf-8"))
    return progress["step"], progress["tokens"]


def open_student(start: Path, out: Path) -> tuple[Hybrid, dict[str, Any], bool]:
    """The student of `out` when a run is to be resumed there, else of `start`; the last value says which."""
    resumed = (out / "optimizer.safetensors").exists()
    student, raw = read_checkpoint(out if resumed else start)
    return student, raw, resumed
