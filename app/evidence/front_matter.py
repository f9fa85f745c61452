"""Questions about a document itself (its title, authors, parties, date, court, who signed it), and the passages that
tell: the title page, the imprint, signature blocks.

Only page text counts. Running heads (`Page.furniture`) and the data of a PDF are not in it, so that no quote can be cut
from them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest

from docqa.app.context.context import Context
from docqa.app.evidence.terms import STOP_WORDS
from docqa.ingest.language.expressions import lazily

_CERTAIN = (
    r"titled?|entitled|subtitle|headings?|captions?|authors?|authored|co-?authors?|wrote|written|writers?|editors?|edited|"
    r"publishe[drs]+|publication|edition|versions?|revision|issuer|issuance|drafted|prepared|compiled|signed|signs?|signing|"
    r"signer|signator\w+|signatures?|executed|execution|executes|witness(?:ed|es)?|notar\w+|initials|part(?:y|ies)|"
    r"plaintiffs?|defendants?|appell(?:ants?|ees?)|petitioners?|respondents?|counterpart(?:y|ies)|counsel|lawyers?|"
    r"attorneys?|solicitors?|represented|represents|argued|briefed|brief|appeared|dated?|docket|filed|filing|judges?|"
    r"justices?|dissent\w*|concurr\w*|presid\w+|handed|isbn|issn|doi|address|incorporated|organi[sz]ed|on the panel|"
    r"(?:between|among) (?:whom|which)"
)
"""What only the head or the foot of a document tells."""
_LIKELY = (
    r"court|panel|agency|issued?|adopted|enacted|decided|citation|licensors?|licensees?|lessors?|lessees?|landlord|tenant|"
    r"buyer|seller|borrower|lender|vendor|purchaser|distributor|"
    r"(?:case|docket|civil action|cause|report|document|public law|form|licen[cs]e) (?:no\b|nos\b|number)|"
    r"when (?:was|is|did)\b.*\b(?:made|concluded|effective|approved|revised|updated)"
)
"""What is told there where the question has no other subject."""
_OF_IT = (
    r"documents?|contracts?|agreements?|lease|deed|licen[cs]e|letter|paper|article|report|book|manual|guide|form|order|"
    r"opinion|decision|judge?ment|ruling|complaint|pleading|motion|petition|case|appeal|statute|act|bill|law|policy|"
    r"addendum|amendment|deal|memo(?:randum)?|resolution|bylaws|constitution|statement|file|pdf|exhibit|schedule|names?|"
    r"full|short|exact|number|type|kind|sort|behalf|company|companies|people|persons?|capacity|position|day|month|year|"
    r"district|circuit|supreme|appeals?|states?|united|federal|county|bench|majority|made|main|original|respective|lead|"
    r"first|final|effective|current|latest|lower|trial|sat|heard|involved|called|give|list|identify|tell|find|show|bears?|"
    r"carr(?:y|ies)|opposing|hand|down|designation|sitting|notices?"
)
_CERTAIN_WORDS, _LIKELY_WORDS, _WORDS_OF_IT = (
    lazily(rf"\b(?:{words})\b", re.IGNORECASE) for words in (_CERTAIN, _LIKELY, _OF_IT)
)
_OTHER_FORM = lazily(
    r"\W*(?:(?:and|but|so)\W+)?(?:why|how|do|does|did|is|are|was|were|may|can|could|must|shall|should|will|would|has|have|"
    r"had|am|if)\b(?!\s+(?:many\s+pages|old\s+is\s+th))",
    re.IGNORECASE,
)
_WORD = lazily(r"[^\W\d_][\w’'-]+")
_CLOSING = (
    "IN WITNESS WHEREOF", "In witness whereof", "in witness whereof", "Respectfully submitted", "SO ORDERED",
    "as a deed",
)  # fmt: skip
_SIGNING = (
    "/s/", "By:", "Name:", "Title:", "Its:", "Signed", "Dated:", "Date:", "Dated this", "_____", "Attorney for",
    "Attorneys for", "Counsel for", "WITNESS:", "Notary",
)  # fmt: skip
_MOST_OF_ONE = 3
_IMPRINT = lazily(
    r"©|\(c\)\s+\d{4}|\bCopyright\b|\bISBN\b|\bISSN\b|\bdoi\b|\bVersion\s+\d|\bRevision\b|\bEdition\b|\bPublished\b|\bRevised\b|"
    r"\bEffective\b|\bDecided\b|\bArgued\b|\bFiled\b|\bBefore\b.{3,80}\bJudges?\b|\bfor (?:the )?(?:appell|"
    r"petition|respond|plaintiff|defend)\w+|\b(?:by and )?between\b|\bCIRCUIT JUDGE\b|\bPer Curiam\b",
    re.IGNORECASE,
)
_OPINIONS = lazily(
    r"delivered\s+the\s+opinion|filed\s+an?\s+\w+\s+opinion|(?:dissent|concurr)ing\s+opinion,\s+in\s+which",
    re.IGNORECASE,
)
_LEAST_MARKS = 3
_IMPRINT_PAGES = 6


def asks_about_document(question: str) -> bool:
    """Whether `question` asks who made a document, what it is called, when, for or against whom: what is told at its
    head or foot, and nothing else. Most words must be such; names of people and firms may stand beside them."""
    if _OTHER_FORM.match(question):
        return False
    bare, certain = _CERTAIN_WORDS.subn(" ", question)
    bare, likely = _LIKELY_WORDS.subn(" ", bare)
    words = _WORD.findall(_WORDS_OF_IT.sub(" ", bare))
    others = [word for word in words if word.lower() not in STOP_WORDS and not word[0].isupper()]
    return bool(certain or likely) and len(others) <= (1 if certain else 0)


def front_passages(context: Context, most: int) -> list[int]:
    """At most `most` passages of `context`: by turns from the title page and imprint and from the signature blocks of
    each document, the best of every document before the second best of any."""
    found = [_of_document(context, number) for number in range(len(context.documents))]
    turns = (number for turn in zip_longest(*found) for number in turn if number is not None)
    return list(dict.fromkeys(turns))[:most]


def _of_document(context: Context, document: int) -> list[int]:
    """Passages of one document, best first."""
    numbers = [
        number
        for number, placed in enumerate(context.passages)
        if placed.document == document and placed.passage.kind == "text"
    ]
    both = zip_longest(_front(context, numbers), _signatures(context, numbers))
    return list(dict.fromkeys(number for pair in both for number in pair if number is not None))


def _front(context: Context, numbers: list[int]) -> Iterator[int]:
    """The first passage, what says more of the document on the first pages, and the second passage."""
    yield from numbers[:1]
    pages = {context.passages[number].passage.page for number in numbers}
    first = [n for n in numbers if context.passages[n].passage.page in sorted(pages)[:_IMPRINT_PAGES]]
    texts = {number: context.text_of(context.passages[number]) for number in first}
    marks = {n: len(_IMPRINT.findall(text)) + 4 * len(_OPINIONS.findall(text)) for n, text in texts.items()}
    yield from sorted((number for number in first[1:] if marks[number] > 1), key=lambda number: -marks[number])[:2]
    yield from numbers[1:2]


def _signatures(context: Context, numbers: list[int]) -> list[int]:
    """Passages with marks of a signature block, those with most first."""
    marks: dict[int, int] = {}
    for number in numbers:
        text = context.text_of(context.passages[number])
        signing = sum(min(text.count(mark), _MOST_OF_ONE) for mark in _SIGNING)
        marks[number] = signing + _MOST_OF_ONE * sum(mark in text for mark in _CLOSING)
    return sorted((n for n in numbers if marks[n] >= _LEAST_MARKS), key=lambda number: -marks[number])
