"""Sentences that a page break cuts in two."""

from docqa.ingest.language.sentences import is_opener, is_sentence_continued, sentences
from docqa.ingest.types import Block, Document, Page, Span

_PROSE_CHARS = 60  # a heading or an item without a full stop is shorter
_BLOCKS_ABOVE = 6  # a figure or table may be above the rest of the sentence


def sentence_over_break(document: Document, page: int) -> tuple[Span, Span] | None:
    """The last sentence of `page` (from 1) and its rest on the next, or None; notes and figures do
    not part them.
    """
    if not document.paged or not 0 < page < len(document.pages):
        return None
    before = document.pages[page - 1]
    after = document.pages[page]
    end = _body_end_offset(document, before)
    block = next(
        (b for b in reversed(before.blocks) if b.end <= end and before.words(b).strip()),
        None,
    )
    if not block or block.kind not in ("para", "list"):
        return None
    found = sentences(before.words(block))
    if not found:
        return None
    tail = Span(block.start + found[-1].start, block.start + found[-1].end)
    for number, rest in enumerate(after.blocks[:_BLOCKS_ABOVE]):
        if rest.kind == "para" and _is_sentence_continued_in_block(
            tail.of(before.text), after, rest, is_first_block=not number
        ):
            head = sentences(after.words(rest))[0]
            return tail, Span(rest.start + head.start, rest.start + head.end)
        if rest.kind not in ("caption", "table"):
            return None
    return None


def join_sentence_over_break(before: str, after: str) -> str:
    """Both parts of a sentence as one text; a word that the break cut is whole again."""
    if len(before) > 1 and before[-1] in "-\u2010" and before[-2].isalpha() and after[:1].islower():
        return before[:-1] + after
    return f"{before} {after}"


def _body_end_offset(document: Document, page: Page) -> int:
    """Where footnotes begin."""
    end = len(page.text.rstrip())
    for note in sorted((n for n in document.notes if n.page == page.page), key=lambda n: -n.start):
        if note.end >= end and note.at_page == page.page and note.at < note.start:
            end = len(page.text[: note.start].rstrip())
    return end


def _is_sentence_continued_in_block(
    sentence: str, page: Page, block: Block, *, is_first_block: bool
) -> bool:
    head = page.words(block).lstrip()
    if not head or is_opener(head):
        return False
    if is_sentence_continued(sentence, head):
        return True
    ended = sentence.rstrip("\"'”’)]")[-1:] in tuple(".!?;:")
    prose = len(sentence) >= _PROSE_CHARS and len(head) >= _PROSE_CHARS and not head.isupper()
    return is_first_block and prose and not ended
