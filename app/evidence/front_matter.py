"""The passages that say what a document is (title, authors, parties, date, court, signatures):
title page, imprint, signature blocks. Only page text counts, so that it can be quoted."""

import re
from collections.abc import Iterator
from itertools import zip_longest

from docqa.app.context.context import Context
from docqa.ingest.language.expressions import lazily
from docqa.ingest.language.words import DOCUMENTS, alternatives

DOCUMENT_WORDS = rf"(?:{alternatives(DOCUMENTS)})"
"""What people call a document, as a regular expression."""
_SIGNING = lazily(
    r"/s/|\b(?:By|Name|Title|Dated?):|\bSigned\b|_____|\b(?:IN WITNESS|In witness) |\b(?:SO ORDERED|Respectfully)\b"
)
_IMPRINT = lazily(
    r"©|\bCopyright\b|\bISBN\b|\bdoi\b|\b(?:Version|Edition|Published|Effective|Decided|Argued|Filed|between)\b",
    re.IGNORECASE,
)
_OPINIONS = lazily(r"delivered\s+the\s+opinion|filed\s+an?\s+\w+\s+opinion", re.IGNORECASE)
_LEAST_MARKS = 2
_IMPRINT_PAGES = 6


def front_matter_passages(context: Context, max_passages: int) -> list[int]:
    """At most `max_passages` passages of `context`, by turns from title pages and signatures, the best
    first.
    """
    found = [
        _front_passages_of_document(context, number) for number in range(len(context.documents))
    ]
    return list(
        dict.fromkeys(
            number for turn in zip_longest(*found) for number in turn if number is not None
        )
    )[:max_passages]


def _front_passages_of_document(context: Context, document: int) -> list[int]:
    own = (
        (number, placed.passage)
        for number, placed in enumerate(context.passages)
        if placed.document == document
    )
    numbers = [number for number, passage in own if passage.kind == "text"]
    marks = {n: len(set(_SIGNING.findall(context.text_of(context.passages[n])))) for n in numbers}
    # Those with most kinds of marks of a signature block first.
    signed = sorted(
        (n for n in numbers if marks[n] >= _LEAST_MARKS), key=lambda number: -marks[number]
    )
    both = zip_longest(_title_and_imprint_passages(context, numbers), signed)
    return list(dict.fromkeys(number for pair in both for number in pair if number is not None))


def _title_and_imprint_passages(context: Context, passage_numbers: list[int]) -> Iterator[int]:
    """The first passage, what says more of the document on the first pages, and the second
    passage.
    """
    yield from passage_numbers[:1]
    pages = {context.passages[number].passage.page for number in passage_numbers}
    first = [
        n
        for n in passage_numbers
        if context.passages[n].passage.page in sorted(pages)[:_IMPRINT_PAGES]
    ]
    texts = {number: context.text_of(context.passages[number]) for number in first}
    marks = {
        n: len(_IMPRINT.findall(text)) + 4 * len(_OPINIONS.findall(text))
        for n, text in texts.items()
    }
    yield from sorted(
        (number for number in first[1:] if marks[number] > 1), key=lambda number: -marks[number]
    )[:2]
    yield from passage_numbers[1:2]
