"""What a question takes for granted: the names and years in it that no document has, and those that
are not where the answer is."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePath

from rapidfuzz import fuzz, process

from docqa.app.evidence.ranking import WordIndex
from docqa.app.evidence.terms import names_and_numbers, plain_words, terms
from docqa.ingest.types import Document

_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_WORD = re.compile(r"[^\W\d_]+")
_LIKE = 85.0
"""Percent of like letters from which a word of the documents is the name, written otherwise."""
_FEWEST_LETTERS = 4
"""Of a name, by whose beginning its other forms are known ("Freedonian" for "Freedonia")."""
_LONGEST_ENDING = 3
_LONGEST_ACRONYM = 8
_TITLE_CASE = 0.5
"""Share of capitalised words from which capitals name nothing."""


def missing_words(
    question: str,
    words: WordIndex,
    documents: Sequence[Document],
    pieces: Callable[[str], Sequence[int]],
) -> tuple[str, ...]:
    """The names and years of `question` that occur in no document, nor in another form: an
    inflection, an abbreviation, "FY21" for 2021. `pieces`: the tokens of a text; what is one token
    in small letters is a common word and no name."""
    letters = _WORD.findall(question)
    if sum(word[0].isupper() for word in letters) > _TITLE_CASE * len(letters):
        return ()
    unknown = [
        name
        for name in names_and_numbers(question)
        if (_YEAR.fullmatch(name) or not name[0].isdigit())
        and not any(map(words.passage_count, terms(name)))
    ]
    if not unknown:
        return ()
    names = [
        f"{PurePath(document.path).stem.replace('_', ' ')} {document.title}"
        for document in documents
    ]
    texts = [*names, *(page.text for document in documents for page in document.pages)]
    vocabulary = {word for text in texts for word in plain_words(text)}
    return tuple(
        name
        for name in unknown
        if not any(expression.search(text) for expression in _other_forms(name) for text in texts)
        and (name[0].isdigit() or _is_unknown_name(name, vocabulary, pieces))
    )


def names_not_in(said: str, question: str) -> int:
    """How many names and numbers of `question` are not in `said`, the sentence that answers with
    all that gives it its meaning; of one that goes on from another ("And in 2019? (What was …)")
    those of its own words."""
    own = question.rpartition(" (")[0] if question.endswith(")") else question
    names = {term for name in names_and_numbers(own) for term in terms(name)[:1]}
    return len(names - set(terms(said)))


def _other_forms(name: str) -> Iterator[re.Pattern[str]]:
    """Abbreviations by which a document may have `name`."""
    if name[0].isdigit():
        yield re.compile(rf"(?:FY ?|['’]|\d[-–/]){name[-2:]}\b")
    elif name.isupper() and len(name) <= _LONGEST_ACRONYM:
        small = r"[^\W\d_]*\W{1,3}(?:(?:of|the|and|for|to|in)\W)?"
        yield re.compile(rf"\b{small.join(map(re.escape, name))}[a-z]")


def _is_unknown_name(
    name: str, vocabulary: set[str], pieces: Callable[[str], Sequence[int]]
) -> bool:
    folded = name.casefold()
    if folded in vocabulary or len(pieces(f" {folded}")) == 1:
        return False
    if len(folded) <= _FEWEST_LETTERS:
        return True
    beginning = folded[: max(_FEWEST_LETTERS, len(folded) - _LONGEST_ENDING)]
    return not any(word.startswith(beginning) for word in vocabulary) and not process.extractOne(
        folded, vocabulary, scorer=fuzz.ratio, score_cutoff=_LIKE
    )
