"""What every training stage shares: its options, its precision, and one run of steps that can be
cut and resumed.
"""

import argparse
import json
import math
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from docqa.kernels.matmul import GROUP
from docqa.model.cost.machine import has_fast_bfloat16

from .gradients import use_native_gradients

Figures = dict[str, float]
SHIPPED_BITS = 4  # of a number of a matrix

use_native_gradients()  # every stage that trains the trunk imports this module


@dataclass(frozen=True)
class Precision:
    """Where products are computed, and in what dtype."""

    dtype: torch.dtype
    device: torch.device = torch.device("cpu")

    @classmethod
    def best(cls, device: str = "cpu") -> "Precision":
        """bf16 on a GPU and on processors with bf16 products (AVX512-BF16, AMX), else float32."""
        fast = device.startswith("cuda") or has_fast_bfloat16()
        return cls(torch.bfloat16 if fast else torch.float32, torch.device(device))

    def autocast(self) -> torch.autocast:
        return torch.autocast(
            self.device.type, dtype=self.dtype, enabled=self.dtype != torch.float32
        )


def stage_parser(description: str, *folders: str) -> argparse.ArgumentParser:
    """A parser with the paths that a stage needs, `--seed` and `--device`."""
    parser = argparse.ArgumentParser(description=description)
    for name in folders:
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return parser


def add_run_options(
    parser: argparse.ArgumentParser,
    *,
    rate: float,
    steps: int = 1_000_000,
    minutes: float = 1e9,
    save_every: int = 100,
) -> None:
    """How long a Run lasts, how fast it learns, and how often it is saved."""
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument(
        "--minutes", type=float, default=minutes, help="of all parts of a run that is resumed"
    )
    parser.add_argument(
        "--tokens", type=float, default=math.inf, help="of all parts of a run that is resumed"
    )
    parser.add_argument("--rate", type=float, default=rate, help="the highest learning rate")
    parser.add_argument(
        "--hold",
        type=float,
        default=0.0,
        metavar="FRACTION",
        help="part of the run that keeps the highest rate",
    )
    parser.add_argument("--save-every", type=int, default=save_every, metavar="STEPS")
    parser.add_argument(
        "--save-minutes",
        type=float,
        default=math.inf,
        help="and at the latest after so many minutes",
    )


def learning_rate(fraction: float, step: int, warmup: int = 20, hold: float = 0.0) -> float:
    """Factor of the peak rate: linear warm-up, the peak up to `hold`, then a cosine down to a
    twentieth.
    """
    fallen = max(0.0, min(1.0, (fraction - hold) / (1 - hold)))
    return min(1.0, (step + 1) / warmup) * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * fallen)))


def parameter_group(
    parameters: Iterable[Tensor], rate: float, decay: float = 0.0
) -> dict[str, object]:
    """A group of an optimizer whose rate peaks at `rate`."""
    return {"params": list(parameters), "lr": rate, "peak": rate, "weight_decay": decay}


def make_optimizer(groups: list[dict[str, object]], second_beta: float = 0.95) -> torch.optim.AdamW:
    """AdamW over the groups that have parameters."""
    return torch.optim.AdamW(
        [g for g in groups if g["params"]], betas=(0.9, second_beta), fused=True
    )


def rounded_to_ship(weight: Tensor) -> Tensor:
    """A matrix [rows, columns] as it is after rounding each group to SHIPPED_BITS between its least
    and largest.
    """
    groups = weight.view(weight.shape[0], -1, GROUP)
    low, high = groups.aminmax(dim=-1, keepdim=True)
    scale = ((high - low) / (2**SHIPPED_BITS - 1)).clamp(min=1e-6)
    return ((groups - low) / scale).round_().mul_(scale).add_(low).view_as(weight)


@contextmanager
def computed_rounded(parameters: Sequence[Tensor]) -> Iterator[None]:
    """Inside, these matrices hold what ships of them, in 4 bits; afterwards their own values again.

    Gradients that are taken inside move the values themselves: small steps add up until a rounded
    value changes.
    """
    own = [part.detach().clone() for part in parameters]
    with torch.no_grad():
        for part in parameters:
            part.copy_(rounded_to_ship(part))
    try:
        yield
    finally:
        with torch.no_grad():
            for part, values in zip(parameters, own, strict=True):
                part.copy_(values)


