"""Calibration: what it fits on a few documents, and that a model folder takes it."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest

from docqa.app.answerers.loading import load_model
from docqa.app.lab import calibrate
from docqa.app.options import Options
from docqa.model.load import BUNDLED
from docqa.model.training.data.sets import is_validation

FILLER = "The rocks below are grey and steep, and gulls nest there in the spring of most years. " * 40
FACTS = {
    "Who keeps the lighthouse of {0}?": ("Marten {0}", "The lighthouse of {0} is kept by Marten {0} all year."),
    "When was the harbour of {0} opened?": ("1911", "The harbour of {0} was opened in 1911 by the mayor."),
    "How many boats lie in {0} in winter?": ("forty", "In winter forty boats lie in {0} under canvas."),
}


def write_set(path: Path) -> None:
    names = [name for name in (f"Port{number}" for number in range(200)) if is_validation(name)][:4]
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for name in names:
            facts = {question.format(name): (a.format(name), s.format(name)) for question, (a, s) in FACTS.items()}
            context = f" {FILLER}".join(sentence for _, sentence in facts.values())
            qas = [
                {"question": question, "answers": [{"text": a, "start": context.index(a)}], "unanswerable": False}
                for question, (a, _) in facts.items()
            ]
            qas.append({"question": f"Which zebra won the derby of {name}?", "answers": [], "unanswerable": True})
            file.write(json.dumps({"dataset": "d", "doc": name, "title": name, "context": context, "qas": qas}) + "\n")


@pytest.mark.slow
@pytest.mark.weights
def test_a_model_folder_gets_weights_that_load_and_the_search_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(BUNDLED, folder)
    write_set(tmp_path / "squad_train_articles.jsonl.gz")
    calibrate.main(["--model", str(folder), "--data", str(tmp_path)])
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert printed[0]["questions"] >= 16 and printed[0]["answerable"] == 12
    assert max(line["hit_at_1"] for line in printed if "evidence" in line) > 0.5
    found = json.loads((folder / "calibration.json").read_text(encoding="utf-8"))
    assert found["evidence_weights"]["bm25"] > 0 and 0 < found["refusal"]["threshold"] < 1
    assert load_model(Options(model=str(folder))).calibration["refusal"] == found["refusal"]
