"""A conversation as one HTML page: answers, quotes, and the cited pages with the quotes marked. It has no script, and
its policy forbids a browser to fetch anything. A cite links to the marked words, the number behind them back to the
quote."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from docqa.app.answer.answer import Cite
from docqa.app.answer.text import first_of
from docqa.app.history import export
from docqa.app.history.export import NumberedQuote
from docqa.app.history.records import Annotation, CitedPage, KeptSession, KeptTurn
from docqa.app.output.answer_head import AnswerHead, head_of
from docqa.app.output.render import coverage_line, excerpt, nearest, page_text, printable, quote_remark

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_FILES_SHOWN = 3
# What could reorder or hide text in a browser; line ends and tabs stay.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def html_page(
    session: KeptSession, turns: Sequence[KeptTurn], first_quote: int = 1, annotations: Sequence[Annotation] = ()
) -> str:
    """The page, its quotes numbered from `first_quote`, with what was highlighted; all text is escaped."""
    page = _Page(session, turns, first_quote)
    title = escaped(page.title())
    style = (files("docqa.app") / "history" / "page.css").read_text(encoding="utf-8")
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
<section class="answers" aria-label="Questions and answers">
<header>
<h1>{title}</h1>
<p class="about">{page.about()}</p>
</header>
{page.contents()}{page.answers()}{_annotations(annotations)}</section>
<section class="pages" aria-label="Cited pages">
{page.pages()}</section>
</main>
</body>
</html>
"""


def _annotations(annotations: Sequence[Annotation]) -> str:
    if not annotations:
        return ""
    lines = ['<article class="annotations">', f"<h2>{export.ANNOTATIONS}</h2>"]
    for each in annotations:
        words, place = escaped(each.text), escaped(each.place)
        lines.append(f'<blockquote class="own"><p><mark>{words}</mark></p>\n<footer>{place}</footer></blockquote>')
        lines += [f'<p class="note">{escaped(each.note)}</p>'] if each.note else []
    return "\n".join(lines) + "\n</article>\n"


