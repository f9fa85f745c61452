"""What a statement says that its quotes do not say in words: numbers, dates, negations, duties and names.

The first half of support, before a judge that was trained reads the two. It knows English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from docqa.app.answerers.writing.figures import Figure, figures, months
from docqa.app.evidence.terms import STOP_WORDS, plain_words, stems, terms
from docqa.ingest.structure.sentences import sentences

_NO = r"no\b(?!\.?\s*\d)(?! (?:later|more|less|fewer|sooner|earlier|greater)\b)"
_STRICT = (
    r"(?:not\b(?! only| (?:more|less|later|fewer) than)|never\b|neither\b|nor\b|none\b|nobody\b|nothing\b|cannot\b|"
    rf"{_NO}|without\b)"
)
_NOT = re.compile(rf"\b(?<!or ){_STRICT}|n['’]t\b", re.IGNORECASE)
_DENIES = (
    r"prohibit\w*|forb[ia]d\w*|bar(?:s|red)?|ban(?:s|ned)?|exclu\w+|preclu\w+|prevent\w*|refus\w+|reject\w*|"
    r"den(?:y|ies|ied|ial)|declin\w+|fail\w*|lack\w*|unable|incapable|exempt\w*|free (?:of|from)|waiv\w+|"
    r"un(?:lawful|paid|authori[sz]ed|enforceable|certain|clear|available|likely|necessary|constitutional)\w*|"
    r"in(?:valid|eligible|admissible|applicable|sufficient)\w*|non\w*|absen\w+|rather than|instead of|other than"
)
_DENIED = re.compile(rf"\b(?:{_STRICT}|{_DENIES})|n['’]t\b", re.IGNORECASE)
_LIKE_NOT = re.compile(
    rf"\b(?:{_STRICT}|{_DENIES}|unless|except\w*|only|solely|until|before)\b|n['’]t\b", re.IGNORECASE
)
_CONDITION = re.compile(r"\b(?:without|unless|except|until)\b", re.IGNORECASE)
_NEEDS = re.compile(r"\b(?:requir\w+|must (?:obtain|have|get|seek|give)|need\w*|only|subject to)\b", re.IGNORECASE)
_DUTY = re.compile(
    r"\b(?:shall|must|ha(?:s|ve|d) to|(?:is|are|was|were) (?:required|obliged|obligated|bound|to)|requir\w+|oblig\w+|"
    r"mandat\w+|agrees? (?:to|that)|undertakes?|covenants?|responsib\w+|liable|duty|duties|will|needs? to|payable|"
    r"due|owed)\b",
    re.IGNORECASE,
)
_STRICT_DUTY = re.compile(
    r"\b(?:shall|must|ha(?:s|ve) to|(?:is|are) (?:required|obliged|obligated) to|mandatory)\b(?! not)",
    re.IGNORECASE,
)
_LEAVE = re.compile(
    r"\b(?:may|can|could|might|permit\w*|allow\w*|entitle\w*|right\w*|option\w*|free to|authori[sz]\w+|able|"
    r"discretion\w*|elect\w*|possib\w+|optional)\b",
    re.IGNORECASE,
)
_STRICT_LEAVE = re.compile(r"\b(?:may|might|(?:is|are) (?:allowed|permitted|entitled) to|optional)\b(?! \d| not)", re.I)
_NAME = re.compile(r"(?<![\w.])(?:[A-Z][\w&’'.-]*\w|[A-Z])(?![\w])")
_PLACE_NUMBER = re.compile(
    r"\b(?:sections?|sec\.|clauses?|articles?|art\.|paragraphs?|para\.|pages?|pp?\.|schedules?|exhibits?|appendix|annex|"
    r"parts?|chapters?|rules?|figures?|fig\.|tables?|theorems?|lemmas?|equations?|§+)\s*\(?\d+(?:\.\d+)*(?:\(\w+\))*",
    re.IGNORECASE,
)
_GENERAL_WORDS = """
document agreement contract lease paper letter report opinion policy text party parties date dated name named call
called state states say says provide provides according
"""
_GENERAL = frozenset(stems(_GENERAL_WORDS.split()))
_LEAST_SAID = 2
_SCOPE = 2
_REACH = 6  # words before or behind, in which a denial is near
_WORD = re.compile(r"[^\s]+")
_NEAR = 0.5
_LOOSE = frozenset(("0", "1", "2"))  # in words "one", "first", "second" are hardly ever a figure


@dataclass(frozen=True)
class Differences:
    """What stands in a statement and not in its quotes, each as written; `negations` says which words are turned."""

    numbers: tuple[str, ...] = ()
    negations: tuple[str, ...] = ()
    modals: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def decisive(self) -> bool:
        """Whether the statement cannot be called supported at all, in any part."""
        return bool(self.numbers or self.negations)

    def __bool__(self) -> bool:
        return bool(self.numbers or self.negations or self.modals or self.names)


def differences(statement: str, quoted: str, around: str = "") -> Differences:
    """What `statement` says that `quoted` does not. `around`: what stands beside and above the quotes, in which names
    and the numbers of places may be as well."""
    close = _closest(statement, quoted)
    return Differences(
        numbers=tuple(_numbers(statement, quoted, around)),
        negations=tuple(_negations(statement, close)),
        modals=tuple(_modals(statement, quoted)),
        names=tuple(_names(statement, f"{quoted} {around}")),
    )


def denies(text: str) -> bool:
    """Whether `text` denies something with "not" or a word like it."""
    return _NOT.search(text) is not None


def all_said(statement: str, quoted: str) -> bool:
    """Whether one sentence of the quotes has every word of `statement` that says something, in any form; what only
    names the document or what it does ("the document is dated", "the parties are") does not count."""
    wanted = {word for word in stems(plain_words(statement)) if word not in _GENERAL and word not in STOP_WORDS}
    parts = [quoted[span.start : span.end] for span in sentences(quoted)] or [quoted]
    return len(wanted) >= _LEAST_SAID and any(wanted <= set(stems(plain_words(part))) for part in parts)


def _numbers(statement: str, quoted: str, around: str) -> Iterator[str]:
    places = [match.group() for match in _PLACE_NUMBER.finditer(statement)]
    known = figures(quoted)
    near = {figure.value for figure in figures(around)}
    of_places = {figure.value for place in places for figure in figures(place)}
    values = {figure.value for figure in known}
    for figure in figures(statement):
        loose = not figure.digits and figure.value in _LOOSE and not figure.unit
        if loose or (figure.value in of_places and figure.value in values | near):
            continue
        if figure.value not in values or _other_unit(figure, known):
            yield figure.shown + (f" {figure.unit}" if figure.unit else "")
    yield from sorted(months(statement) - months(quoted))


def _other_unit(figure: Figure, known: list[Figure]) -> bool:
    """Whether the quotes have the number, and always with another unit of time."""
    units = {other.unit for other in known if other.value == figure.value}
    return bool(figure.unit) and figure.unit not in units and "" not in units


def _closest(statement: str, quoted: str) -> list[str]:
    """The sentences of the quotes that share most words with the statement, and all that share half of them."""
    parts = [quoted[span.start : span.end] for span in sentences(quoted)] or [quoted]
    said = set(terms(statement))
    shared = [len(said & set(terms(part))) for part in parts]
    least = min(max(shared), max(1.0, _NEAR * len(said)))
    return [part for part, count in zip(parts, shared, strict=True) if count >= least]


def _negations(statement: str, close: list[str]) -> Iterator[str]:
    """Words that the one denies and the other states."""
    for match in _NOT.finditer(statement):
        turned = [_turned(match, statement, part) for part in close]
        if not any(_LIKE_NOT.search(part) for part in close) or (turned and all(turned)):
            yield match.group()
    for part in close:
        for match in _NOT.finditer(part):
            if _CONDITION.search(part) and _NEEDS.search(statement):
                continue  # "shall not assign without consent" says that consent is needed
            if turned_words := _turned(match, part, statement):
                yield f"{match.group()} {turned_words}"


def _turned(match: re.Match[str], text: str, other: str) -> str:
    """The words that `text` denies at `match` and that stand in `other` with no denial near them; else ""."""
    scope = [word for word in plain_words(text[match.end() :]) if word not in STOP_WORDS][:_SCOPE]
    wanted = set(stems(scope))
    words = list(_WORD.finditer(other))
    found = False
    for number, word in enumerate(words):
        if not wanted & set(stems(plain_words(word.group()))):
            continue
        found = True
        before = other[words[max(number - _REACH, 0)].start() : word.start()]
        behind = other[word.end() : words[min(number + _REACH, len(words) - 1)].end()]
        if _LIKE_NOT.search(before) or _DENIED.search(behind):
            return ""
    return " ".join(scope) if found else ""


def _modals(statement: str, quoted: str) -> Iterator[str]:
    duty, leave = _STRICT_DUTY.search(statement), _STRICT_LEAVE.search(statement)
    if duty and not _DUTY.search(quoted):
        yield duty.group()
    if leave and not _LEAVE.search(quoted):
        yield leave.group()


def _names(statement: str, known: str) -> Iterator[str]:
    words = set(stems(plain_words(known)))
    for match in _NAME.finditer(statement):
        name = match.group()
        opens = not statement[: match.start()].strip(" \"“'‘(*") or statement[: match.start()].rstrip()[-1] in ".!?:;"
        inner = [word for word in plain_words(name) if word not in STOP_WORDS]
        if opens or not inner or any(part[0].isdigit() for part in inner):
            continue
        if not set(stems(inner)) & words:
            yield name
