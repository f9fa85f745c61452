"""Answer and its parts, and the object that `--json` prints (schemas/answer.schema.json)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Self, Union, get_args, get_origin, get_type_hints

from docqa.app.answer.text import JsonObject

from .grades import Grade, Place, Status, Support, Verdict

SCHEMA = 2


@dataclass(frozen=True)
class Cite:
    """Half-open characters `start:end` of the text of `page` (physical, from 1) or, without pages,
    of the document, with the section in `label`. `lines`: the first and last printed number."""

    file: str
    page: int | None
    label: str | None
    section: str | None
    start: int
    end: int
    lines: tuple[int, int] | None = None

    def touches_span(self, file: str, page: int, start: int, end: int) -> bool:
        """Whether it has some of the characters `start:end` of a page, the only one of a file
        without pages.
        """
        return (
            self.file == file and (self.page or 1) == page and self.start < end and start < self.end
        )

    def to_json_object(self) -> JsonObject:
        return {key: value for key, value in asdict(self).items() if key != "lines" or value}


@dataclass(frozen=True)
class Quote:
    """Words cut from the page text, the answer at `answer_start:answer_end` unless they only go
    with it (the unit of a table's cell). `speaker`: who says it in a court's opinion. `leads`:
    numbers of the answer's quotes without which it does not mean what it says."""

    text: str
    answer_start: int | None
    answer_end: int | None
    grade: Grade
    place: Place
    cites: tuple[Cite, ...]
    speaker: str | None = None
    leads: tuple[int, ...] = ()

    @property
    def verified(self) -> bool:
        return self.grade.verified


NOT_STATED = "not stated"


@dataclass(frozen=True)
class Statement:
    """One thing that an answer states, a slice of it; `quotes` are places in the answer's quotes.
    `file`: of several, the one that says it. What a file, or all of them for a part of a question,
    do not say is NOT_STATED, without quotes."""

    text: str
    support: Support
    quotes: tuple[int, ...]
    file: str | None = None

    @property
    def is_supported(self) -> bool:
        """Whether its quotes bear it out, in part at least; "not stated" needs none."""
        return self.is_not_stated or self.support not in (
            Support.UNSUPPORTED,
            Support.CONTRADICTED,
        )

    @property
    def remark(self) -> str:
        """Why it is not borne out, in words; "" where nothing is to be said."""
        return "" if self.is_not_stated else self.support.remark

    @property
    def is_not_stated(self) -> bool:
        return not self.quotes and (self.file is not None or self.text == NOT_STATED)


@dataclass(frozen=True)
class EvidenceItem:
    """A ranked passage; `score` is the fused score, comparable within one answer only."""

    file: str
    page: int | None
    label: str | None
    score: float
    text: str


@dataclass(frozen=True)
class CoverageReport:
    """How much of the documents the answer rests on."""

    tokens: int
    tokens_read: int
    pages: int
    pages_without_text: tuple[int, ...] = ()
    ocr_pages: tuple[int, ...] = ()
    hidden_spans: int = 0
    warnings: tuple[str, ...] = ()

    def with_warnings(self, *more: str) -> Self:
        """The same with `more` after its warnings."""
        return replace(self, warnings=(*self.warnings, *more))


@dataclass(frozen=True)
class Usage:
    """The only part of an answer that may differ between a cold, a cached and a resumed read."""

    tokens_read: int
    tokens_reused: int
    seconds: float
    cached: bool


@dataclass(frozen=True)
class Answer:
    """One answer. `confidence`, 0 to 1: that what is asserted is right or, where nothing is, that
    `evidence[0]` answers. `verdict`: of a yes/no question. `statements` are what it states, in
    order; those of a written text that nothing supports stay while `answer` is None. `missing`: names
    and years of the question that no document has."""

    status: Status
    question: str
    answer: str | None
    verdict: Verdict | None = field(default=None, kw_only=True)
    refused: bool
    confidence: float
    statements: tuple[Statement, ...] = field(default=(), kw_only=True)
    quotes: tuple[Quote, ...]
    evidence: tuple[EvidenceItem, ...]
    coverage: CoverageReport
    usage: Usage
    provenance: Mapping[str, object] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    def to_json_object(self) -> JsonObject:
        names = "text", "answer_start", "answer_end", "grade", "place", "speaker", "leads"
        quotes = [
            {name: getattr(quote, name) for name in names}
            | {"cites": [cite.to_json_object() for cite in quote.cites]}
            for quote in self.quotes
        ]
        return {"schema": SCHEMA, **asdict(self), "quotes": quotes}

    @property
    def answering_quotes(self) -> tuple[Quote, ...]:
        """The quotes but the leads of others, without their leads."""
        leads = {number for quote in self.quotes for number in quote.leads}
        return tuple(
            replace(quote, leads=())
            for number, quote in enumerate(self.quotes)
            if number not in leads
        )

    def to_dict(self) -> dict[str, str | int | float | bool | None]:
        """A row of plain values for `pandas.DataFrame([answer.to_dict(), ...])`: the first `quote`
        and its place, the best passage as `evidence`, `warnings` as one text."""
        quote = self.quotes[0] if self.quotes else None
        cite = quote.cites[0] if quote and quote.cites else None
        return {
            "question": self.question,
            "status": str(self.status),
            "answer": self.answer,
            "verdict": str(self.verdict) if self.verdict else None,
            "confidence": self.confidence,
            "quote": quote.text if quote else None,
            "grade": str(quote.grade) if quote else None,
            **{name: getattr(cite, name, None) for name in ("file", "page", "label", "section")},
            "quotes": len(self.quotes),
            "evidence": self.evidence[0].text if self.evidence else None,
            "warnings": "; ".join(self.coverage.warnings),
            "seconds": self.usage.seconds,
        }

    @classmethod
    def from_json_object(cls, value: Mapping[str, object]) -> Self:
        """The Answer that `to_json_object` wrote, now or under schema 1. Raises TypeError or
        ValueError.
        """
        answer: Self = record_from_json(
            cls, {key: item for key, item in value.items() if key != "schema"}
        )
        if value.get("schema") == 1 and answer.refused:  # it had the chance that nothing answers
            return replace(answer, confidence=round(1.0 - answer.confidence, 4))
        return answer

    @property
    def exit_code(self) -> int:
        """0 answered or partial, 3 unreadable, 5 possible or not found, 4 anything else."""
        codes = {
            Status.POSSIBLE: 5,
            Status.NOT_FOUND: 5,
            Status.UNREADABLE: 3,
            Status.ERROR: 4,
        }
        return codes.get(self.status, 0)


_hints = cache(get_type_hints)


def record_from_json(hint: Any, value: Any) -> Any:
    """The dataclass `hint` that `asdict` made `value` of, with all in it. Raises TypeError for a
    missing or unknown field, ValueError for an unknown enum."""
    if value is None:
        return None
    if isinstance(hint, type) and is_dataclass(hint):
        if not isinstance(value, dict):
            raise TypeError(
                f"{hint.__name__} is written as an object, not as {type(value).__name__}"
            )
        hints = _hints(hint)
        return hint(
            **{name: record_from_json(hints.get(name), item) for name, item in value.items()}
        )
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    parts = [part for part in get_args(hint) if part is not type(None)]
    if get_origin(hint) is tuple:
        return tuple(record_from_json(parts[0], item) for item in value)
    if get_origin(hint) in (Union, UnionType):
        return record_from_json(parts[0], value)
    return value
