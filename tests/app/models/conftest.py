"""The hub of `hub_server.py`, serving the tiny checkpoint."""

import importlib.util
import shutil
import sys
from collections import Counter
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location(
    "hub_server", Path(__file__).parent / "hub_server.py"
)
assert _spec is not None and _spec.loader is not None
hub_server = sys.modules.setdefault("hub_server", importlib.util.module_from_spec(_spec))
_spec.loader.exec_module(hub_server)


@pytest.fixture
def hub(loopback, checkpoint: Path, tmp_path, monkeypatch):
    """The running hub's handler class: `folder`, `cuts`, `wrong`, `lies` are the test's to
    change.
    """
    folder = tmp_path / "hub"
    shutil.copytree(checkpoint, folder)
    (folder / "pytorch_model.bin").write_bytes(b"a pickle, which is never fetched")
    made = type(
        "Made",
        (hub_server.Hub,),
        {
            "folder": folder,
            "cuts": {},
            "wrong": set(),
            "lies": {},
            "ranges": [],
            "asked": Counter(),
        },
    )
    monkeypatch.setenv("HF_ENDPOINT", loopback(made))
    monkeypatch.setenv("HF_TOKEN", "hf_test")
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)
    # It hands on pieces of 10 MB, and the last one is lost with the connection; the tiny checkpoint
    # has less in all.
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1_000)
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    return made
