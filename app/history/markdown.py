"""A conversation as Markdown: questions, answers, quotes with number, place and grade."""

import os
from collections.abc import Sequence

from docqa.app.history import export
from docqa.app.history.html_page import html_page
from docqa.app.history.records import Annotation, KeptSession, KeptTurn
from docqa.app.output.render import coverage_line, excerpt, nearest, printable, quote_remark
from docqa.app.storage.atomic import write_new

_MARKUP = str.maketrans({character: f"\\{character}" for character in "\\`*_[]<>#|~$&"})


def markdown(
    session: KeptSession, turns: Sequence[KeptTurn], first_quote: int = 1, annotations: Sequence[Annotation] = ()
) -> str:
    """The conversation, quotes numbered from `first_quote`, with what was highlighted; all is escaped."""
    names = export.shown_names(export.paths_of(session, turns))
    files = [names[document.path] for document in session.documents]
    parts = [f"# {_plain(session.title)}", f"{_plain(', '.join(dict.fromkeys(files)))} · {export.day(session.started)}"]
    for turn, quotes in export.numbered(turns, first_quote):
        parts += _turn_parts(turn, quotes, names, len(session.documents))
    parts += [f"## {export.ANNOTATIONS}"] if annotations else []
    for annotation in annotations:
        words = " ".join(_plain(line) for line in annotation.text.splitlines())
        parts += [f"> “{words}”\n>\n> {_plain(annotation.place)}", _plain(annotation.note)]
    return "\n\n".join(part for part in parts if part) + "\n"


def write_export(
    path: str, session: KeptSession, turns: Sequence[KeptTurn], annotations: Sequence[Annotation] = ()
) -> str:
    """Write a conversation into a new file and return its path: HTML for `.html` or `.htm`, else Markdown. Raises
    FileExistsError, OSError, and ValueError for a name that no file can have."""
    target = os.path.expanduser(path)
    form = html_page if target.casefold().endswith((".html", ".htm")) else markdown
    write_new(target, form(session, turns, 1, annotations).encode("utf-8", "replace"))
    return target


def _turn_parts(turn: KeptTurn, quotes: list[export.NumberedQuote], names: dict[str, str], files: int) -> list[str]:
    parts = [f"## {_plain(turn.question)}"]
    if turn.understood:
        parts.append(f"*understood as: {_plain(turn.understood)}*")
    answer = turn.answer
    found = answer is not None and answer.answer is not None
    said = _plain(export.headline(turn, names))
    parts.append(f"**{said}**" if found else said)
    parts.append("\n".join(f"- {_plain(line)}" for line in export.statement_lines(turn, quotes)))
    parts += [_quote_part(item, names) for item in quotes]
    if answer is not None:
        shown = nearest(answer)
        parts += ["Nearest, not an answer:"] if shown else []
        for item in shown:
            parts.append(f"- {_plain(export.evidence_place(item, names))}: {_plain(excerpt(item.text))}")
        parts.append(_plain(coverage_line(answer.coverage)))
    parts.append(" · ".join(_plain(remark) for remark in export.remarks(turn, files)))
    return parts


def _quote_part(item: export.NumberedQuote, names: dict[str, str]) -> str:
    quote = item.quote
    before, words, after = (_plain_inside(part) for part in export.marked_words(quote))
    marked = f"**{words}**" if words.strip() == words and words else words
    place = _plain(export.place_text(quote.cites, names))
    said = _plain(quote_remark(quote))
    return f"> “{before}{marked}{after}”\n>\n> \\[{item.number}\\] {place}{said} ({quote.grade.explained})"


def _plain(text: str) -> str:
    return printable(text).translate(_MARKUP)


def _plain_inside(text: str) -> str:
    """With the white space that parts it from its neighbours."""
    lead = " " if text[:1].isspace() else ""
    tail = " " if text[-1:].isspace() and text.strip() else ""
    return lead + _plain(text) + tail
