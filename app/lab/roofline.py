"""How near each native kernel comes to what the processor allows: `python -m docqa.app.lab.roofline`.

A kernel's roofline is the least time that its operations and its bytes take at the measured ceilings, what the
processor can do at most at the library's level of instructions, were computing and moving done side by side (Williams,
Waterman and Patterson 2009, "Roofline"). Sizes are those of the model; a figure is the best of several runs by the
processor's own time of one thread, which other work on the machine disturbs least, or with --threads by the clock. The
last line is JSON.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from docqa.app.answerers.loading import load_model
from docqa.app.bench import machine
from docqa.app.bench.rows import fastest
from docqa.app.options import Options
from docqa.kernels.activation import silu_product_native
from docqa.kernels.attention.native import attention_native
from docqa.kernels.conv.unit import causal_conv_native
from docqa.kernels.cpu.library import LEVELS, CeilingCall, Library
from docqa.kernels.delta.native import delta_rule_native, delta_step_native
from docqa.kernels.matmul import GROUP, PackedMatrix, product_of_arrays
from docqa.kernels.norm import gated_norm_native, zero_centred_norm_native
from docqa.kernels.self_check import library
from docqa.kernels.threads import thread_count
from docqa.model.config import HybridConfig

SEQ, KEYS, CHUNK = 2_048, 8_192, 32  # CHUNK: as in delta.inc
# Floats of a tensor that is passed over once. With its result it is larger than the caches, and smaller than 32 MiB,
# above which the C library asks the system for new pages in every call: those would be what is measured.
PASS_FLOATS = 7 << 20
REPEATS = 9
ROUNDS = 2_000_000  # some 10 ms
FLOATS = 1 << 25  # 128 MiB: more than caches hold
FLOAT_PRODUCTS, BYTE_PRODUCTS, READ, COPY = range(4)  # as in kernels.h


@dataclass(frozen=True)
class Ceilings:
    """Of all threads together: operations a second (a product and its sum are two) and bytes a second."""

    float_operations: float
    byte_operations: float
    read: float
    copied: float  # bytes read and bytes written

    def seconds(self, work: Work) -> float:
        """The least time for the operations and bytes of `work`, were computing and moving done side by side."""
        computing = work.floats / self.float_operations + work.bytes_ / self.byte_operations
        return max(computing, work.read / self.read + work.copied / self.copied)


def measure(library: Library, clock: Callable[[], float] = time.perf_counter, repeats: int = 5) -> Ceilings:
    """The ceilings on `library.threads` threads, best of `repeats` by `clock`."""
    threads = library.threads or thread_count()
    name = LEVELS[library.level]
    wide, dots = "AVX-512" in name, "VNNI" in name  # vectors of 512 bits, for floats and for bytes
    source, to = torch.ones(FLOATS), torch.zeros(FLOATS)

    def best(kind: int, count: int) -> float:
        return min(_seconds(library, clock, kind, count, source, to) for _ in range(repeats))

    operations = 2 * threads * ROUNDS
    return Ceilings(
        float_operations=operations * (12 * 16 if wide else 8 * 8) / best(FLOAT_PRODUCTS, ROUNDS),
        byte_operations=operations * (12 * 64 if dots else 8 * 32) / best(BYTE_PRODUCTS, ROUNDS),
        read=4 * FLOATS / best(READ, FLOATS),
        copied=8 * FLOATS / best(COPY, FLOATS),
    )


def _seconds(library: Library, clock: Callable[[], float], kind: int, count: int, source: Tensor, to: Tensor) -> float:
    call = CeilingCall(kind, count, source.data_ptr(), to.data_ptr())
    started = clock()
    library.run("ceiling", ctypes.byref(call))
    return clock() - started


@dataclass(frozen=True)
class Work:
    """A kernel on one problem: what runs it, and the operations and bytes that it cannot do without."""

    name: str
    run: Callable[[], object]
    floats: float = 0.0  # operations on float32; a product and its sum are two
    bytes_: float = 0.0  # operations on bytes
    read: float = 0.0  # bytes only read
    copied: float = 0.0  # bytes of inputs and outputs that are of one size


class Problems:
    """Seeded inputs of a model's sizes, for the library at one level and number of threads."""

    def __init__(self, config: HybridConfig, library: Library) -> None:
        self.config, self.library = config, library
        self.source = torch.Generator().manual_seed(1)

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self.source)

    def all(self) -> Iterator[Work]:
        yield from self.delta()
        yield from self.passes()
        yield from self.products()
        yield from self.attention()

    def delta(self) -> Iterator[Work]:
        """Chunks and steps of the gated delta rule.

        A token and head cost three products with the state and, in chunks, half of four products of a chunk's size.
        """
        heads, key, value = (
            getattr(self.config, f"linear_{n}") for n in ("num_value_heads", "key_head_dim", "value_head_dim")
        )
        state = self.normal(1, heads, key, value)
        for seq, rule, name in ((SEQ, delta_rule_native, "delta rule"), (1, delta_step_native, "delta step")):
            q, k = (torch.nn.functional.normalize(self.normal(1, seq, heads, key), dim=-1) for _ in range(2))
            v, decay = self.normal(1, seq, heads, value), -self.normal(1, seq, heads).abs()
            beta = self.normal(1, seq, heads).sigmoid()
            run = partial(rule, q, k, v, decay=decay, beta=beta, state=state, library=self.library)
            chunk = 2 * CHUNK * (key + value) if seq > 1 else 0
            floats = seq * heads * (6 * key * value + chunk)
            yield Work(f"{name}, {seq:,} x {heads} x {key} x {value}", run, floats=floats)

    def passes(self) -> Iterator[Work]:
        """Convolution, norms and the gate of the MLP."""
        config, library = self.config, self.library
        keys = config.linear_num_key_heads * config.linear_key_head_dim
        values = config.linear_num_value_heads * config.linear_value_head_dim
        channels, taps, hidden = 2 * keys + values, config.linear_conv_kernel_dim, config.hidden_size
        x, weight = self.normal(1, PASS_FLOATS // channels, channels), self.normal(channels, taps)
        unit = 2 * config.linear_num_key_heads, config.linear_key_head_dim
        run: Callable[[], object] = partial(causal_conv_native, x, weight, None, unit=unit, library=library)
        yield Work(f"convolution, {x.shape[1]:,} x {channels}", run, floats=2 * taps * x.numel(), copied=2 * x.nbytes)
        x, weight = self.normal(PASS_FLOATS // hidden, hidden), self.normal(hidden)
        run = partial(zero_centred_norm_native, x, weight, 1e-6, library=library)
        yield Work(f"norm, {len(x):,} x {hidden}", run, copied=2 * x.nbytes)
        dim = config.linear_value_head_dim
        x, z, weight = *(self.normal(PASS_FLOATS // dim, dim) for _ in range(2)), self.normal(dim)
        run = partial(gated_norm_native, x, z, weight, 1e-6, library=library)
        yield Work(f"gated norm, {len(x):,} x {dim}", run, copied=2 * x.nbytes, read=z.nbytes)
        wide = config.intermediate_size
        gate, up = (self.normal(PASS_FLOATS // wide, wide) for _ in range(2))
        run = partial(silu_product_native, gate, up, library=library)
        yield Work(f"SiLU(gate) * up, {len(gate):,} x {wide}", run, copied=2 * gate.nbytes, read=up.nbytes)

    def products(self) -> Iterator[Work]:
        """Packed matrices, with many tokens and with one."""
        config = self.config
        sizes = (
            (4, SEQ, config.intermediate_size, config.hidden_size),
            (4, SEQ, config.hidden_size, config.intermediate_size),
            (8, SEQ, config.intermediate_size, config.hidden_size),
            (4, 1, config.intermediate_size, config.hidden_size),
            (8, 1, config.vocab_size, config.hidden_size),
        )
        for bits, tokens, rows, columns in sizes:
            matrix, x = self._packed(bits, rows, columns), self.normal(tokens, columns)
            read = sum(part.nbytes for part in (matrix.q, matrix.scale, matrix.zero))
            run = partial(product_of_arrays, x, matrix, library=self.library)
            name = f"product, {bits} bits, {tokens:,} x {columns:,} x {rows:,}"
            yield Work(name, run, bytes_=2 * tokens * rows * columns, read=read if tokens == 1 else 0)

    def _packed(self, bits: int, rows: int, columns: int) -> PackedMatrix:
        low, kind, wide = (0, torch.uint8, columns // 2) if bits == 4 else (-128, torch.int8, columns)
        q = torch.randint(low, low + 256, (rows, wide), generator=self.source).to(kind)
        scale, zero = (self.normal(rows, columns // GROUP).abs().half() for _ in range(2))
        return PackedMatrix.of(q, scale, zero)

    def attention(self) -> Iterator[Work]:
        """SEQ queries that end at KEYS keys: two products of `dim` for each pair."""
        heads, groups, dim = (
            getattr(self.config, name) for name in ("num_attention_heads", "num_key_value_heads", "head_dim")
        )
        q = self.normal(1, SEQ, heads, dim)
        k, v = (self.normal(1, KEYS, groups, dim) for _ in range(2))
        operations = 4 * dim * heads * SEQ * (KEYS - SEQ / 2)
        sizes = f"{SEQ:,} x {KEYS:,} x {heads} x {dim}"
        run = partial(attention_native, q, k, v, library=self.library)
        yield Work(f"attention, {sizes}", run, floats=operations)
        run = partial(attention_native, q, k, v, rounded=True, library=self.library)
        yield Work(f"attention, rounded, {sizes}", run, bytes_=operations)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="How near each native kernel comes to what the processor allows.")
    parser.add_argument("--model", default=None)
    parser.add_argument("--threads", type=int, default=1, help="timed by the clock where more than one")
    parser.add_argument("--level", type=int, default=None, help="of instructions, as in kernels/cpu/api.cpp")
    options = parser.parse_args(arguments)
    found = library()
    if found is None:
        print("the native library is not there; `docqa doctor` says why", file=sys.stderr)
        return 4
    torch.set_num_threads(options.threads)  # idle ones would wait at the processor's expense
    chosen = found._replace(level=options.level or found.level, threads=options.threads)
    clock = time.process_time if options.threads == 1 else time.perf_counter
    ceilings = measure(chosen, clock)
    print(
        f"{machine.describe()['processor']}, {LEVELS[chosen.level]}, {options.threads} threads: "
        f"{ceilings.float_operations / 1e9:.0f} GFLOP/s in float32, {ceilings.byte_operations / 1e9:.0f} Gop/s in "
        f"bytes, {ceilings.read / 1e9:.1f} GB/s read, {ceilings.copied / 1e9:.1f} GB/s copied"
    )
    rows = []
    for work in Problems(load_model(Options(model=options.model)).config, chosen).all():
        work.run()
        seconds = fastest(work.run, REPEATS, clock)
        reached = ceilings.seconds(work) / seconds
        rows.append({"kernel": work.name, "seconds": seconds, "share": round(reached, 3)})
        print(f"{work.name:55}{seconds * 1e3:10.3f} ms{reached:8.0%}", flush=True)
    print(json.dumps({"level": LEVELS[chosen.level], "threads": options.threads, "rows": rows}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
