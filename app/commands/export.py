"""`docqa models export`: a model in the form of other runtimes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from docqa.app import report
from docqa.app.commands.inputs import BUNDLED_NAME
from docqa.app.errors import UsageError
from docqa.app.output.progress import size

FORMATS = ("hf", "gguf")


def export_model(
    model: Annotated[str, typer.Argument(metavar="NAME|FOLDER", help="A model, or a checkpoint folder.")],
    folder: Annotated[str, typer.Argument(metavar="DIR", help="A folder that is empty, or not there yet.")],
    form: Annotated[
        str, typer.Option("--format", metavar="hf|gguf", help="For transformers, or for llama.cpp.")
    ] = "hf",
) -> int:
    """Write a model for other programs: bf16 safetensors that transformers loads, or a GGUF file for llama.cpp.

    Example: docqa models export docqa-155m out/ --format gguf
    """
    from docqa.app.commands.models import bundled, model_folder
    from docqa.model.checkpoints.export import export

    if form not in FORMATS:
        raise UsageError(f"no such format: {form}", hint=f"--format {' or '.join(FORMATS)}")
    source, target = model_folder(model), Path(folder).expanduser()
    check_target(target)
    name = BUNDLED_NAME if source == bundled() else source.resolve().name
    for path in export(source, target, form, name=name):
        report.result(f"{size(path.stat().st_size)}  {path}")
    return report.ANSWERED


def check_target(target: Path) -> None:
    """Raises UsageError for a folder that holds something: nothing is ever written between files of the user's."""
    if target.exists() and not target.is_dir():
        raise UsageError("is a file", where=str(target), hint="name a folder that is empty or not there yet")
    if target.is_dir() and any(target.iterdir()):
        raise UsageError("is not empty", where=str(target), hint="name a folder that is empty or not there yet")
