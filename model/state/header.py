"""header.json of a saved state (files.py): what it is of, and its files; imports no torch."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypedDict

from docqa.model.errors import StateDamaged

if TYPE_CHECKING:
    import torch

    from docqa.model.config import HybridConfig

HEADER = "header.json"


class StateFileEntry(TypedDict):
    """Size and checksum of one file."""

    bytes: int
    sha256: str


class SavedPoint(TypedDict):
    """A position that the state can be restored at: its file, and the digest of the ids up to
    there.
    """

    position: int
    file: str
    ids: str


class StateSettings(TypedDict):
    """All that changes the bits of a state."""

    schema: int
    model: str
    dtype: str
    threads: int
    torch: str
    kernels: str
    yarn_factor: float
    layers: int
    grid: int
    long_attention: list[int]
    memory_layout: str


class StateHeader(TypedDict):
    """The content of header.json; `header` is what the caller wants to find again."""

    settings: StateSettings
    header: dict[str, object]
    points: list[SavedPoint]
    files: dict[str, StateFileEntry]
    checksum: str


class StateModel(Protocol):
    """What a saved state is compared with: the model that read its tokens."""

    @property
    def config(self) -> HybridConfig: ...
    @property
    def fingerprint(self) -> str:
        """Names the weights: equal for equal files."""

    @property
    def precision(self) -> str:
        """The compute dtype and whether matrices are packed, in words."""

    @property
    def device(self) -> torch.device | None:
        """Where the network and its states are; None: arrays of numpy."""


def load_header(folder: Path) -> StateHeader:
    """The header of a saved state, its own checksum checked. Raises StateDamaged: there is none, or
    it was changed.
    """
    path = folder / HEADER
    try:
        content: StateHeader = json.loads(path.read_text(encoding="utf-8"))
        right = content["checksum"] == header_checksum(content)
    except FileNotFoundError as error:
        raise StateDamaged(
            f"{path} is missing: no state was saved there, or only half of one"
        ) from error
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise StateDamaged(f"{path} cannot be read ({error})") from error
    if not right:
        raise StateDamaged(f"{path} does not match its checksum")
    return content


def header_checksum(content: StateHeader) -> str:
    """sha256 of a header without its own checksum."""
    rest = {key: value for key, value in content.items() if key != "checksum"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()
