"""torch imported while the documents are parsed, which is a second of waiting saved."""

from __future__ import annotations

import contextlib
import os
import sys
import threading

_threads: list[threading.Thread] = []


def begin() -> None:
    """Import what the model needs on a thread of its own; whoever imports it meanwhile waits for the rest of it."""
    if "docqa.model.load" in sys.modules or _threads:
        return
    _threads.append(threading.Thread(target=_import, name="early imports", daemon=True))
    _threads[0].start()


def leave(code: int) -> None:
    """End the process with `code` where it would else end amid an import, which libraries do not survive."""
    if any(thread.is_alive() for thread in _threads):
        sys.stderr.flush()
        os._exit(code)


def _import() -> None:
    # An error is reported by the import of the code that needs it.
    with contextlib.suppress(ImportError, OSError):
        import docqa.model.load  # noqa: F401
