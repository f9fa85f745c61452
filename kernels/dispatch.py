"""One place that decides which implementation of an operation runs.

Every operation registers its implementations, the reference among them. `DOCQA_KERNELS=reference`
forces the references, slow, and the first thing to try when a result looks wrong; `torch` takes the
best without native library and Triton; `triton` on the CPU, with TRITON_INTERPRET=1, runs the
kernels for cards in Triton's interpreter.
"""

import importlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

import torch
from torch import Tensor

from . import gpu
from .cpu import LEVELS
from .errors import NoImplementation
from .native import SWITCH
from .self_check import library
from .threads import share_threads_with_torch

share_threads_with_torch()  # what needs torch begins here
EVERY_FLOAT = frozenset({torch.float64, torch.float32, torch.bfloat16, torch.float16})


@dataclass(frozen=True)
class Implementation:
    """One way to compute an operation; the first registered that fits is preferred."""

    name: str
    function: Callable[..., Any]
    devices: frozenset[str] = frozenset({"cpu", "cuda", "mps"})
    dtypes: frozenset[torch.dtype] = EVERY_FLOAT
    native: bool = False
    triton: bool = False

    def is_allowed(self, forced: str) -> bool:
        """Whether the switch `forced` lets this one run."""
        plain = not self.native and not self.triton
        return forced in ("", self.name) or (forced in ("torch", "triton") and plain)

    def fits(self, device: str, dtype: torch.dtype) -> bool:
        """Whether it computes on `device` in `dtype` here."""
        if self.triton and device == "cpu":  # in the interpreter, for whoever asks for it
            return (
                os.environ.get(SWITCH) == "triton" and gpu.is_interpreted() and dtype in self.dtypes
            )
        return (
            device in self.devices
            and dtype in self.dtypes
            and (not self.triton or gpu.is_available())
        )


_registry: dict[str, list[Implementation]] = {}


def register(operation: str, name: str, function: Callable[..., Any], **fields: Any) -> None:
    """Adds an implementation, with `fields` of an Implementation; the order of registration is
    that of preference, but native ones come first."""
    known = _registry.setdefault(operation, [])
    entry = Implementation(name, function, **fields)
    known.insert(0 if entry.native else len(known), entry)
    choose_implementation.cache_clear()


def register_native(operation: str, function: Callable[..., Any]) -> None:
    """Adds one in C++, float32 on the CPU, preferred where the library is there; called with
    `library` set.
    """
    one_dtype = frozenset({torch.float32})
    register(
        operation, "native", function, devices=frozenset({"cpu"}), dtypes=one_dtype, native=True
    )


def register_triton(operation: str, module: str, function: str) -> None:
    """Adds `function` of `module`, for accelerators, imported with Triton at the first call; it
    takes every floating dtype but float64, and is used where `gpu.is_available()` says so."""

    def call(*args: Any, **named: Any) -> Any:
        return getattr(importlib.import_module(module), function)(*args, **named)

    narrow = EVERY_FLOAT - {torch.float64}
    register(operation, "triton", call, devices=frozenset({"cuda"}), dtypes=narrow, triton=True)


def _available_implementations(operation: str) -> Iterator[Implementation]:
    """What is registered; native ones with their library, none where there is none."""
    found = library()
    for entry in _registry.get(operation, []):
        if not entry.native:
            yield entry
        elif found is not None:
            bound = partial(entry.function, library=found)
            yield replace(entry, name=f"native {LEVELS[found.level]}", function=bound)


def are_gradients_recorded(*values: Any) -> bool:
    """Whether gradients of any tensor among these are recorded."""
    return torch.is_grad_enabled() and any(
        isinstance(x, Tensor) and x.requires_grad for x in values
    )


@lru_cache(maxsize=256)
def choose_implementation(operation: str, device: str, dtype: torch.dtype) -> Implementation:
    """The implementation of `operation` on `device` in `dtype`. Raises NoImplementation, which
    lists what there is.
    """
    forced = os.environ.get(SWITCH, "")
    known = list(_available_implementations(operation))
    ours = [entry for entry in known if entry.triton] if forced == "triton" else []
    for entry in ours or known:  # what has no Triton form takes torch's
        if entry.fits(device, dtype) and entry.is_allowed(forced):
            return entry
    names = ", ".join(f"{e.name} ({'/'.join(sorted(e.devices))})" for e in known) or "none"
    asked = f", {SWITCH}={forced}" if forced else ""
    raise NoImplementation(
        f"no implementation of '{operation}' for {device} {dtype}{asked}; known: {names}. Unset {SWITCH} or use a CPU."
    )


def run_implementation(
    operation: str,
    x: Tensor,
    *others: Any,
    differentiable: Callable[..., Any] | None = None,
    **options: Any,
) -> Any:
    """What the implementation of `operation` for the device and dtype of `x` makes of all
    arguments; while gradients of one are recorded, what `differentiable` makes of them. Raises
    NoImplementation."""
    if differentiable and are_gradients_recorded(x, *others):
        return differentiable(x, *others, **options)
    chosen = choose_implementation(operation, x.device.type, x.dtype)
    return chosen.function(x, *others, **options)
