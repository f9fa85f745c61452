"""From the options to the model that answers or, where a server has that, reads for it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from docqa.app.options import Options
from docqa.model.folder import BUNDLED, load_calibration_file

from .remote.address import Address, is_remote
from .third_party import third_party_calibration_path, third_party_models

if TYPE_CHECKING:
    from docqa.model.load import NetworkModel
    from docqa.model.prompts.chat_template import ChatTemplate
    from docqa.model.protocol import Model


def load_model(options: Options) -> Model:
    """The bundled model, or that of a checkpoint folder. Raises docqa.model.errors for a folder that
    is not one.
    """
    from docqa.model.answering import answering_model

    model = answering_model(
        _checkpoint_folder(options), options.threads, options.device
    ) or load_network(options)
    if not (model.has_reader and third_party_models(options)):
        return model
    # They read, encode or rank in the place of the model's own, with the calibration fitted for
    # them.
    from docqa.model.foreign.encoder import ForeignEncoder
    from docqa.model.foreign.folder import PLUGIN, reader_entry_point
    from docqa.model.foreign.reader import ForeignSpanReader
    from docqa.model.foreign.reranker import ForeignReranker

    if options.encoder is not None:
        model.passage_encoder = ForeignEncoder(Path(options.encoder), options.device)
    if options.reranker is not None:
        model.reranker = ForeignReranker(Path(options.reranker), options.device)
    if options.reader is not None and model.reader:
        plugged = (
            reader_entry_point(options.reader).load() if options.reader.startswith(PLUGIN) else None
        )
        model.reader.other = (
            plugged() if plugged else ForeignSpanReader(Path(options.reader), options.device)
        )
    fitted = third_party_calibration_path(options)
    if fitted and fitted.is_file():
        model.calibration["refusal"] = load_calibration_file(fitted)["refusal"]
    return model


def load_network(options: Options) -> NetworkModel:
    """The same model with its network there from the start, for what measures or trains it. Raises
    as `load_model`.
    """
    from docqa.model.load import load_model

    return load_model(_checkpoint_folder(options), threads=options.threads, device=options.device)


def _checkpoint_folder(options: Options) -> Path:
    if options.model is None:
        return BUNDLED
    if not Path(options.model).exists():
        from docqa.app.models.library import not_found

        raise not_found(options.model)
    return Path(options.model)


def find_model(options: Options) -> Model:
    """`load_model`; for openai:NAME the bundled one, which reads for the server. Raises UsageError
    without a server.
    """
    if options.model is None or not is_remote(options.model):
        return load_model(options)
    Address.from_model_name(options.model, options.base_url)
    return bundled_model(options)


def bundled_model(options: Options) -> Model:
    """The bundled model with third-party models in its roles, loaded once for all sessions of this
    process.
    """
    return _bundled(
        Options(
            threads=options.threads,
            reader=options.reader,
            encoder=options.encoder,
            reranker=options.reranker,
            cache_dir=options.cache_dir if third_party_models(options) else None,
        )
    )


_bundled = lru_cache(maxsize=1)(load_model)


def writing_template(model: Model) -> ChatTemplate | None:
    """The chat template of a checkpoint that writes its answers; None for one whose reader finds
    them, or without a template. Raises ConfigUnsupported where it cannot be read."""
    from docqa.model.prompts.chat_template import ChatTemplate

    return None if model.has_reader else ChatTemplate.load(model.folder)
