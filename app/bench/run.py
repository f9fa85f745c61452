"""The rows of a bench, in the order of the contract."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docqa.app.bench.rows import Row

if TYPE_CHECKING:
    from docqa.model.load import Model

PROMPT, DECODED, REPEATS = 8_192, 32, 2
LONG_PROMPT, RESTORED = 131_072, 102_400
_SAMPLE = Path("sample_docs") / "services_agreement.pdf"
_NO_LLAMA = "not measured: no adapter to llama.cpp yet; `docqa models export` writes the GGUF file that it would need"
_NOT_YET = {
    "decode_1m": ("tokens/s", "decode_8k"),
    "twin_prefill_256k": ("tokens/s", "twin"),
    "twin_decode_256k": ("tokens/s", "twin"),
    "train_step_32k": ("tokens/s", "twin"),
}


def rows(model: Model, *, long: bool, prompt: int = PROMPT, restored: int = RESTORED) -> Iterator[Row]:
    """Measure one row after the other.

    Args:
        long: also what takes more than a few minutes.
        prompt, restored: tokens of the prompt of the first rows, and of the state that is restored; smaller in tests.
    """
    ours = yield from against_transformers(model, prompt)
    yield (
        long_prefill(model, ours)
        if long
        else Row("prefill_128k", None, "tokens/s", "prefill_8k", ours, "not measured: only with --long")
    )
    for name, (unit, peer) in _NOT_YET.items():
        yield Row(name, None, unit, peer, None, "not measured: this version has no measurement for it")
    yield restore(model, restored)
    yield help_time()
    yield cold_ask()


def random_ids(model: Model, count: int) -> Any:
    """Seeded token ids [count]."""
    import torch

    return torch.randint(0, model.tokenizer.vocab_size, (count,), generator=torch.Generator().manual_seed(20251))


def against_transformers(model: Model, prompt: int) -> Generator[Row, None, float]:
    """The rows prefill_8k and decode_8k for every peer; returns docqa's tokens/s of prefill."""
    from docqa.app.bench.contestants import Docqa, Transformers

    ids = random_ids(model, prompt)
    sides: list[Docqa | Transformers] = [Docqa(model), Transformers(model)]
    reading: dict[str, float] = {}
    writing: dict[str, float] = {}
    for side in sides:
        side.prefill(ids[:256])
        side.decode(2)
    for _ in range(REPEATS):
        for side in sides:  # in turn, so that what else the machine does meets both
            reading[side.name] = max(reading.get(side.name, 0.0), prompt / side.prefill(ids))
            writing[side.name] = max(writing.get(side.name, 0.0), DECODED / side.decode(DECODED))
    same = f"all layers, float32 in transformers (sdpa), {model.precision} in docqa; best of {REPEATS} in turn"
    ours, theirs = (side.name for side in sides)
    for name, found, what in (
        ("prefill_8k", reading, f"{prompt:,} random tokens to the next token's logits"),
        ("decode_8k", writing, f"{DECODED} greedy tokens behind {prompt:,}"),
    ):
        yield Row(name, found[ours], "tokens/s", "transformers", found[theirs], f"{what}; {same}")
        yield Row(name, found[ours], "tokens/s", "llama.cpp", None, _NO_LLAMA)
    return reading[ours]


def long_prefill(model: Model, short: float) -> Row:
    """prefill_128k beside docqa's own rate at 8K."""
    from docqa.app.bench.contestants import Docqa

    seconds = Docqa(model).prefill(random_ids(model, LONG_PROMPT))
    method = f"{LONG_PROMPT:,} random tokens through all layers, once; the peer is docqa's own row"
    return Row("prefill_128k", LONG_PROMPT / seconds, "tokens/s", "prefill_8k", short, method)


def restore(model: Model, count: int) -> Row:
    """How long a kept state of `count` tokens takes until one more token has gone through it."""
    from docqa.model.plan import yarn_factor_for
    from docqa.model.state import State

    layers = model.answer_layers
    ids = random_ids(model, count)
    state = model.new_state(yarn_factor_for(model.config, count), layers=layers)
    model.prefill(ids, state)

    def load(folder: Path) -> None:
        model.prefill(ids[:1], State.load(folder, model, {}, ids=ids))

    with tempfile.TemporaryDirectory(prefix="docqa-bench-") as folder:
        state.save(Path(folder), {}, model=model)
        seconds = _best(lambda: load(Path(folder)), 3)
    method = (
        f"{count:,} tokens read by the {layers} layers that answers need: loaded, checksums too, and one token more"
    )
    return Row("restore_100k", seconds, "s", None, None, f"{method}; best of 3")


def help_time() -> Row:
    """`docqa --help` in a process of its own."""
    seconds = _best(lambda: _docqa("--help"), 5)
    return Row("help", seconds, "s", None, None, "docqa --help in a new process; best of 5")


def cold_ask() -> Row:
    """One question in a new process that keeps nothing, so that it reads the document and loads the model."""
    from docqa.model.load import BUNDLED

    sample = Path(__file__).parents[2] / _SAMPLE
    document = sample if sample.is_file() else BUNDLED / "LICENSE"
    seconds = _best(lambda: _docqa("ask", "--no-store", "--json", str(document), "When does it take effect?"), 2)
    return Row("cold_ask", seconds, "s", None, None, f"{document.name} in a new process, --no-store; best of 2")


def _docqa(*arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", "docqa.app", *arguments], capture_output=True, check=False)
    if done.returncode not in (0, 5):  # 5: the document does not answer, which takes as long
        raise RuntimeError(f"docqa {' '.join(arguments)} ended with {done.returncode}: {done.stderr.decode()[-500:]}")


def _best(action: Callable[[], None], repeats: int) -> float:
    """The shortest of several runs, in seconds."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return min(times)
