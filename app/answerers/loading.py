"""From the options to the model that answers or, where a server has that, reads for it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from docqa.app.options import Options

if TYPE_CHECKING:
    from docqa.model.load import NetworkModel
    from docqa.model.prompts.chat_template import ChatTemplate
    from docqa.model.protocol import Model


def load_model(options: Options) -> Model:
    """The bundled model, or that of a checkpoint folder; of one with a reader the trunk alone, where answers are wanted
    from its state of the whole documents.

    Raises docqa.model.errors for a folder that is not one.
    """
    from docqa.model.answering import answering_model

    if options.source == "whole":
        model = load_network(options)
        return model.trunk_alone() if model.has_reader else model
    return answering_model(_folder(options), options.threads, options.device) or load_network(options)


def load_network(options: Options) -> NetworkModel:
    """The same model with its network there from the start, for what measures or trains it. Raises as `load_model`."""
    from docqa.model.load import load_model

    return load_model(_folder(options), threads=options.threads, device=options.device)


def _folder(options: Options) -> Path:
    from docqa.model.folder import BUNDLED

    if options.model is None:
        return BUNDLED
    if not Path(options.model).exists():
        from docqa.app.models.library import not_found

        raise not_found(options.model)
    return Path(options.model)


def find_model(options: Options) -> Model:
    """`load_model`; for openai:NAME the bundled one, which reads for the server. Raises UsageError without a server."""
    from docqa.app.answerers.remote.address import Address, is_remote

    if options.model is None or not is_remote(options.model):
        return load_model(options)
    Address.of(options.model, options.base_url)
    return bundled_model(options.threads)


@lru_cache(maxsize=1)
def bundled_model(threads: int | None) -> Model:
    """The bundled model, loaded once for all sessions of this process."""
    return load_model(Options(threads=threads))


def writing_template(model: Model) -> ChatTemplate | None:
    """The chat template of a checkpoint that writes its answers; None for one whose reader finds them, or without a
    template.

    Raises ConfigUnsupported where the template cannot be read.
    """
    from docqa.model.prompts.chat_template import ChatTemplate

    return ChatTemplate.load(model.folder) if not model.has_reader else None
