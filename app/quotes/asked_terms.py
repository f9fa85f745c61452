"""The term whose meaning a question asks for, and where the documents say what it means: that term and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from docqa.app.quotes.sentence_runs import Sentences
from docqa.ingest.language.expressions import lazily
from docqa.ingest.language.words import AUXILIARY, QUESTION, alternatives
from docqa.ingest.types import Definition, Document, Page, Span

QUOTE, UNQUOTE = "[“\"‘'«]", "[”\"’'»]"
_WITHIN = r"(?:under\s+(?:this|the)|for\s+(?:the\s+)?purposes?|as\s+(?:it\s+is\s+)?used|according\s+to)\b"
_WHERE = (
    rf"(?:,?\s{{1,20}}+(?:here|in\s+(?:(?!\s{_WITHIN})[^?,])*+|{_WITHIN}[^?]*+|exactly|again|please))*[\s?.!:]{{0,40}}+$"
)
_TERM = r"(?P<term>.{1,120}?)"
_WORD_FOR = r"(?:the\s+)?(?:(?:defined\s+)?(?:term|word|phrase|expression|acronym|abbreviation)s?\s+)?"
_SPEAKS_OF_MEANING = lazily(
    r"mean|stand|refer|denot|signif|defin|count|qualif|=|what\s+(?:is|does|are)\s+(?:it|that|this|they)", re.IGNORECASE
)
"""What is in every question that `_MEANING` matches; few others have it."""
_MEANING = tuple(
    lazily(r"\A" + form + _WHERE, re.IGNORECASE)
    for form in (
        rf"\W*(?:and\s+|so\s+)?what\s+(?:does|do|did|would)\s++{_WORD_FOR}{_TERM}\s{{1,20}}+(?:mean|stand\s+for|refer\s+to|"
        r"denote|signify)",
        rf"\W*(?:who|whom)\s+(?:does|do)\s++{_WORD_FOR}{_TERM}\s{{1,20}}+(?:mean|refer\s+to|denote)",
        rf"\W*what\s+(?:is|are|was|were)\s+meant\s+by\s++{_WORD_FOR}{_TERM}",
        rf"\W*(?:please\s+)?define\s++{_WORD_FOR}{_TERM}",
        rf"\W*(?:what(?:\s+is|['’]s)\s+)?(?:the\s+)?(?:definition|meaning)\s+of\s++{_WORD_FOR}{_TERM}",
        rf"\W*how\s+(?:is|are|does\s++[^?]{{0,200}}?|do\s++[^?]{{0,200}}?)\s++{_WORD_FOR}{_TERM}\s{{1,20}}+defined",
        rf"\W*+{_TERM}(?:\s{{0,20}}+[:,–—-]\s{{0,20}}+|\s{{1,20}}+)(?:definition|meaning|what\s+(?:is|does|are)\s+(?:it|that|this|they)(?:\s+"
        r"mean)?|how\s+is\s+it\s+defined)",
        rf"\W*+{_TERM}(?:\s{{0,20}}+=|\s{{1,20}}+means?(?:\s+what)?|\s{{1,20}}+stands?\s+for(?:\s+what)?)",
        rf"\W*what\s+(?:counts?|qualif(?:y|ies))\s+as\s++{_TERM}",
    )
)
_NAMING = lazily(
    rf"\W*(?:what|who)(?:\s+(?:is|are|was|were)|['’]s)\s++{_WORD_FOR}{_TERM}{_WHERE}|\W*(?P<bare>{QUOTE}[^”\"’»]{{1,300}}{UNQUOTE}|"
    rf"[A-Z](?-i:[\w&/-]*[A-Z])){_WHERE}",
    re.IGNORECASE,
)
_ARTICLE = lazily(r"(?:an?|the|any|such)\s+", re.IGNORECASE)
_LONGEST = 8
_SHORT = lazily(r"(?=.*[A-Z].*[A-Z])[A-Z][A-Za-z\d&/-]{1,9}")
SAYS = (
    r"(?:\s*,[^,.;\n]{1,60},|\s+as\s+used\s+in\s[^.;\n]{1,60}?)?\s*(?:(?:shall|will)\s+)?(?:means?|refers?\s+to|denotes?|stands?\s+for|signif(?:y|ies)|"
    r"(?:is|are)\s+(?:defined|understood)\s+(?:as|to)|(?:has|have)\s+the\s+meanings?)\b"
)

_BEGINS = r"(?:^|(?<=[\n.;:—])|(?<=\d)|(?<=\)))\s*(?:(?:the\s+term|the|an?|any)\s+)?"
"""What may stand in front of a term that is no part of a longer one."""
_OTHER_FORM = lazily(rf"\W*(?:{alternatives(AUXILIARY | QUESTION)}|in)\b", re.IGNORECASE)


def asked_term(question: str) -> str | None:
    """The term whose meaning `question` asks for in so many words ("what does X mean", "define X"), without quotation
    marks and article; None where it asks for something else."""
    if not _SPEAKS_OF_MEANING.search(question):
        return None
    found = (match["term"] for form in _MEANING if (match := form.match(question)))
    return next((term for words in found if (term := _bare(words)) is not None), None)


def named_term(question: str) -> str | None:
    """The same, and X of "What is X?", which may be a defined term."""
    named = _NAMING.match(question) if (term := asked_term(question)) is None else None
    return term or (_bare(named["term"] or named["bare"]) if named is not None else None)


def definition_of(question: str, documents: Sequence[Document]) -> list[tuple[int, Definition]]:
    """(number of the document, definition) of the term that `question` asks for, in order; none of another term.

    What "means" something comes before what is named in passing, the whole document's meaning before a section's.
    "What is X?" asks for a meaning only where X is a defined term.
    """
    words = named_term(question)
    if words is None:
        return []
    looked_for = asked_term(question) is not None
    found = [
        (number, definition)
        for number, document in enumerate(documents)
        for definition in _of_term(document, words, everywhere=looked_for)
    ]
    return sorted(found, key=lambda pair: (pair[1].kind != "means", pair[1].scope is not None, pair[0]))


def is_abbreviation(term: str) -> bool:
    """Whether a term looks like letters that stand for words: one word with two capitals or more."""
    return _SHORT.fullmatch(term) is not None


def same_term(one: str, other: str) -> bool:
    """Whether two spellings are the same term: case, an article, a plural and the kind of dash do not count."""
    return _key(one) == _key(other)


def _bare(words: str) -> str | None:
    """A term without its quotation marks and article; None where the words are a question, or too many."""
    if _OTHER_FORM.match(words):
        return None
    quoted = re.search(rf"{QUOTE}([^”\"»]{{1,200}}?){UNQUOTE}(?!\w)", words)
    term = _ARTICLE.sub("", (quoted.group(1) if quoted else words).strip(" \t“”\"'‘’«»?.,:;"), count=1).strip()
    return term if term and len(term.split()) <= _LONGEST else None


def _key(term: str) -> tuple[str, ...]:
    words = re.sub(r"[‐-―]", "-", _ARTICLE.sub("", term.casefold(), count=1)).replace("’", "'").split()
    if words:
        last = words[-1].strip(" ,;")
        plural = len(last) > 3 and last.endswith("s") and not last.endswith("ss")
        words[-1] = f"{last[:-3]}y" if last.endswith("ies") else last[:-1] if plural else last
    return tuple(words)


def _of_term(document: Document, term: str, *, everywhere: bool) -> list[Definition]:
    """What ingest saw; where that does not say what the term means, and `everywhere`, what the pages say too."""
    known = _known(document, term)
    says = any(definition.kind == "means" for definition in known)
    return known if says or not everywhere else [*known, *_said(document, term)]


def _known(document: Document, term: str) -> list[Definition]:
    return [definition for definition in document.definitions if same_term(definition.term, term)]


def _said(document: Document, term: str) -> list[Definition]:
    """Places that say what `term` means, where ingest saw no defined term: unquoted, in a glossary, or an abbreviation
    in brackets behind its words."""
    words, first = spaced(term), term.split()[0].lower()
    says = rf"(?:{QUOTE}{words}{UNQUOTE}|{_BEGINS}{words}){SAYS}"
    means = re.compile(rf"{says}|(?:^|(?<=\n)){words}\s*[:–—]\s+(?=\w)", re.IGNORECASE)
    short = re.compile(rf"\b\w[\w’'-]*\s+\({QUOTE}?{re.escape(term)}{UNQUOTE}?\)")
    return [
        Definition(term, page.page, span.start, span.end, None, kind)
        for page in document.pages
        if first in page.text.lower()
        for kind, pattern in (("means", means), ("inline", short))
        for span in _sentences_with(page, pattern)
    ]


def _sentences_with(page: Page, pattern: re.Pattern[str]) -> Iterator[Span]:
    matches = list(pattern.finditer(page.text))
    if not matches:
        return
    found = Sentences(page.text)
    runs = (found.touched(match.start(), match.end()) for match in matches)
    yield from dict.fromkeys(found.span(run) for run in runs if run)


def spaced(term: str) -> str:
    """A pattern of a term's words, with any white space between them."""
    return r"\s+".join(re.escape(word) for word in term.split())
