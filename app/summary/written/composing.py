"""From what a model wrote to sentences of a summary: read, checked, mended once, with their places and support; and to
numbered notes, from which the whole is written.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace

from docqa.app.answer.events import Event
from docqa.app.answer.grades import Support
from docqa.app.answerers.generator import Reply
from docqa.app.answerers.writing.checking import CheckedStatement, check_text
from docqa.app.answerers.writing.excerpts import Given
from docqa.app.answerers.writing.repair import Checked, checked_and_mended
from docqa.app.answerers.writing.replies import read_reply
from docqa.app.answerers.writing.statements import Written, plain
from docqa.app.check.quotations import find_quotations
from docqa.app.evidence.terms import count_content_words
from docqa.app.quotes.quoting import cite
from docqa.app.quotes.verifier import Located
from docqa.app.summary.record import SentenceCite, SummarySentence
from docqa.app.summary.sentences.speech import speaker_at
from docqa.app.summary.written.material import Material
from docqa.app.summary.written.writers import Writer, form_of
from docqa.ingest.types import Document
from docqa.model.prompts.written_prompt import Question

_LEAST_QUOTED = 4  # words of a quotation that is more than a name
_LEAST_WORDS = 3  # content words of a sentence whose quotations can be left out
_BORNE_OUT = (Support.QUOTED, Support.SUPPORTED, Support.PARTLY)


@dataclass(frozen=True)
class Note:
    """A statement about a part, with the heading of that."""

    heading: str
    item: CheckedStatement


def notes_of(heading: str, statements: Iterable[CheckedStatement]) -> list[Note]:
    """The statements that something bears out, in part at least: nothing is built on the others."""
    return [Note(heading, item) for item in statements if item.judgement.support in _BORNE_OUT and item.quotes]


def of_notes(notes: Sequence[Note]) -> Material:
    """The statements of `notes` numbered, each standing for the places that bear it out."""
    lines: list[str] = []
    firsts: list[Located] = []
    sources: list[Located] = []
    numbers: dict[int, tuple[int, ...]] = {}
    heading = ""
    for number, note in enumerate(notes, 1):
        if note.heading != heading:
            heading = note.heading
            lines.append(f"\n## {heading}")
        lines.append(f"[{number}] {said(note.item)}")
        places = _places(note.item)
        numbers[number] = tuple(range(len(sources) + 1, len(sources) + 1 + len(places)))
        firsts.append(places[0])
        sources += places
    shown = Given("\n".join(lines).strip(), tuple(firsts), (), whole=False)
    return Material(shown, replace(shown, sentences=tuple(sources)), numbers)


def compose(
    writer: Writer, material: Material, request: str, about: str, most: int
) -> Generator[Event, None, tuple[tuple[CheckedStatement, ...], tuple[str, ...]]]:
    """(what the model writes to `request` of `material`, `about` something, at most `most` statements with what bears
    them out; what to say of how it was written).

    What nothing bears out is shown to the model once, to be cited or withdrawn. Raises what `Writer.reply` raises.
    """
    def again(text: str, weak: Sequence[str]) -> Generator[Event, None, Reply]:
        mend = form_of(material.shown).mend(Question(""), weak)
        return (yield from writer.reply(material.shown, [request, text, mend]))

    first = yield from writer.reply(material.shown, [request])
    checked, notes = yield from checked_and_mended(
        first, lambda reply: _checked(writer, material, reply, about, most), again
    )
    return checked.statements if checked is not None else (), notes


def sentence_of(item: CheckedStatement, document: Document) -> SummarySentence:
    """A checked statement as a sentence of a record; its quotes are its cites, and not among its words."""
    places = _places(item)
    cites = tuple(SentenceCite.of(cite((document,), place)) for place in places)
    return SummarySentence(said(item), None, cites, _speaker(document, places, said(item)), item.judgement.support)


def said(item: CheckedStatement) -> str:
    """The words of a statement without the quotations behind them that only bear it out."""
    text = item.written.text
    if item.written.only_quoted or item.written.numbers:
        return plain(text)
    for quotation in reversed(find_quotations(text)[0]):
        before, behind = text[: max(quotation.start - 1, 0)].rstrip(" :–—-("), text[quotation.end + 1 :]
        long = len(quotation.text.split()) >= _LEAST_QUOTED
        if any(map(str.isalnum, behind)) or not long or count_content_words(before) < _LEAST_WORDS:
            break
        text = before.rstrip(".,;") + "."
    return plain(text)


def _places(item: CheckedStatement) -> list[Located]:
    """The places that bear a statement out, each once."""
    return list(dict.fromkeys(place for spans in item.quotes for place in spans))


def _checked(writer: Writer, material: Material, reply: Reply, about: str, most: int) -> Checked:
    read = read_reply(reply.text, material.shown)
    notes = (*reply.notes, *read.notes)
    if read.written is None:
        return None, notes
    written = replace(read.written, statements=read.written.statements[:most])
    if material.numbers is not None:
        _renumber(written, material.numbers)
    checked = check_text(written, material.sources, writer.corpus, about, writer.evidence.judge)
    return checked, (*notes, *checked.notes)


def _renumber(written: Written, numbers: dict[int, tuple[int, ...]]) -> None:
    """Let the statements cite the sentences that stand behind those that they cite."""
    for statement in written.statements:
        behind = (source for number in statement.numbers for source in numbers.get(number, ()))
        statement.numbers = list(dict.fromkeys(behind))


def _speaker(document: Document, places: Iterable[Located], words: str) -> str | None:
    """Who says all of what bears a sentence out, where that is one person whom the sentence does not name."""
    found = {speaker_at(document, place.page, place.start, place.end) for place in places}
    speaker = found.pop() if len(found) == 1 else None
    named = speaker is not None and any(part in words for part in speaker.split(",")[0].split()[-1:])
    return None if named else speaker
