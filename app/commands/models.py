"""`docqa models list|show|check|export`: which models there are, what they cost, whether they compute rightly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from docqa.app import report
from docqa.app.commands import flags
from docqa.app.commands.export import export_model
from docqa.app.commands.inputs import BUNDLED_NAME
from docqa.app.progress import size

if TYPE_CHECKING:
    from docqa.model.config import HybridConfig

_LENGTHS_SHOWN = (32_768, 262_144, 1_048_576)


def group() -> typer.Typer:
    """The group of model commands."""
    app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The models that answer.")
    app.command("list")(list_models)
    app.command("show")(show)
    app.command("check")(check)
    app.command("export")(export_model)
    return app


def list_models() -> int:
    """Print the models that --model takes by name, with their folders, and which one answers now."""
    from docqa.app import config

    chosen = config.resolve()["model"]
    folder = bundled()
    mark = "*" if chosen in (None, BUNDLED_NAME) else " "
    report.result(f"{mark} {BUNDLED_NAME}  {size(_folder_bytes(folder))}  {folder}")
    if mark == " ":
        report.result(f"* {chosen}")
    report.note("--model also takes the folder of any checkpoint of the qwen3_5_text family")
    return report.ANSWERED


def show(
    model: Annotated[
        str | None, typer.Argument(metavar="[NAME|FOLDER]", help="Default: the model that answers now.")
    ] = None,
    as_json: flags.Json = False,
) -> int:
    """Print a model's parameters, active share, and the bytes of its state and of each token it reads."""
    from docqa.model.config import HybridConfig

    folder = model_folder(model)
    facts = _facts(folder, HybridConfig.from_folder(folder))
    report.result(json.dumps(facts) if as_json else "\n".join(_fact_lines(facts)))
    return report.ANSWERED


def check(
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="A checkpoint folder, or the name of a model.")],
    as_json: flags.Json = False,
) -> int:
    """Compare docqa's logits with those of transformers, in fp32 on seeded random ids; status 4 when they differ."""
    from docqa.model.check import check as compare

    found = compare(model_folder(folder))
    report.result(json.dumps(found) if as_json else "\n".join(f"{key}: {value}" for key, value in found.items()))
    return report.ANSWERED if found["argmax_equal"] else report.RESOURCES


def bundled() -> Path:
    """The bundled folder, without importing torch."""
    import docqa.model

    return Path(docqa.model.__file__).parent / "bundled"


def model_folder(name: str | None) -> Path:
    from docqa.app import config
    from docqa.model.errors import ModelNotFound

    chosen = name or config.resolve().text("model") or BUNDLED_NAME
    folder = bundled() if chosen in (BUNDLED_NAME, "bundled") else Path(chosen).expanduser()
    if not folder.is_dir():
        raise ModelNotFound(f"{chosen}: there is no model of that name and no such folder; see `docqa models list`")
    return folder


def _facts(folder: Path, config: HybridConfig) -> dict[str, object]:
    from docqa.model import plan

    counts = plan.parameters(config)
    total = counts["total"]
    sizes = plan.state_bytes(config, 0)
    return {
        "folder": str(folder),
        "architecture": "qwen3_5_text",
        "parameters": total,
        "active_share": 1.0,
        "parameters_by_part": {name: count for name, count in counts.items() if name != "total"},
        "layers": config.num_hidden_layers,
        "attention_layers": config.layer_types.count("full_attention"),
        "native_context": config.native_context,
        "longest_context": plan.LONGEST_CONTEXT,
        "disk_bytes": _folder_bytes(folder),
        "state_bytes": sizes["fixed"],
        "kv_bytes_per_token": sizes["kv_per_token"],
        "state_and_kv_bytes": {str(length): _at(config, length) for length in _LENGTHS_SHOWN},
    }


def _at(config: HybridConfig, length: int) -> int:
    from docqa.model import plan

    sizes = plan.state_bytes(config, length)
    return sizes["fixed"] + sizes["kv"]


def _fact_lines(facts: dict[str, object]) -> list[str]:
    lines = []
    for name, value in facts.items():
        words = name.replace("_", " ")
        if isinstance(value, dict):
            shown = ", ".join(f"{key} {size(n) if 'bytes' in name else f'{n:,}'}" for key, n in value.items())
            lines.append(f"{words}: {shown}")
        elif isinstance(value, int) and "bytes" in name:
            lines.append(f"{words}: {size(value)}")
        else:
            lines.append(f"{words}: {value:,}" if isinstance(value, int) else f"{words}: {value}")
    return lines


def _folder_bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) if folder.is_dir() else 0
