"""The one core under every front end: paths and options in, a Session out.

    with open_session(["contract.pdf"], Options()) as session:
        for event in session.ask("When does the term end?"):
            ...                         # answer/events.py; the last is Finished

CLI, terminal interface, chat and batch all go through here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from docqa.app.options import Options

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from docqa.ingest.types import Document
    from docqa.model.protocol import Model

    from .session import Session


def open_session(
    sources: Sequence[str] | Sequence[Document],
    options: Options | None = None,
    *,
    model: Model | None = None,
    called: str | None = None,
    on_page: Callable[[int, int], None] | None = None,
    on_first: Callable[[Document], None] | None = None,
    load_meanwhile: bool = False,
) -> Session:
    """A Session of the documents at paths, parsed and cached by content, or of Documents, as if
    their path were `called`. The model is loaded when first needed, or with `load_meanwhile` while
    a document is parsed, unless `model` is one. `on_page` and `on_first` are those of ReadRequest.
    Raises docqa.ingest.errors for documents, InputError for sections that they lack, and then or
    later docqa.model.errors."""
    from docqa.app.answerers.remote.address import Address, is_remote
    from docqa.app.storage.sources import Sources, read_sources, reading_of
    from docqa.app.storage.store import store_of

    chosen = options or Options()
    if is_remote(chosen.model):  # before documents are parsed, which may take long
        Address.from_model_name(str(chosen.model), chosen.base_url)
    store = store_of(chosen)

    def load() -> None:
        nonlocal model
        model = model or _load_model_for_session(chosen)

    paths = [source for source in sources if isinstance(source, str)]
    parsed = Sources([source for source in sources if not isinstance(source, str)])
    if not parsed.documents:
        request = reading_of(chosen, on_page, on_first)
        if load_meanwhile:
            request = replace(request, on_begun=load)
        parsed = read_sources(paths, request, store)
    documents = tuple(parsed.documents)
    if chosen.sections is not None:
        from docqa.app.places.limited import limit_to_sections

        documents = limit_to_sections(documents, chosen.sections)
    if called is not None:
        documents = tuple(replace(document, path=called) for document in documents)
    from .session import Session

    return Session(documents, chosen, store, parsed.warnings, parsed.notices, model)


def _load_model_for_session(options: Options) -> Model:
    from docqa.app.answerers.loading import find_model

    from . import session  # noqa: F401 - what answers is imported, too

    model = find_model(options)
    model.reader, model.passage_encoder  # noqa: B018 - loaded when first needed
    return model
