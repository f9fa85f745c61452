"""What a statement says that its quotes do not say in words: numbers, dates, negations, duties,
names, opposites.

The first half of support, before a judge that was trained reads the two. It knows English.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from docqa.app.evidence.terms import STOP_WORDS, plain_words, stems, terms
from docqa.app.facts.facts import (
    Relation,
    compare_facts,
    fact_from_figure,
    is_fact_stated,
    parse_dates,
)
from docqa.ingest.language.places import ATTACHMENTS, PROVISIONS, named_places
from docqa.ingest.language.quantities import figures, fold_text
from docqa.ingest.language.sentences import sentence_texts
from docqa.ingest.language.words import EXCEPTIONS

from .opposites import numbers_with_opposite_bound, words_with_opposite_in_quotes

_NOT = re.compile(
    r"\b(?<!or )(?:(?:not|no(?!\.?\s*\d)|never|neither|nor|none|nothing|cannot)\b"
    r"(?! only| (?:later|more|less|fewer)\b| (?:to )?exceed)|without\b)|n['’]t\b",
    re.IGNORECASE,
)
_DENIES = (
    rf"{_NOT.pattern}|\b(?:prohibit|forb[ia]d|exclu|refus|reject|den[iy]|fail|exempt|waiv|optional|"
    r"non|in(?:valid|eligible)|un(?:lawful|able|likely))"
)
_DENIED = re.compile(_DENIES, re.IGNORECASE)
_LIKE_NOT = re.compile(rf"{_DENIES}|\b(?:unless|except|only|until|before)", re.IGNORECASE)
_CONDITION = EXCEPTIONS - {"only"} | {"without"}
_NEEDS = re.compile(r"\b(?:requir|must|need|only|subject to|with \w+)", re.IGNORECASE)
_DUTY = re.compile(
    r"\b(?:shall|must|ha(?:s|ve|d) to|requir|oblig|mandat|agrees? to|undertake|covenant|responsib|liable|dut|will\b|"
    r"need|payable|due|owed|bound)",
    re.IGNORECASE,
)
_STRICT_DUTY = re.compile(
    r"\b(?:shall|must|has to|have to|required to|obliged to|mandatory)\b(?! not)", re.IGNORECASE
)
_LEAVE = re.compile(
    r"\b(?:may|can\b|could|might|permit|allow|entitle|right|option|free to|authori|able|discretion|elect|possib)",
    re.IGNORECASE,
)
_STRICT_LEAVE = re.compile(
    r"\b(?:may|might|allowed to|permitted to|entitled to|optional)\b(?! \d| not)", re.IGNORECASE
)
_NAME = re.compile(r"(?<![\w.])(?:[A-Z][\w&’'.-]*\w|[A-Z])(?![\w])")
_PLACES = (
    *sorted(PROVISIONS | ATTACHMENTS),
    "page",
    "part",
    "chapter",
    "rule",
    "figure",
    "table",
    "theorem",
    "lemma",
    "equation",
)
_LEAST_SAID = 2
_MARKS = ".,;:!?()<>[]\"'“”‘’"
_SCOPE = 2
_REACH = 6  # words before or after, in which a denial is near
_WORD = re.compile(r"[^\s]+")
_NEAR = 0.5
_LOOSE = frozenset(("0", "1", "2"))  # in words "one", "first", "second" are often no figure


@dataclass(frozen=True)
class Differences:
    """What stands in a statement and not in its quotes, as written; `negations`: the words that are
    turned, `contrasts`: what the quotes say with the opposite word."""

    numbers: tuple[str, ...] = ()
    negations: tuple[str, ...] = ()
    modals: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    contrasts: tuple[str, ...] = ()

    @property
    def is_decisive(self) -> bool:
        """Whether the statement cannot be called supported at all, in any part."""
        return bool(self.numbers or self.negations or self.contrasts)

    def __bool__(self) -> bool:
        return any(vars(self).values())


def literal_differences(statement: str, quoted: str, around: str = "") -> Differences:
    """What `statement` says that `quoted` does not; names and numbers of places may also be in what
    is `around` the quotes."""
    close = _closest_sentences(statement, quoted)
    return Differences(
        numbers=(
            *_missing_numbers(statement, quoted, around),
            *numbers_with_opposite_bound(statement, quoted),
        ),
        negations=tuple(_differing_negations(statement, close, sentence_texts(quoted))),
        modals=tuple(
            said.group()
            for strict, loose in ((_STRICT_DUTY, _DUTY), (_STRICT_LEAVE, _LEAVE))
            if (said := strict.search(statement)) and not loose.search(quoted)
        ),
        names=(
            *_missing_names(statement, f"{quoted} {around}"),
            *_missing_opening_name(statement, close, around),
        ),
        contrasts=tuple(words_with_opposite_in_quotes(statement, quoted)),
    )


def has_denial(text: str) -> bool:
    """Whether `text` denies something with "not" or a word like it."""
    return _NOT.search(text) is not None


def count_names_and_figures(statement: str) -> int:
    """How many different names, after its first word, and numbers in digits `statement` has."""
    names = {match.group() for match in _NAME.finditer(statement) if match.start()}
    return len(names) + len({figure.value for figure in figures(statement) if figure.digits})


def _missing_numbers(statement: str, quoted: str, around: str) -> Iterator[str]:
    known = [fact_from_figure(figure) for figure in figures(quoted)]
    near = {figure.value for figure in figures(f"{quoted} {around}")}
    of_places = {
        number.number for named in named_places(statement, _PLACES) for number in named.numbers
    }
    for figure in figures(statement):
        if not figure.digits and figure.value in _LOOSE and not figure.unit:
            # "two heirs", "three heirs": the quotes count the same, and always with another number
            counted = _stem_after_number(fold_text(statement), figure.end)
            others = (
                other
                for other in figures(quoted)
                if counted and _stem_after_number(fold_text(quoted), other.end) == counted
            )
            found = {other.value for other in others}
            if found and figure.value not in found:
                yield figure.shown
        elif not (figure.value in of_places and figure.value in near) and not is_fact_stated(
            known, fact_from_figure(figure)
        ):
            yield figure.shown + (f" {figure.unit}" if figure.unit else "")
    dated = parse_dates(quoted)
    for shown, readings in groupby(parse_dates(statement), key=lambda fact: fact.shown):
        if all(
            compare_facts(one, other) is Relation.CONFLICTING for one in readings for other in dated
        ):
            yield shown
    yield from sorted(
        _web_and_email_addresses(statement) - _web_and_email_addresses(f"{quoted} {around}")
    )


def _web_and_email_addresses(text: str) -> frozenset[str]:
    """The e-mail and web addresses of `text`, which differ by a letter."""
    return frozenset(word.strip(_MARKS) for word in text.split() if "@" in word or "://" in word)


def _stem_after_number(text: str, end: int) -> str:
    """The stem of the word after a number."""
    following = _WORD.search(text, end)
    word = (stems(plain_words(following.group())) or [""])[0] if following else ""
    return "" if word in STOP_WORDS else word


def _closest_sentences(statement: str, quoted: str) -> list[str]:
    """The sentences of the quotes that share most words with the statement, and all that share half
    of them.
    """
    parts = sentence_texts(quoted)
    said = set(terms(statement))
    shared = [len(said & set(terms(part))) for part in parts]
    least = min(max(shared), max(1.0, _NEAR * len(said)))
    return [part for part, count in zip(parts, shared, strict=True) if count >= least]


def _differing_negations(statement: str, close: list[str], parts: list[str]) -> Iterator[str]:
    """Words that the one denies and the other states."""
    for match in _NOT.finditer(statement):
        wanted = set(stems(_denied_words(match, statement)))
        if any(
            wanted & set(stems(_denied_words(each, part)))
            for part in parts
            for each in _NOT.finditer(part)
        ):
            continue  # both deny the same with another word
        turned = [_words_denied_only_here(match, statement, part) for part in close]
        if not any(_LIKE_NOT.search(part) for part in close) or (turned and all(turned)):
            yield match.group()
    for part in close:
        for match in _NOT.finditer(part):
            if _CONDITION & set(plain_words(part)) and _NEEDS.search(statement):
                continue  # "shall not assign without consent" says that consent is needed
            if turned_words := _words_denied_only_here(match, part, statement):
                yield f"{match.group()} {turned_words}"


def _denied_words(match: re.Match[str], text: str) -> list[str]:
    """The words that `text` denies at `match`, the first ones after it that say something."""
    behind = [word for word in plain_words(text[match.end() :]) if word not in STOP_WORDS]
    return [word for word in behind if not word.endswith("ly")][:_SCOPE]


def _words_denied_only_here(match: re.Match[str], text: str, other: str) -> str:
    """The words that `text` denies at `match` and that stand in `other` with no denial near them;
    else "".
    """
    if "without" in text[match.end() :] and "without" in other:
        other = other.replace("without", "with")  # in both: it turns neither
    scope = _denied_words(match, text)
    wanted = set(stems(scope))
    words = list(_WORD.finditer(other))
    found = False
    for number, word in enumerate(words):
        if not wanted & set(stems(plain_words(word.group()))):
            continue
        found = True
        if word.group().casefold().lstrip("\"'“(").startswith("non-"):
            return ""
        before = other[words[max(number - _REACH, 0)].start() : word.start()]
        behind = other[word.end() : words[min(number + _REACH, len(words) - 1)].end()]
        if _LIKE_NOT.search(before) or _DENIED.search(behind):
            return ""
    said = found and set(stems(scope[:1])) <= set(stems(plain_words(other)))
    return " ".join(scope) if said else ""


def _missing_names(statement: str, known: str) -> Iterator[str]:
    words = set(stems(plain_words(known)))
    for match in _NAME.finditer(statement):
        name = match.group()
        opens = (
            not statement[: match.start()].strip(" \"“'‘(*")
            or statement[: match.start()].rstrip()[-1] in ".!?:;"
        )
        inner = [word for word in plain_words(name) if word not in STOP_WORDS]
        if (
            opens
            or not inner
            or any(part[0].isdigit() for part in inner)
            or parse_dates(f"1 {name}")
        ):
            continue  # months are dates
        if not set(stems(inner)) & words:
            yield name


def _missing_opening_name(statement: str, close: list[str], around: str) -> Iterator[str]:
    """The word that opens a statement, where all its other words stand in a sentence of the quotes
    with other names.
    """
    first = _NAME.match(statement)
    said = terms(statement)
    if not first or terms(first.group()) != said[:1] or len(set(said)) <= _LEAST_SAID:
        return
    for part in close:
        others = {stem for name in _NAME.findall(part) for stem in terms(name)} - set(said)
        if others and set(said) - set(terms(f"{part} {around}")) == {said[0]}:
            yield first.group()
            return
