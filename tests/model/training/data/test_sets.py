"""Sets of questions: where they are found, what is drawn by default, and what a wrong name says."""

import gzip
import json
from pathlib import Path

import pytest

from docqa.model.training.data.sequences import read_set
from docqa.model.training.data.sets import find_sets, is_validation
from docqa.model.training.heads import evidence


def write_set(folder: Path, name: str, *documents: str, **more: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    qas = [{"question": "Who?", "answers": [{"text": "Ann", "start": 0}], "unanswerable": False}]
    lines = [
        json.dumps({"doc": document, "context": "Ann came.", "qas": qas, **more})
        for document in documents
    ]
    (folder / f"{name}.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))


def test_sets_of_several_folders_are_found_with_their_default_shares(tmp_path):
    write_set(tmp_path / "one" / "qa" / "train", "cuad", "a")
    write_set(tmp_path / "one" / "qa" / "train", "squad_train_articles", "a")
    write_set(tmp_path / "one" / "natural" / "train", "natural", "b")
    write_set(tmp_path / "two", "squad2_train", "c")
    write_set(tmp_path / "two", "unknown", "d")
    found = find_sets([tmp_path / "one", tmp_path / "two"])
    assert set(found.shares) == {
        "natural",
        "cuad",
        "squad2_train",
    }  # squad2_train has the questions of the other
    assert found.shares["natural"] == max(found.shares.values())
    assert set(find_sets([tmp_path / "one"]).shares) == {"natural", "cuad", "squad_train_articles"}


def test_named_sets_get_their_shares_and_a_missing_one_is_named(tmp_path, capsys):
    write_set(tmp_path / "train", "unknown", "d")
    command = ["--model", "m", "--out", "o", "--data", str(tmp_path), "--shares"]
    assert find_sets([tmp_path], {"unknown": 0.3}).shares == {"unknown": 0.3}
    with pytest.raises(SystemExit, match="2"):
        evidence.main([*command, "unknown=0.5,natural=0.5"])
    assert f"no set named natural in {tmp_path}; there are: unknown" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        evidence.main([*command, "unknown=0"])


def test_an_extract_is_kept_for_validation_with_its_document(tmp_path):
    kept = next(name for name in map(str, range(99)) if is_validation(name))
    write_set(tmp_path, "natural", "natural/1", document=kept)
    sets = find_sets([tmp_path])
    assert read_set(sets, "natural") == []
    assert [source.doc for source in read_set(sets, "natural", validation=True)] == ["natural/1"]


def test_documents_of_a_development_set_are_left_out_of_the_others(tmp_path):
    learned = [name for name in map(str, range(99)) if not is_validation(name)]
    write_set(tmp_path / "natural" / "dev", "natural", "natural/1", document=learned[0])
    write_set(tmp_path / "qa" / "train", "cuad", *learned[:2])
    assert [source.doc for source in read_set(find_sets([tmp_path]), "cuad")] == [learned[1]]
