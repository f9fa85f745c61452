"""`docqa` in processes of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_GOOD = (0, 5)  # 5: the document does not answer, which takes as long


def run_docqa(*arguments: str, cache: str | None = None) -> None:
    """Run a command in a new process. Raises RuntimeError where it fails."""
    _run(["docqa.app"], arguments, cache)


def sampled_docqa(*arguments: str, cache: str) -> tuple[float, dict[str, float]]:
    """The wall of a command in a new process, and the seconds of each of sampling.PARTS. Raises RuntimeError."""
    with tempfile.TemporaryDirectory(prefix="docqa-bench-") as folder:
        profile = Path(folder) / "profile.json"
        started = time.perf_counter()
        _run(["docqa.app.bench.sampling", str(profile)], arguments, cache)
        return time.perf_counter() - started, json.loads(profile.read_text(encoding="utf-8"))


def _run(module: list[str], arguments: tuple[str, ...], cache: str | None) -> None:
    own = {**os.environ, "DOCQA_CACHE_DIR": cache} if cache else None
    done = subprocess.run([sys.executable, "-m", *module, *arguments], capture_output=True, check=False, env=own)
    if done.returncode not in _GOOD:
        raise RuntimeError(f"docqa {' '.join(arguments)} ended with {done.returncode}: {done.stderr.decode()[-500:]}")
