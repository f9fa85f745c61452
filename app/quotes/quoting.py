"""From a span to a quote: the sentence or clause of the page around it, cut from there and
cited.
"""

from dataclasses import replace

from docqa.app.answer.answer import Cite, Quote
from docqa.app.answer.grades import Grade, Place
from docqa.ingest.language.expressions import lazily
from docqa.ingest.structure.page_breaks import join_sentence_over_break, sentence_over_break
from docqa.ingest.structure.paragraphs import locator_in_unpaged_document
from docqa.ingest.types import Document, Span

from .sentence_runs import Sentences
from .verifier import Located, is_too_short_quote

LONGEST_QUOTE_WORDS = 80
_CLAUSE = lazily(r"[;:]\s+|,\s+(?=(?:and|or|but|provided|except|unless|if|which|where)\b)|\n+")


def span_to_quote(text: str, start: int, end: int) -> Span:
    """The sentence (of a long one the clause) around `start:end` of a page's text, widened to its
    neighbours, the following first, where it is too short to be evidence."""
    found = Sentences(text)
    if not (touched := found.sentences_touching(start, end)):
        return Span(start, end)
    if len(touched) == 1:
        clause = _clause_of_long_sentence(text, found.span_of_run(touched), start, end)
        if not is_too_short_quote(clause.of(text)):
            return Span(min(clause.start, start), max(clause.end, end))

    def enough(run: range) -> bool:
        whole = found.span_of_run(run)
        return not is_too_short_quote(whole.of(text))

    whole = found.span_of_run(found.grow_run(touched, enough))
    return Span(min(whole.start, start), max(whole.end, end))


def _clause_of_long_sentence(text: str, sentence: Span, start: int, end: int) -> Span:
    if len(sentence.of(text).split()) <= LONGEST_QUOTE_WORDS:
        return sentence
    left = sentence.start
    right = sentence.end
    for match in _CLAUSE.finditer(text, sentence.start, sentence.end):
        first, after = match.span()
        if after <= start and not is_too_short_quote(text[after:right]):
            left = after
        elif first >= end:
            right = first + (0 if text[first].isspace() or text[first] == "," else 1)
            break
    return sentence if is_too_short_quote(text[left:right]) else Span(left, right)


def make_quote(
    documents: tuple[Document, ...], answer: Located, shown: Span | None = None
) -> Quote:
    """Quote around the words at `answer`, with their place in it: what is `shown` of the page, by
    default the sentence; whole, with a cite on each page, where a page break cuts it."""
    document = documents[answer.document]
    span = shown or span_to_quote(document.pages[answer.page - 1].text, answer.start, answer.end)
    start = max(answer.start, span.start) - span.start
    end = min(answer.end, span.end) - span.start
    quote = replace(
        cut_quote(documents, replace(answer, start=span.start, end=span.end)),
        answer_start=start,
        answer_end=end,
    )
    behind = sentence_over_break(document, answer.page)
    if behind and behind[0].start < span.end == behind[0].end:
        rest = Located(answer.document, answer.page + 1, behind[1].start, behind[1].end)
        quote = _join_quotes_over_page_break(quote, cut_quote(documents, rest))
    before = sentence_over_break(document, answer.page - 1)
    if before and before[1].start == span.start < before[1].end:
        beginning = Located(answer.document, answer.page - 1, before[0].start, before[0].end)
        quote = _join_quotes_over_page_break(cut_quote(documents, beginning), quote)
    return quote


def _join_quotes_over_page_break(first: Quote, second: Quote) -> Quote:
    """Both sides of a page break as one quote; one of them has the answer."""
    whole = join_sentence_over_break(first.text, second.text)
    own, moved = (
        (second, len(whole) - len(second.text)) if first.answer_start is None else (first, 0)
    )
    assert own.answer_start is not None and own.answer_end is not None
    grade = own.grade if whole == f"{first.text} {second.text}" else Grade.NORMALISED
    start = own.answer_start + moved
    end = own.answer_end + moved
    cites = (*first.cites, *second.cites)
    return replace(own, text=whole, grade=grade, answer_start=start, answer_end=end, cites=cites)


def cut_quote(documents: tuple[Document, ...], place: Located) -> Quote:
    """The words at `place`, cited there: the document's own, so they need not be searched for."""
    words = place.text_in(documents)
    bare = words.strip()
    assert bare, f"a quote of nothing at {place}"
    start = place.start + words.index(bare)
    return Quote(
        text=words,
        answer_start=None,
        answer_end=None,
        grade=Grade.EXACT,
        place=Place.AS_CITED,
        cites=(make_cite(documents, replace(place, start=start, end=start + len(bare))),),
        speaker=documents[place.document].speaker_of(place.page, place.start),
    )


def make_cite(documents: tuple[Document, ...], located: Located) -> Cite:
    """Cite of a located span: printed label, what the document prints to name the section, the page
    if any.
    """
    document = documents[located.document]
    return Cite(
        file=document.path,
        page=located.page if document.paged else None,
        label=location_label(document, located.page, located.start),
        section=document.locator_of(located.page, located.start),
        start=located.start,
        end=located.end,
        lines=document.pages[located.page - 1].line_numbers(located.start, located.end),
    )


def location_label(document: Document, page: int, start: int) -> str | None:
    """The page's printed label; without pages the locator of the section at `start`, and there the
    paragraph.
    """
    if document.paged:
        return document.pages[page - 1].label
    return locator_in_unpaged_document(document, start) or None
