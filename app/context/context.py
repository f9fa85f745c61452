"""Context: what the model reads of the documents, and the way from every token back to a page.

Layout (docqa.model.prompts.prompt, versioned there): preamble; for each document a title line; for
each page of a paged document a mark and its passages. Every page is tokenized by itself, so a
document that grows has the same token ids before its first change. For a model that writes
(docqa.model.prompts.conversation) its chat template begins, documents are numbered, and a section
with a number or locator begins with a mark.
"""

import hashlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from itertools import repeat

import numpy as np

from docqa.ingest.types import Document, Page, Passage
from docqa.model.prompts import prompt
from docqa.model.prompts.prompt import PREAMBLE
from docqa.model.protocol import Tokenizer

NO_PASSAGE = -1
_NumberedPassage = tuple[int, Passage]
"""A passage with its number in the document."""


@dataclass(frozen=True)
class PlacedPassage:
    """A passage of `documents[document]`; its tokens are `token_start:token_end` of the context."""

    document: int
    passage: Passage
    token_start: int
    token_end: int


@dataclass(frozen=True)
class Context:
    """Token ids, and for every token its passage (NO_PASSAGE: a mark) and where it starts in the
    page's text. `passage_keys`: the keys under which passage_vectors.py caches their vectors."""

    documents: tuple[Document, ...]
    ids: "array[int]"
    passages: tuple[PlacedPassage, ...]
    token_passage: "array[int]"
    token_offset: "array[int]"
    passage_keys: list[bytes] | None = field(default=None, compare=False)

    def __len__(self) -> int:
        return len(self.ids)

    def text_of(self, placed_passage: PlacedPassage) -> str:
        return self.documents[placed_passage.document].passage_text(placed_passage.passage)


@dataclass(frozen=True)
class DocumentTokens:
    """A document's part of a Context, the same after any other; int32, positions from its first
    token. `passages` names its passages in the order of the text, as `token_passage` counts;
    `passage_starts` and `passage_ends` are their tokens."""

    ids: "array[int]"
    token_passage: "array[int]"
    token_offset: "array[int]"
    passages: "array[int]"
    passage_starts: "array[int]"
    passage_ends: "array[int]"


class _Layout:
    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.tokens = DocumentTokens(*(array("i") for _ in fields(DocumentTokens)))

    def add_mark(self, text: str) -> None:
        ids = self.tokenizer.encode(text)
        self.tokens.ids.extend(ids)
        self.tokens.token_passage.extend([NO_PASSAGE] * len(ids))
        self.tokens.token_offset.extend([NO_PASSAGE] * len(ids))

    def add_page(self, page: Page, passages: list[_NumberedPassage]) -> None:
        """The passages' text; what is between two of them becomes a line break unless it is white
        space.
        """
        if not passages:
            self.add_mark("\n")
            return
        text = ""
        starts: list[int] = []
        for position, (_, passage) in enumerate(passages):
            if position:
                between = page.text[passages[position - 1][1].end : passage.start]
                text += between if between and not between.strip() else "\n"
            starts.append(len(text))
            text += page.words(passage)
        ids, offsets = self.tokenizer.encode_with_offsets(text + "\n\n")
        laid = self.tokens
        base = len(self.tokens.ids)
        laid.ids.extend(ids)
        spans: dict[int, list[int]] = {}
        current = 0
        for token, (start, end) in enumerate(offsets, base):
            # A token belongs to the passage of its last character.
            last = max(end - 1, start)
            while current + 1 < len(passages) and last >= starts[current + 1]:
                current += 1
            passage = passages[current][1]
            if last >= starts[current] + passage.end - passage.start:
                laid.token_passage.append(NO_PASSAGE)
                laid.token_offset.append(NO_PASSAGE)
                continue
            spans.setdefault(current, [token, token])[1] = token + 1
            laid.token_passage.append(len(laid.passages) + current)
            laid.token_offset.append(passage.start + max(start - starts[current], 0))
        for position, (number, _) in enumerate(passages):
            first, end_token = spans.get(position, (base, base))
            laid.passages.append(number)
            laid.passage_starts.append(first)
            laid.passage_ends.append(end_token)