def save_tensors(
    path: Path, tensors: Mapping[str, Tensor], about: dict[str, str] | None = None
) -> None:
    """Write a safetensors file with its metadata, whole or not at all."""
    from safetensors.torch import save_file

    fresh = path.with_name(path.name + ".new")
    save_file(
        {name: part.detach().contiguous() for name, part in tensors.items()}, fresh, metadata=about
    )
    fresh.replace(path)


def in_threads(
    pool: ThreadPoolExecutor,
    parameters: Iterable[Tensor],
    parts: Sequence[Callable[[], tuple[Tensor, int]]],
) -> tuple[int, float]:
    """Compute the parts of a step, each (loss, tokens), in threads; leave the mean gradient; return
    tokens and loss.
    """
    trained = list(parameters)

    def one(part: Callable[[], tuple[Tensor, int]]) -> tuple[float, int, tuple[Tensor, ...]]:
        loss, tokens = part()
        return float(loss.detach()), tokens, torch.autograd.grad(loss, trained)

    losses = 0.0
    total = 0
    for loss, tokens, gradients in pool.map(one, parts):
        losses = losses + loss / len(parts)
        total = total + tokens
        add_gradients(trained, (gradient / len(parts) for gradient in gradients))
    return total, losses


def add_gradients(parameters: Iterable[Tensor], gradients: Iterable[Tensor | None]) -> None:
    """Add a gradient, which is its own from then on, to that of each parameter; None adds
    nothing.
    """
    for part, gradient in zip(parameters, gradients, strict=True):
        if gradient is not None:
            part.grad = gradient if part.grad is None else part.grad.add_(gradient)


class WorkerPool(ThreadPoolExecutor):
    """Threads that compute parts of a step, each with one of torch's own: they do not wait for each
    other at every product. Denormals are flushed in each, which torch does not inherit."""

    def __init__(self, threads: int) -> None:
        super().__init__(threads, initializer=_prepare_thread)
        self.threads = threads


def _prepare_thread() -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)


@contextmanager
def told_to_end() -> Iterator[Callable[[], bool]]:
    """Inside, SIGTERM does not end the process: what is yielded says whether it came."""
    asked = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: asked.set())
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGTERM, before)


