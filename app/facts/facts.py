"""Values by their kind: read from words, in one spelling (ISO 8601, ISO 4217), compared,
printed.
"""

import calendar
import datetime
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest

from docqa.ingest.language.dates import MONTH, dates
from docqa.ingest.language.expressions import lazily
from docqa.ingest.language.quantities import MONEY, TIME, Figure, figures, fold_text
from docqa.ingest.language.words import CONJUNCTION, DETERMINER, PREPOSITION, alternatives, word_set
from docqa.ingest.types import Span

_CURRENCY_CODES = {"dollar": "USD", "euro": "EUR", "sterling": "GBP", "yen": "JPY"}
_DURATIONS = {
    "second": (1, "TS"),
    "minute": (1, "TM"),
    "hour": (1, "TH"),
    "day": (1, "D"),
    "night": (1, "D"),
    "week": (1, "W"),
    "month": (1, "M"),
    "quarter": (3, "M"),
    "year": (1, "Y"),
    "decade": (10, "Y"),
    "century": (100, "Y"),
}
_BASES = {"PY": (12, "PM"), "PW": (7, "PD"), "PTH": (3600, "PTS"), "PTM": (60, "PTS")}
_MOST_COMPUTED = 12_000  # months or days
_PLACING = CONJUNCTION | PREPOSITION
_NUMBER = lazily(r"\d+(?:\.\d+)?")
_LEGAL_FORM = lazily(
    r",?\s+(?:ltd|limited|inc(?:orporated)?|plc|ll[cp]|corp(?:oration)?|company)\b\.?$",
    re.IGNORECASE,
)
_ARTICLE = lazily(r"^(?:the|a|an)\s+", re.IGNORECASE)
_NAME = r"[A-Z](?:[\w’'-]|\.(?=\w\.?))+"
_NO_STATE = alternatives(
    _PLACING | DETERMINER | word_set("applicable such other common case without excluding")
)
_STATE = rf"(?!(?i:{_NO_STATE})\b){_NAME}(?:,?\s+(?:(?:and|of|of\s+the)\s+)?(?!(?i:{_NO_STATE}|state)\b){_NAME}){{0,4}}"
_OF_STATE = r"(?i:(?:state|commonwealth|province|(?:federal\s+)?republic)\s+of\s+(?:the\s+)?)"
_LAW = lazily(
    rf"\b(?i:laws?(?:\s+in\s+force)?\s+(?:of|in)\s+(?:the\s+)?(?:state\s+)?)(?:{_OF_STATE})?(?P<of>{_STATE})"
    rf"|\b{_OF_STATE}(?P<state>{_STATE})|\b(?P<before>{_STATE})\s+(?i:laws?)\b"
)
"""A law by its country: "the laws of the State of New York", "English law"."""
_ROLE = lazily(
    r"[^()]{0,200}\([^()\"“]{0,40}[\"“](?!(?i:part(?:y|ies)\b))([A-Z][^\"”()]{0,30}?)[,.]?[\"”][^()]{0,60}\)"
)
"""What a name is called after it: (the "Supplier")."""
_YES_NO = lazily(r"\W*(yes|no)\b", re.IGNORECASE)
_CLAUSE_NUMBER = lazily(
    rf"""
    (?: (?:section|article|clause|paragraph|§+)\s*\d[\w.()]*:?\s+(?=(?-i:[A-Z]))
      | \d{{1,3}}(?:\.\d{{1,3}})+\s+(?=(?-i:[A-Z]))
      | \d{{1,3}}(?:\.\d{{1,3}})*[.)]\s+
      | \((?:\d{{1,3}}|[a-z]|[ivxlc]{{1,6}})\)\s+
    )+
    (?!(?:{MONTH})\b) (?=\S+(?:\s+\S+){{3}})
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""The number of a clause: before four words or more, so that "30 days", "3.5 Million" and "1. May
2020" stay.
"""
_PUNCTUATION = lazily(r"[^\w\s.,%§/-]|[.,](?!\d)|(?<!\S)-+(?!\S)|(?<=[^\W\d])-(?=[^\W\d])")
"""What says nothing; the hyphens of "2-3" and "-5" do."""


class FactKind(StrEnum):
    PARTY = "party"
    PERSON = "person"
    DATE = "date"
    PERIOD = "period"
    AMOUNT = "amount"
    NUMBER = "number"
    LAW = "law"
    YES_NO = "yes_no"


NAMES = (FactKind.PARTY, FactKind.PERSON, FactKind.LAW)


class Relation(StrEnum):
    """How two values of one kind stand to each other; incomparable: one leaves open what the other
    says.
    """

    EQUAL = "equal"
    CONFLICTING = "conflicting"
    INCOMPARABLE = "incomparable"


@dataclass(frozen=True)
class Fact:
    """`value` in one spelling: "2020-05-01" ("--05-01" without a year), "P30D", "USD 1200", "12
    kilometre", "no", or a name's words in small letters without article and legal form; `shown` as
    written."""

    kind: FactKind
    value: str
    shown: str


def parse_first_fact(kind: FactKind, text: str) -> Fact | None:
    """The first value of that kind in `text`, of a name all of it; or None."""
    if kind in NAMES:
        name = _LEGAL_FORM.sub(
            "", _ARTICLE.sub("", " ".join(text.split()).strip(" .,;\"“”'’‘"))
        ).casefold()
        return Fact(kind, name, text) if name else None
    if kind is FactKind.YES_NO:
        said = _YES_NO.match(text)
        return Fact(kind, said[1].lower(), said[0].strip()) if said else None
    if kind is FactKind.DATE:
        found = parse_dates(text)
        ambiguous = len(found) > 1 and found[0].shown == found[1].shown  # "3/4/2019"
        return found[0] if found and not ambiguous else None
    return next(
        (fact for figure in figures(text) if (fact := fact_from_figure(figure)).kind is kind), None
    )


def parse_dates(text: str) -> list[Fact]:
    """The dates of `text`; of "3/4/2019" both that may be meant."""
    return [Fact(FactKind.DATE, date.iso, text[date.start : date.end]) for date in dates(text)]


def computed_end(text: str) -> Fact | None:
    """The last day of a time that `text` says by one date and a length after it: "from 1 April 2025
    for four years" is 2029-03-31."""
    starts = fact_spans(FactKind.DATE, text)
    lengths = fact_spans(FactKind.PERIOD, text)
    length = next((span for span in lengths if starts and span.start > starts[0].end), None)
    start = parse_first_fact(FactKind.DATE, text)
    if len(starts) != 1 or not length or not start or start.value.count("-") != 2:
        return None
    period = parse_first_fact(FactKind.PERIOD, length.of(text))
    count, unit = _number_in_base_unit(period.value) if period else (0.0, "")
    day = datetime.date.fromisoformat(start.value)
    if not 0 < count < _MOST_COMPUTED:
        return None
    if unit == "PM":
        years, month = divmod(day.month - 1 + int(count), 12)
        last = calendar.monthrange(day.year + years, month + 1)[1]
        end = datetime.date(day.year + years, month + 1, min(day.day, last))
    elif unit == "PD":
        end = day + datetime.timedelta(days=count)
    else:
        return None
    value = (end - datetime.timedelta(days=1)).isoformat()
    return Fact(FactKind.DATE, value, f"{start.shown} and {length.of(text)}")


def kinds_of_values_in(text: str) -> frozenset[FactKind]:
    """The kinds of the dates and numbers of `text`."""
    dated = {FactKind.DATE} if parse_dates(text) else set[FactKind]()
    return frozenset(dated or {fact_from_figure(figure).kind for figure in figures(text)})


def fact_spans(kind: FactKind, text: str) -> list[Span]:
    """Where `text` has values of a kind: dates, numbers with their units ("thirty (30) days" is
    one), the state or country of a law. Empty for other kinds, and for numbers where several
    letters of the text are one."""
    if kind is FactKind.LAW:
        found = [Span(*match.span(match.lastgroup or 0)) for match in _LAW.finditer(text)]
    elif kind is FactKind.DATE:
        found = [Span(date.start, date.end) for date in dates(text)]
    elif len(fold_text(text)) != len(text):
        found = []
    else:
        found = [
            Span(*figure.whole) for figure in figures(text) if fact_from_figure(figure).kind is kind
        ]
    apart: list[Span] = []
    for span in found:
        if apart and not text[apart[-1].end : span.start].strip(" ("):
            span = Span(apart.pop().start, span.end)
        apart.append(span)
    return apart


def fact_from_figure(figure: Figure) -> Fact:
    """A number as an amount or a period where it has such a unit, else as a number."""
    if figure.unit in MONEY:
        return Fact(FactKind.AMOUNT, f"{_CURRENCY_CODES[figure.unit]} {figure.value}", figure.shown)
    if figure.unit in TIME and figure.value.isdigit():
        times, designator = _DURATIONS[figure.unit]
        time, letter = ("T", designator[1]) if len(designator) > 1 else ("", designator)
        return Fact(
            FactKind.PERIOD,
            f"P{time}{int(figure.value) * times}{letter}",
            f"{figure.value} {figure.unit}{'s' * (figure.value != '1')}",
        )
    return Fact(FactKind.NUMBER, f"{figure.value} {figure.unit}".strip(), figure.shown)


def compare_facts(one: Fact, other: Fact) -> Relation:
    """How two values stand to each other; those of two kinds are incomparable."""
    if one.kind is not other.kind:
        return Relation.INCOMPARABLE
    if one.value == other.value:
        return Relation.EQUAL
    if one.kind is FactKind.DATE:
        parts = zip(_date_parts(one.value), _date_parts(other.value), strict=True)
        return (
            Relation.CONFLICTING
            if any(a != b for a, b in parts if a and b)
            else Relation.INCOMPARABLE
        )
    if one.kind in NAMES:
        words = set(one.value.split())
        others = set(other.value.split())
        return Relation.INCOMPARABLE if words <= others or others <= words else Relation.CONFLICTING
    (number, unit), (other_number, other_unit) = (
        _number_in_base_unit(one.value),
        _number_in_base_unit(other.value),
    )
    if unit != other_unit:
        return Relation.INCOMPARABLE
    return Relation.EQUAL if number == other_number else Relation.CONFLICTING


def is_fact_stated(known_facts: Iterable[Fact], fact: Fact) -> bool:
    """Whether one of the numbers `known_facts` equals `fact`, or does without a unit or as the price of a
    time.
    """
    return any(
        compare_facts(fact, other) is Relation.EQUAL or _are_equal_without_units(fact, other)
        for other in known_facts
    )


def _are_equal_without_units(*pair: Fact) -> bool:
    plain = [fact for fact in pair if fact.kind is FactKind.NUMBER]
    open_unit = (
        any(" " not in fact.value for fact in plain)
        or not plain
        and pair[0].kind is not pair[1].kind
    )
    return (
        open_unit and len({found[0] for fact in pair if (found := _NUMBER.search(fact.value))}) == 1
    )


def _number_in_base_unit(value: str) -> tuple[float, str]:
    """(number, unit); years as months, weeks as days and hours as seconds: a month is no number of
    days.
    """
    unit = _NUMBER.sub("", value, count=1)
    times, base = _BASES.get(unit, (1, unit))
    found = _NUMBER.search(value)
    return times * float(found[0]) if found else 0.0, base


def _date_parts(iso: str) -> list[int]:
    """Year, month and day; 0 for what is not said."""
    year, _, rest = (f"0{iso[1:]}" if iso.startswith("--") else iso).partition("-")
    return [int(part) for part in (year, *(*rest.split("-"), "0")[:2])]


def sort_key(fact: Fact) -> tuple[float, ...]:
    """What dates, periods, amounts and numbers of one unit are ordered by; a month counts as thirty
    days.
    """
    if fact.kind is FactKind.DATE:
        return tuple(_date_parts(fact.value))
    number, unit = _number_in_base_unit(fact.value)
    days = {"PM": 30.0, "PTS": 1 / 86_400}
    return (number * days.get(unit, 1.0),)


def name_with_role(name: str, text: str) -> str:
    """A party's name with what `text` calls it after the name: "Acme Inc. (Supplier)"."""
    at = text.find(name)
    role = _ROLE.match(text, at + len(name)) if at >= 0 else None
    return f"{name} ({role[1]})" if role and role[1].casefold() not in name.casefold() else name


def is_time(text: str) -> bool:
    """Whether `text` says when: a date, a number, or words that place an event ("upon
    delivery").
    """
    return (
        bool(figures(text)) or any(dates(text)) or not _PLACING.isdisjoint(fold_text(text).split())
    )


def normal_form(text: str) -> str:
    """Words for comparison: without case, punctuation, leading article and clause number; dates,
    numbers and units in one spelling, "thirty (30) days" once."""
    number = _CLAUSE_NUMBER.match(text.lstrip())
    shown = fold_text(text.lstrip()[number.end() if number else 0 :])
    at = 0
    parts = list[str]()
    for start, end, value in sorted(_spans_with_normal_form(shown)):
        if start >= at:
            parts += [shown[at:start], value]
            at = end
    words = _PUNCTUATION.sub(" ", "".join([*parts, shown[at:]])).split()
    return _ARTICLE.sub("", " ".join(words))


def _spans_with_normal_form(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, spelling) of dates, and of numbers with their unit."""
    found = list(dates(text))
    for date in found:
        if sum(other.start == date.start for other in found) == 1:
            yield date.start, date.end, date.iso
    known = figures(text)
    for figure, following in zip_longest(known, known[1:]):
        repeats = following is not None and not text[figure.end : following.start].strip(" (")
        if repeats and following and following.value == figure.value:
            yield figure.start, following.start, ""
        elif not any(date.start < figure.end and figure.start < date.end for date in found):
            start, end = figure.whole
            unit = f" {figure.unit}" if (start, end) != (figure.start, figure.end) else ""
            yield start, end, f"{figure.value}{unit} "
