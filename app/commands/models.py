"""`docqa models list|show|check`."""

import json
from pathlib import Path
from typing import Annotated

from docqa.app import report
from docqa.app.answer.text import JsonObject
from docqa.app.answerers.remote.address import SERVERS, Address, is_remote
from docqa.app.answerers.remote.client import CONNECT_S, ChatClient
from docqa.app.models.known import BITS, KNOWN, OTHERS, KnownModel, known
from docqa.app.models.library import BUNDLED_NAME, bundled, find, models_root, pulled_models
from docqa.app.output.progress import size_text
from docqa.model.config import HybridConfig
from docqa.model.cost import plan
from docqa.model.errors import ModelNotFound
from docqa.model.foreign.folder import ROLES, model_role

from . import flags
from .inputs import model_folder

_LENGTHS_SHOWN = (32_768, 262_144, 1_048_576)


def list_models(
    server: Annotated[
        str | None,
        flags.option(
            "--server", "|".join([*filter(SERVERS.get, SERVERS), "URL"]), "List a server's models."
        ),
    ] = None,
) -> int:
    """`*` marks the one that answers now, and the reader, encoder and reranker that are set. Of the
    others you see the size of the download, of the weights in 4 bits, the memory for 262,144 tokens
    with these, the share of the parameters that one token uses, and the license. `docqa models show
    NAME` has more; `docqa plan FILE --model NAME` says whether it fits and how long it would read.
    """
    from docqa.app import config

    if server is not None:
        return _list_served(server)
    settings = config.resolve_settings()
    root = models_root()
    chosen = settings.text_value("model")
    answering = find(chosen or BUNDLED_NAME, root)
    have = [(BUNDLED_NAME, bundled(), _folder_bytes(bundled()))]
    have += [(model.name, model.folder, model.bytes) for model in pulled_models(root)]
    chosen_others = [
        find(name, root) for role in ROLES if (name := settings.text_value(role)) is not None
    ]
    for name, folder, count in have:
        role = model_role(folder)
        mark = "*" if folder in (answering, *chosen_others) else " "
        report.result(f"{mark} {name}  {f'{role}  ' if role else ''}{size_text(count)}  {folder}")
    if answering not in [folder for _, folder, _ in have]:
        report.result(f"* {chosen}" + ("" if answering or is_remote(chosen) else "  (not here)"))
    report.result("\n" + "\n".join(_known_lines()))
    report.note(
        "--model also takes the folder or GGUF file of any model of the family, and a server's: openai:NAME with "
        "--base-url, or ollama:NAME, lmstudio:NAME, vllm:NAME, llamacpp:NAME on this machine"
    )
    return report.ANSWERED


def _list_served(server: str) -> int:
    """Print a server's models, as --model names them: one of SERVERS at its usual address, or a
    base URL.
    """
    named = SERVERS.get(server) is not None
    address = (
        Address.from_model_name(f"{server}:*", None)
        if named
        else Address.from_model_name("openai:*", server)
    )
    report.result("\n".join(ChatClient(address, CONNECT_S).list_models()))
    return report.ANSWERED


def _known_lines() -> list[str]:
    lines = [
        "to pull, from the hub                     download     4 bits    at 256K   active  license"
    ]
    for model in KNOWN:
        parts = (model.download_bytes, model.stored_bytes(4), model.memory_bytes(262_144))
        sizes = "  ".join(f"{size_text(count):>9}" for count in parts)
        lines.append(f"  {model.id:<40}{sizes}   {model.active_share:6.1%}  {model.license}")
    lines += ["", "to pull, for one role beside a model that answers"]
    return lines + [
        f"  {name:<40}{size_text(count):>9}  {role}  {license_}"
        for name, role, count, license_ in OTHERS
    ]


