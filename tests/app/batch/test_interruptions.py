"""Killed and interrupted: the next run ends as an undisturbed one, and nothing is done twice."""

import json
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import attempts_of, outputs_of

Start = Callable[..., "subprocess.Popen[str]"]


def _ended(process: subprocess.Popen[str]) -> int:
    _, said = process.communicate(timeout=240)
    print(said)  # shown where the test fails
    assert "Traceback" not in said
    return process.returncode


def _records(folder: Path) -> int:
    return len(list((folder / ".docqa" / "records").glob("*.json")))


def _kill_after(process: subprocess.Popen[str], folder: Path, records: int) -> None:
    """Kill `process` when so many documents are done, or let it end."""
    while _records(folder) < records and process.poll() is None:
        time.sleep(0.005)
    process.kill()
    process.communicate(timeout=60)


def _check_once(folder: Path) -> None:
    """No task ended twice; the attempts besides are those that a signal cut off."""
    ended = Counter(key for key, outcome in attempts_of(folder) if outcome in ("done", "failed"))
    keys = {
        path.stem
        for kind in ("records", "failures")
        for path in (folder / ".docqa" / kind).glob("*.json")
    }
    assert set(ended) <= keys and set(ended.values()) == {1}
    assert {outcome for _, outcome in attempts_of(folder)} <= {
        "done",
        "failed",
        "lost",
        "interrupted",
    }


def _undisturbed(docqa, folder: Path, out: Path) -> dict[str, bytes]:
    assert docqa("summarize", folder, "--output", out)[0] == 6
    return outputs_of(out)


@pytest.mark.usefixtures("tiny_model")
def test_a_killed_run_continues_to_the_same_output_and_repeats_nothing(
    docqa, mixed_folder, summarize_process: Start, tmp_path
) -> None:
    folder = mixed_folder(tmp_path / "docs", 7)
    out = tmp_path / "out"
    _kill_after(summarize_process(folder, "--output", out), out, 2)
    assert 2 <= _records(out) < 5
    assert docqa("summarize", folder, "--output", out)[0] == 6
    assert outputs_of(out) == _undisturbed(docqa, folder, tmp_path / "whole")
    _check_once(out)


@pytest.mark.usefixtures("tiny_model")
def test_ctrl_c_is_status_130_and_keeps_what_was_done(
    docqa, mixed_folder, summarize_process, tmp_path
):
    folder = mixed_folder(tmp_path / "docs", 20)
    out = tmp_path / "out"
    process = summarize_process(folder, "--output", out)
    while _records(out) < 1:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert _ended(process) == 130
    assert 1 <= _records(out) < 12  # of the twelve that can be read
    assert docqa("summarize", folder, "--output", out)[0] == 6
    _check_once(out)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.usefixtures("tiny_model")
def test_a_folder_of_60_ends_the_same_through_five_kills(
    docqa, mixed_folder, summarize_process, tmp_path, jobs
):
    folder = mixed_folder(tmp_path / "docs", 60)
    out = tmp_path / "out"
    moments = random.Random(7)
    for _ in range(5):
        process = summarize_process(folder, "--output", out, "--jobs", jobs)
        _kill_after(process, out, _records(out) + moments.randint(1, 6))
    process = summarize_process(folder, "--output", out, "--jobs", jobs)
    assert _ended(process) == 6
    assert outputs_of(out) == _undisturbed(docqa, folder, tmp_path / "whole")
    _check_once(out)
    failures = [json.loads(line) for line in (out / "failures.jsonl").read_text().splitlines()]
    assert sorted({failure["kind"] for failure in failures}) == [
        "Empty",
        "Encrypted",
        "NoText",
        "Unreadable",
    ]
    assert len(failures) == 24
