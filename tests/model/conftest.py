"""One small checkpoint for the whole package of tests."""

import importlib.util
import sys
from pathlib import Path

import pytest
import torch

_spec = importlib.util.spec_from_file_location("tiny", Path(__file__).parent / "tiny.py")
tiny = importlib.util.module_from_spec(_spec)
sys.modules.setdefault("tiny", tiny)
_spec.loader.exec_module(tiny)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    return tiny.write_checkpoint(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def model(checkpoint):
    from docqa.model.load import load_model

    return load_model(checkpoint, dtype=torch.float32)


@pytest.fixture(scope="session")
def model64(checkpoint):
    from docqa.model.load import load_model

    return load_model(checkpoint, dtype=torch.float64)
