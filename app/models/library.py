"""The checkpoints on this machine: the bundled one, and those that `docqa models pull` brought.

    models/ORG--NAME/COMMIT/          a whole, verified checkpoint; pulled.json says where each
                                      file is from
    models/ORG--NAME/.pull-COMMIT/    one that is being fetched, or was left: the same pull goes on
                                      with it

A checkpoint takes its name only when every file of it was compared with its hash, so what is here
is whole.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import docqa.model
from docqa.app import config
from docqa.app.errors import UsageError
from docqa.model.checkpoints.weights import weight_files
from docqa.model.config import HybridConfig
from docqa.model.errors import ModelNotFound
from docqa.model.foreign.folder import MANIFEST, model_name

from .known import known_id

BUNDLED_NAME = "docqa-155m"
BUNDLED_NAMES = (BUNDLED_NAME, "bundled")
_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Pulled:
    """A checkpoint that was pulled: `id` on the hub, `commit` it is pinned to, `revision` asked
    for, `bits` it was quantized to, or None."""

    id: str
    commit: str
    revision: str
    folder: Path
    bytes: int
    bits: int | None = None

    @property
    def name(self) -> str:
        return f"{self.id}@{self.commit[:12]}" + (f" in {self.bits} bits" if self.bits else "")


def bundled() -> Path:
    """The folder of the bundled model, without importing torch."""
    return Path(docqa.model.__file__).parent / "bundled"


def models_root() -> Path:
    return config.resolve_settings().cache_dir / "models"


def check_model_id(name: str) -> str:
    """The hub id that `name` means; the last part is enough for a known model. Raises
    UsageError.
    """
    if (model_id := known_id(name)) is not None:
        return model_id
    if not _ID.fullmatch(name) or ".." in name or "--" in name:
        raise UsageError(
            f"{name!r} is not the id of a model",
            hint="ORG/NAME, as Qwen/Qwen3.5-4B; see `docqa models list`",
        )
    return name


def pulled_models(root: Path) -> list[Pulled]:
    """Every whole checkpoint under `root`, by id, the newest of an id first."""
    found: list[tuple[str, float, Pulled]] = []
    for manifest in root.glob(f"*/*/{MANIFEST}"):
        if not _COMMIT.fullmatch(manifest.parent.name):
            continue
        try:
            raw = json.loads(manifest.read_bytes())
            sizes = sum(int(entry["size"]) for entry in raw["files"].values())
            model = Pulled(
                raw["id"], raw["commit"], raw["revision"], manifest.parent, sizes, raw.get("bits")
            )
            found.append((model.id, -manifest.stat().st_mtime, model))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # not ours; pulling the same again replaces it
    return [model for *_, model in sorted(found, key=lambda entry: entry[:2])]


def find(name: str, root: Path) -> Path | None:
    """The folder or GGUF file that `name` (a path, the bundled name, a pulled `ORG/NAME[@COMMIT]`)
    means, else None.
    """
    if name in BUNDLED_NAMES:
        return bundled()
    path = Path(name).expanduser()
    if path.is_dir() or (path.suffix == ".gguf" and path.is_file()):
        return path
    wanted, _, commit = name.partition("@")
    wanted = known_id(wanted) or wanted
    for have in pulled_models(root):
        if have.id.casefold() == wanted.casefold() and (
            have.commit.startswith(commit) or have.revision == commit
        ):
            return have.folder
    return None


def name_of(folder: Path) -> str:
    """What people call the model in `folder`: the bundled name, a pulled ORG/NAME, or the folder's
    name.
    """
    if folder == bundled():
        return BUNDLED_NAME
    return model_name(folder)


def not_found(name: str) -> ModelNotFound:
    if (model_id := known_id(name.partition("@")[0])) is not None:
        return ModelNotFound(
            f"{model_id} is not on this machine (`docqa models pull {model_id}` fetches it)"
        )
    hint = "`docqa models list` shows the models"
    if _ID.fullmatch(name):
        hint += f"; `docqa models pull {name}` fetches it if the hub has it"
    return ModelNotFound(f"{name}: no model, folder or GGUF file has this name ({hint})")


def check_checkpoint(folder: Path) -> None:
    """Raises docqa.model.errors for a folder that is no whole checkpoint of the family."""
    HybridConfig.from_folder(folder)
    weight_files(folder)
