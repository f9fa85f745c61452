"""Questions to begin with about a document that nobody has asked about, from its outline and its definitions.

No model is asked: a heading such as "Liability" or "Duties of pilots" says which question the text below it answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from docqa.app.output.render import printable
from docqa.app.reading.wording.language import is_english

if TYPE_CHECKING:
    from docqa.ingest.types import Document

MOST = 5
_MOST_TERMS = 2
_MOST_ALIKE = 2  # of one form
_MOST_ABOUT = 3  # of the form that every heading has
_LOOKED_AT = 500  # headings, and terms
_COUNTED = 500_000  # characters in which the uses of a term are counted
_COUNTED_PAGES = 200
_SAMPLE = 600  # characters that tell the language
_LONGEST = 60  # characters of a heading
_MADE = ("agreement", "lease", "contract", "licence", "license", "policy")
_KINDS = (*_MADE, "act", "regulation", "directive", "paper", "report", "handbook")
# (the whole of a heading, the question); {kind} is what the document calls itself, {0} what the first group matched.
_FORMS = (
    (r"(?:term and )?termination|term and ending", "How can the {kind} be terminated?"),
    (r".*\b(?:commencement|entry into force|effective date)", "When does the {kind} take effect?"),
    (r"term|duration|term of .*|duration of .*", "How long does the {kind} last?"),
    (r"(?:[\w ]+ and |[\w ]+, )?(?:governing|applicable) law", "Which law governs the {kind}?"),
    (r"(?:limitation of )?liability", "How is liability limited?"),
    (r"insurance", "Which insurance is required?"),
    (r"confidentiality|confidential information", "What must be kept confidential?"),
    (
        r"(?:payment of )?(charges|fees|dues|costs|prices|[\w-]+ (?:charges|fees|dues|costs))(?: and .*)?",
        "How much are the {0}?",
    ),
    (r"notices", "How must notices be given?"),
    (r"warrant(?:y|ies)", "What is warranted?"),
    (r"((?:duties|powers|rights|obligations|responsibilities|functions) of .*)", "What are the {0}?"),
    (r"(\w+['’]s? (?:duties|powers|rights|obligations|responsibilities))", "What are the {0}?"),
    (r"((?:[\w-]+ )?(?:penalties|offences))", "What are the {0}?"),
    (r"eligibility", "Who is eligible?"),
)  # fmt: skip
_ABOUT = "What does the {kind} say about {0}?"
_PASSED_OVER = re.compile(
    r"(?:introduction|definitions?|interpretation|general|miscellaneous|contents|references|bibliography|appendix|"
    r"annex|schedule|part|chapter|title|article|section|preface|foreword|acknowledge?ments?|abstract|index|notes)\b.*",
    re.IGNORECASE,
)


def suggested_questions(document: Document) -> list[str]:
    """At most five questions about `document`; none where it is not in English or has neither headings nor terms."""
    sample = next((page.text for page in document.pages if len(page.text) > _SAMPLE // 2), "")[:_SAMPLE]
    if not is_english(sample):
        return []
    asked = list(dict.fromkeys(_of_headings(document)))
    terms = [f"What does “{term}” mean?" for term in _terms(document)[:_MOST_TERMS]]
    chosen = [*asked[: MOST - len(terms)], *terms]
    return [*chosen, *_about_headings(document, min(MOST - len(chosen), _MOST_ABOUT))]


def _of_headings(document: Document) -> Iterator[str]:
    """The questions that headings are, then those that the text below them answers: the first of each form, in the
    order of the forms, then the second ones."""
    kind, titles = _kind(document), list(_titles(document))
    yield from (title for title in titles if title.endswith("?"))
    found = [
        [match for title in titles if (match := re.fullmatch(pattern, title, re.IGNORECASE))][:_MOST_ALIKE]
        for pattern, question in _FORMS
        if _fits(question, kind)
    ]
    asked = [question for _, question in _FORMS if _fits(question, kind)]
    for each in range(_MOST_ALIKE):
        for question, matches in zip(asked, found):
            if len(matches) > each:
                words = matches[each][1] if matches[each].groups() else ""
                named = "'" in words or "’" in words  # whose they are: a name
                words = words if named else words[:1].lower() + words[1:]
                yield question.format(words, kind=kind)


def _about_headings(document: Document, most: int) -> list[str]:
    """At most `most` questions about headings that are spread over the document."""
    kind = _kind(document)
    titles = [title for title in _titles(document) if " " in title and not _asked_otherwise(title)]
    spread = [titles[at * len(titles) // most] for at in range(most)] if titles else []
    return [_ABOUT.format(_uncapitalised(title, document), kind=kind) for title in dict.fromkeys(spread)]


def _asked_otherwise(title: str) -> bool:
    """Whether a heading says too little to ask about it, or is asked about in another form."""
    forms = any(re.fullmatch(pattern, title, re.IGNORECASE) for pattern, _ in _FORMS)
    return forms or title.endswith("?") or _PASSED_OVER.fullmatch(title) is not None


def _titles(document: Document) -> Iterator[str]:
    """The headings that are short enough to be asked about, in order."""
    for section in document.sections[:_LOOKED_AT]:
        title = printable(section.title).strip(" .:")
        if 3 < len(title) <= _LONGEST:
            yield title.capitalize() if title.isupper() else title


def _terms(document: Document) -> list[str]:
    """The terms that the document defines with a "means", those it uses most first."""
    defined = [d.term for d in document.definitions[:_LOOKED_AT] if d.kind == "means" and len(d.term) > 2]
    text = _text(document)
    uses = {term: text.count(term) for term in dict.fromkeys(defined)}
    return sorted((term for term, count in uses.items() if count > 1), key=lambda term: -uses[term])


def _text(document: Document) -> str:
    """The beginning of the text, of any length."""
    return "\n".join(page.text[:_COUNTED] for page in document.pages[:_COUNTED_PAGES])[:_COUNTED]


def _kind(document: Document) -> str:
    """What the document calls itself ("this agreement"), or "document"."""
    text = " ".join([document.title, *(page.text for page in document.pages[:5])])[:_COUNTED].casefold()
    counts = {kind: text.count(f"this {kind}") for kind in _KINDS}
    best = max(counts, key=lambda kind: counts[kind])
    return best if counts[best] else "document"


def _fits(question: str, kind: str) -> bool:
    """Whether what is asked can be asked of that kind of document."""
    made = "terminated" in question or "governs" in question or " last?" in question
    return not made or kind in _MADE


def _uncapitalised(title: str, document: Document) -> str:
    """`title` as it stands within a sentence: its first letter stays large where the word is a name."""
    first = title.split()[0]
    small = first[0].lower() + first[1:]
    known = re.search(rf"\b{re.escape(small)}\b", _text(document)) is not None
    return small + title[len(first) :] if known or len(first) == 1 else title
