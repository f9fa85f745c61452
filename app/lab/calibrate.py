"""Calibrate a model folder: when its answers are asserted and how sure they are, on documents that training left out.

    python -m docqa.app.lab.calibrate --model FOLDER --data FOLDER [--questions N] [--signals FILE]

Questions of `natural` (and of each set that `--set` names) are asked as `docqa ask` does, without refusing, of the text
that they are about alone, and joined with five others as long documents are; with `--files` those about whole files,
too. What the reader noticed and whether it was right go into `--signals`, from where a later run goes on; the fit takes
seconds. Writes `refusal` into the folder's calibration.json and leaves its other keys; every line printed is JSON.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docqa.app.answerers.loading import load_model
from docqa.app.eval.questions import EvalDocument, lines, read_eval_file
from docqa.app.lab.calibration.extracts import OTHERS, Extract, Layout, lay_out, read_extracts
from docqa.app.lab.calibration.refusal import fit_refusal
from docqa.app.lab.calibration.trials import Trial, TrialFile, ask, ask_file
from docqa.app.options import Options
from docqa.app.storage.atomic import write_whole
from docqa.model.heads.reader_text import reader_files
from docqa.model.protocol import Model
from docqa.model.training.data.sets import find_sets, is_validation

SETS = ("natural",)


def log(**figures: object) -> None:
    """Print one line."""
    print(json.dumps(figures), flush=True)


def chosen_extracts(options: argparse.Namespace) -> Iterator[tuple[Extract, list[Extract]]]:
    """The texts to ask about, until there are as many questions of each set as wanted, and what may join each.

    These are the set's other texts that training left out; where they are too few, those that were trained on too.
    """
    sets = find_sets(options.data, dict.fromkeys((*SETS, *options.set), 1.0))
    for path in sets.paths.values():
        every = [found for found in read_extracts(path) if found.document not in sets.held_out]
        kept = [found for found in every if is_validation(found.document)]
        pool = kept if len(kept) > 2 * OTHERS else every
        asked = 0
        for extract in sorted(kept, key=lambda found: hashlib.sha256(found.name.encode()).digest()):
            if options.questions is not None and asked >= options.questions:
                break
            asked += min(sum(len(record["qas"]) for record in extract.records), options.each)
            yield extract, pool


def trials_of(options: argparse.Namespace, model: Model) -> list[Trial]:
    """Every question in both layouts, those asked that the file of signals does not know."""
    kept = TrialFile(options.signals, source_of(model, options))
    reading = Options(model=str(options.model), store=False, preview=False)
    found: list[Trial] = []
    for extract, pool in chosen_extracts(options):
        for layout in Layout:
            trials = kept.get(layout, extract.name)
            if trials is None:
                laid = lay_out(extract, layout, pool, each=options.each, seed=options.seed)
                started = time.monotonic()
                trials = ask(laid, layout, extract.document, reading, model) if laid is not None else []
                kept.add(layout, extract.name, trials)
                log(asked=extract.name, layout=layout, questions=len(trials), seconds=time.monotonic() - started)
            found += trials
    for document in files_to_ask(options):
        trials = kept.get(Layout.ALONE, document.name)
        if trials is None:
            trials = ask_file(document, reading, model)
            kept.add(Layout.ALONE, document.name, trials)
            log(asked=document.name, questions=len(trials))
        found += trials
    return found


def files_to_ask(options: argparse.Namespace) -> list[EvalDocument]:
    """The documents of `--files` that serve for fitting, as documents.jsonl beside it says; others are for the note."""
    if options.files is None:
        return []
    described = map(json.loads, lines(options.files.with_name("documents.jsonl")))
    fitting = {each["file"] for each in described if each["use"] == "fit"}
    asked = read_eval_file(str(options.files), folder=str(options.folder))
    return [document for document in asked if document.name in fitting]


def source_of(model: Model, options: argparse.Namespace) -> str:
    """Names all that signals depend on but the code: weights, other calibrations, and how questions are drawn."""
    total = hashlib.sha256(model.fingerprint.encode())
    for path in reader_files(model.folder):
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    others = {name: value for name, value in model.calibration.items() if name != "refusal"}
    total.update(json.dumps([others, options.each, options.seed], sort_keys=True).encode())
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
    parser = argparse.ArgumentParser(description="Calibrate a model folder on documents that training left out.")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, action="append", required=True, help="folder of data; may be repeated")
    parser.add_argument("--set", action="append", default=[], help="a further set of questions; may be repeated")
    parser.add_argument("--files", type=Path, help="questions about files, such as app/lab/questions/questions.jsonl")
    parser.add_argument("--folder", type=Path, help="the folder of those files")
    parser.add_argument("--questions", type=int, help="of each set, in about so many; all by default")
    parser.add_argument("--each", type=int, default=40, help="questions of a text, at most")
    parser.add_argument("--signals", type=Path, help="where what was asked is kept; a later run goes on from there")
    parser.add_argument("--seed", type=int, default=0)
    run(parser.parse_args(arguments))


if __name__ == "__main__":
    main()
