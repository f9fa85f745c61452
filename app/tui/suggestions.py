"""Questions to begin with about a document that nobody has asked about, from its outline and its definitions.

No model is asked: a heading says what the text below it is about.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docqa.app.output.render import printable
from docqa.app.reading.wording.language import is_english

if TYPE_CHECKING:
    from docqa.ingest.types import Document

MOST = 5
_MOST_TERMS = 2
_LOOKED_AT = 500  # headings, and terms
_COUNTED = 500_000  # characters in which the uses of a word are counted
_COUNTED_PAGES = 200
_SAMPLE = 600  # characters that tell the language
_LONGEST = 60  # characters of a heading
_KINDS = ("document", "agreement", "lease", "contract", "policy", "act", "paper", "report")
_PASSED_OVER = re.compile(
    r"(?:introduction|definitions?|general|miscellaneous|contents|references|bibliography|appendix|annex|schedule|part|"
    r"chapter|article|section|abstract|index|notes)\b.*",
    re.IGNORECASE,
)


def suggested_questions(document: Document) -> list[str]:
    """At most five questions about `document`: those that headings are, about others that are spread over it, and
    about terms that it defines; none where it is not in English or has neither headings nor terms."""
    sample = next((page.text for page in document.pages if len(page.text) > _SAMPLE // 2), "")[:_SAMPLE]
    if not is_english(sample):
        return []
    text = "\n".join(page.text[:_COUNTED] for page in document.pages[:_COUNTED_PAGES])[:_COUNTED]
    terms = [f"What does “{term}” mean?" for term in _terms(document, text)[:_MOST_TERMS]]
    titles = list(dict.fromkeys(_titles(document)))
    asking = [title for title in titles if title.endswith("?")][: MOST - len(terms)]
    others = [title for title in titles if not title.endswith("?") and not _PASSED_OVER.fullmatch(title)]
    most = min(MOST - len(terms) - len(asking), len(others))
    lowered = f"{document.title} {text}".casefold()
    kind = max(_KINDS, key=lambda kind: lowered.count(f"this {kind}"))
    spread = (_uncapitalised(others[at * len(others) // most], text) for at in range(most))
    return [*asking, *(f"What does the {kind} say about {title}?" for title in spread), *terms]


def _titles(document: Document) -> list[str]:
    """The headings that are short enough to be asked about, in order."""
    titles = (printable(section.title).strip(" .:") for section in document.sections[:_LOOKED_AT])
    return [title.capitalize() if title.isupper() else title for title in titles if 3 < len(title) <= _LONGEST]


def _terms(document: Document, text: str) -> list[str]:
    """The terms that the document defines with a "means", those it uses most first."""
    defined = [d.term for d in document.definitions[:_LOOKED_AT] if d.kind == "means" and len(d.term) > 2]
    uses = {term: text.count(term) for term in dict.fromkeys(defined)}
    return sorted((term for term, count in uses.items() if count > 1), key=lambda term: -uses[term])


def _uncapitalised(title: str, text: str) -> str:
    """`title` as it stands within a sentence: its first letter stays large where the word is a name."""
    small = title[0].lower() + title[1:]
    known = re.search(rf"\b{re.escape(small.split()[0])}\b", text) is not None
    return small if known or title[1] == " " else title
