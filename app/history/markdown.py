"""A conversation as Markdown: questions, answers, quotes with number, place and grade."""

import os
from collections.abc import Sequence

from markupsafe import Markup

from docqa.app.history import export
from docqa.app.history.html_page import html_page
from docqa.app.history.records import KeptAnnotation, KeptSession, KeptTurn
from docqa.app.output import render
from docqa.app.output.templates import filled_in
from docqa.app.storage.atomic import write_new

_MARKUP = str.maketrans({character: f"\\{character}" for character in "\\`*_[]<>#|~$&"})


def markdown(
    session: KeptSession,
    turns: Sequence[KeptTurn],
    first_quote: int = 1,
    annotations: Sequence[KeptAnnotation] = (),
) -> str:
    """The conversation, quotes numbered from `first_quote`, with what was highlighted; all is
    escaped.
    """
    names = export.shown_names(export.paths_of(session, turns))
    return filled_in(
        "history/page.md.jinja",
        _plain,
        render=render,
        export=export,
        inside=_plain_inside,
        session=session,
        turns=list(export.numbered(turns, first_quote)),
        names=names,
        annotations=annotations,
        files=list(dict.fromkeys(names[document.path] for document in session.documents)),
    )


def write_export(
    path: str,
    session: KeptSession,
    turns: Sequence[KeptTurn],
    annotations: Sequence[KeptAnnotation] = (),
) -> str:
    """Write a conversation into a new file and return its path: HTML for `.html` or `.htm`, else
    Markdown. Raises FileExistsError, OSError, and ValueError for a name that no file can have."""
    target = os.path.expanduser(path)
    form = html_page if target.casefold().endswith((".html", ".htm")) else markdown
    write_new(target, form(session, turns, 1, annotations).encode("utf-8", "replace"))
    return target


def _plain(text: str) -> str:
    return render.printable(text).translate(_MARKUP)


def _plain_inside(text: str) -> str:
    """With the white space that parts it from its neighbours."""
    lead = " " if text[:1].isspace() else ""
    tail = " " if text[-1:].isspace() and text.strip() else ""
    return Markup(lead + _plain(text) + tail)
