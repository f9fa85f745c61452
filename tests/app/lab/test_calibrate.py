"""Calibration from its command: what it writes, and that it goes on from what was asked before."""

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from docqa.app.lab import calibrate
from docqa.app.reading.answerability import SIGNALS
from docqa.model.training.data.sets import is_validation

FILLER = "The rocks below are grey and steep, and gulls nest there in the spring of most years. " * 8


def port(name: str) -> dict[str, Any]:
    """A text with a question that it answers and one that it does not."""
    context = f"{FILLER}The lighthouse of {name} is kept by Marten {name} all year. {FILLER}"
    gold = {"text": f"Marten {name}", "start": context.index(f"Marten {name}")}
    qas = [
        {"question": f"Who keeps the lighthouse of {name}?", "answers": [gold], "unanswerable": False, "kind": "near"},
        {"question": f"Which zebra won in {name}?", "answers": [], "unanswerable": True, "kind": "unanswerable"},
    ]
    return {
        "dataset": "natural", "doc": f"doc {name}", "document": name, "category": "ports", "title": name,
        "context": context, "qas": qas,
    }  # fmt: skip


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with six texts that training leaves out, and as many that it learns."""
    names = [f"Port{number}" for number in range(200)]
    kept = [name for name in names if is_validation(name)][:6]
    folder = tmp_path / "data" / "natural" / "train"
    folder.mkdir(parents=True)
    with gzip.open(folder / "natural.jsonl.gz", "wt", encoding="utf-8") as file:
        learned = [name for name in names if not is_validation(name)][:6]
        file.writelines(json.dumps(port(name)) + "\n" for name in kept + learned)
    return tmp_path / "data"


@pytest.fixture
def folder(tmp_path: Path, checkpoint: Path) -> Path:
    """A copy of the tiny checkpoint."""
    return Path(shutil.copytree(checkpoint, tmp_path / "model"))


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_folder_gets_its_refusal_and_keeps_all_else(folder, data, tmp_path, capsys):
    before = json.loads((folder / "calibration.json").read_text(encoding="utf-8"))
    arguments = ["--model", str(folder), "--data", str(data), "--signals", str(tmp_path / "signals.jsonl")]
    calibrate.main(arguments)
    told = lines(capsys)
    asked = [line for line in told if "asked" in line]
    assert {line["layout"] for line in asked} == {"alone", "joined"} and len(asked) == 12
    assert {line["questions"] for line in asked} == {2}
    after = json.loads((folder / "calibration.json").read_text(encoding="utf-8"))
    assert after["refusal"]["features"] == list(SIGNALS) and 0 < after["refusal"]["threshold"] < 1
    assert before | {"refusal": after["refusal"]} == after != before

    calibrate.main(arguments)
    again = lines(capsys)
    assert not [line for line in again if "asked" in line]
    assert again[-1]["refusal"] == after["refusal"]
