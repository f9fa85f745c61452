"""The cited pages below an exported page of HTML: their text, with the quotes marked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from docqa.app.answer.answer import Cite, Quote
from docqa.app.output.render import page_text
from docqa.app.output.templates import escape_markup

from .export import NumberedQuote
from .records import CitedPage, StoredSession, StoredTurn


def marked_pages(
    session: StoredSession,
    turns: Sequence[tuple[StoredTurn, list[NumberedQuote]]],
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
            if page := _stored_page_of_cite(turn, cite):
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


def is_cited(turn: StoredTurn, quote: Quote) -> bool:
    """Whether one of the pages that `quote` cites is kept."""
    return any(_stored_page_of_cite(turn, cite) for cite in quote.cites)


def _stored_page_of_cite(turn: StoredTurn, cite: Cite) -> CitedPage | None:
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
    on after it.
    """
    pieces: list[str] = []
    open_marks: list[MarkedSpan] = []
    # Of equals the first closes first.
    inside = (mark for mark in reversed(marks) if 0 <= mark.start < mark.end <= len(text))
    waiting = sorted(inside, key=lambda mark: (mark.start, -mark.end))
    position = 0
    while waiting or open_marks:
        closes = open_marks[-1].end if open_marks else len(text) + 1
        opens = waiting[0].start if waiting else len(text) + 1
        if closes <= opens:
            pieces.append(escape_markup(text[position:closes]) + open_marks.pop().closing)
            position = closes
            continue
        mark = waiting.pop(0)
        pieces.append(escape_markup(text[position:opens]) + mark.opening)
        position = opens
        if open_marks and mark.end > closes:
            rest = MarkedSpan(closes, mark.end, "<mark>", "</mark>")
            waiting = sorted([*waiting, rest], key=lambda mark: (mark.start, -mark.end))
            mark = MarkedSpan(mark.start, closes, mark.opening, mark.closing)
        open_marks.append(mark)
    return "".join(pieces) + escape_markup(text[position:])
