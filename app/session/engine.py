"""The one core under every front end: paths and options in, a Session out.

    with open_session(["contract.pdf"], Options()) as session:
        for event in session.ask("When does the term end?"):
            ...                         # answer/events.py; the last is Finished

CLI, terminal interface, chat and batch all go through here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docqa.app.options import Options

if TYPE_CHECKING:
    from collections.abc import Callable

    from docqa.app.session.session import Session
    from docqa.ingest.types import Document
    from docqa.model.protocol import Model


def open_session(
    paths: list[str],
    options: Options | None = None,
    *,
    model: Model | None = None,
    on_page: Callable[[int, int], None] | None = None,
    on_first: Callable[[Document], None] | None = None,
) -> Session:
    """Parse the documents of `paths` (kept by content) into one Session; the model is loaded when first needed, unless
    `model` is one. `on_page` and `on_first` are those of ReadRequest. Raises docqa.ingest.errors for documents,
    InputError for sections that they lack, and later docqa.model.errors."""
    from docqa.app.answerers.remote.address import Address, is_remote
    from docqa.app.session.session import Session
    from docqa.app.storage.sources import read_sources, reading_of
    from docqa.app.storage.store import store_of

    chosen = options or Options()
    if is_remote(chosen.model):  # before documents are parsed, which may take long
        Address.of(str(chosen.model), chosen.base_url)
    store = store_of(chosen)
    found = read_sources(paths, reading_of(chosen, on_page, on_first), store)
    if chosen.sections is not None:
        from docqa.app.places.limited import limited

        found.documents = list(limited(found.documents, chosen.sections))
    return Session(found.documents, chosen, store=store, warnings=found.warnings, notices=found.notices, model=model)
