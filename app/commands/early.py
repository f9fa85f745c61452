"""What a first question needs later, begun while the documents are parsed; a second one needs none of it."""

from __future__ import annotations

import contextlib
import os
import sys
import threading

_threads: list[threading.Thread] = []


def sum_weights() -> None:
    """Sum the weights of the bundled model on a thread of its own, which holds up no other."""
    if not _threads and "docqa.model.load" not in sys.modules:
        _threads.append(threading.Thread(target=_sum_weights, daemon=True))
        _threads[0].start()


def leave(code: int) -> None:
    """End the process with `code` where it would else end amid an import, which libraries do not survive."""
    if any(thread.is_alive() for thread in _threads):
        sys.stderr.flush()
        os._exit(code)


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
