"""What was written of the parts, as numbered sentences that the whole is written from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from docqa.app.answer.grades import Support
from docqa.app.answerers.writing.checking import CheckedStatement
from docqa.app.answerers.writing.excerpts import Given
from docqa.app.quotes.verifier import Located
from docqa.app.summary.written.composing import said
from docqa.app.summary.written.material import Material

_BORNE_OUT = (Support.QUOTED, Support.SUPPORTED, Support.PARTLY)


@dataclass(frozen=True)
class Note:
    """A statement about a part, with the heading of that."""

    heading: str
    item: CheckedStatement

    @property
    def text(self) -> str:
        """Its words, without quotations that only bear it out."""
        return said(self.item)

    @property
    def places(self) -> tuple[Located, ...]:
        """The places that bear it out, at least one."""
        return tuple(dict.fromkeys(place for spans in self.item.quotes for place in spans))


def notes_of(heading: str, statements: Iterable[CheckedStatement]) -> list[Note]:
    """The statements that something bears out, in part at least: nothing is built on the others."""
    return [Note(heading, item) for item in statements if item.judgement.support in _BORNE_OUT and item.quotes]


def of_notes(notes: Sequence[Note]) -> Material:
    """The statements of `notes` numbered, each standing for the places that bear it out."""
    lines: list[str] = []
    sources: list[Located] = []
    numbers: dict[int, tuple[int, ...]] = {}
    heading = ""
    for number, note in enumerate(notes, 1):
        if note.heading != heading:
            heading = note.heading
            lines.append(f"\n## {heading}")
        lines.append(f"[{number}] {note.text}")
        numbers[number] = tuple(range(len(sources) + 1, len(sources) + 1 + len(note.places)))
        sources += note.places
    firsts = tuple(note.places[0] for note in notes)
    shown = Given("\n".join(lines).strip(), firsts, (), whole=False)
    return Material(shown, Given(shown.text, tuple(sources), (), whole=False), numbers)
