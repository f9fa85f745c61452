"""Claims against a whole document: what is found for them, and how it is counted."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from docqa.app.answer.grades import Support
from docqa.app.errors import InputError
from docqa.app.lab.found_support import FoundClaim, found_claims, found_figures, labels_of
from docqa.app.lab.questions import read_eval_file
from docqa.model.load import Model

TEXT = (
    "Marten Hale keeps the lighthouse. The lamp burns oil from the village. Ships pass twice a day. "
    "The tower was painted white in 1911. Nobody else lives on the rock."
)


def written(path: Path, *labelled: tuple[str, str]) -> Path:
    qas = [{"question": claim, "label": label, "answers": []} for claim, label in labelled]
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write(json.dumps({"dataset": "made", "doc": "d", "title": "", "context": TEXT, "qas": qas}) + "\n")
    return path


def believer(statements: Sequence[str], quotes: Sequence[str]) -> list[Mapping[Support, float]]:
    """Finds supported what is judged by three sentences of which each has a part of it."""
    whole = [all(word in quote for word in ("Hale", "oil", "painted")) for quote in quotes]
    return [{Support.SUPPORTED if each else Support.UNSUPPORTED: 0.9} for each in whole]


def test_a_claim_of_three_places_is_judged_by_all(tmp_path: Path, model: Model) -> None:
    claim = "Marten Hale keeps a tower that was painted white, with a lamp that burns oil."
    other = ("The tower is 300 feet high.", "NotMentioned")
    path = written(tmp_path / "claims_made.jsonl.gz", (claim, "Entailment"), other)
    found = list(found_claims(read_eval_file(str(path)), labels_of(path), model.tokenizer, believer))
    assert [item.verified for item in found] == [True, False]
    assert {"Marten Hale keeps the lighthouse.", "The tower was painted white in 1911."} <= set(found[0].quotes)
    assert found_figures(found)["balanced_accuracy"] == 1.0


def test_partly_supported_claims_count_as_not_supported() -> None:
    found = [
        FoundClaim("made", "a", Support.SUPPORTED, Support.SUPPORTED),
        FoundClaim("made", "b", Support.SUPPORTED, Support.PARTLY),
        FoundClaim("made", "c", Support.PARTLY, Support.SUPPORTED),
        FoundClaim("made", "d", Support.UNSUPPORTED, Support.UNSUPPORTED),
    ]
    figures = found_figures(found)
    assert figures["balanced_accuracy"] == 0.5
    assert figures["verified"] == {"supported": 0.5, "partly": 1.0, "unsupported": 0.0}


def test_a_file_of_another_form_is_named(tmp_path: Path) -> None:
    path = tmp_path / "claims_made.jsonl"
    path.write_text("[]\n")
    with pytest.raises(InputError, match="line 1"):
        labels_of(path)
