"""The rows of what is there at once: what they measure, and where the time of a question is said to go."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from docqa.app.bench import at_once, sampling
from docqa.app.bench.rows import Measurement

_ROOT = str(Path(sampling.__file__).parents[2])


def _calls(*names: str) -> list[tuple[str, str]]:
    """Calls of files of the project, as `file:function`, the outermost first."""
    parts = (name.partition(":") for name in names)
    return [(os.path.join(_ROOT, *file.split("/")), function) for file, _, function in parts]


def test_time_belongs_to_the_outermost_part_but_for_imports_and_the_reader():
    asked = _calls("app/session/session.py:ask")
    assert sampling.part_of(asked) == "question"
    assert sampling.part_of([*asked, *_calls("app/evidence/ranking.py:rank", "app/storage/store.py:get")]) == "index"
    assert sampling.part_of([*asked, *_calls("app/context/context.py:make", "ingest/types.py:x")]) == "context"
    reader = [*asked, *_calls("app/evidence/ranking.py:rank", "model/heads/excerpt_reading.py:read_excerpts")]
    assert sampling.part_of(reader) == "reader"
    assert sampling.part_of([*reader, ("<frozen importlib._bootstrap>", "_find_and_load")]) == "import"


def test_a_command_under_the_sampler_is_the_command(tmp_path):
    profile = tmp_path / "profile.json"
    command = [sys.executable, "-m", "docqa.app.bench.sampling", str(profile), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "Usage: docqa" in done.stdout
    seconds = json.loads(profile.read_text(encoding="utf-8"))
    assert list(seconds) == list(sampling.PARTS) and seconds["import"] > 0


def test_rows_can_be_measured_one_by_one():
    (row,) = at_once.at_once_rows(["help"])
    assert row.name == "help" and row.value > 0 and "of the processor, load " in row.method


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_the_first_frame_is_that_with_the_documents():
    (row,) = at_once.at_once_rows(["tui_first_frame"])
    assert row.unit == "s" and 0 < row.value < 60


def test_reading_in_parallel_is_compared_with_one_process(monkeypatch):
    monkeypatch.setattr(at_once, "REPEATS", 1)
    monkeypatch.setattr(at_once, "usable_cores", lambda: 2)
    (row,) = at_once.ingest_parallel_row(pages=40)
    assert (row.name, row.peer, row.unit) == ("ingest_parallel", "one process", "s")
    assert row.value > 0 and row.peer_value > 0 and row.method.startswith("40 pages of handbook.pdf")
    monkeypatch.setattr(at_once, "usable_cores", lambda: 1)
    assert next(at_once.ingest_parallel_row()).method == "not measured: there is one core"


def test_without_the_samples_rows_say_so(monkeypatch, tmp_path):
    monkeypatch.setattr(at_once, "SAMPLES", tmp_path)
    names = ["second_question", "second_question_reader", "quick_unread", "ingest_parallel"]
    rows: list[Measurement] = list(at_once.at_once_rows(names))
    assert {row.name for row in rows} == set(names)
    assert all(row.value is None and row.method.startswith("not measured: ") for row in rows)


@pytest.mark.slow
@pytest.mark.weights
def test_a_second_question_is_told_from_the_reader():
    first, reader = at_once.second_question("services_agreement.pdf", "second_question_sample")
    assert first.value > 0 and reader.value > 0 and "wall " in first.method and "import " in first.method


@pytest.mark.parametrize("arguments", [["--row", "prefill_8k"], ["--row", "help", "--long"]])
def test_only_rows_that_need_no_model_are_measured_alone(arguments, capsys):
    from docqa.app.cli import run

    assert run(["bench", *arguments]) == 2
    assert "one of help, tui_first_frame" in capsys.readouterr().err


def test_one_row_is_printed_with_the_machine(capsys):
    from docqa.app.cli import run

    assert run(["bench", "--json", "--row", "help"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [row["name"] for row in found["rows"]] == ["help"] and found["machine"]["processor"]
