"""What an answer and a cached state depend on: fields that are hashed, compared and printed."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docqa.app.answer.text import JsonObject
from docqa.app.storage.store import sha256_of
from docqa.ingest.read import INGEST_VERSION
from docqa.ingest.types import Document
from docqa.model.prompts.prompt import LAYOUT_VERSION
from docqa.model.state.long_attention import STATE_FORMAT, LongAttention

if TYPE_CHECKING:
    import torch

    from docqa.model.protocol import Model

STORE_LAYOUT = 3
"""Incremented when what is cached with a state changes its form or meaning."""


@dataclass(frozen=True)
class Profile:
    """All that the bits of a state depend on besides the token ids."""

    model: str
    layout: int
    state_format: int | str
    attention: str
    yarn_factor: float
    dtype: str
    kernels: str
    layers: int
    store: int = STORE_LAYOUT

    def fields(self) -> JsonObject:
        return dict(vars(self))


def documents_hash(documents: list[Document] | tuple[Document, ...]) -> str:
    """The sha256 of one document, or of those of all in order."""
    if len(documents) == 1:
        return documents[0].id
    return sha256_of("\n".join(document.id for document in documents).encode("ascii"))


def kernel_provenance(device: torch.device | None) -> str:
    """What changes the bits of a result on one machine: kernels, torch, threads, the processor's
    features. `device`: the accelerator that the network computes on; None: the CPU."""
    from docqa.kernels.native import is_native_in_use, kernel_identity
    from docqa.kernels.threads import thread_count
    from docqa.model.state.files import torch_version

    if device:
        from docqa.model.device import device_description

        return (
            f"{device.type} {device_description(device)}, torch {torch_version()}, {sys.platform}"
        )
    kernels = kernel_identity()  # named after the processor's instructions, where they are native
    if not is_native_in_use():
        import torch

        kernels += f", {torch.backends.cpu.get_cpu_capability()}"
    return f"{kernels}, torch {torch_version()}, {thread_count()} threads, {sys.platform}"


def make_state_profile(model: Model, yarn_factor: float, layout: int | None = None) -> Profile:
    """The Profile of states of `model` at `yarn_factor`; `layout`: of the Context, if not the
    bundled model's.
    """
    return Profile(
        model=model.fingerprint,
        layout=LAYOUT_VERSION if layout is None else layout,
        state_format=STATE_FORMAT,
        attention=str(sorted(vars(LongAttention()).items())),
        yarn_factor=yarn_factor,
        dtype=model.precision,
        kernels=kernel_provenance(None if model.is_on_cpu else model.device),
        layers=model.answer_layers,
    )


def answer_provenance(
    profile: Profile, documents: tuple[Document, ...], options: JsonObject, attention: str
) -> JsonObject:
    """The `provenance` object of an answer; `attention` says how far reading was exact."""
    stated = {
        "state_format": profile.state_format,
        "attention": attention,
        "yarn_factor": profile.yarn_factor,
    }
    return provenance_without_state(documents_hash(documents), profile.model, options) | stated


def provenance_without_state(document: str, model: str | None, options: JsonObject) -> JsonObject:
    """The same without a state; `document`: the hash of what was asked."""
    return {
        "document": document,
        "model": model,
        "ingest": INGEST_VERSION,
        "state_format": "none",
        "attention": "none",
        "yarn_factor": 1.0,
        "options": options,
    }
