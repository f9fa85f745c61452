"""Every Triton kernel compiled for the architectures of the table, which takes no device."""

import importlib
import importlib.util
import os
import subprocess

import pytest
import torch

from docqa.kernels import gpu
from docqa.kernels.moe import StackedExperts

SHARED = {
    80: 163,
    86: 99,
    90: 227,
}  # KiB of shared memory that one block may have: A100, small Ampere cards, H100
TYPES = {torch.float32: "*fp32", torch.bfloat16: "*bf16", torch.int64: "*i64"}


class Recorder:
    """Stands in for a kernel and keeps the arguments of its launches."""

    def __init__(self, kernel, launches):
        self.kernel = kernel
        self.launches = launches

    def __getitem__(self, grid):
        return lambda *args, **named: self.launches.append((self.kernel, args, named))


def launches_of(module, names, call):
    """The launches of the kernels `names` while `call` runs; nothing is computed."""
    launches = []
    kernels = {name: getattr(module, name) for name in names}
    for name, kernel in kernels.items():
        setattr(module, name, Recorder(kernel, launches))
    try:
        call()
    finally:
        for name, kernel in kernels.items():
            setattr(module, name, kernel)
    return launches


def all_launches():
    """The launches of every kernel, for the shapes of the published models, in bfloat16 where it
    may be.
    """
    names = ("conv", "delta", "moe", "norm")
    conv, delta, moe, norm = (
        importlib.import_module(f"docqa.kernels.{name}.gpu") for name in names
    )
    unit = torch.empty(2, 1, 256, 2, 128)
    v = torch.empty(1, 256, 2, 128)
    state = torch.empty(1, 2, 128, 128)
    gates = {"decay": torch.empty(1, 256, 2), "beta": torch.empty(1, 256, 2), "state": state}
    rules = ["_solve_chunks", "_walk_chunks", "_walk_tokens"]
    found = launches_of(delta, rules, lambda: delta.delta_rule_gpu(*unit, v, **gates))
    found += launches_of(delta, rules, lambda: delta.delta_step_gpu(*unit, v, **gates))
    narrow = {"dtype": torch.bfloat16}
    x, z = torch.empty(2, 1, 64, 768, **narrow).unbind()
    weight = torch.empty(768, 1, 4, **narrow)
    found += launches_of(
        norm, ["_norm_rows"], lambda: norm.gated_norm_gpu(x, z, weight[:, 0, 0], 1e-6)
    )
    found += launches_of(
        norm, ["_norm_rows"], lambda: norm.zero_centred_norm_gpu(x, weight[:, 0, 0], 1e-6)
    )
    history = torch.empty(1, 3, 768, **narrow)
    found += launches_of(
        conv, ["_convolve"], lambda: conv.unit_conv_gpu(x, weight, history, heads=4, dim=128)
    )
    products = ["_gate_and_up", "_down", "_add_up"]
    for dtype in (torch.bfloat16, torch.float32):
        for tokens in (4, 256):
            bank = StackedExperts(
                torch.empty(8, 1024, 768, dtype=dtype), torch.empty(8, 768, 512, dtype=dtype)
            )
            sent = torch.arange(8).expand(tokens, 8)
            rows = torch.empty(tokens, 768, dtype=dtype)
            shares = torch.empty(tokens, 8)
            call = lambda: moe.mix_gpu(rows, sent, shares, bank)  # noqa: B023, E731 - called before the next turn
            found += launches_of(moe, products, call)
    return found


def compiled(launch, capability):
    """The kernel of a launch as machine code of `capability`."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    kernel, args, named = launch
    given = dict(zip(kernel.arg_names, args)) | {
        n: v for n, v in named.items() if n in kernel.arg_names
    }
    options = {n: v for n, v in named.items() if n not in kernel.arg_names}
    signature = {}
    constants = {}
    aligned = {}
    for place, parameter in enumerate(
        kernel.params
    ):  # as a launch does: ones are constants, sixteens known as such
        value = given[parameter.name]
        free = not parameter.do_not_specialize
        if isinstance(value, torch.Tensor):
            signature[parameter.name] = TYPES[value.dtype]
        elif parameter.is_constexpr or (value == 1 and free and isinstance(value, int)):
            signature[parameter.name], constants[(place,)] = "constexpr", value
        else:
            signature[parameter.name] = "fp32" if isinstance(value, float) else "i32"
        if isinstance(value, torch.Tensor) or (
            signature[parameter.name] == "i32" and free and value % 16 == 0
        ):
            aligned[(place,)] = [["tt.divisibility", 16]]
    source = ASTSource(kernel, signature, constants, aligned)
    return triton.compile(source, target=GPUTarget("cuda", capability, 32), options=options)


def check():
    """Compile all, and compare the shared memory that each asks for with what there is."""
    for capability, kilobytes in SHARED.items():
        gpu.block_sizes = lambda device, row=gpu.TABLE[capability // 10]: row
        for launch in all_launches():
            made = compiled(launch, capability)
            print(capability, launch[0].fn.__name__, made.metadata.shared)
            assert len(made.asm["cubin"]) > 0
            assert made.metadata.shared <= kilobytes * 1024, (
                capability,
                launch[0].fn.__name__,
                made.metadata.shared,
            )


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("triton") is None, reason="Triton is not installed here"
)
def test_every_kernel_compiles_and_fits_the_shared_memory(python, tmp_path):
    """In a process of its own: it takes the place of the block sizes, and Triton keeps what it
    compiled.
    """
    settings = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    settings["TRITON_CACHE_DIR"] = str(tmp_path)
    done = subprocess.run(
        [python, __file__], env=settings, timeout=280, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("_walk_chunks") == len(SHARED)


if __name__ == "__main__":
    check()