class _Page:
    """The parts of one page; ids: `q` a question, `n` a quote, `c` its words on a page."""

    def __init__(self, session: KeptSession, turns: Sequence[KeptTurn], first_quote: int) -> None:
        self._session = session
        self._turns = list(export.numbered(turns, first_quote))
        self._names = export.shown_names(export.paths_of(session, turns))
        self._marks: dict[CitedPage, list[MarkedSpan]] = {}
        for turn, item in ((turn, item) for turn, quotes in self._turns for item in quotes):
            known = f' id="c{item.number}"'  # of a quote's first mark: its cite leads there
            back = f'<a class="back" href="#n{item.number}" title="back to quote {item.number}">{item.number}</a>'
            for cite in item.quote.cites:
                if (page := _page_of(turn, cite)) is not None:
                    start, end = cite.start - page.start, cite.end - page.start
                    mark = MarkedSpan(start, end, f"<mark{known}>", f"</mark>{back}")
                    self._marks.setdefault(page, []).append(mark)
                    known = ""

    def title(self) -> str:
        names = list(dict.fromkeys(self._names[document.path] for document in self._session.documents))
        return first_of(names, _FILES_SHOWN) or excerpt(self._session.title)

    def about(self) -> str:
        count = len(self._turns)
        questions = f"{count} question{'' if count == 1 else 's'}"
        return f"{questions} · {export.day(self._session.started)} · answered by docqa in the document’s own words"

    def contents(self) -> str:
        if len(self._turns) < 2:
            return ""
        items = "\n".join(
            f'<li><a href="#q{number}">{escaped(excerpt(turn.question))}</a></li>'
            for number, (turn, _) in enumerate(self._turns, start=1)
        )
        return f'<nav aria-label="Questions">\n<ol>\n{items}\n</ol>\n</nav>\n'

    def answers(self) -> str:
        return "".join(self._turn(number, *found) for number, found in enumerate(self._turns, start=1))

    def pages(self) -> str:
        if not self._marks:
            return '<p class="empty">No page is cited.</p>\n'
        order = [document.path for document in self._session.documents]
        ranks = {path: rank for rank, path in enumerate(order)}
        found = sorted(self._marks, key=lambda page: (ranks.get(page.file, len(order)), page.page or 0, page.start))
        shown = []
        for page in found:
            place = f"p. {page_text(page.page, page.label)}" if page.page is not None else ""
            heading = " · ".join(escaped(part) for part in (self._names.get(page.file, page.file), place) if part)
            before = '<p class="cut">…</p>\n' if page.start else ""
            text = f'<div class="text" dir="auto">{marked(page.text, self._marks[page])}</div>'
            shown.append(f'<article class="page">\n<h3>{heading}</h3>\n{before}{text}\n</article>\n')
        return "".join(shown)

    def _turn(self, number: int, turn: KeptTurn, quotes: list[NumberedQuote]) -> str:
        answer = turn.answer
        found = answer is not None and answer.answer is not None
        lines = [f'<article id="q{number}">', f"<h2>{escaped(printable(turn.question))}</h2>"]
        if turn.understood:
            lines.append(f'<p class="understood">understood as: {escaped(printable(turn.understood))}</p>')
        lines += [head_line(head_of(answer))] if answer is not None else []
        lines.append(f'<p class="{"answer" if found else "none"}">{escaped(export.headline(turn, self._names))}</p>')
        statements = "".join(f"<li>{escaped(line)}</li>" for line in export.statement_lines(turn, quotes))
        lines += [f'<ul class="statements">{statements}</ul>'] if statements else []
        lines += [self._quote(turn, item) for item in quotes]
        shown = nearest(answer) if answer is not None else ()
        lines += ['<p class="nearest">Nearest, not an answer:</p>'] if shown else []
        for item in shown:
            place = export.evidence_place(item, self._names)
            text = escaped(excerpt(item.text))
            lines.append(f'<blockquote class="weak"><p>{text}</p>\n<footer>{escaped(place)}</footer></blockquote>')
        said = export.remarks(turn, len(self._session.documents), judged=answer is None)
        if answer is not None:
            said += filter(None, [coverage_line(answer.coverage)])
        lines += [f'<p class="remark">{escaped(remark)}</p>' for remark in said]
        return "\n".join(lines) + "\n</article>\n"

    def _quote(self, turn: KeptTurn, item: NumberedQuote) -> str:
        quote = item.quote
        before, words, after = (escaped(part) for part in export.marked_words(quote))
        text = f"{before}<strong>{words}</strong>{after}" if words else before
        place = escaped(export.place_text(quote.cites, self._names))
        cited = any(_page_of(turn, cite) is not None for cite in quote.cites)
        link = f'<a class="cite" href="#c{item.number}">{place}</a>' if cited else place
        kind = "verified" if quote.verified else "unverified"
        return (
            f'<blockquote id="n{item.number}" class="{kind}"><p>“{text}”</p>\n'
            f'<footer><span class="number">{item.number}</span> {link}{escaped(quote_remark(quote))} '
            f'<span class="grade">{escaped(quote.grade.explained)}</span></footer></blockquote>'
        )


def head_line(head: AnswerHead) -> str:
    """Which kind of answer it is and how sure docqa is of it, with a bar; the mark tells the kinds without colour."""
    parts = [f'<span class="mark" aria-hidden="true">{head.mark}</span> {escaped(head.title)}']
    if head.share is not None:
        chance = f"{head.share:.0%}".replace("%", "&nbsp;%")
        bar = f'<meter value="{head.share:.2f}" aria-hidden="true"></meter>'
        parts.append(f"{bar} {chance} {escaped(head.sure)}")
    parts += [escaped(head.support)] if head.support else []
    return f'<p class="head {head.kind}">{" · ".join(parts)}</p>'


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


def escaped(text: str) -> str:
    """`text` for HTML content or an attribute, without what a reader cannot see."""
    return html.escape(_UNSEEN.sub("", text)).encode("utf-8", "replace").decode("utf-8")


def marked(text: str, marks: Sequence[MarkedSpan]) -> str:
    """`text` escaped, with its marks; one that reaches out of another is closed at its end and goes on behind it."""
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
