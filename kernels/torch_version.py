"""Which torch is installed, without importing it."""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from importlib.machinery import PathFinder
from pathlib import Path

_LINE = r"^{}\b.*= ['\"]([^'\"]+)"


@lru_cache(maxsize=1)
def torch_version() -> str:
    """What `torch.__version__` is, or will be."""
    loaded = sys.modules.get("torch")
    if loaded is not None and hasattr(loaded, "__version__"):
        return str(loaded.__version__)
    found = _said("__version__")
    if found is not None:
        return found
    import torch

    return str(torch.__version__)


def made_for_cards() -> bool:
    """Whether it is a build for NVIDIA's or AMD's."""
    return _said("cuda") is not None or _said("hip") is not None


def _said(name: str) -> str | None:
    """What its version.py sets `name` to; None for nothing, or where it has no such file."""
    spec = PathFinder.find_spec("torch")
    file = Path(spec.origin).parent / "version.py" if spec is not None and spec.origin is not None else None
    text = file.read_text(encoding="utf-8") if file is not None and file.is_file() else ""
    found = re.search(_LINE.format(name), text, re.MULTILINE)
    return found[1] if found is not None else None
