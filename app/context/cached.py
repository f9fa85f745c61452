"""What is cached of a document next to its text: its tokens, and arrays that other modules make."""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace

import numpy as np

from docqa.app.storage.arrays import Arrays, cached_arrays
from docqa.app.storage.store import Store
from docqa.ingest.types import Document
from docqa.model.prompts.prompt import LAYOUT_VERSION, PREAMBLE
from docqa.model.protocol import Tokenizer

from .context import (
    Context,
    DocumentTokens,
    join_into_context,
    lay_out,
    lay_out_document,
)
from .passage_vectors import KEY_BYTES, passage_vector_key, text_below_headings

TOKENS_FORMAT = 2
"""Raised when a document's part of a Context changes its form, or how it is made."""
_PREAMBLE = "preamble"
_KEYS = "keys"


@dataclass
class DocumentPartsCache:
    """The cache of documents' parts in `store`, for the tokenizer with the name `tokenizer`.
    `notices`: what was damaged, or could not be written. Mutable.
    """

    store: Store
    tokenizer: str
    notices: list[str] = field(default_factory=list)

    def load_or_lay_out_context(
        self,
        documents: Sequence[Document],
        tokenizer: Callable[[], Tokenizer],
        opening: Sequence[int] | None,
    ) -> Context:
        """The Context of `documents` (`context.lay_out`); those that are not cached are laid out
        with `tokenizer()`, and cached.
        """
        if not documents:
            return lay_out(documents, tokenizer(), opening)
        parts = [
            self._cached_document_part(document, tokenizer, None if opening is None else number)
            for number, document in enumerate(documents, 1)
        ]
        before = _array_of_integers(parts[0][_PREAMBLE]) if opening is None else opening
        joined = join_into_context(
            documents,
            before,
            [
                DocumentTokens(*(_array_of_integers(part[name]) for name in _NAMES))
                for part in parts
            ],
        )
        keys = b"".join(part[_KEYS].tobytes() for part in parts)
        return replace(
            joined,
            passage_keys=[keys[at : at + KEY_BYTES] for at in range(0, len(keys), KEY_BYTES)],
        )

    def _cached_document_part(
        self, document: Document, tokenizer: Callable[[], Tokenizer], number: int | None
    ) -> Arrays:
        """The fields of DocumentTokens, the keys of passages and, without a chat template, the
        preamble.
        """
        layout = LAYOUT_VERSION
        if number is not None:
            from docqa.model.prompts.conversation import CONVERSATION_LAYOUT as layout  # noqa: N811

        def make() -> Arrays:
            encoder = tokenizer()
            made = lay_out_document(document, encoder, number)
            before = encoder.encode(PREAMBLE) if number is None else []
            passages = [document.passages[each] for each in made.passages]
            keys = b"".join(
                passage_vector_key(text_below_headings(p.section, document.passage_text(p)))
                for p in passages
            )
            return {name: np.array(getattr(made, name), np.int32) for name in _NAMES} | {
                _PREAMBLE: np.array(before, np.int32),
                _KEYS: np.frombuffer(keys, np.uint8),
            }

        made_by = (TOKENS_FORMAT, layout, number, self.tokenizer)
        return cached_arrays(self.store, "contexts", document, made_by, self.notices, make)


_NAMES = tuple(each.name for each in fields(DocumentTokens))


def _array_of_integers(values: np.ndarray) -> "array[int]":
    return array("i", values.astype(np.intc, copy=False).tobytes())
