"""Calibrate a model folder: when its answers are asserted and how sure they are, on whole documents
nobody trained on.

    python -m docqa.app.lab.calibrate --model FOLDER --files QUESTIONS.jsonl --folder FOLDER
    [--extracts QUESTIONS.jsonl [--named WORDS]] [--signals FILE]

Questions about files are asked as `docqa ask` does, without refusing; those of documents that
documents.jsonl beside them keeps for the note are left out. `--extracts`: questions about texts of
their own too, of those whose name has WORDS. What the reader noticed and whether it
was right go into `--signals`, from where a later run goes on; the fit takes seconds. Writes
`refusal` into the folder's calibration.json and leaves its other keys; every line printed is JSON.
"""

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

from docqa.app.answerers.loading import load_model
from docqa.app.eval.questions import EvalDocument, lines, read_eval_file
from docqa.app.lab.calibration.refusal import fit_refusal
from docqa.app.lab.calibration.trials import Trial, TrialFile, ask_document
from docqa.app.options import Options
from docqa.app.storage.atomic import write_whole
from docqa.model.heads.reader_text import reader_files
from docqa.model.protocol import Model


def log(**figures: object) -> None:
    """Print one line."""
    print(json.dumps(figures), flush=True)


def trials_of(options: argparse.Namespace, model: Model) -> list[Trial]:
    """Every question, those asked that the file of signals does not know."""
    kept = TrialFile(options.signals, source_of(model))
    reading = Options(model=str(options.model), store=False, preview=False)
    found: list[Trial] = []
    for document in files_to_ask(options):
        trials = kept.get(document.name)
        if trials is None:
            trials = ask_document(document, reading, model)
            kept.add(document.name, trials)
            log(asked=document.name, questions=len(trials))
        found += trials
    return found


def files_to_ask(options: argparse.Namespace) -> list[EvalDocument]:
    """The documents of `--files` that serve for fitting, as documents.jsonl beside it says (others
    are for the note), and the texts of `--extracts`.
    """
    described = map(json.loads, lines(options.files.with_name("documents.jsonl")))
    fitting = {each["file"] for each in described if each["use"] == "fit"}
    asked = read_eval_file(str(options.files), folder=str(options.folder))
    found = [document for document in asked if document.name in fitting]
    if options.extracts is not None:
        texts = read_eval_file(str(options.extracts))
        found += [document for document in texts if options.named in document.name]
    return found


def source_of(model: Model) -> str:
    """Names all that signals depend on but the code: weights, and other calibrations."""
    total = hashlib.sha256(model.fingerprint.encode())
    for path in reader_files(model.folder):
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    others = {name: value for name, value in model.calibration.items() if name != "refusal"}
    total.update(json.dumps(others, sort_keys=True).encode())
    return total.hexdigest()[:16]


def run(options: argparse.Namespace) -> None:
    """Ask, fit, and write calibration.json."""
    model = load_model(Options(model=str(options.model)))
    path = options.model / "calibration.json"
    known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    trials = trials_of(options, model)
    known["refusal"] = fit_refusal(trials, log)
    log(refusal=known["refusal"])
    write_whole(path, (json.dumps(known, indent=1) + "\n").encode())


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description="Calibrate a model folder on documents nobody trained on."
    )
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument(
        "--files", type=Path, required=True, help="such as app/lab/questions/questions.jsonl"
    )
    parser.add_argument("--folder", type=Path, required=True, help="the folder of those files")
    parser.add_argument("--extracts", type=Path, help="such as natural/train/natural.jsonl.gz")
    parser.add_argument("--named", default="", help="words in the names of extracts to be asked")
    parser.add_argument(
        "--signals", type=Path, help="where what was asked is kept; a later run goes on from there"
    )
    run(parser.parse_args(arguments))


if __name__ == "__main__":
    main()
