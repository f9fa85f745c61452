"""The machine that a bench ran on, as far as its figures depend on it."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version

import torch

from docqa.kernels.native import kernel_identity
from docqa.model.cost.machine import (
    processor_count,
    processor_fields,
    processor_flags,
    total_memory_bytes,
)

_PACKAGES = ("docqa-reader", "torch", "transformers", "xllamacpp")
_FEATURES = (
    "avx2",
    "fma",
    "avx512f",
    "avx512_bf16",
    "avx512_vnni",
    "avx_vnni",
    "amx_bf16",
    "amx_int8",
)


def describe() -> dict[str, object]:
    """Processor, instruction sets, cores, memory, load before the run, threads, kernels,
    versions.
    """
    flags = processor_flags()
    return {
        "processor": _processor(),
        "instruction_sets": [feature for feature in _FEATURES if feature in flags],
        "cores": processor_count(),
        "threads": torch.get_num_threads(),
        "memory_gib": round(total_memory_bytes() / 2**30, 1),
        "load": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "kernels": kernel_identity(),
        "versions": {package: installed_version(package) for package in _PACKAGES},
    }


def _processor() -> str:
    found = processor_fields()
    if not found:
        return platform.processor()
    family = f"family {found.get('cpu family', '?')}, model {found.get('model', '?')}"
    return f"{found.get('model name', platform.processor())} ({family})"


def installed_version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
