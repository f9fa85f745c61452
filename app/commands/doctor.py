"""`docqa doctor`: what this machine has, and every setting with where it came from."""

import os
import platform
import re
import shutil
import sys
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from docqa.app import config, report
from docqa.app.answerers.remote.address import is_remote
from docqa.app.models.library import BUNDLED_NAME
from docqa.app.output.progress import size_text
from docqa.app.storage.store import BUDGET_BYTES, Store
from docqa.app.tui.settings import load
from docqa.kernels.threads import thread_count
from docqa.model.checkpoints.weights import fingerprint
from docqa.model.cost.machine import processor_count, processor_flags, total_memory_bytes
from docqa.model.errors import ModelError

from .inputs import model_folder

_DISTRIBUTION = "docqa-reader"
_FEATURES = ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "amx_int8")


def doctor() -> int:
    settings = config.resolve_settings()
    for title, lines in (
        ("machine", _machine_lines()),
        ("packages", _package_lines()),
        ("model", _model_lines(settings.text_value("model"))),
        ("kept on disk", _disk_lines(settings.cache_dir)),
        ("settings", _setting_lines()),
        ("terminal interface, [tui] in config.toml", load().lines()),
    ):
        report.result(title)
        for line in lines:
            report.result(f"  {line}")
    for line in config.unknown_variables():
        report.warn(line)
    return report.ANSWERED


def _machine_lines() -> list[str]:
    features = [name for name in _FEATURES if name in processor_flags()]
    return [
        f"Python {platform.python_version()} at {sys.executable}",
        f"{platform.system()} {platform.release()} on {platform.machine()}",
        f"{processor_count()} of {os.cpu_count()} processors usable, {size_text(total_memory_bytes())} memory",
        f"processor features: {', '.join(features) or 'none that docqa looks for'}",
        f"native kernels: {_kernels_text()}",
        _accelerator_text(),
    ]


def _kernels_text() -> str:
    from docqa.kernels import self_check

    words = self_check.describe_library()
    if self_check.array_library() is not None:
        return words
    return f"{words}. Answers are as good without; reading takes about twice as long, and weights more memory"


def _accelerator_text() -> str:
    if not version("torch").endswith("+cpu"):
        import torch

        if torch.cuda.is_available():
            name = torch.cuda.get_device_name(0)
            return f"accelerator: {name}; used with --device cuda, which was never run on a card"
    return f"accelerator: none; computes on {thread_count()} threads"


def _package_lines() -> list[str]:
    def described(name: str) -> str:
        try:
            return f"{name} {version(name)}"
        except PackageNotFoundError:
            return f"{name} is not installed"

    own = described(_DISTRIBUTION)
    needed = [] if own.endswith("not installed") else requires(_DISTRIBUTION) or []
    names = [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in needed if "extra ==" not in line]
    return [own, *map(described, names)]


def _model_lines(chosen: str | None) -> list[str]:
    name = chosen or BUNDLED_NAME
    if is_remote(name):
        return [
            f"{name}, on a server: passages of documents are sent there; nothing is asked of it now"
        ]
    try:
        folder = model_folder(name)
        return [f"{name} in {folder}", f"fingerprint {fingerprint(folder)}"]
    except (ModelError, OSError) as error:
        return [f"{name} cannot be used: {error}"]


def _disk_lines(folder: Path) -> list[str]:
    kept = sum(entry.bytes for entry in Store(folder).entries())
    above = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    free = shutil.disk_usage(above).free
    writable = (
        "may be written"
        if os.access(above, os.W_OK)
        else "may NOT be written: nothing will be kept"
    )
    return [
        f"{folder}",
        f"{size_text(kept)} kept of {size_text(BUDGET_BYTES)}, {size_text(free)} free, {writable}",
    ]


def _setting_lines() -> list[str]:
    lines = [
        f"config file: {config.config_path()}"
        + ("" if config.config_path().is_file() else " (not there)")
    ]
    for setting in config.resolve_settings().values.values():
        value = "not set" if setting.value is None else setting.value
        lines.append(
            f"{setting.name} = {value}  [{setting.origin}]  {config.KNOWN[setting.name].help}"
        )
    switches = [
        f"{name} = {os.environ[name]}  {text}"
        for name, text in config.SWITCHES.items()
        if os.environ.get(name)
    ]
    secrets = [
        f"{name} is set, not shown  {text}"
        for name, text in config.SECRETS.items()
        if os.environ.get(name)
    ]
    return lines + switches + secrets
