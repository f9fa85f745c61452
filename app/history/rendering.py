"""A conversation as Markdown, or as one HTML page that has no script and may fetch nothing:
questions, answers, quotes with number, place and grade; in HTML the cited pages too. There a cite
links to the marked words, the number after them back to the quote. Ids in page.html: `q` a
question, `n` a quote, `c` its words on a page."""

import os
from collections.abc import Sequence
from importlib.resources import files

from docqa.app.answer.text import abridged_name_list
from docqa.app.output import render
from docqa.app.output.answer_head import head_of
from docqa.app.output.templates import escape_markup, fill_template
from docqa.app.storage.atomic import write_new

from . import export
from .marked_pages import is_cited, marked_pages
from .records import StoredAnnotation, StoredSession, StoredTurn

HTML = "html"
MARKDOWN = "md"
_FILES_SHOWN = 3
_MARKUP = str.maketrans({character: f"\\{character}" for character in "\\`*_[]<>#|~$&"})


def rendered(
    form: str,
    session: StoredSession,
    turns: Sequence[StoredTurn],
    first_quote: int = 1,
    annotations: Sequence[StoredAnnotation] = (),
) -> str:
    """The conversation as HTML or MARKDOWN, quotes numbered from `first_quote`, with what was
    highlighted; all text is escaped."""
    from markupsafe import Markup

    names = export.file_names_to_show(export.paths_of(session, turns))
    numbered = list(export.numbered(turns, first_quote))
    documents = list(dict.fromkeys(names[document.path] for document in session.documents))
    style = (files("docqa.app") / "history" / "page.css").read_text(encoding="utf-8")
    return fill_template(
        "history/page.html" if form == HTML else "history/page.md.jinja",
        escape_markup if form == HTML else _escape_markdown,
        render=render,
        export=export,
        head_of=head_of,
        is_cited=is_cited,
        inside=_escape_inner_markdown,
        session=session,
        turns=numbered,
        names=names,
        annotations=annotations,
        files=documents,
        style=Markup(style),
        title=abridged_name_list(documents, _FILES_SHOWN) or render.one_line_excerpt(session.title),
        pages=marked_pages(session, numbered, names),
    )


def write_export(
    path: str,
    session: StoredSession,
    turns: Sequence[StoredTurn],
    annotations: Sequence[StoredAnnotation] = (),
) -> str:
    """Write a conversation into a new file and return its path: HTML for `.html` or `.htm`, else
    Markdown. Raises FileExistsError, OSError, and ValueError for a name that no file can have."""
    target = os.path.expanduser(path)
    form = HTML if target.casefold().endswith((".html", ".htm")) else MARKDOWN
    write_new(target, rendered(form, session, turns, 1, annotations).encode("utf-8", "replace"))
    return target


def _escape_markdown(text: str) -> str:
    return render.printable(text).translate(_MARKUP)


def _escape_inner_markdown(text: str) -> str:
    """With the white space that parts it from its neighbours."""
    from markupsafe import Markup

    lead = " " if text[:1].isspace() else ""
    tail = " " if text[-1:].isspace() and text.strip() else ""
    return Markup(lead + _escape_markdown(text) + tail)
