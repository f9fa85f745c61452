"""One read by a model in its own process, under a limit: `python -m docqa.app.lab.family.capped JSON`.

The limit is RLIMIT_DATA, which Linux enforces: no more writable private memory than that, whether touched or not,
which is all that cannot be read again from a file. Other than a cgroup it takes no rights, and does not
count what the system caches of files. Prints what it measured as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from docqa.app.bench.rows import fastest

if TYPE_CHECKING:
    from torch import Tensor, nn

    from docqa.model.checkpoints.experts import PooledExperts
    from docqa.model.load import Model
    from docqa.model.state.state import State

HEAD_ROUNDS = 5
EVERY_EXPERT = 1 << 50  # bytes of a pool for all experts of any model


@dataclass(frozen=True)
class Order:
    """What to run: `prompt` random tokens read, `decoded` written greedily.

    `folder` of the checkpoint. `expert_bytes` of the pool, all experts where None.
    `cap_bytes` of memory, any where None. `cold`: the files are dropped from the system's cache before every call and
    token, so that what is not in the pool comes from disk.
    `logits`: a file for the logits behind the prompt and behind each token. `processor`: one thread, and its own
    seconds instead of those of the clock, for a machine that is busy; waits for the disk are not in them.
    """

    folder: str
    prompt: int
    decoded: int
    expert_bytes: int | None = None
    cap_bytes: int | None = None
    cold: bool = False
    logits: str | None = None
    processor: bool = False


@dataclass
class Timed:
    """Seconds of one block or token: each layer's, what its MLP took of them, and the head's; experts asked for.

    `together`: seconds of all layers where they ran in one native call, which says nothing of each.
    """

    tokens: int
    layers: list[float] = field(default_factory=list)
    mlps: list[float] = field(default_factory=list)
    head: float = 0.0
    read: float = 0  # a mean where several calls are put together
    reused: float = 0
    together: float = 0.0

    @property
    def in_layers(self) -> float:
        """Seconds of all layers."""
        return self.together or sum(self.layers)


@dataclass(frozen=True)
class Measured:
    """What a run took, and bytes: of the pool of experts; the most private memory, and what the limit counted of it."""

    blocks: list[Timed]
    steps: list[Timed]
    private_bytes: int
    data_bytes: int
    pool_bytes: int

    @classmethod
    def of_json(cls, text: str) -> Measured:
        """What `main` printed."""
        found = json.loads(text)
        blocks, steps = ([Timed(**call) for call in found.pop(name)] for name in ("blocks", "steps"))
        return cls(blocks, steps, **found)


def main(text: str) -> None:
    """Run the Order that `text` is, as JSON."""
    order = Order(**json.loads(text))
    if order.cap_bytes is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (order.cap_bytes, order.cap_bytes))
    print(json.dumps(asdict(run(order))))


def run(order: Order) -> Measured:
    """Read the prompt in blocks and write tokens, in this process."""
    import torch

    from docqa.model.checkpoints.experts import pool_bytes
    from docqa.model.cost.plan import yarn_factor_for
    from docqa.model.load import load_model

    threads = 1 if order.processor else None
    model = load_model(order.folder, expert_bytes=order.expert_bytes or EVERY_EXPERT, threads=threads)
    watch = _Watch(model, order)
    ids = torch.randint(0, model.tokenizer.vocab_size, (order.prompt,), generator=torch.Generator().manual_seed(1))
    state = model.new_state(yarn_factor_for(model.config, order.prompt + order.decoded))
    while state.position < order.prompt:
        piece = ids[state.position : state.position + model.blocks_at_once * state.grid]
        hidden = watch.call(len(piece), partial(model.prefill, piece, state))
    logits = [watch.head(hidden)]
    blocks, watch.calls = watch.calls, []
    watch.head_alone = fastest(lambda: model.logits(hidden), HEAD_ROUNDS, watch.clock)
    logits += _decode(model, state, int(logits[-1].argmax()), watch, order.decoded)
    if order.logits is not None:
        from safetensors.torch import save_file

        save_file({"logits": torch.stack(logits)}, order.logits)
    return Measured(blocks, watch.calls, watch.private_bytes, watch.data_bytes, pool_bytes(model.network) or 0)


def _decode(model: Model, state: State, token: int, watch: _Watch, count: int) -> list[Tensor]:
    """Write `count` tokens behind `token`, greedily; the logits of each."""
    from docqa.model.decode.beams import Branches

    branches, found = Branches(model, state), []
    for _ in range(count):
        logits = watch.call(1, partial(branches.logits, [token]))[0]
        found.append(logits)
        token = int(logits.argmax())
    return found


class _Watch:
    """Times the layers of a model and reads the memory of the process after each."""

    def __init__(self, model: Model, order: Order) -> None:
        self.model, self.order = model, order
        self.clock = time.thread_time if order.processor else time.perf_counter
        self.calls: list[Timed] = []
        self.head_alone = 0.0  # seconds, for calls that do not say what the head takes of them
        self.private_bytes, self.data_bytes = _memory()
        self._now, self._started = Timed(0), dict[int, float]()
        banks = list(model.network.expert_banks().values())
        self._pool = cast("PooledExperts", banks[0]).pool if banks else None
        for number, layer in enumerate(model.network.layers):
            for part, seconds in ((layer, "layers"), (layer.get_submodule("mlp"), "mlps")):
                part.register_forward_pre_hook(self._start)
                part.register_forward_hook(self._stopper(number, seconds))

    def call(self, tokens: int, action: Callable[[], Tensor]) -> Tensor:
        """Time `action`, which runs all layers once."""
        if self.order.cold:
            _drop(Path(self.order.folder))
        self._now = Timed(tokens)
        before = self._requests()
        started = self.clock()
        found = action()
        took = self.clock() - started
        if not self._now.layers:
            self._now.together = took - self.head_alone
        self._now.head = took - self._now.in_layers
        after = self._requests()
        self._now.read, self._now.reused = after[0] - before[0], after[1] - before[1]
        self.calls.append(self._now)
        return found

    def _requests(self) -> tuple[int, int]:
        """Experts read and reused since the model was loaded."""
        return (self._pool.read, self._pool.reused) if self._pool is not None else (0, 0)

    def head(self, hidden: Tensor) -> Tensor:
        """Logits of a block's last token, counted as part of the block."""
        started = self.clock()
        found = self.model.logits(hidden)
        self._now.head += self.clock() - started
        return found

    def _start(self, module: nn.Module, *_: object) -> None:
        self._started[id(module)] = self.clock()

    def _stopper(self, number: int, seconds: str) -> Callable[..., None]:
        def stop(module: nn.Module, *_: object) -> None:
            took: list[float] = getattr(self._now, seconds)
            took.extend([0.0] * (number + 1 - len(took)))
            took[number] += self.clock() - self._started[id(module)]  # a layer runs once for each piece
            private, data = _memory()
            self.private_bytes, self.data_bytes = max(self.private_bytes, private), max(self.data_bytes, data)

        return stop


def _drop(folder: Path) -> None:
    """Let the system forget what it caches of the weights, but for what is mapped."""
    for path in folder.glob("*.safetensors"):
        file = os.open(path, os.O_RDONLY)
        try:
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(file)


def _memory() -> tuple[int, int]:
    """Bytes of this process that are of no file, and those that the limit counts; 0 where the system does not say."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0, 0
    found = dict(line.split(":", 1) for line in lines if ":" in line)
    private, data = (int(found[name].split()[0]) * 1024 for name in ("RssAnon", "VmData"))
    return private, data


if __name__ == "__main__":
    main(sys.argv[1])
