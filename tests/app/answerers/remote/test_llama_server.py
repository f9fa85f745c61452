"""A real llama.cpp server on this machine, through `xllamacpp`, with a real model from DOCQA_TEST_MODELS."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FOLDER = os.environ.get("DOCQA_TEST_MODELS", "")
MODEL = "qwen2.5-coder-0.5b-instruct.gguf"
SERVER = """
import sys, time, xllamacpp
parameters = xllamacpp.CommonParams()
parameters.model.path, parameters.n_ctx, parameters.n_parallel = sys.argv[1], int(sys.argv[2]), 1
parameters.port, parameters.n_gpu_layers, parameters.verbosity, parameters.fit_params = 0, 0, 0, False
server = xllamacpp.Server(parameters)
print(server.listening_address, flush=True)
time.sleep(3600)
"""
LEASE = """# Lease

This agreement is made on 1 April 2025 between Alder Ltd and Jane Roe.

The lease begins on 1 May 2025. The rent is 1,200 dollars a month, payable in advance at the office.

The landlord shall not enter the cellar without notice. The tenant may sublet the unit with consent of the landlord.

The lease ends on 30 April 2027 unless it is renewed in writing by both of the parties before that day.
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1_800),
    pytest.mark.skipif(not FOLDER, reason="DOCQA_TEST_MODELS names no folder of models"),
    pytest.mark.skipif(not (Path(FOLDER) / MODEL).is_file(), reason=f"DOCQA_TEST_MODELS has no {MODEL}"),
    pytest.mark.skipif(importlib.util.find_spec("xllamacpp") is None, reason="xllamacpp is not installed"),
]


@pytest.fixture(scope="module")
def llama() -> Iterator[Any]:
    """Function(context) that starts a server with a context of so many tokens and returns its base URL."""
    started: list[subprocess.Popen[str]] = []

    def start(context: int) -> str:
        arguments = [sys.executable, "-c", SERVER, str(Path(FOLDER) / MODEL), str(context)]
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        started.append(process)
        assert process.stdout is not None
        address = next(line.strip() for line in process.stdout if line.startswith("http"))
        os.environ["OFFLINE_LOOPBACK"] = address.rpartition(":")[2]
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{address}/health", timeout=5)
                return f"{address}/v1"
            except (urllib.error.URLError, OSError):
                time.sleep(1)
        raise AssertionError("the server did not start")

    yield start
    for process in started:
        process.terminate()


@pytest.fixture
def lease_file(tmp_path: Path) -> Path:
    path = tmp_path / "lease.md"
    path.write_text(LEASE, encoding="utf-8")
    return path


def ask(docqa: Any, url: str, *arguments: object) -> dict[str, Any]:
    _, out, err = docqa("ask", *arguments, "--json", "--model", "openai:qwen", "--base-url", url)
    assert out, err
    answer: dict[str, Any] = json.loads(out)
    return answer


def test_what_a_real_model_writes_is_checked(docqa: Any, llama: Any, lease_file: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("DOCQA_TIMEOUT", "900")
    url = llama(4096)
    answer = ask(docqa, url, lease_file, "How much is the rent?")
    assert answer["status"] in ("answered", "partial") and "1,200" in answer["answer"]
    for statement in answer["statements"]:
        assert statement["text"] in answer["answer"]
        if statement["support"] in ("quoted", "supported"):
            assert statement["quotes"]
    absent = ask(docqa, url, lease_file, "What does the insurance of the boat cost?")
    assert not any(statement["support"] == "supported" for statement in absent["statements"])


def test_a_small_context_of_a_real_server_is_no_hindrance(
    docqa: Any, llama: Any, lease_of: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("DOCQA_TIMEOUT", "900")
    lease = lease_of(tmp_path / "lease.txt", 40)
    answer = ask(docqa, llama(1024), lease, "What does the tenant of unit 7 pay?", "--quick")
    assert answer["status"] != "error" and answer["coverage"]["tokens_read"] > 0


def test_a_table_of_a_real_server_has_its_answers(
    docqa: Any, llama: Any, lease_file: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("DOCQA_TIMEOUT", "900")
    (tmp_path / "q.txt").write_text("How much is the rent?", encoding="utf-8")
    code, out, _ = docqa(
        "extract", lease_file, "--questions", tmp_path / "q.txt", "--format", "jsonl", "--model", "openai:qwen",
        "--base-url", llama(4096),
    )  # fmt: skip
    assert code == 0 and "1,200" in out


def test_a_summary_that_a_real_model_writes_has_its_places(
    docqa: Any, llama: Any, lease_file: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("DOCQA_TIMEOUT", "900")
    code, _, err = docqa(
        "summarize", lease_file, "--style", "brief", "--output", tmp_path / "out", "--model", "openai:qwen",
        "--base-url", llama(4096),
    )  # fmt: skip
    assert code == 0, err
    record = json.loads((tmp_path / "out" / "summaries.jsonl").read_text(encoding="utf-8"))
    assert record["method"] == "written"
    good = [each for each in record["sentences"] if each["support"] in ("quoted", "supported")]
    assert good and all(each["cites"] for each in good)
