"""A real model after llama.cpp's server (`xllamacpp`) and in docqa: what is asserted holds
whatever it writes.
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
import http.server, sys, threading, time, xllamacpp
model, context, loads, *keys = sys.argv[1:]
parameters = xllamacpp.CommonParams()
parameters.model.path, parameters.n_ctx, parameters.n_parallel, parameters.api_keys = model, int(context), 1, keys
parameters.port, parameters.n_gpu_layers, parameters.verbosity, parameters.fit_params = 0, 0, 0, False
parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1  # more wait for one another in a loop
if int(loads):  # as llama.cpp's server answers until its model is there
    class Loading(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_error(503, "Loading model")
        do_POST = do_GET
    waiting = http.server.HTTPServer(("127.0.0.1", 0), Loading)
    parameters.port = waiting.server_port
    threading.Thread(target=waiting.serve_forever).start()
    print(f"http://127.0.0.1:{waiting.server_port}", flush=True)
    time.sleep(int(loads))
    waiting.shutdown()
    waiting.server_close()
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
    pytest.mark.skipif(
        not (Path(FOLDER) / MODEL).is_file(), reason=f"DOCQA_TEST_MODELS has no {MODEL}"
    ),
    pytest.mark.skipif(
        importlib.util.find_spec("xllamacpp") is None, reason="xllamacpp is not installed"
    ),
]


def is_ready(host: str) -> bool:
    """Whether the server has loaded its model, within ten minutes."""
    for _ in range(600):
        connection = HTTPConnection(
            host, timeout=5
        )  # urllib's requests are refused in tests, wherever they go
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
    """Function(context, loads=, key=) that starts a server with a context of so many tokens, which
    loads for so many seconds, or takes the one that runs, and returns its base URL."""
    started = {}

    def start(context: int, loads: int = 0, key: str = "") -> str:
        arguments = [str(Path(FOLDER) / MODEL), str(context), str(loads), *filter(None, [key])]
        url = next((url for url, (how, _) in started.items() if how == arguments), "")
        if not url:
            process = subprocess.Popen(
                [sys.executable, "-c", SERVER, *arguments],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            assert process.stdout is not None
            url = next(line.strip() for line in process.stdout if line.startswith("http"))
            started[url] = arguments, process
        os.environ["OFFLINE_LOOPBACK"] = url.rpartition(":")[2]
        assert loads or is_ready(url.removeprefix("http://"))
        return f"{url}/v1"

    yield start
    for _, process in started.values():
        process.terminate()


@pytest.fixture
def lease_file(tmp_path) -> Path:
    path = tmp_path / "lease.md"
    path.write_text(LEASE)
    return path


RENT = "How much is the rent?"
BEGINS = "And when does it begin?"


@pytest.fixture
def patient(monkeypatch) -> None:
    monkeypatch.setenv("DOCQA_TIMEOUT", "900")


def ask(docqa, *arguments) -> dict[str, Any]:
    _, out, err = docqa("ask", *arguments, "--json")
    assert out, err
    answer = json.loads(out)
    assert answer["status"] != "error", err
    return answer


def chat(docqa, monkeypatch, *arguments) -> tuple[int, str, str]:
    typed = io.TextIOWrapper(io.BytesIO(f"{RENT}\n{BEGINS}\n".encode()))
    monkeypatch.setattr(sys, "stdin", typed)
    code, out, err = docqa("chat", *arguments)
    return code, out, err


def behind(url: str) -> tuple[str, ...]:
    return "--model", "openai:qwen", "--base-url", url


def check_statements(answer: dict[str, Any]) -> None:
    """Each is a slice of what was written, and what is shown as borne out has words of the document
    for it.
    """
    text = answer["answer"] or ""
    for statement in answer["statements"]:
        assert answer["answer"] is None or statement["text"] in text
        if statement["support"] in ("quoted", "supported"):
            assert statement["quotes"]
            assert all(
                answer["quotes"][number]["text"] in " ".join(LEASE.split())
                for number in statement["quotes"]
            )


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
def test_a_small_context_of_a_real_server_is_asked_for(docqa, llama, lease_of, tmp_path):
    lease = lease_of(tmp_path / "lease.txt", 40)
    asked = "ask", lease, "What does the tenant of unit 7 pay?", "--quick", "--json"
    _, out, err = docqa(*asked, *behind(llama(1024)))
    assert 0 < json.loads(out)["coverage"]["tokens_read"] < 600 and "context" not in err
    code, _, err = docqa(*asked, *behind(llama(256)))
    assert code == 4 and "a smaller --k sends less" in err


@pytest.mark.usefixtures("patient")
def test_a_server_that_loads_for_forty_seconds_is_waited_for(docqa, llama, lease_file):
    code, out, err = docqa("ask", lease_file, RENT, *behind(llama(4096, loads=40)))
    assert code == 0 and "1,200" in out and "Loading model" in err and "asking again (waited" in err


def test_a_real_server_that_wants_a_key_is_told_apart(docqa, llama, lease_file):
    code, _, err = docqa("ask", lease_file, RENT, *behind(llama(4096, key="sk-of-the-test")))
    assert code == 4 and "status 401" in err and "DOCQA_API_KEY" in err


@pytest.mark.usefixtures("patient")
def test_a_conversation_with_a_real_server_goes_on(docqa, llama, lease_file, monkeypatch):
    code, out, err = chat(docqa, monkeypatch, lease_file, *behind(llama(4096)))
    assert code in (0, 5), err
    first, second = out.split(f"> {BEGINS}")
    assert "1,200" in first and second.strip()


@pytest.mark.usefixtures("patient")
def test_a_table_of_a_real_server_has_its_answers(docqa, llama, lease_file, tmp_path):
    field = '[[field]]\nname = "rent"\ntype = "amount"\nquestion = "How much is the rent?"\n'
    (fields := tmp_path / "f.toml").write_text(field)
    code, out, err = docqa(
        "extract", lease_file, "--fields", fields, "--format", "jsonl", *behind(llama(4096))
    )
    (cell,) = json.loads(out)["cells"]
    assert code == 0 and "1200" in cell["answer"].replace(",", "") and "{" not in cell["answer"], (
        err
    )


@pytest.mark.usefixtures("patient")
def test_a_summary_that_a_real_model_writes_has_its_places(docqa, llama, lease_file, tmp_path):
    out = tmp_path / "out"
    code, _, err = docqa(
        "summarize", lease_file, "--style", "brief", "--output", out, *behind(llama(4096))
    )
    assert code == 0, err
    record = json.loads((out / "summaries.jsonl").read_text())
    assert record["method"] == "written"
    good = [each for each in record["sentences"] if each["support"] in ("quoted", "supported")]
    assert good and all(each["cites"] for each in good)


def test_the_same_file_writes_in_docqa_itself(docqa, lease_file, monkeypatch):
    model = Path(FOLDER) / MODEL
    for source in ("whole", "passages"):
        answer = ask(docqa, lease_file, RENT, "--model", model, "--from", source)
        assert answer["provenance"]["options"]["from"] == source
        check_statements(answer)
    code, out, err = chat(docqa, monkeypatch, lease_file, "--model", model)
    assert code in (0, 5) and len(out.split(f"> {BEGINS}")) == 2, err
