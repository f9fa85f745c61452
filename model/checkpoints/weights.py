"""Files of a checkpoint folder, config.json beside one safetensors file, or several with
model.safetensors.index.json: which tensors lie in them, under which names."""

import hashlib
import json
import mmap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from docqa.model.errors import ModelNotFound, WeightsMismatch, WeightsMissing, weight_file_errors
from docqa.model.gguf.file import gguf_files, is_gguf

if TYPE_CHECKING:
    from torch import Tensor

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"
EVIDENCE_FILE = "evidence.safetensors"  # what is kept beside a state depends on it
CONFIG_KEY = "docqa_quantization"  # in the config.json of a folder in docqa's own formats
PARTS = (
    ".q",
    ".scale",
    ".zero",
)  # after the name of a packed matrix, in the order of `quantize_matrix`
_one_at_a_time = threading.Lock()
PREFIXES = ("model.language_model.", "language_model.model.", "model.")
SKIPPED = ("model.visual.", "visual.", "vision_tower.")  # the image half of a vision checkpoint


@dataclass(frozen=True)
class TensorSource:
    """Where one tensor lies: its file and its name there."""

    path: Path
    key: str


def plain_name(key: str) -> str | None:
    """A tensor's name without its family's prefix; None for the image half, which is not read."""
    if key.startswith(SKIPPED):
        return None
    if key.startswith("model.mtp."):
        return key.removeprefix("model.")
    if key.startswith("language_model.lm_head."):
        return key.removeprefix("language_model.")
    for prefix in PREFIXES:
        if key.startswith(prefix):
            return key.removeprefix(prefix)
    return key


class SafetensorsFile(Protocol):
    def keys(self) -> list[str]: ...
    def get_tensor(self, name: str) -> "Tensor": ...
    def metadata(self) -> dict[str, str] | None: ...


@contextmanager
def open_safetensors(path: Path) -> Iterator[SafetensorsFile]:
    """One safetensors file, memory-mapped. Raises WeightsMissing, WeightsMismatch: it is absent or
    no such file.
    """
    from safetensors import SafetensorError, safe_open

    with (
        weight_file_errors(path, (OSError, SafetensorError)),
        safe_open(path, framework="pt") as file,
    ):
        yield file


def weight_files(folder: Path) -> list[Path]:
    """A folder's weight files, sorted. Raises ModelNotFound, WeightsMissing: none, or not all that
    its index names.
    """
    if not folder.exists():
        raise ModelNotFound(f"there is no model folder {folder}; see `docqa models list`")
    index = folder / INDEX
    if index.is_file():
        try:
            names = sorted(
                set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
            )
        except (ValueError, KeyError, AttributeError) as error:
            raise WeightsMismatch(
                f"{index} is not readable ({error}); get the model folder again"
            ) from error
        files = [folder / Path(name).name for name in names]
        for path in files:
            if not path.is_file():
                raise WeightsMissing(
                    f"{path} is missing, {INDEX} names it; get the model folder again"
                )
        return files
    if (folder / SINGLE).is_file():
        return [folder / SINGLE]
    if is_gguf(folder):
        return gguf_files(folder)
    raise WeightsMissing(
        f"{folder} has no {SINGLE}, {INDEX} or GGUF file; it is not a model folder, or it is incomplete"
    )


def find_tensors(folder: Path) -> dict[str, TensorSource]:
    """Every tensor of the text model by its plain name."""
    found: dict[str, TensorSource] = {}
    for path in weight_files(folder):
        with open_safetensors(path) as file:
            keys = list(file.keys())
        for key in keys:
            name = plain_name(key)
            if name is None:
                continue
            if name in found:
                raise WeightsMismatch(f"{path}: tensor {key} is also in {found[name].path}")
            found[name] = TensorSource(path, key)
    return found


def fingerprint(folder: Path) -> str:
    """sha256 over config.json, the weight files and the evidence head: equal for equal weights,
    wherever they lie.
    """
    total = hashlib.sha256(b"" if is_gguf(folder) else (folder / "config.json").read_bytes())
    head = folder / EVIDENCE_FILE
    for path in [*weight_files(folder), *([head] if head.is_file() else [])]:
        total.update(file_digest(path))
    return total.hexdigest()


def file_digest(path: Path) -> bytes:
    """sha256 of a file, made once in a process for each size and time of it."""
    about = path.stat()
    with (
        _one_at_a_time
    ):  # a second thread waits for the sums of the first instead of making them too
        return _cached_file_digest(path, about.st_size, about.st_mtime_ns)


@lru_cache(maxsize=64)
def _cached_file_digest(path: Path, size: int, changed: int) -> bytes:
    if not size:
        return hashlib.sha256().digest()
    # Mapped, it is summed without a pause; read in pieces, each would wait for the interpreter
    # while others hold it.
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return hashlib.sha256(content).digest()
