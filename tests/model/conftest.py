"""One small checkpoint for the whole package of tests."""

import importlib.util
import sys
from pathlib import Path

import pytest
import torch


def helper(name):
    """A module of helpers beside this file, importable by its plain name from then on."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(name, module)
    spec.loader.exec_module(module)
    return module


tiny = helper("tiny")
families = helper("family_checkpoints")
helper("llama_peer")
helper("gguf_files")
helper("quantized_tensors")


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


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """A folder of each family, written when it is first asked for."""
    made = {}

    def folder(family):
        if family not in made:
            made[family] = tmp_path_factory.mktemp(family)
            families.write_family(made[family], family)
        return made[family]

    return folder
