"""A conversation as one HTML page: answers, quotes, and the cited pages with the quotes marked. It
has no script, and its policy forbids a browser to fetch anything. A cite links to the marked words,
the number behind them back to the quote. Its ids in page.html: `q` a question, `n` a quote, `c` its
words on a page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files

from docqa.app.answer.answer import Cite, Quote
from docqa.app.answer.text import first_of
from docqa.app.history import export
from docqa.app.history.records import CitedPage, KeptAnnotation, KeptSession, KeptTurn
from docqa.app.output import render
from docqa.app.output.answer_head import head_of
from docqa.app.output.render import excerpt, page_text
from docqa.app.output.templates import escaped, filled_in

_FILES_SHOWN = 3


def html_page(
    session: KeptSession,
    turns: Sequence[KeptTurn],
    first_quote: int = 1,
    annotations: Sequence[KeptAnnotation] = (),
) -> str:
    """The page, its quotes numbered from `first_quote`, with what was highlighted; all text is
    escaped.
    """
    from markupsafe import Markup

    names = export.shown_names(export.paths_of(session, turns))
    numbered = list(export.numbered(turns, first_quote))
    documents = list(dict.fromkeys(names[document.path] for document in session.documents))
    style = (files("docqa.app") / "history" / "page.css").read_text(encoding="utf-8")
    return filled_in(
        "history/page.html",
        render=render,
        export=export,
        head_of=head_of,
        is_cited=_is_cited,
        session=session,
        turns=numbered,
        names=names,
        annotations=annotations,
        style=Markup(style),
        title=first_of(documents, _FILES_SHOWN) or excerpt(session.title),
        pages=[
            (heading, page.start, Markup(text))
            for heading, page, text in _pages(session, numbered, names)
        ],
    )


def _pages(
    session: KeptSession,
    turns: Sequence[tuple[KeptTurn, list[export.NumberedQuote]]],
    names: dict[str, str],
) -> Iterator[tuple[str, CitedPage, str]]:
    """(heading, page, its text with the quotes marked) of the cited pages, in the order of the
    documents.
    """
    marks: dict[CitedPage, list[MarkedSpan]] = {}
    for turn, item in ((turn, item) for turn, quotes in turns for item in quotes):
        known = f' id="c{item.number}"'  # of a quote's first mark: its cite leads there
        back = f'<a class="back" href="#n{item.number}" title="back to quote {item.number}">{item.number}</a>'
        for cite in item.quote.cites:
            if (page := _page_of(turn, cite)) is not None:
                mark = MarkedSpan(
                    cite.start - page.start,
                    cite.end - page.start,
                    f"<mark{known}>",
                    f"</mark>{back}",
                )
                marks.setdefault(page, []).append(mark)
                known = ""
    ranks = {document.path: rank for rank, document in enumerate(session.documents)}
    for page in sorted(
        marks, key=lambda page: (ranks.get(page.file, len(ranks)), page.page or 0, page.start)
    ):
        place = f"p. {page_text(page.page, page.label)}" if page.page is not None else ""
        yield (
            " · ".join(filter(None, (names.get(page.file, page.file), place))),
            page,
            marked(page.text, marks[page]),
        )


def _is_cited(turn: KeptTurn, quote: Quote) -> bool:
    """Whether one of the pages that `quote` cites is kept."""
    return any(_page_of(turn, cite) is not None for cite in quote.cites)


def _page_of(turn: KeptTurn, cite: Cite) -> CitedPage | None:
    same = (page for page in turn.pages if (page.file, page.page) == (cite.file, cite.page))
    return next((page for page in same if page.start <= cite.start < cite.end <= page.end), None)


@dataclass(frozen=True)
class MarkedSpan:
    """Characters `start:end` of a text, between the HTML `opening` and `closing`."""

    start: int
    end: int
    opening: str
    closing: str


def marked(text: str, marks: Sequence[MarkedSpan]) -> str:
    """`text` escaped, with its marks; one that reaches out of another is closed at its end and goes
    on behind it.
    """
    pieces: list[str] = []
    open_marks: list[MarkedSpan] = []
    # Of equals the first closes first.
    inside = (mark for mark in reversed(marks) if 0 <= mark.start < mark.end <= len(text))
    waiting = sorted(inside, key=lambda mark: (mark.start, -mark.end))
    at = 0
    while waiting or open_marks:
        closes = open_marks[-1].end if open_marks else len(text) + 1
        opens = waiting[0].start if waiting else len(text) + 1
        if closes <= opens:
            pieces.append(escaped(text[at:closes]) + open_marks.pop().closing)
            at = closes
            continue
        mark = waiting.pop(0)
        pieces.append(escaped(text[at:opens]) + mark.opening)
        at = opens
        if open_marks and mark.end > closes:
            rest = MarkedSpan(closes, mark.end, "<mark>", "</mark>")
            waiting = sorted([*waiting, rest], key=lambda mark: (mark.start, -mark.end))
            mark = MarkedSpan(mark.start, closes, mark.opening, mark.closing)
        open_marks.append(mark)
    return "".join(pieces) + escaped(text[at:])
