"""Which documents training leaves out, so that calibration meets none that the weights have seen."""

from __future__ import annotations

import hashlib


def is_validation(doc: str) -> bool:
    """Whether a training document is kept for calibration: one in sixteen, by a hash of its name."""
    return hashlib.sha256(doc.encode()).digest()[0] < 16