class TrainingRun:
    """Steps of one module until `--steps` or `--minutes` are over, whichever comes first.

    At every `--save-every` steps, after `--save-minutes` and at the end, the trained parameters,
    their moving average (what is kept of a run, since single steps are noisy), the optimizer's
    moments and the counters go into one file, `saved`. A Run that finds this file goes on from it:
    the same command resumes a run that was cut.
    """

    def __init__(
        self,
        options: argparse.Namespace,
        module: nn.Module,
        optimizer: torch.optim.Optimizer,
        *,
        log: Path,
        saved: Path,
        average: float | None = None,  # the share of it that a step keeps
        warmup: int = 20,
        log_every: int = 10,
        clip: float = 1.0,
    ) -> None:
        self.options = options
        self.optimizer = optimizer
        self.saved = saved
        self.trained = {
            name: part for name, part in module.named_parameters() if part.requires_grad
        }
        self.kept_share = average
        self.average = dict[str, Tensor]()
        if average is not None:
            self.average = {name: part.detach().clone() for name, part in self.trained.items()}
        self.warmup = warmup
        self.log_every = log_every
        self.clip = clip
        self.step = 0
        self.tokens = 0
        self.seconds = 0.0
        self.warmed_from = 0  # the step from which the rate rises
        if saved.exists():
            self._restore()
        log.parent.mkdir(parents=True, exist_ok=True)
        self.log = log
        self._logged = (time.monotonic(), self.tokens)
        self._started = time.monotonic() - self.seconds

    @torch.no_grad()
    def go_on_from(self, weights: Mapping[str, Tensor], step: int, tokens: int) -> None:
        """Go on from the weights of another run whose optimizer is lost: its counters, and a rate
        that rises again.

        Raises:
            ValueError: these are not the weights that this run trains.
        """
        if weights.keys() != self.trained.keys():
            raise ValueError(
                f"other weights are trained here: {sorted(weights.keys() ^ self.trained.keys())[:3]}"
            )
        for name, weight in weights.items():
            self.trained[name].copy_(weight)
            if self.average:
                self.average[name].copy_(weight)
        self.step = step
        self.tokens = tokens
        self.warmed_from = step
        self._logged = (self._logged[0], tokens)

    def fraction(self) -> float:
        """How much of the run is done, by steps, tokens or time, whichever is furthest; 1 at its
        end.
        """
        self.seconds = time.monotonic() - self._started
        done = (self.step, self.tokens, self.seconds / 60)
        whole = self.options
        return max(
            a / b for a, b in zip(done, (whole.steps, whole.tokens, whole.minutes), strict=True)
        )

    def train(
        self, one_step: Callable[[], tuple[int, Figures]], keep: Callable[[], Figures]
    ) -> None:
        """Run to the end, or until the process is told to end (SIGTERM), which it does when the
        step at hand is saved.

        Args:
            one_step: adds the gradients of a step; returns its tokens and figures, whose means are
            logged.
            keep: writes what is kept of the run so far; returns figures to log, if any.
        """
        with told_to_end() as ended:
            self._train(one_step, keep, ended)

    def _train(
        self,
        one_step: Callable[[], tuple[int, Figures]],
        keep: Callable[[], Figures],
        ended: Callable[[], bool],
    ) -> None:
        recent: dict[str, list[float]] = {}
        kept = self.step
        saved_at = time.monotonic()
        while (fraction := self.fraction()) < 1 and not ended():
            for group in self.optimizer.param_groups:
                group["lr"] = group["peak"] * learning_rate(
                    fraction, self.step - self.warmed_from, self.warmup, self.options.hold
                )
            tokens, figures = one_step()
            nn.utils.clip_grad_norm_(self.trained.values(), self.clip)
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
            self.step = self.step + 1
            self.tokens = self.tokens + tokens
            self._update_average()
            for name, value in figures.items():
                recent.setdefault(name, []).append(value)
            if self.step % self.log_every == 0:
                means = {name: sum(values) / len(values) for name, values in recent.items()}
                self._write(means | {"fraction": fraction})
                recent.clear()
            waited = (time.monotonic() - saved_at) / 60
            if self.step % self.options.save_every == 0 or waited >= self.options.save_minutes:
                kept = self._keep(keep)
                saved_at = time.monotonic()
        if kept < self.step:
            self._keep(keep)
        elif fraction >= 1:
            print(
                f"{self.saved}: this run is finished; give more --steps or --minutes, or remove the file",
                flush=True,
            )

    @torch.no_grad()
    def _update_average(self) -> None:
        """Move the average towards the parameters; the first steps count more, or the start would
        count for long.
        """
        if self.kept_share is not None:
            steps = self.step - self.warmed_from
            share = min(self.kept_share, steps / (steps + 10))
            for name, fresh in self.trained.items():
                self.average[name].lerp_(fresh, 1 - share)

    def _keep(self, keep: Callable[[], Figures]) -> int:
        self._save()
        figures = keep()
        if figures:
            self._write(figures)
        return self.step

    def _write(self, figures: Figures) -> None:
        """Append a JSON line to the log: the counters, the tokens per second since the last line,
        and the figures.
        """
        (before, tokens), self._logged = self._logged, (time.monotonic(), self.tokens)
        rate = (self.tokens - tokens) / max(self._logged[0] - before, 1e-9)
        record = {
            "step": self.step,
            "tokens": self.tokens,
            "tokens_per_second": round(rate, 1),
            **figures,
        }
        with self.log.open("a", encoding="utf-8") as log:
            log.write(
                json.dumps(
                    {k: round(v, 5) if isinstance(v, float) else v for k, v in record.items()}
                )
                + "\n"
            )

    def _save(self) -> None:
        tensors: dict[str, Tensor] = {f"weight.{name}": part for name, part in self.trained.items()}
        tensors |= {f"average.{name}": part for name, part in self.average.items()}
        for number, moments in self.optimizer.state_dict()["state"].items():
            tensors |= {f"moment.{number}.{key}": value for key, value in moments.items()}
        self.saved.parent.mkdir(parents=True, exist_ok=True)
        save_tensors(
            self.saved,
            tensors,
            {name: repr(getattr(self, name)) for name in ("step", "tokens", "seconds")},
        )

    @torch.no_grad()
    def _restore(self) -> None:
        from safetensors import safe_open

        state = self.optimizer.state_dict()
        with safe_open(self.saved, "pt") as file:
            for stored in file.keys():  # noqa: SIM118 - not a dict
                kind, _, name = stored.partition(".")
                if kind == "moment":
                    number, _, key = name.partition(".")
                    state["state"].setdefault(int(number), {})[key] = file.get_tensor(stored)
                else:
                    (self.trained if kind == "weight" else self.average)[name].copy_(
                        file.get_tensor(stored)
                    )
            counters = file.metadata()
        self.optimizer.load_state_dict(state)
        self.step = int(counters["step"])
        self.tokens = int(counters["tokens"])
        self.seconds = float(counters["seconds"])
