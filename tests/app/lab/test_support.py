"""Figures of the judge of support: what is read of a set, what is quoted, and how judgements are
counted.
"""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import torch
from torch import Tensor

from docqa.app.answer.grades import Support
from docqa.app.lab import support
from docqa.app.lab.support import LabelledClaim, claims

PASSAGE = "The keeper of the lighthouse is Marten Hale. He came in 1911 from the mainland."


def write_claims(path: Path, *labelled: tuple[str, str, list[str]], dataset: str = "made") -> Path:
    """A set of claims (text, label, sentences that support it) about PASSAGE."""
    qas = [
        {
            "question": text,
            "label": label,
            "statement": True,
            "answers": [{"text": each, "start": 0} for each in named],
        }
        for text, label, named in labelled
    ]
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write(
            json.dumps({"dataset": dataset, "doc": "d", "context": f"{PASSAGE}\n", "qas": qas})
            + "\n"
        )
    return path


def test_claims_are_read_with_their_labels_and_what_is_quoted(tmp_path):
    path = write_claims(
        tmp_path / "set.jsonl.gz",
        ("He is the keeper.", "Entailment", ["Marten Hale.", "He came.", "He came."]),
        ("He is old.", "PartlySupported", []),
        ('"He is not ""Marten""."', "Contradiction", []),
        ('"Marten" is not "Hale"', "NotEntailment", []),
        ("He sings.", "NotMentioned", []),
        ("Who is he?", "yes", []),
    )
    assert claims(path) == [
        LabelledClaim("He is the keeper.", "Marten Hale. He came.", Support.SUPPORTED, "made"),
        LabelledClaim("He is old.", PASSAGE, Support.PARTLY, "made"),
        LabelledClaim('He is not "Marten".', PASSAGE, Support.CONTRADICTED, "made"),
        LabelledClaim('"Marten" is not "Hale"', PASSAGE, Support.UNSUPPORTED, "made"),
        LabelledClaim("He sings.", PASSAGE, Support.UNSUPPORTED, "made"),
    ]


def judge_support(reader, claims: Sequence[str], evidence: Sequence[str]) -> Tensor:
    """Says "contradicted" of what has a "not", else "supported"."""
    assert len(claims) == len(evidence)
    return torch.tensor(
        [[0.1, 0.1, 0.7, 0.1] if " not " in claim else [0.7, 0.1, 0.1, 0.1] for claim in claims]
    )


def test_the_command_reads_folders_and_makes_contradictions(tmp_path, monkeypatch, capsys):
    write_claims(
        tmp_path / "claims_a.jsonl.gz", ("Hale is the keeper.", "Entailment", []), dataset="a"
    )
    write_claims(
        tmp_path / "claims_b.jsonl.gz",
        ("Hale is not the keeper.", "Contradiction", []),
        ("Hale is the keeper.", "Entailment", []),
        dataset="b",
    )
    write_claims(tmp_path / "other.jsonl.gz", ("It is so.", "Entailment", []))
    monkeypatch.setattr(support, "load_model", lambda options: SimpleNamespace(reader="any"))
    monkeypatch.setattr(support, "judge_support", judge_support)
    assert support.main([str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (found["together"]["claims"], found["together"]["balanced_accuracy"]) == (3, 1.0)
    assert found["by_set"]["b"]["contradiction_recall"] == 1.0
    assert {name: rates["claims"] for name, rates in found["made_false"]["by_set"].items()} == {
        "a": 1
    }
    assert found["made_false"]["together"]["contradiction_recall"] == 1.0
    assert support.main([str(tmp_path), "--sample", "1"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["together"]["claims"] == 2
    monkeypatch.setattr(support, "load_model", lambda options: SimpleNamespace(reader=None))
    assert support.main([str(tmp_path)]) == 4
