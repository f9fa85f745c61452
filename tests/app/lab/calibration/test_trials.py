"""Questions that are asked for the calibration: what is noted of them, and that it is kept."""

from dataclasses import replace
from typing import Any

import pytest

from docqa.app.eval.questions import EvalDocument
from docqa.app.lab.calibration.extracts import Layout
from docqa.app.lab.calibration.trials import Trial, TrialFile, ask
from docqa.app.options import Options
from docqa.app.reading.answerability import SIGNALS
from docqa.app.reading.candidates import Form

TRIAL = Trial(
    Layout.ALONE, "whole", "near", "Who keeps it?", False, True, True, True, Form.LIST, {"margin": 1.5},
)  # fmt: skip


@pytest.fixture
def laid() -> EvalDocument:
    """A document of some passages with a question that is answered and one that is not."""
    document = EvalDocument("natural", "harbour", "Harbour")
    filler = "The rocks below are grey and steep, and gulls nest there in spring. " * 30
    fact = "The lighthouse is kept by Marten Hale all year."
    context = f"{filler}\n\n{fact}\n\n{filler}"
    gold = {"text": "Marten Hale", "start": context.index("Marten")}
    asked: list[Any] = [
        {"question": "Who keeps the lighthouse?", "answers": [gold], "kind": "near"},
        {"question": "Which zebra won?", "answers": [], "unanswerable": True},
    ]
    document.add({"context": context, "qas": asked})
    return document


def test_what_is_asked_is_never_refused_and_its_signals_are_noted(laid, model):
    model = replace(model, calibration=dict(model.calibration))
    options = Options(store=False, preview=False)
    first, second = ask(laid, Layout.JOINED, "whole", options, model)
    assert first.asserted and second.asserted and second.unanswerable and not second.right
    assert (first.document, first.kind, second.kind) == ("whole", "near", "unanswerable")
    assert set(first.signals) == set(SIGNALS)
    assert isinstance(first.first, bool) and not second.first


def test_trials_are_taken_up_from_their_file(tmp_path):
    path = tmp_path / "signals.jsonl"
    TrialFile(path, "one").add(Layout.ALONE, "a", [TRIAL, replace(TRIAL, right=False)])
    TrialFile(path, "one").add(Layout.JOINED, "a", [])
    with path.open("a") as file:
        file.write('{"source": "one", "layout": "alo')
    known = TrialFile(path, "one")
    assert known.get(Layout.ALONE, "a") == [TRIAL, replace(TRIAL, right=False)]
    assert known.get(Layout.JOINED, "a") == [] and known.get(Layout.ALONE, "b") is None
    known.add(Layout.ALONE, "b", [TRIAL])
    assert TrialFile(path, "one").get(Layout.ALONE, "b") == [TRIAL]
