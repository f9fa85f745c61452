"""The fields of a table: name, type of values, question, and where they are in a document."""

import json
import tomllib
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path, PurePath
from typing import Any

from docqa.app.errors import UsageError
from docqa.app.facts.facts import FactKind
from docqa.app.reading.candidates import ANYTHING, AnswerRequirements
from docqa.app.reading.clauses import OF_FIRST_PAGES, clause_classifiers

_EXAMPLE = '[[field]] name = "end", type = "date", question = "When does it end?"'


# the sentence or clause that answers, or several
TEXT = "text"
LIST = "list"
TYPES = (*FactKind, TEXT, LIST)


@dataclass(frozen=True)
class Field:
    """A column of a table. `type`: one of TYPES, None: any answer; `where`: headings, or "front"
    (title pages and signatures); `agree`: all documents ought to say the same; `clause`: of
    reading/clauses.py, its sentence the answer where it has no value and `or_clause`."""

    name: str
    question: str
    type: str | None = None
    where: tuple[str, ...] = ()
    agree: bool = True
    clause: str = ""
    or_clause: bool = False

    @property
    def kind(self) -> FactKind | None:
        """The kind of its values; None for text and lists."""
        return FactKind(self.type) if self.type in list(FactKind) else None

    @property
    def wanted(self) -> AnswerRequirements:
        if self.type is None:
            return ANYTHING
        several = self.type in (FactKind.PARTY, FactKind.PERSON, LIST)
        return AnswerRequirements(self.kind, several, self.where, self.clause, self.or_clause)

    @property
    def key(self) -> str:
        """Names its answers among those kept of a document."""
        return json.dumps([self.question, self.type, self.where, self.clause, self.or_clause])


def fields_of(name: str) -> list[Field]:
    """The fields of a preset, or of a TOML file of tables `[[field]]`. Raises UsageError."""
    presets = {
        PurePath(each.name).stem: each
        for each in files("docqa.app.batch").joinpath("presets").iterdir()
    }
    try:
        raw = tomllib.loads(presets.get(name, Path(name)).read_text(encoding="utf-8")).get("field")
    except (OSError, ValueError) as error:
        raise UsageError(
            f"no fields can be read: {error}",
            where=f"--fields {name}",
            hint=f"one of {', '.join(sorted(presets))}, or a TOML file: {_EXAMPLE}",
        ) from error
    if not isinstance(raw, list) or not raw:
        raise UsageError("has no field", where=name, hint=_EXAMPLE)
    listed = [field_of(each, f"{name}, field {number}") for number, each in enumerate(raw, start=1)]
    if len({field.name for field in listed}) < len(listed):
        raise UsageError("has two fields of one name", where=name, hint="rename one")
    return listed


def field_of(raw: Any, where: str) -> Field:
    """The field that a table of TOML describes. Raises UsageError."""
    known = {each.name for each in fields(Field)}
    if not isinstance(raw, dict) or not all(
        isinstance(raw.get(name), str) for name in ("name", "type", "question")
    ):
        raise UsageError("needs a name, a type and a question", where=where, hint=_EXAMPLE)
    if strange := raw.keys() - known:
        raise UsageError(
            f"has {', '.join(sorted(strange))}",
            where=where,
            hint=f"known are {', '.join(sorted(known))}",
        )
    if raw["type"] not in TYPES:
        raise UsageError(
            f"has the type {raw['type']!r}", where=where, hint=f"known are {', '.join(TYPES)}"
        )
    places = raw.get("where", [])
    agree = raw.get("agree", False)
    places = [places] if isinstance(places, str) else places
    if (
        not isinstance(places, list)
        or not all(isinstance(each, str) for each in places)
        or not isinstance(agree, bool)
    ):
        raise UsageError(
            "has a wrong value", where=where, hint='where = ["front", "Term"], agree = true'
        )
    if (clause := raw.get("clause", "")) and clause not in (
        heads := (*clause_classifiers(), *OF_FIRST_PAGES)
    ):
        raise UsageError(
            f"has the clause {clause!r}", where=where, hint=f"known are {', '.join(heads)}"
        )
    return Field(
        raw["name"],
        raw["question"],
        raw["type"],
        tuple(places),
        agree,
        clause,
        raw.get("or_clause") is True,
    )
