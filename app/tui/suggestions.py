"""Questions to begin with about a document that nobody has asked about, from its headings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docqa.app.output.render import printable
from docqa.app.reading.wording.language import is_english

if TYPE_CHECKING:
    from docqa.ingest.types import Document

MOST = 5
_LOOKED_AT = 500  # headings
_SAMPLE = 600  # characters that tell the language
_LONGEST = 60  # characters of a heading


def suggested_questions(document: Document) -> list[str]:
    """At most five questions about `document`: those that its headings are, then what it says below others, which are
    spread over it. None where it is not in English.
    """
    sample = next((page.text for page in document.pages if len(page.text) > _SAMPLE // 2), "")[:_SAMPLE]
    if not is_english(sample):
        return []
    above = {section.parent for section in document.sections}  # what stands below those is in their sections
    titles = [printable(each.title).strip(" .:") for each in document.sections[:_LOOKED_AT] if each.id not in above]
    titles = list(dict.fromkeys(title for title in titles if " " in title and len(title) <= _LONGEST))
    asked = [title for title in titles if title.endswith("?")][:MOST]
    room = MOST - len(asked)
    others = [title for title in titles if not title.endswith("?")]
    spread = dict.fromkeys(others[at * len(others) // room] for at in range(room) if others)
    return [*asked, *(f"What does the document say about “{title}”?" for title in spread)]
