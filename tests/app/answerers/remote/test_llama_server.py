"""A real model from DOCQA_TEST_MODELS: behind a llama.cpp server on this machine (`xllamacpp`), and in docqa itself.

Its answers differ between versions of llama.cpp, so what is asserted holds for whatever is written.
"""

import importlib.util
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
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
parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1  # more wait for one another in a loop
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


def is_ready(host: str) -> bool:
    """Whether the server has loaded its model, within ten minutes."""
    for _ in range(600):
        connection = HTTPConnection(host, timeout=5)  # urllib's requests are refused in tests, wherever they go
        try:
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return True
        except (ConnectionError, TimeoutError):
            pass
        finally:
            connection.close()
        time.sleep(1)
    return False


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
        assert is_ready(address.removeprefix("http://"))
        return f"{address}/v1"

    yield start
    for process in started:
        process.terminate()


@pytest.fixture
def lease_file(tmp_path: Path) -> Path:
    path = tmp_path / "lease.md"
    path.write_text(LEASE, encoding="utf-8")
    return path


RENT, BEGINS = "How much is the rent?", "And when does it begin?"


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCQA_TIMEOUT", "900")


def ask(docqa: Any, *arguments: object) -> dict[str, Any]:
    _, out, err = docqa("ask", *arguments, "--json")
    assert out, err
    answer: dict[str, Any] = json.loads(out)
    assert answer["status"] != "error", err
    return answer


def chat(docqa: Any, monkeypatch: pytest.MonkeyPatch, *arguments: object) -> tuple[int, str, str]:
    typed = io.TextIOWrapper(io.BytesIO(f"{RENT}\n{BEGINS}\n".encode()))
    monkeypatch.setattr(sys, "stdin", typed)
    code, out, err = docqa("chat", *arguments)
    return code, out, err


def behind(url: str) -> tuple[str, ...]:
    return "--model", "openai:qwen", "--base-url", url


def check_statements(answer: dict[str, Any]) -> None:
    """Each is a slice of what was written, and what is shown as borne out has words of the document for it."""
    text = answer["answer"] or ""
    for statement in answer["statements"]:
        assert answer["answer"] is None or statement["text"] in text
        if statement["support"] in ("quoted", "supported"):
            assert statement["quotes"]
            assert all(answer["quotes"][number]["text"] in " ".join(LEASE.split()) for number in statement["quotes"])


@pytest.mark.usefixtures("patient")
def test_what_a_real_model_writes_is_checked(docqa, llama, lease_file):
    url = llama(4096)
    answer = ask(docqa, lease_file, RENT, *behind(url))
    assert answer["status"] in ("answered", "partial") and "1,200" in answer["answer"]
    check_statements(answer)
    absent = ask(docqa, lease_file, "What does the insurance of the boat cost?", *behind(url))
    check_statements(absent)
    assert not any(statement["support"] == "supported" for statement in absent["statements"])


@pytest.mark.usefixtures("patient")
def test_a_small_context_of_a_real_server_is_no_hindrance(docqa, llama, lease_of, tmp_path):
    lease = lease_of(tmp_path / "lease.txt", 40)
    answer = ask(docqa, lease, "What does the tenant of unit 7 pay?", "--quick", *behind(llama(1024)))
    assert 0 < answer["coverage"]["tokens_read"] < 1024


@pytest.mark.usefixtures("patient")
def test_a_conversation_with_a_real_server_goes_on(docqa, llama, lease_file, monkeypatch):
    code, out, err = chat(docqa, monkeypatch, lease_file, *behind(llama(4096)))
    assert code in (0, 5), err
    first, second = out.split(f"> {BEGINS}")
    assert "1,200" in first and second.strip()


@pytest.mark.usefixtures("patient")
def test_a_table_of_a_real_server_has_its_answers(docqa, llama, lease_file, tmp_path):
    (tmp_path / "q.txt").write_text(RENT, encoding="utf-8")
    code, out, err = docqa(
        "extract", lease_file, "--questions", tmp_path / "q.txt", "--format", "jsonl", *behind(llama(4096))
    )
    assert code == 0 and "1,200" in out, err


@pytest.mark.usefixtures("patient")
def test_a_summary_that_a_real_model_writes_has_its_places(docqa, llama, lease_file, tmp_path):
    code, _, err = docqa(
        "summarize", lease_file, "--style", "brief", "--output", tmp_path / "out", *behind(llama(4096))
    )
    assert code == 0, err
    record = json.loads((tmp_path / "out" / "summaries.jsonl").read_text(encoding="utf-8"))
    assert record["method"] == "written"
    good = [each for each in record["sentences"] if each["support"] in ("quoted", "supported")]
    assert good and all(each["cites"] for each in good)


def test_the_same_file_answers_in_docqa_itself(docqa, lease_file, monkeypatch):
    model = Path(FOLDER) / MODEL
    for source in ("whole", "passages"):
        answer = ask(docqa, lease_file, RENT, "--model", model, "--from", source)
        assert answer["status"] in ("answered", "partial") and "1,200" in answer["answer"]
        assert answer["provenance"]["options"]["from"] == source
        check_statements(answer)
    code, out, err = chat(docqa, monkeypatch, lease_file, "--model", model)
    assert code in (0, 5), err
    first, second = out.split(f"> {BEGINS}")
    assert "1,200" in first and second.strip()
