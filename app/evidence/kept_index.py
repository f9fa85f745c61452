"""The words of documents, kept so that a later question does not look for them again."""

from __future__ import annotations

from docqa.app.context.context import Context
from docqa.app.context.kept import KeptParts
from docqa.app.evidence.postings import POSTINGS_FORMAT, Postings
from docqa.app.evidence.ranking import WordIndex, passage_words
from docqa.app.storage.arrays import Arrays


def kept_index(context: Context, kept: KeptParts) -> WordIndex:
    """What `WordIndex.of` returns; only the words of documents that are not kept are looked for, and then kept."""
    parts = []
    for number, document in enumerate(context.documents):

        def make(number: int = number) -> Arrays:
            placed = (each for each in context.passages if each.document == number)
            return vars(Postings.of(passage_words(context, each) for each in placed))

        parts.append(Postings(**kept.arrays("indexes", document, (POSTINGS_FORMAT,), make)))
    return WordIndex(postings=parts)
