"""The text of the section, page or clause that a question asks for, as the answer."""

from collections.abc import Sequence

from docqa.app.answer.confidence import BY_STRUCTURE
from docqa.app.context.context import Context
from docqa.app.evidence.ranking import Ranked
from docqa.app.places.scope import Scope
from docqa.app.reading.candidates import Candidate, Candidates, Form, trim

MOST_WORDS = 250


def text_of_scope(scope: Scope, context: Context, passages: Sequence[Ranked]) -> Candidates | None:
    """The text of `scope`: its `passages` one after the other, at most MOST_WORDS words."""
    items: list[Candidate] = []
    words = 0
    for slot, ranked in enumerate(passages):
        placed = context.passages[ranked.passage_number]
        page = placed.passage.page
        text = context.documents[placed.document].pages[page - 1].text
        for part in scope.parts(placed.document, page, placed.passage.start, placed.passage.end):
            start, end = trim(text, part.start, part.end)
            count = len(text[start:end].split())
            if start < end and (not items or words + count <= MOST_WORDS):
                words += count
                items.append(Candidate(slot, placed.document, page, start, end))
    if not items:
        return None
    several = tuple(items) if len(items) > 1 else ()
    form = Form.LIST if several else Form.FACT
    return Candidates(tuple(items), form=form, items=several, signals={BY_STRUCTURE: 1.0})
