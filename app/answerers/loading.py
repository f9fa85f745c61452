"""From the options to the model that answers: one that runs here, or one that a server runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from docqa.app.options import Options

if TYPE_CHECKING:
    from docqa.app.answerers.remote.model import RemoteModel
    from docqa.model import protocol
    from docqa.model.load import Model
    from docqa.model.prompts.chat_template import ChatTemplate


def load_model(options: Options) -> Model:
    """The bundled model, or that of a checkpoint folder. Raises docqa.model.errors for a folder that is not one."""
    from docqa.model.load import load_model as load

    if options.model is not None and not Path(options.model).exists():
        from docqa.app.models.library import not_found

        raise not_found(options.model)
    return load(options.model, threads=options.threads, device=options.device)


def find_model(options: Options) -> Model | RemoteModel:
    """`load_model`, or the server's for openai:NAME. Raises UsageError for openai:NAME without a server."""
    from docqa.app.answerers.remote.address import Address, is_remote

    if options.model is None or not is_remote(options.model):
        return load_model(options)
    from docqa.app.answerers.remote.model import RemoteModel

    return RemoteModel(Address.of(options.model, options.base_url), options.timeout_s)


def writing_template(model: protocol.Model) -> ChatTemplate | None:
    """The chat template of a checkpoint that writes its answers; None for one whose span head finds them, or without a
    template.

    Raises ConfigUnsupported where the template cannot be read.
    """
    from docqa.model.prompts.chat_template import ChatTemplate

    return ChatTemplate.load(model.folder) if model.heads.span is None else None
