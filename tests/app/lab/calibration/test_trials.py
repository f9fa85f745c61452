"""Questions that are asked for the calibration: what is noted of them, and that it is kept."""

from dataclasses import replace

from docqa.app.eval.questions import EvalDocument, GoldQuestion
from docqa.app.lab.calibration.trials import Trial, TrialFile, ask_file
from docqa.app.options import Options
from docqa.app.reading.answerability import SIGNALS
from docqa.app.reading.candidates import Form

TRIAL = Trial("whole", "near", "Who keeps it?", False, True, True, True, Form.LIST, {"margin": 1.5})


def test_what_is_asked_is_never_refused_and_its_signals_are_noted(tmp_path, model):
    filler = "The rocks below are grey and steep, and gulls nest there in spring. " * 30
    path = tmp_path / "whole.txt"
    path.write_text(f"{filler}\n\nThe lighthouse is kept by Marten Hale all year.\n\n{filler}")
    asked = [
        GoldQuestion("Who keeps the lighthouse?", ("Marten Hale",), unanswerable=False, kind="near"),
        GoldQuestion("Which zebra won?", (), unanswerable=True, kind="unanswerable"),
    ]
    document = EvalDocument("", "whole", "Harbour", file=str(path), questions=asked)
    model = replace(model, calibration=dict(model.calibration))
    first, second = ask_file(document, Options(store=False, preview=False), model)
    assert first.asserted and second.asserted and second.unanswerable and not second.right
    assert (first.document, first.kind, second.kind) == ("whole", "near", "unanswerable")
    assert set(first.signals) == set(SIGNALS)
    assert first.first and not second.first


def test_trials_are_taken_up_from_their_file(tmp_path):
    path = tmp_path / "signals.jsonl"
    TrialFile(path, "one").add("a", [TRIAL, replace(TRIAL, right=False)])
    TrialFile(path, "one").add("b", [])
    with path.open("a") as file:
        file.write('{"source": "one", "name": "c')
    known = TrialFile(path, "one")
    assert known.get("a") == [TRIAL, replace(TRIAL, right=False)]
    assert known.get("b") == [] and known.get("c") is None
    known.add("c", [TRIAL])
    assert TrialFile(path, "one").get("c") == [TRIAL]
