"""What lies beside the weights in a model folder, and the folder that comes with docqa."""

import json
from pathlib import Path
from typing import cast

from .errors import ConfigUnsupported
from .protocol import Calibration

BUNDLED = Path(__file__).parent / "bundled"


def load_calibration(folder: Path) -> Calibration:
    """Thresholds, fusion weights, the evidence layer; empty without a file. Raises
    ConfigUnsupported.
    """
    path = folder / "calibration.json"
    return load_calibration_file(path) if path.is_file() else {}


def load_calibration_file(path: Path) -> Calibration:
    """What such a file says. Raises ConfigUnsupported."""
    try:
        return cast(Calibration, json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, OSError) as error:
        raise ConfigUnsupported(f"{path} cannot be read ({error}); get the file again") from error
