"""Where an answer points: its quotes and the passages it was found among, as places of one
document.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from docqa.app.answer.answer import Answer, Cite, EvidenceItem, Quote
from docqa.app.answer.grades import Grade
from docqa.app.output.render import cite_text, location_text, printable
from docqa.ingest.types import Document, TableCell

from .spans import PageSpan, find_hits, location

EXCERPT_CHARACTERS = 160


@dataclass(frozen=True)
class Stop:
    """One place that a reader can go to: a quote, or a passage of evidence (`quote` None).
    `spans` are one for each page of `document` it touches, none where its words are gone; `place`
    says where in `file` they are."""

    text: str
    file: str
    place: str
    spans: Sequence[PageSpan]
    document: Document
    quote: Quote | None = None

    @property
    def cited(self) -> str:
        return f"{printable(self.file)}, {self.place}"

    @property
    def copied(self) -> str:
        return f"“{printable(self.text)}” ({self.cited})"


def make_stops(answer: Answer, *documents: Document) -> list[Stop]:
    """The quotes of `answer` about `documents` in order, then its evidence, without passages that
    have one of them.
    """
    by_path = {each.path: each for each in documents}
    quoted = []
    for quote in answer.quotes:
        file = quote.cites[0].file if quote.cites else documents[0].path
        document = by_path.get(file, documents[0])
        place = cite_text(quote.cites, section_first=True)
        quoted.append(
            Stop(quote.text, file, place, _spans_of_quote(quote, document), document, quote)
        )
    taken = [(stop.document, span) for stop in quoted for span in stop.spans]
    found = []
    for item in answer.evidence:
        document = by_path.get(item.file, documents[0])
        span = _locate_evidence(item, document)
        if span and not any(of is document and _do_overlap(span, other) for of, other in taken):
            place = location(document, *span.place) or location_text(item.page, item.label)
            found.append(Stop(item.text, item.file, place, (span,), document))
    return [*quoted, *found]


def heads_of_cells(stop: Stop) -> list[PageSpan]:
    """What names the rows and columns of the table cells in the words of `stop`."""
    heads = []
    for span in stop.spans:
        for table in stop.document.pages[span.page - 1].tables:
            fields = table.fields()
            quoted = [at for at, cell in fields.items() if _do_overlap(span, _on_page(span, cell))]
            rows = {row for row, _ in quoted}
            columns = {column for _, column in quoted}
            for (row, column), cell in fields.items():
                of_row = row in rows and column < table.names
                if of_row or (row < table.heads and column in columns):
                    heads.append(_on_page(span, cell))
    return heads


def _on_page(span: PageSpan, cell: TableCell) -> PageSpan:
    return PageSpan(span.page, cell.start, cell.end)


def text_to_copy(document: Document, spans: Sequence[PageSpan]) -> str:
    """The words at `spans` in quotation marks with their location, for the clipboard; "" where
    there are none.
    """
    text = words_at(document, spans).strip()
    shown = "\n".join(printable(line) for line in text.splitlines())
    return f"“{shown}” ({printable(document.path)}, {place_of(document, spans)})" if text else ""


def words_at(document: Document, spans: Sequence[PageSpan]) -> str:
    return "\n".join(document.pages[span.page - 1].text[span.start : span.end] for span in spans)


def place_of(document: Document, spans: Sequence[PageSpan]) -> str:
    """`Article 70 · p. 13`: where `spans` are, without the file."""
    return cite_text([_cite_of_span(document, span) for span in spans], section_first=True)


def _cite_of_span(document: Document, span: PageSpan) -> Cite:
    section = document.locator_of(*span.place)
    page, label = (
        (span.page, document.pages[span.page - 1].label) if document.paged else (None, section)
    )
    return Cite(document.path, page, label, section, span.start, span.end)


def _spans_of_quote(quote: Quote, document: Document) -> Sequence[PageSpan]:
    cited = [PageSpan(cite.page or 1, cite.start, cite.end) for cite in quote.cites]
    there = any(span.page <= len(document.pages) for span in cited)
    if not cited or (there and quote.grade != Grade.EXACT):
        return cited
    return standing(cited, quote.text, document)


def standing(cited: Sequence[PageSpan], text: str, document: Document) -> Sequence[PageSpan]:
    """Where the words of `text` are: at `cited` or, where the file or its reading has changed,
    elsewhere; nowhere if gone."""
    there = [span for span in cited if span.page <= len(document.pages)]
    if words_at(document, there).split() == text.split():
        return cited
    found = find_hits(document, text)
    page = cited[0].page if cited else 1
    return (min(found, key=lambda span: abs(span.page - page)),) if found else ()


def _locate_evidence(item: EvidenceItem, document: Document) -> PageSpan | None:
    """Evidence carries its words but no offsets; they were cut from the page, so they are found
    there.
    """
    number = item.page or 1
    if not 1 <= number <= len(document.pages) or not item.text:
        return None
    start = document.pages[number - 1].text.find(item.text)
    return PageSpan(number, start, start + len(item.text)) if start >= 0 else None


def _do_overlap(one: PageSpan, other: PageSpan) -> bool:
    return one.page == other.page and one.start < other.end and other.start < one.end


def place_alone(stop: Stop, *documents: Document) -> str:
    """The place without the file where that is all there is to see, after its name where there are
    several.
    """
    name = PurePath(stop.file).name
    if len(documents) > 1:
        return f"{printable(name)}, {stop.place}"
    return stop.place if name == PurePath(documents[0].path).name else stop.cited
