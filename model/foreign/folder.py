"""The folder of another's model: its role by its files, and how it is loaded: offline, from
safetensors, without code of its own."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docqa.model.errors import ConfigUnsupported, ModelError, ModelNotFound, WeightsMismatch
from docqa.model.heads.reader_text import LONGEST_ASKED

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

READER, ENCODER, RERANKER = ROLES = ("reader", "encoder", "reranker")
MANIFEST = "pulled.json"
MODULES = "modules.json"
# before the name of a reader of another package, and their entry points
PLUGIN = "plugin:"
READERS = "docqa.readers"
_ENDINGS = {READER: "ForQuestionAnswering", RERANKER: "ForSequenceClassification"}
# tokens of a text at most, with the marks around it
_LONGEST = 512
_MARKS = 2


def model_role(folder: Path) -> str | None:
    """The one of ROLES that a model has by its files, if any."""
    if (folder / MODULES).is_file():
        return ENCODER
    from docqa.model.config import load_config

    try:
        names = str(load_config(folder).get("architectures"))
    except ModelError:
        return None
    return next((role for role, ending in _ENDINGS.items() if ending in names), None)


def check_role(folder: Path, role: str) -> None:
    """Raises ModelNotFound for a missing folder, ConfigUnsupported for one that is no model of that
    role.
    """
    if not folder.is_dir():
        hint = f"`docqa models pull {folder}` fetches it if the hub has it; `docqa models list` shows those here"
        raise ModelNotFound(f"{folder}: no {role} has this name, and no folder ({hint})")
    if model_role(folder) != role:
        if role == ENCODER:
            hint = "a model of sentence-transformers has modules.json"
        else:
            hint = f"the config.json of one names an architecture …{_ENDINGS[role]}"
        raise ConfigUnsupported(f"{folder}: this is no {role} ({hint})")


def model_name(folder: Path) -> str:
    """What people call the model in a folder: ORG/NAME where it was pulled, else the folder's own
    name.
    """
    pulled = (folder / MANIFEST).is_file() and "--" in folder.parent.name
    return folder.parent.name.replace("--", "/") if pulled else folder.name


def reader_entry_point(name: str) -> "EntryPoint":
    """The entry point of the reader plugin:NAME: a function without arguments that makes a
    `SpanScorer`. Raises ModelNotFound."""
    from importlib.metadata import entry_points

    points = entry_points(group=READERS)
    for point in points:
        if f"{PLUGIN}{point.name}" == name:
            return point
    hint = f"there are: {', '.join(sorted(points.names)) or 'none'}"
    raise ModelNotFound(f"{name}: no installed package brings this reader ({hint})")


def model_stamp(folder: Path, role: str) -> str:
    """What it is called, and a sum of all its files that count, equal for equal ones; of a plugin
    its version. Raises as `check_role` and `reader_entry_point`."""
    from docqa.model.checkpoints.weights import file_digest

    if role == READER and str(folder).startswith(PLUGIN):
        package = reader_entry_point(str(folder)).dist
        return f"{folder}@{package.version if package else '?'}"
    check_role(folder, role)
    total = hashlib.sha256()
    kinds = (".json", ".txt", ".safetensors")
    for path in sorted(
        path for path in folder.rglob("*") if path.suffix in kinds and path.name != MANIFEST
    ):
        total.update(path.relative_to(folder).as_posix().encode() + file_digest(path))
    return f"{model_name(folder)}@{total.hexdigest()[:16]}"


class ForeignModel:
    """A model of another's, as the class `kind` of transformers, and its tokenizer; `identity` is
    its stamp, `macs` its multiply-adds for a token. Texts go through it one by one, so that none
    changes another's bits."""

    role: str
    kind: str

    def __init__(self, folder: Path, device: str = "auto", inside: str = "") -> None:
        """`inside`: where in its folder the network is. Raises as `check_role`, WeightsMismatch
        where it cannot be loaded."""
        import torch
        import transformers

        from docqa.model.device import device_for_name

        self.identity = model_stamp(folder, self.role)
        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        self.folder = folder
        self.device = device_for_name(device)
        where = folder / inside
        own: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        try:
            self.tokenizer = transformers.AutoTokenizer.from_pretrained(where, **own)
            network, found = getattr(transformers, self.kind).from_pretrained(
                where, use_safetensors=True, dtype=torch.float32, output_loading_info=True, **own
            )
        except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
            said = f"transformers cannot load it ({str(error).splitlines()[0]})"
            raise WeightsMismatch(
                f"{where}: {said} (it needs safetensors and its tokenizer)"
            ) from error
        if lost := sorted(key for key in found["missing_keys"] if "pooler" not in key):
            raise WeightsMismatch(f"{where}: has no tensor {lost[0]} (get the model folder again)")
        self.network = network.to(self.device).eval()
        count = sum(part.numel() for part in self.network.parameters())
        self.macs = count - self.network.get_input_embeddings().weight.numel()
        places = getattr(network.config, "max_position_embeddings", None) or _LONGEST + _MARKS
        self.longest = min(self.tokenizer.model_max_length, places - _MARKS, _LONGEST)

    def run(self, *texts: str) -> tuple[Any, Any]:
        """The tokens of a text, or of a question and one, cut where too long, and what the network
        makes of them.
        """
        import torch

        cut, (*asked, text) = "only_second" if len(texts) > 1 else "longest_first", texts
        few = [" ".join(each.split()[-LONGEST_ASKED:]) for each in asked]
        read = self.tokenizer(
            *few, text, truncation=cut, max_length=self.longest, return_tensors="pt"
        )
        with torch.inference_mode():
            return read, self.network(**read.to(self.device))
