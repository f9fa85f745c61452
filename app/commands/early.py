"""What a first question needs later, begun while the documents are parsed; a second one needs none of it."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType

# A third of the time of `import torch` goes to what torch/__init__.py imports for what it registers: shapes of results
# for tensors without content, kernels in other languages than its own, torch.export. An answer uses nothing of it.
_LATER = ("torch._meta_registrations", "torch.distributed._meta_registrations", "torch.export", "torch._native")
_threads: dict[str, threading.Thread] = {}


def sum_weights() -> None:
    """Sum the weights of the bundled model on a thread of its own, which holds up no other."""
    if "docqa.model.load" not in sys.modules:
        _start("early sums", _sum_weights)


def import_torch() -> None:
    """Import what reads documents on a thread of its own; whoever imports it meanwhile waits for the rest of it."""
    if "docqa.model.load" not in sys.modules:
        _start("early imports", _import)


def leave(code: int) -> None:
    """End the process with `code` where it would else end amid an import, which libraries do not survive."""
    if any(thread.is_alive() for thread in _threads.values()):
        sys.stderr.flush()
        os._exit(code)


def _start(name: str, work: Callable[[], None]) -> None:
    if name not in _threads:
        _threads[name] = threading.Thread(target=work, name=name, daemon=True)
        _threads[name].start()


def _sum_weights() -> None:
    """Makes the sums that name the bundled model and its passage encoder, for when they are loaded."""
    from docqa.app.models.library import bundled
    from docqa.model.errors import ModelError

    # An error is reported when the model is loaded.
    with contextlib.suppress(ImportError, OSError, ModelError):
        from docqa.model.checkpoints.weights import file_digest, fingerprint
        from docqa.model.heads.reader_text import PASSAGE_ENCODER_FILE

        fingerprint(bundled())
        file_digest(bundled() / PASSAGE_ENCODER_FILE)


class _LaterFinder(MetaPathFinder):
    """Modules _LATER run when something of them is asked for."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target) if fullname in _LATER else None
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


def _import() -> None:
    finder = _LaterFinder()
    sys.meta_path.insert(0, finder)
    try:
        with contextlib.suppress(ImportError, OSError):
            import docqa.model.load  # noqa: F401
    finally:
        sys.meta_path.remove(finder)
