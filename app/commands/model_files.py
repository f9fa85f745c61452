"""`docqa models pull|rm|use|quantize|export`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from docqa.app import config, report
from docqa.app.answerers.remote.address import Address, default_url, is_remote
from docqa.app.errors import UsageError
from docqa.app.models import library
from docqa.app.models.choose import set_values
from docqa.app.models.known import BITS, KNOWN_IDS, known
from docqa.app.models.pull import Transfer
from docqa.app.models.pull import pull as fetch
from docqa.app.models.remove import remove
from docqa.app.output.progress import size_text
from docqa.model.errors import ModelNotFound
from docqa.model.foreign.folder import ROLES, model_role

from . import completions, flags
from .inputs import model_folder

_Source = Annotated[str, flags.named_model(flags.NAMED, "A model, or a checkpoint folder.")]
_Target = Annotated[str, flags.argument("DIR", "A folder that is empty, or does not exist yet.")]


def pull(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME|ID",
            help="ORG/NAME on the hub, or a name that `list` prints.",
            autocompletion=completions.one_of(*KNOWN_IDS),
        ),
    ],
    revision: Annotated[
        str | None,
        flags.option("--revision", "REV", "A branch, tag or commit (default: the newest)."),
    ] = None,
    bits: Annotated[
        int | None,
        flags.option(
            "--bits", "4|6|8", "Quantize it, and keep only that (default: keep it as it comes)."
        ),
    ] = None,
) -> int:
    """No other command downloads anything. The same command continues a download that was cut. The
    files are those of one commit, compared with the hub's hashes. HF_ENDPOINT, HF_TOKEN and
    HF_HUB_OFFLINE have their usual meaning.

    Example: docqa models pull Qwen/Qwen3.5-4B --bits 4
    """
    _check_bits(bits)
    root = library.models_root()
    model = known(name)
    if model:
        kept = (
            f", of which {size_text(model.stored_bytes(bits))} are kept in {bits} bits"
            if bits is not None
            else ""
        )
        report.note(
            f"docqa: {model.id}: about {size_text(model.download_bytes)}{kept}, into {root}"
        )
    transfer = Transfer()
    try:
        got = fetch(name, revision, root, transfer.on_progress, bits=bits)
    finally:
        transfer.clear()
    in_bits = f"  {got.bits} bits" if got.bits is not None else ""
    report.result(f"{got.id}  {got.commit[:12]}  {size_text(got.bytes)}{in_bits}  {got.folder}")
    named = model_role(got.folder) or "model"
    report.note(f"docqa: --{named} {got.id} uses it once, `docqa models use {got.id}` from now on")
    return report.ANSWERED


def rm(
    name: Annotated[str, flags.named_model("NAME|ID[@COMMIT]", "A model that was pulled.")],
) -> int:
    """All that was fetched of it goes, downloads that were cut too; with @COMMIT only that one.
    What was read with it stays until `docqa cache prune` or `docqa forget`. Your own folders and
    files are never deleted.
    """
    root = library.models_root()
    gone = remove(name, root)
    if not gone:
        raise ModelNotFound(
            f"{name}: was not pulled to this machine (`docqa models list` shows what was)"
        )
    for commit in gone.commits:
        report.result(f"deleted {gone.id}@{commit[:12]}")
    report.note(f"docqa: {size_text(gone.bytes)} freed")
    settings = config.resolve_settings()
    for chosen in filter(None, map(settings.text_value, ("model", *ROLES))):
        if chosen.partition("@")[0].casefold() == gone.id.casefold() and not library.find(
            chosen, root
        ):
            report.warn(
                f"{chosen} is still set to answer: `docqa models use {library.BUNDLED_NAME}` changes that"
            )
    return report.ANSWERED


def use(
    name: Annotated[
        str, flags.named_model(flags.NAMED, "A model that is here, or a server's, as openai:NAME.")
    ],
    base_url: flags.BaseUrl = None,
) -> int:
    """This writes `model`, or `reader`, `encoder` or `reranker`, into config.toml; docqa-155m takes
    all four out. The options of these names and DOCQA_MODEL, DOCQA_READER and so on still take
    precedence.

    With a server's, passages of every document that you ask about are sent there.
    """
    values: dict[str, str | None]
    if is_remote(name):
        address = Address.from_model_name(
            name, base_url or default_url(name) or config.resolve_settings().text_value("base_url")
        )
        values = {
            "model": name,
            "base_url": None if address.base_url == default_url(name) else address.base_url,
        }
    elif base_url is not None:
        raise UsageError(
            "--base-url goes with openai:NAME", where=name, hint="docqa models use openai:NAME"
        )
    else:
        folder = library.find(name, library.models_root())
        if not folder:
            raise library.not_found(name)
        role = model_role(folder) or "model"
        if role == "model":
            library.check_checkpoint(folder)
        is_path = name not in library.BUNDLED_NAMES and Path(name).expanduser().exists()
        values = {role: os.path.abspath(folder) if is_path else name}
        if folder == library.bundled():
            values = dict.fromkeys(("model", *ROLES))
    path = config.config_path()
    set_values(path, values)
    what = next(iter(values))
    report.result(
        f"{name} {'answers' if what == 'model' else f'is the {what}'} from now on ({path})"
    )
    for variable in (f"DOCQA_{name.upper()}" for name in values):
        if os.environ.get(variable):
            report.warn(f"{variable} is set in the environment and still takes precedence")
    return report.ANSWERED


def quantize(
    model: _Source,
    folder: _Target,
    bits: Annotated[
        int, flags.option("--bits", "4|6|8", "Of the matrices; the embedding has 8.")
    ] = 4,
) -> int:
    """In 4 bits the result has less than a third of the size in bf16, in 6 less than a half, and 8
    change answers least.

    Example: docqa models quantize Qwen/Qwen3.5-4B qwen-4b-packed/ --bits 6
    """
    from docqa.model.checkpoints.quantize import quantize as pack

    _check_bits(bits)
    source, target = _source_and_target(model, folder)
    made = pack(source, target, bits=bits)
    report.result(
        f"{size_text(made['bytes'])}  {made['tensors']} tensors in {len(made['files'])} files  {target}"
    )
    return report.ANSWERED


def export(
    model: _Source,
    folder: _Target,
    form: Annotated[
        str, flags.option("--format", "hf", "For transformers; there is no other.")
    ] = "hf",
) -> int:
    """Example: docqa models export docqa-155m out/"""
    from docqa.model.checkpoints.export import export as write

    if form != "hf":
        raise UsageError(
            f"there is no format {form!r}",
            where="--format",
            hint="hf, of which llama.cpp's convert_hf_to_gguf.py makes a GGUF file",
        )
    source, target = _source_and_target(model, folder)
    for path in write(source, target):
        report.result(f"{size_text(path.stat().st_size)}  {path}")
    return report.ANSWERED


def _check_bits(bits: int | None) -> None:
    if bits is not None and bits not in BITS:
        raise UsageError(f"{bits} bits are not written", where="--bits", hint="4, 6 or 8")


def _source_and_target(model: str, folder: str) -> tuple[Path, Path]:
    """(model, folder to write). Raises UsageError where files are in it: docqa never writes among
    the user's.
    """
    source = model_folder(model)
    target = Path(folder).expanduser()
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        why = "is not empty" if target.is_dir() else "is a file"
        raise UsageError(
            why, where=str(target), hint="name a folder that is empty or does not exist yet"
        )
    return source, target
