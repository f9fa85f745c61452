"""The machine that a bench ran on, as far as its figures depend on it."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_PACKAGES = ("docqa-reader", "torch", "transformers", "xllamacpp")
_FEATURES = ("avx2", "fma", "avx512f", "avx512_bf16", "avx512_vnni", "avx_vnni", "amx_bf16", "amx_int8")


def describe() -> dict[str, Any]:
    """Processor and its instruction sets, cores, memory, load before the run, threads, kernels, versions."""
    import torch

    from docqa.kernels.dispatch import identity
    from docqa.model.cost.machine import processors, total_bytes

    name, flags = _processor()
    return {
        "processor": name,
        "instruction_sets": [feature for feature in _FEATURES if feature in flags],
        "cores": processors(),
        "threads": torch.get_num_threads(),
        "memory_gib": round(total_bytes() / 2**30, 1),
        "load": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "kernels": identity(),
        "versions": {package: _version(package) for package in _PACKAGES},
    }


def _processor() -> tuple[str, set[str]]:
    """Its name and features; of Linux, elsewhere what Python knows."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor(), set()
    fields = dict(line.split(":", 1) for line in text.split("\n\n")[0].splitlines() if ":" in line)
    found = {key.strip(): value.strip() for key, value in fields.items()}
    family = f"family {found.get('cpu family', '?')}, model {found.get('model', '?')}"
    return f"{found.get('model name', platform.processor())} ({family})", set(found.get("flags", "").split())


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
