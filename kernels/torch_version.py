"""The version of torch that is installed, without importing it."""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from importlib.machinery import PathFinder
from pathlib import Path

_LINE = re.compile(r"^__version__ = ['\"]([^'\"]+)", re.MULTILINE)


@lru_cache(maxsize=1)
def torch_version() -> str:
    """What `torch.__version__` is, or will be."""
    loaded = sys.modules.get("torch")
    if loaded is not None and hasattr(loaded, "__version__"):
        return str(loaded.__version__)
    spec = PathFinder.find_spec("torch")
    file = Path(spec.origin).parent / "version.py" if spec is not None and spec.origin is not None else None
    found = _LINE.search(file.read_text(encoding="utf-8")) if file is not None and file.is_file() else None
    if found is not None:
        return found[1]
    import torch

    return str(torch.__version__)
