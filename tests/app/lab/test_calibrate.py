"""Calibration from its command: what it writes, and that it goes on from what was asked before."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from docqa.app.lab import calibrate
from docqa.app.lab.calibration.trials import SIGNALS

FILLER = (
    "The rocks below are grey and steep, and gulls nest there in the spring of most years. " * 8
)


@pytest.fixture
def files(tmp_path) -> Path:
    """Questions about seven texts, one that is answered and one that is not; one of the texts is
    not for fitting.
    """
    asked = []
    described = []
    for number in range(7):
        name = f"port{number}.txt"
        tmp_path.joinpath(name).write_text(
            f"{FILLER}\n\nThe lighthouse is kept by Marten {number}.\n\n{FILLER}"
        )
        said = {
            "question": "Who keeps the lighthouse?",
            "answer": f"Marten {number}",
            "pages": [],
            "kind": "near",
        }
        none = {"question": "Which zebra won?", "answer": "", "pages": [], "unanswerable": True}
        asked += [
            {"file": name, "unanswerable": False} | said,
            {"file": name, "kind": "unanswerable"} | none,
        ]
        described.append({"file": name, "use": "fit" if number else "note"})
    for path, rows in (("questions.jsonl", asked), ("documents.jsonl", described)):
        (tmp_path / path).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path / "questions.jsonl"


def lines(capsys) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_folder_gets_its_refusal_and_keeps_all_else(checkpoint, files, tmp_path, capsys):
    folder = Path(shutil.copytree(checkpoint, tmp_path / "model"))
    before = json.loads((folder / "calibration.json").read_text())
    arguments = ["--model", str(folder), "--files", str(files), "--folder", str(files.parent)]
    arguments += ["--signals", str(tmp_path / "signals.jsonl")]
    calibrate.main(arguments)
    told = lines(capsys)
    assert [line["questions"] for line in told if "asked" in line] == [2] * 6
    after = json.loads((folder / "calibration.json").read_text())
    assert after["refusal"]["features"] == list(SIGNALS) and 0 < after["refusal"]["threshold"] < 1
    assert before | {"refusal": after["refusal"]} == after != before

    calibrate.main(arguments)
    again = lines(capsys)
    assert not [line for line in again if "asked" in line]
    assert again[-1]["refusal"] == after["refusal"]
