"""`docqa` in processes of its own."""

from __future__ import annotations

import os
import subprocess
import sys

_GOOD = (0, 5)  # 5: the document does not answer, which takes as long


def run_docqa(*arguments: str, cache: str | None = None) -> None:
    """Run a command in a new process. Raises RuntimeError where it fails."""
    own = {**os.environ, "DOCQA_CACHE_DIR": cache} if cache else None
    done = subprocess.run([sys.executable, "-m", "docqa.app", *arguments], capture_output=True, check=False, env=own)
    if done.returncode not in _GOOD:
        raise RuntimeError(f"docqa {' '.join(arguments)} ended with {done.returncode}: {done.stderr.decode()[-500:]}")
