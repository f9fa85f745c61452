"""The one core under every front end: paths and options in, a Session out.

    with open_session(["contract.pdf"], Options()) as session:
        for event in session.ask("When does the term end?"):
            ...                         # events.py; the last is Finished

CLI, terminal interface, chat and batch all go through here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docqa.app.session.session import Session
    from docqa.app.storage.store import Store
    from docqa.ingest.types import Document


@dataclass(frozen=True)
class Options:
    """How documents are read and questions answered; the defaults are those of the commands.

    `k`: evidence passages that are read again before a question. `quick`: only the preliminary answer. `preview`: a
    preliminary answer first when reading takes long. `store`: keep on disk what was read. `model_scores`: let the
    model's own signals rank evidence (off: literal words alone). `model` openai:NAME is asked of the server at
    `base_url`, which may be silent for `timeout_s`. `think`: whether a model that can think does so; None leaves it to
    the model.
    """

    model: str | None = None
    k: int = 5
    quick: bool = False
    preview: bool = True
    store: bool = True
    include_hidden: bool = False
    password: str | None = None
    media_type: str | None = None
    cache_dir: str | None = None
    threads: int | None = None
    model_scores: bool = True
    base_url: str | None = None
    timeout_s: float = 120.0
    think: bool | None = None

    def recorded(self) -> dict[str, Any]:
        """The options that an answer depends on, for its provenance."""
        return {
            "k": self.k,
            "quick": self.quick,
            "include_hidden": self.include_hidden,
            "model_scores": self.model_scores,
        }


def open_session(paths: list[str], options: Options | None = None, *, model: Any = None) -> Session:
    """Parse the documents of `paths` (kept by content) into one Session; the model is loaded when it is needed.

    `model` hands in one that is loaded already. Raises docqa.ingest.errors for documents, docqa.model.errors for the
    model when it is first used.
    """
    from docqa.app.answerers.remote.address import Address, is_remote
    from docqa.app.storage.sources import ReadingOptions, read_sources

    chosen = options or Options()
    if is_remote(chosen.model):  # before documents are parsed, which may take long
        Address.of(str(chosen.model), chosen.base_url)
    store = open_store(chosen) if chosen.store else None
    reading = ReadingOptions(chosen.password, chosen.media_type, chosen.include_hidden)
    found = read_sources(paths, reading, store)
    return session_of(found.documents, chosen, store=store, warnings=found.warnings, notices=found.notices, model=model)


def session_of(documents: list[Document], options: Options, **parts: Any) -> Session:
    """The Session of documents that are parsed already; `parts` as those of Session.

    One that asks a server is made only where `options` name such a model.
    """
    from docqa.app.answerers.remote.address import is_remote

    if is_remote(options.model):
        from docqa.app.answerers.remote.session import RemoteSession

        return RemoteSession(documents, options, **parts)
    from docqa.app.session.session import Session

    return Session(documents, options, **parts)


def open_store(options: Options) -> Store:
    """The folder that `options` keep things in."""
    from docqa.app.storage.store import Store

    return Store(Path(options.cache_dir).expanduser() if options.cache_dir else None)


def load_model(options: Options) -> Any:
    """The Model that `options` name: the bundled one, a checkpoint folder, or what stands for a server's.

    Raises UsageError for openai:NAME without a server, docqa.model.errors for a folder that is no model.
    """
    from docqa.app.answerers.remote.address import Address, is_remote

    if options.model is not None and is_remote(options.model):
        from docqa.app.answerers.remote.model import RemoteModel

        return RemoteModel(Address.of(options.model, options.base_url), options.timeout_s)
    from docqa.model.load import load_model as load

    if options.model is not None and not Path(options.model).exists():
        from docqa.app.models.library import not_found

        raise not_found(options.model)
    return load(options.model, threads=options.threads)
