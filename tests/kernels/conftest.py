"""Triton's interpreter for the kernels of accelerators, in one process for the whole run."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

WORKER = Path(__file__).parent / "interpreter.py"


@pytest.fixture(scope="session")
def interpreted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Any]]:
    """Function("docqa.module:function", arguments) -> what that function returns in Triton's
    interpreter.
    """
    if importlib.util.find_spec("triton") is None:
        pytest.skip("Triton is not installed here")
    spec = importlib.util.spec_from_file_location("docqa_tests_interpreter", WORKER)
    assert spec is not None
    assert spec.loader is not None
    messages = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(messages)
    settings = {"TRITON_INTERPRET": "1", "TRITON_CACHE_DIR": str(tmp_path_factory.mktemp("triton"))}
    process = subprocess.Popen(
        [sys.executable, str(WORKER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | settings,
    )

    def call(name: str, *args: Any, **named: Any) -> Any:
        module, function = name.split(":")
        messages.write(
            process.stdin, {"module": module, "function": function, "args": args, "named": named}
        )
        answer = messages.read(process.stdout)
        assert answer is not None, "the interpreter's process ended"
        assert "error" not in answer, answer["error"]
        return answer["result"]

    yield call
    assert process.stdin is not None
    process.stdin.close()
    process.wait(timeout=60)
