"""The rows of a bench, in the order of the contract."""

import tempfile
from collections.abc import Generator, Iterator, Sequence
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from docqa.app.lab.bench import frames, peers, twin
from docqa.model.cost.machine import available_memory_bytes
from docqa.model.cost.plan import parameters, state_bytes, yarn_factor_for
from docqa.model.decode.continuation import Continuation
from docqa.model.decode.generate import generate
from docqa.model.load import NetworkModel
from docqa.model.state.files import load_state, save_state

from .at_once import at_once_rows
from .contexts import random_context
from .peers import Docqa, LlamaCpp, Transformers
from .rows import Measurement, fastest

PROMPT = 8_192
DECODED = 32
REPEATS = 2
LONG_PROMPT = 131_072
# tokens; FAR: whole blocks, and room after them, under a million's limit
NEAR = 8_192
FAR = 1_046_528
FAR_ROUNDS = 4
FAR_STEPS = 4
# tokens, runs
QUOTED = 96
QUOTING_REPEATS = 3
CLAUSE = Path(__file__).with_name("clause.txt").read_text(encoding="utf-8").rstrip()
QUICK = {"prompt": 1_024, "context": 65_536, "characters": 400_000}


def rows(
    model: NetworkModel,
    *,
    long: bool,
    prompt: int = PROMPT,
    context: int = twin.CONTEXT,
    characters: int = frames.CHARACTERS,
) -> Iterator[Measurement]:
    """Measure one row after the other. `long`: also what takes more than minutes. `prompt`,
    `context`: tokens of the first rows' prompt (a state of 12.5 times as many is restored, a
    training step has four times as many) and of what the twin reads. `characters`: of the terminal
    interface's text."""
    ours = yield from against_peers(model, prompt)
    if long:
        yield long_prefill(model, ours)
        yield decode_1m(model)
    else:
        why = "not measured: only with --long"
        yield Measurement("prefill_128k", None, "tokens/s", "prefill_8k", ours, why)
        yield Measurement("decode_1m", None, "tokens/s", "decode_8k", None, why)
    yield from twin.twin_rows(model, context, 4 * prompt)
    yield restore(model, 25 * prompt // 2)
    yield from at_once_rows()
    yield from frames.interface_rows(characters)


def random_ids(model: NetworkModel, count: int) -> Tensor:
    """Seeded token ids [count]."""
    return torch.randint(
        0, model.tokenizer.vocab_size, (count,), generator=torch.Generator().manual_seed(20251)
    )


def against_peers(
    model: NetworkModel, prompt: int, file: Path | None = None
) -> Generator[Measurement, None, float]:
    """The rows prefill_8k and decode_8k for every peer; returns docqa's tokens/s of prefill. With
    the GGUF `file` of `model` llama.cpp reads the same, and the rows are real_prefill_8k and so
    on."""
    ids = random_ids(model, prompt)
    missing = {
        "llama.cpp": peers.llama_missing(model),
        "transformers": _no_room(4 * parameters(model.config)["total"]),
    }
    with tempfile.TemporaryDirectory(prefix="docqa-bench-") as folder:
        sides: list[Docqa | Transformers | LlamaCpp] = [Docqa(model)]
        if not missing["transformers"]:
            sides.append(Transformers(model))
        if not missing["llama.cpp"]:
            sides.append(LlamaCpp(file or peers.llama_file(model, Path(folder), prompt), prompt))
        found = _in_turn(sides, ids)
    weights, bar = (
        ("the same file", "1.2 for reading, 1.0 for writing")
        if file
        else (peers.QUANTIZATION, "1.5")
    )
    how = {
        "transformers": missing["transformers"] or "float32 in transformers (sdpa)",
        "llama.cpp": missing["llama.cpp"]
        or f"{weights} in {peers.llama_version()}, its own times; bar {bar}",
    }
    rows = {
        "prefill_8k": f"{prompt:,} random tokens to the next token's logits",
        "decode_8k": f"{DECODED} greedy tokens behind {prompt:,}",
    }
    for number, (name, what) in enumerate(rows.items()):
        for peer, with_it in how.items():
            method = f"{what}; all layers, {model.precision} in docqa, {with_it}; best of {REPEATS} in turn"
            theirs = found[peer][number] if peer in found else None
            said = method if peer in found else missing[peer]
            yield Measurement(
                f"real_{name}" if file else name,
                found["docqa"][number],
                "tokens/s",
                peer,
                theirs,
                said,
            )
    return found["docqa"][0]


def real_rows(model: NetworkModel, file: Path, prompt: int) -> Iterator[Measurement]:
    """real_prefill_8k, real_decode_8k, with a prompt of so many tokens, and real_quoting. `model`:
    that of `file`.
    """
    yield from against_peers(model, prompt, file)
    yield quoting(model)


def quoting(model: NetworkModel) -> Measurement:
    """tokens/s of an answer that repeats what was read, beside the same written token by token."""
    state = model.new_state()
    model.prefill(model.tokenizer.encode(f"{CLAUSE}\n\nThe same clause, word for word:\n\n"), state)

    def written(*, lookup: bool) -> list[int]:
        return [
            piece.token
            for piece in generate(model, state, max_tokens=QUOTED, lookup=lookup, stop_ids=[])
        ]

    text = model.tokenizer.decode(written(lookup=True))
    seconds = {lookup: float("inf") for lookup in (True, False)}
    for _ in range(QUOTING_REPEATS):
        for lookup in seconds:
            seconds[lookup] = min(seconds[lookup], fastest(partial(written, lookup=lookup), 1))
    same = next(
        (at for at, pair in enumerate(zip(text, CLAUSE, strict=False)) if len(set(pair)) > 1),
        len(text),
    )
    method = (
        f"{QUOTED} greedy tokens that were to repeat a clause (its first {same} characters of {len(text)}), guessed by "
        f"prompt lookup, and one by one as the peer; best of {QUOTING_REPEATS} in turn; bar 1.8"
    )
    return Measurement(
        "real_quoting",
        QUOTED / seconds[True],
        "tokens/s",
        "one by one",
        QUOTED / seconds[False],
        method,
    )


def _no_room(needed: int) -> str:
    """Why a row cannot have so much memory, "" where it can."""
    free = available_memory_bytes()
    if needed <= free:
        return ""
    return f"not measured: {needed / 2**30:.1f} GiB of memory are needed and {free / 2**30:.1f} are free"


def _in_turn(
    sides: Sequence[Docqa | Transformers | LlamaCpp], ids: Tensor
) -> dict[str, tuple[float, float]]:
    """Best tokens/s of reading and of writing, by side; in turn, so that what else the machine does
    meets all.
    """
    best: dict[str, tuple[float, float]] = {}
    for side in sides:
        side.run(ids[:256], 2)
    for _ in range(REPEATS):
        for side in sides:
            reading, writing = side.run(ids, DECODED)
            before = best.get(side.name, (0.0, 0.0))
            best[side.name] = max(before[0], len(ids) / reading), max(before[1], DECODED / writing)
    return best


def long_prefill(model: NetworkModel, short: float) -> Measurement:
    """prefill_128k beside docqa's own rate at 8K."""
    seconds = Docqa(model).prefill(random_ids(model, LONG_PROMPT))
    method = f"{LONG_PROMPT:,} random tokens through all layers, once; the peer is docqa's own row"
    return Measurement(
        "prefill_128k", LONG_PROMPT / seconds, "tokens/s", "prefill_8k", short, method
    )


def decode_1m(model: NetworkModel, near: int = NEAR, far: int = FAR) -> Measurement:
    """Tokens a second after a million tokens, beside 8K, in turn."""
    sizes = [state_bytes(model.config, count) for count in (near, far)]
    why = _no_room(sum(size["fixed"] + size["kv"] for size in sizes) * 5 // 4)
    if why:
        return Measurement("decode_1m", None, "tokens/s", "decode_8k", None, why)
    continuations = {
        count: Continuation(model, random_context(model, count)) for count in (near, far)
    }
    seconds = dict.fromkeys(continuations, float("inf"))
    for _ in range(FAR_ROUNDS):
        for count, continuation in continuations.items():
            seconds[count] = min(
                seconds[count], fastest(partial(continuation.logits, 1), FAR_STEPS)
            )
    how = "one native call a token" if continuations[far].native else "single operations"
    method = (
        f"one token behind {far:,} random keys of every attention layer, and {near:,} as its peer, {how}, best of "
        f"{FAR_ROUNDS * FAR_STEPS} in turn"
    )
    return Measurement(
        "decode_1m", 1 / seconds[far], "tokens/s", "decode_8k", 1 / seconds[near], method
    )


def restore(model: NetworkModel, count: int) -> Measurement:
    """How long a kept state of `count` tokens takes until one more token has gone through it."""
    layers = model.answer_layers
    ids = random_ids(model, count).tolist()
    state = model.new_state(yarn_factor_for(model.config, count + 1), layers=layers)
    model.prefill(ids, state)
    with tempfile.TemporaryDirectory(prefix="docqa-bench-") as folder:
        save_state(state, Path(folder), {}, model)
        seconds = fastest(
            lambda: model.prefill(ids[:1], load_state(Path(folder), model, {}, ids=ids)), 3
        )
    method = f"{count:,} tokens read by the {layers} layers of answers: loaded, checksums too, and one token more"
    return Measurement("restore_100k", seconds, "s", None, None, f"{method}; best of 3")
