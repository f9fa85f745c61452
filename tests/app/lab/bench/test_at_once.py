"""The rows of what is there at once: what they measure."""

import json
import sys

import pytest

from docqa.app.lab.bench import at_once
from docqa.app.lab.bench.__main__ import main


def test_rows_can_be_measured_one_by_one():
    (row,) = at_once.at_once_rows(["help"])
    assert row.name == "help" and row.value > 0 and "of the processor, load " in row.method


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_the_first_frame_is_that_with_the_documents():
    (row,) = at_once.at_once_rows(["tui_first_frame"])
    assert row.unit == "s" and 0 < row.value < 60


def test_without_the_samples_rows_say_so(monkeypatch, tmp_path):
    monkeypatch.setattr(at_once, "SAMPLES", tmp_path)
    names = ["cold_ask", "warm_ask", "quick_unread"]
    rows = list(at_once.at_once_rows(names))
    assert {row.name for row in rows} == set(names)
    assert all(row.value is None and row.method.startswith("not measured: ") for row in rows)


@pytest.mark.parametrize("arguments", [["--row", "prefill_8k"], ["--row", "help", "--long"]])
def test_only_rows_that_need_no_model_are_measured_alone(arguments, capsys):
    assert main(arguments) == 2
    assert "one of help, tui_first_frame" in capsys.readouterr().err


def test_one_row_is_printed_with_the_machine(capsys):
    assert main(["--json", "--row", "help"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [row["name"] for row in found["rows"]] == ["help"] and found["machine"]["processor"]
