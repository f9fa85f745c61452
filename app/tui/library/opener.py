"""From what a library shows to the Session of one document."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from docqa.app.batch.items import containing_file
from docqa.app.errors import InputError
from docqa.ingest.errors import MissingError

from .recents import LibraryRow

if TYPE_CHECKING:
    from docqa.app.options import Options
    from docqa.app.session.session import Session
    from docqa.app.tui.page.image import PageImage
    from docqa.ingest.types import Document, Page

_EXPORT = re.compile(r".*\.(?:docqa|chat)(?:-\d+)?\.(?:md|html?)", re.IGNORECASE)


def list_documents(path: str) -> list[LibraryRow]:
    """The documents of a folder, an archive or a file, without what docqa exported. Raises
    docqa.ingest.errors.
    """
    from docqa.ingest.read import find_documents

    root = Path(path)
    found = []
    for name, content in find_documents(path):
        shown = os.path.relpath(name, root) if name != path else root.name
        if name != path and _EXPORT.fullmatch(name):
            continue
        about = (len(content), 0.0) if isinstance(content, bytes) else _size_and_time(content)
        found.append(LibraryRow(shown, name, *about))
    return found


def _size_and_time(file: Path) -> tuple[int, float]:
    try:
        status = file.stat()
    except OSError:
        return 0, 0.0
    return status.st_size, status.st_mtime


class SessionOpener:
    """Opens documents with `options`, one inside an archive by its path (`papers.zip/one.pdf`)."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.reads_hidden: set[str] = set()

    def __call__(
        self,
        path: str | Sequence[str],
        on_page: Callable[[int, int], None] | None = None,
        password: str | None = None,
        on_first: Callable[[Document], None] | None = None,
    ) -> Session:
        """The Session of the document at `path`, or of several; `on_page` and `on_first` as in
        open_session; a `password` is kept while this runs. Raises as the engine, InputError for a
        path with several."""
        from docqa.app.session.engine import open_session

        if password is not None:
            self.options = replace(self.options, password=password)
        paths = [path] if isinstance(path, str) else list(path)
        options = replace(
            self.options,
            include_hidden=self.options.include_hidden or self.reads_hidden >= set(paths),
        )
        files = list(dict.fromkeys(containing_file(each) or each for each in paths))
        session = open_session(files, options, on_page=on_page, on_first=on_first)
        chosen = [document for document in session.documents if document.path in paths] or list(
            session.documents
        )
        if isinstance(path, str) and len(chosen) != 1:
            raise InputError(
                f"contains {len(chosen)} documents", where=path, hint="open it as a library"
            )
        return session.make_session_for(chosen)

    def image(self, document: Document, page: Page) -> PageImage:
        """The page as a grey PNG, its (width, height) in points, and its lines' places, from a
        child process. Raises InputError where there is none, and docqa.ingest.errors."""
        from docqa.app.tui.page.graphics import line_boxes
        from docqa.app.tui.page.image import PageImage
        from docqa.ingest.request import ReadRequest
        from docqa.ingest.worker import inspect_in_worker

        if document.media_type != "application/pdf":
            raise InputError("only a PDF has images of its pages", where=document.path)
        data = _read_bytes(document.path)
        view = inspect_in_worker(
            ReadRequest(document.path, data, password=self.options.password), page
        )
        if view.picture is None:
            raise InputError(
                "; ".join(view.notes) or "this page cannot be drawn", where=f"PDF {page.page}"
            )
        return PageImage(view.picture, (view.width_pt, view.height_pt), line_boxes(view, page))


def _read_bytes(path: str) -> bytes:
    from docqa.ingest.read import find_documents

    for name, content in find_documents(containing_file(path) or path):
        if name == path:
            return content if isinstance(content, bytes) else content.read_bytes()
    raise MissingError("this document does not exist any more", where=path, hint="Open it again")