def show(
    model: Annotated[
        str | None, flags.named_model("[NAME|FOLDER]", "Default: the model that answers now.")
    ] = None,
    as_json: flags.Json = False,
) -> int:
    """Of a model of `docqa models list` that is not here you also see what it needs on disk and in
    memory as it comes and in 4, 6 or 8 bits, and its license.

    The active share is the part of all parameters that one token uses, with embedding and head; the
    active share of layers leaves both out. (The names count differently: 3 of 80 billion for
    80B-A3B.)
    """
    try:
        folder = model_folder(model)
    except ModelNotFound:
        if model is None or not (missing := known(model)):
            raise
        facts = _shape_facts(missing.config) | _needed(missing)
    else:
        facts = {"folder": str(folder)}
        if role := model_role(folder):
            facts["role"] = role
        else:
            facts |= _shape_facts(HybridConfig.from_folder(folder))
        facts["disk_bytes"] = _folder_bytes(folder)
    report.result(json.dumps(facts) if as_json else "\n".join(_fact_lines(facts)))
    return report.ANSWERED


def _needed(model: KnownModel) -> JsonObject:
    """The disk that a model not here needs, and the memory while some 80 pages are read."""
    forms: dict[str, int | None] = {"as it comes": None} | {f"{bits} bits": bits for bits in BITS}
    return {
        "id": model.id,
        "license": model.license,
        "download_bytes": model.download_bytes,
        "disk_bytes": {name: model.stored_bytes(bits) for name, bits in forms.items()},
        "memory_bytes": {
            name: model.memory_bytes(_LENGTHS_SHOWN[0], bits) for name, bits in forms.items()
        },
    }


def check(
    folder: Annotated[
        str, flags.named_model("FOLDER", "A checkpoint folder, or the name of a model.")
    ],
    as_json: flags.Json = False,
) -> int:
    """Both compute in fp32 on seeded random ids. The exit status is 4 if they differ."""
    from transformers.utils import logging

    from docqa.model.checkpoints.check import compare_with_transformers as compare

    logging.set_verbosity_error()  # it advises packages that would make its reference faster
    found = compare(model_folder(folder))
    report.result(
        json.dumps(found)
        if as_json
        else "\n".join(f"{key}: {value}" for key, value in found.items())
    )
    return report.ANSWERED if found["argmax_equal"] else report.RESOURCES


def _shape_facts(config: HybridConfig) -> JsonObject:
    counts = plan.parameters(config)
    total = counts["total"]
    sizes = plan.state_bytes(config, 0)
    shown = {length: plan.state_bytes(config, length) for length in _LENGTHS_SHOWN}
    return {
        "architecture": config.model_type,
        "parameters": total,
        "active_share": round(counts["active"] / total, 4),
        "active_share_of_layers": round(
            (counts["active"] - counts["embedding"]) / (total - counts["embedding"]), 4
        ),
        "parameters_by_part": {
            name: count for name, count in counts.items() if name not in ("total", "active")
        },
        "layers": config.num_hidden_layers,
        "attention_layers": config.layer_types.count("full_attention"),
        "native_context": config.native_context,
        "longest_context": plan.longest_possible_context(config),
        "state_bytes": sizes["fixed"],
        "kv_bytes_per_token": sizes["kv_per_token"],
        "state_and_kv_bytes": {str(length): at["fixed"] + at["kv"] for length, at in shown.items()},
    }


def _fact_lines(facts: JsonObject) -> list[str]:
    lines = []
    for name, value in facts.items():
        words = name.replace("_", " ")
        if isinstance(value, dict):
            form = size_text if "bytes" in name else "{:,}".format
            shown = ", ".join(f"{key} {form(count)}" for key, count in value.items())
            lines.append(f"{words}: {shown}")
        elif isinstance(value, int) and "bytes" in name:
            lines.append(f"{words}: {size_text(value)}")
        elif isinstance(value, float):
            lines.append(f"{words}: {value:.1%}".replace("%", " %"))
        else:
            lines.append(f"{words}: {value:,}" if isinstance(value, int) else f"{words}: {value}")
    return lines


def _folder_bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in [folder, *folder.rglob("*")] if file.is_file())
