"""What an opinion, an order or a brief says of itself above its text: the court, the names on both
sides of "v.", and the judges."""

import re
from collections.abc import Callable, Iterable, Iterator

from docqa.app.answer.confidence import BY_CLAUSE, CAPTION_CHANCE
from docqa.app.context.context import Context
from docqa.app.evidence.terms import plain_words
from docqa.ingest.types import Span

from ..candidates import Candidate, CandidateSet, fact_or_list, trim_span

_FIRST_PAGES = 6  # a syllabus may come before the opinion
_MOST_LINES = 4  # of the names of one side
_LONGEST_LINE = 14  # words of a line that is no text
_COURT = re.compile(
    r"(?!on |certiorari|appeal|review|petition)(?:IN THE |THE )?(?:[A-Z][\w’']*,? )*"
    r"(?:COURT|TRIBUNAL)S?(?: (?:OF|FOR|THE|[A-Z][\w’']*),?)*",
    re.IGNORECASE,
)
_REST_OF_COURT = re.compile(
    r"(?:FOR THE|OF|IN AND FOR|(?:\w+ )?DISTRICT OF) [\w .’'-]+|[\w ]+ (?:CIRCUIT|DIVISION)",
    re.IGNORECASE,
)
_VERSUS = re.compile(r"(?<!\S)(?:v\.|vs\.?|VS\.|[vV]ersus|VERSUS|-\s?against\s?-)(?!\S)")
_COLUMN = re.compile(r"(?<!\S)[):](?!\S)")  # between the names and the number of a case
_ROLE = re.compile(
    r"\b(?:plaintiff|defendant|appell(?:ant|ee)|petitioner|respondent|claimant|debtor|intervenor)s?\b",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"\W*(?:nos?\.|case\b|docket|on (?:writ|appeal|petition)|appeal|certiorari|argued|decided|filed|"
    r"syllabus|clerk|division|(?:\w+ern|central|middle) district|order|opinion|before|page|civil)|"
    r".*\b(?:court|circuit|district of)\b|.*\d{3}|.*\||_+$",
    re.IGNORECASE,
)
_TITLE_OF_JUDGE = (
    r"(?:(?:Chief|Circuit|District|Senior|Associate|Presiding) ){0,2}(?:Judge|Justice)s?"
)
_PANEL = re.compile(rf"\bBefore:?\s+([^.;:]{{3,200}}?),?\s+{_TITLE_OF_JUDGE}\s*\.", re.IGNORECASE)
_WRITER = re.compile(rf"\b((?:CHIEF )?{_TITLE_OF_JUDGE} [A-Z][\w’'. ]{{1,40}}?),? delivered", re.I)
_SIGNED = re.compile(rf"([A-Z][\w’'. ]{{1,40}}),\s+(?:{_TITLE_OF_JUDGE}|(?:[CP]\.?\s?)?JJ?\b)[.:]?")
_BETWEEN_JUDGES = re.compile(
    rf",\s+and\s+|\s+and\s+|,\s+(?:{_TITLE_OF_JUDGE},?\s*)?", re.IGNORECASE
)


def court_of_caption(context: Context) -> CandidateSet:
    """The court as its name is printed first."""
    return _found(context, _court_spans)


def litigants_of_caption(context: Context) -> CandidateSet:
    """The names before and after "v."."""
    return _found(context, _litigant_spans)


def judges_of_caption(context: Context) -> CandidateSet:
    """The judges of the panel, or who wrote or delivered the opinion."""
    return _found(context, _judge_spans)


def _found(context: Context, spans_of: Callable[[str], Iterator[Span]]) -> CandidateSet:
    """What `spans_of` finds on the first page of each document that has any."""
    found: list[Candidate] = []
    for number, document in enumerate(context.documents):
        for page in document.pages[:_FIRST_PAGES]:
            spans = list(spans_of(page.text))
            found += [Candidate(0, number, page.page, span.start, span.end) for span in spans]
            if spans:
                break
    return fact_or_list(found, {BY_CLAUSE: CAPTION_CHANCE if found else 0.0})


def _lines(text: str) -> list[Span]:
    """The lines of a page that are no text, each up to the column after it."""
    found: list[Span] = []
    at = 0
    for line in text.splitlines(keepends=True):
        column = _COLUMN.search(line)
        own = (line[: column.start()] if column else line).rstrip()
        if own and len(own.split()) <= _LONGEST_LINE:
            found.append(Span(at, at + len(own)))
        at += len(line)
    return found


def _court_spans(text: str) -> Iterator[Span]:
    lines = _lines(text)
    for number, line in enumerate(lines):
        if _COURT.fullmatch(text, line.start, line.end):
            end = line.end
            for after in lines[number + 1 : number + 3]:
                if not _REST_OF_COURT.fullmatch(text, after.start, after.end):
                    break
                end = after.end
            yield Span(line.start, end)
            return


def _litigant_spans(text: str) -> Iterator[Span]:
    """The names on both sides of the first "v." in a line that is no text."""
    lines = _lines(text)
    for number, line in enumerate(lines):
        versus = _VERSUS.search(text, line.start, line.end)
        if not versus or _NO_NAME.match(text, line.start, line.end):
            continue
        before = [*lines[max(number - _MOST_LINES, 0) : number], Span(line.start, versus.start())]
        after = [Span(versus.end(), line.end), *lines[number + 1 : number + 1 + _MOST_LINES]]
        sides = _name_of_side(text, reversed(before)), _name_of_side(text, after)
        if all(sides):
            yield from filter(None, sides)
            return


def _name_of_side(text: str, lines: Iterable[Span]) -> Span | None:
    """The name in `lines`, those next to "v." first, up to a role after it or what is no name."""
    parts: list[Span] = []
    for line in lines:
        if _NO_NAME.match(text, line.start, line.end):
            break
        part = _without_role(text, line)
        if part:
            parts.append(part)
        if parts and _ROLE.search(text, line.start, line.end):
            break
    starts, ends = [part.start for part in parts], [part.end for part in parts]
    return Span(min(starts), max(ends)) if parts else None


def _without_role(text: str, line: Span) -> Span | None:
    """A line up to where it says plaintiff, appellee or the like; None where nothing is left."""
    role = _ROLE.search(text, line.start, line.end)
    start, end = trim_span(text, line.start, role.start() if role else line.end)
    return Span(start, end) if any(map(str.isalpha, text[start:end])) else None


def _judge_spans(text: str) -> Iterator[Span]:
    if panel := _PANEL.search(text):
        start, end = panel.span(1)
        for between in _BETWEEN_JUDGES.finditer(text, start, end):
            yield Span(start, between.start())
            start = between.end()
        if start < end:
            yield Span(start, end)
        return
    if written := _WRITER.search(text):
        yield Span(*written.span(1))
        return
    for line in _lines(text):
        signed = list(_SIGNED.finditer(text, line.start, line.end))
        edges = [line.start, *(edge for each in signed for edge in each.span()), line.end]
        outside = zip(edges[::2], edges[1::2], strict=True)
        others = {word for a, b in outside for word in plain_words(text[a:b])}
        if signed and others <= {"and"}:
            yield from (Span(*each.span(1)) for each in signed)
            return
