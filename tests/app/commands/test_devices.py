"""Where a model computes: flag, setting and variable, and the kernels for cards in Triton's
interpreter.
"""

import importlib.util
import json
import os
import subprocess
import sys
from typing import Any

import pytest

RUN = """
import sys
from docqa.app import cli
status = cli.run(sys.argv[1:])
print("kernels for cards ran" if "docqa.kernels.delta.gpu" in sys.modules else "", file=sys.stderr)
sys.exit(status)
"""
TEXT = (
    "The gate is opened at six in the morning. The warden notes the level in the book of the lock. "
    * 4
)


def test_a_device_that_is_not_there_is_refused_with_what_to_do(refused, tiny_model, tmp_path):
    (tmp_path / "a.txt").write_text(TEXT)
    assert "say cpu" in refused(
        4, "ask", tmp_path / "a.txt", "When is the gate opened?", "--device", "mps"
    )
    assert "auto, cpu, cuda or mps" in refused(
        2, "ask", tmp_path / "a.txt", "When is the gate opened?", "--device", "tpu"
    )


def test_the_variable_and_doctor_know_the_device(printed, monkeypatch):
    monkeypatch.setenv("DOCQA_DEVICE", "cpu")
    assert "DOCQA_DEVICE" in printed("doctor")


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="Triton is not installed")
def test_kernels_for_cards_give_the_answer_of_the_processor(checkpoint, tmp_path):
    (tmp_path / "a.txt").write_text(TEXT)

    def asked(**kernels: str) -> dict[str, Any]:
        settings = {
            "DOCQA_MODEL": str(checkpoint),
            "DOCQA_DTYPE": "float32",
            "DOCQA_CACHE_DIR": str(tmp_path / "kept"),
        }
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                RUN,
                "ask",
                str(tmp_path / "a.txt"),
                "When is the gate opened?",
                "--json",
            ],
            env={**os.environ, **settings, **kernels},
            capture_output=True,
            text=True,
            timeout=540,
            check=False,
        )
        assert done.returncode in (0, 5), done.stderr
        assert ("kernels for cards ran" in done.stderr) == ("TRITON_INTERPRET" in kernels)
        found = json.loads(done.stdout)
        return {name: part for name, part in found.items() if name not in ("usage", "provenance")}

    assert asked(DOCQA_KERNELS="triton", TRITON_INTERPRET="1") == asked(DOCQA_KERNELS="torch")