def lay_out(
    documents: Sequence[Document], tokenizer: Tokenizer, opening: Sequence[int] | None = None
) -> Context:
    """The Context of `documents`; `opening`: ids of a chat template, for a model that writes."""
    numbered = enumerate(documents, 1)
    parts = [
        lay_out_document(each, tokenizer, None if opening is None else number)
        for number, each in numbered
    ]
    return join_into_context(
        documents, tokenizer.encode(PREAMBLE) if opening is None else opening, parts
    )


def lay_out_document(
    document: Document, tokenizer: Tokenizer, number: int | None
) -> DocumentTokens:
    """The part of a Context that is `document`; `number`: its number in the Context, for a model
    that writes.
    """
    layout = _Layout(tokenizer)
    writes = number is not None
    layout.add_mark(
        prompt.title_line(document.title)
        if number is None
        else prompt.document_line(number, document.title)
    )
    by_page: dict[int, list[_NumberedPassage]] = {}
    for position, passage in enumerate(document.passages):
        by_page.setdefault(passage.page, []).append((position, passage))
    # What the sections are called that have a number or, without pages, a locator.
    named = (
        (section, section.number if document.paged else section.label)
        for section in document.sections
    )
    marks = {(section.page, section.start): name for section, name in named if name and writes}
    for page in document.pages:
        if document.paged:
            layout.add_mark(prompt.page_mark(page.label or str(page.page)))
        for name, passages in _split_passages_at_sections(by_page.get(page.page, []), marks):
            if name:
                layout.add_mark(prompt.section_mark(name))
            layout.add_page(page, passages)
    return layout.tokens


def join_into_context(
    documents: Sequence[Document], opening: Sequence[int], parts: Sequence[DocumentTokens]
) -> Context:
    """The Context of `documents`, of which `parts` are the tokens, after `opening`."""
    ids = array("i", opening)
    token_passage = array("i", [NO_PASSAGE] * len(opening))
    token_offset = array("i", token_passage)
    placed: list[PlacedPassage] = []
    for number, (document, part) in enumerate(zip(documents, parts, strict=True)):
        base = len(ids)
        before = len(placed)
        ids.extend(part.ids)
        token_offset.extend(part.token_offset)
        token_passage.extend(_shift_numbers(before, part.token_passage))
        starts, ends = (
            _shift_numbers(base, places) for places in (part.passage_starts, part.passage_ends)
        )
        passages = map(document.passages.__getitem__, part.passages)
        placed += map(PlacedPassage, repeat(number), passages, starts, ends)
    return Context(tuple(documents), ids, tuple(placed), token_passage, token_offset)


def _shift_numbers(offset: int, numbers: "array[int]") -> "array[int]":
    if not offset or not numbers:
        return numbers
    values = np.frombuffer(numbers, np.int32)
    return array(
        "i", np.where(values == NO_PASSAGE, NO_PASSAGE, values + offset).astype(np.int32).tobytes()
    )


def _split_passages_at_sections(
    passages: list[_NumberedPassage], section_names: dict[tuple[int, int], str]
) -> list[tuple[str, list[_NumberedPassage]]]:
    """The passages of a page, cut where one begins with a section that `section_names` has; each run with
    that name.
    """
    runs: list[tuple[str, list[_NumberedPassage]]] = []
    for position, passage in passages:
        name = section_names.get((passage.page, passage.start), "")
        if name or not runs:
            runs.append((name, []))
        runs[-1][1].append((position, passage))
    return runs or [("", [])]


def prefix_hashes(ids: "array[int]", profile: str, block_tokens: int) -> dict[int, str]:
    """sha256 of `profile` and the ids before each grid point and the end, by position: equal when
    the state is.
    """
    digest = hashlib.sha256(profile.encode("utf-8"))
    hashes: dict[int, str] = {}
    for start in range(0, len(ids), block_tokens):
        end = min(start + block_tokens, len(ids))
        digest.update(ids[start:end])
        hashes[end] = digest.copy().hexdigest()
    return hashes
