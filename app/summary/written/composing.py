"""The model that writes summaries, here or on a server; and from what it wrote to sentences: read,
checked, mended once, with their places and support, or as numbered notes, from which the whole is
written."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain, pairwise

from docqa.app.answer.events import Event, Notice
from docqa.app.answer.grades import Support
from docqa.app.answerers.answerer import Reply, Replying
from docqa.app.answerers.writing.checking import (
    Checked,
    CheckedStatement,
    check_and_mend,
    check_text,
)
from docqa.app.answerers.writing.excerpts import Given
from docqa.app.answerers.writing.replies import read_reply
from docqa.app.answerers.writing.statements import plain_line
from docqa.app.answerers.written import WritingAnswerer
from docqa.app.check.quotations import find_quotations
from docqa.app.evidence.terms import count_content_words
from docqa.app.quotes.quoting import make_cite
from docqa.app.quotes.verifier import Located
from docqa.ingest.types import Document
from docqa.model.errors import ContextTooLong
from docqa.model.prompts.conversation import WHOLE, PromptForm
from docqa.model.prompts.summary_prompt import NUMBERED
from docqa.model.prompts.written_prompt import PromptQuestion

from ..record import SentenceCite, SummarySentence
from ..sentences.candidates import speaker_at
from .material import Material, numbered_text

_LEAST_QUOTED = 4  # words, more than a name
_LEAST_WORDS = 3  # content words without its quotations
_BORNE_OUT = (Support.QUOTED, Support.SUPPORTED, Support.PARTLY)


class Writer:
    """Writes about one Corpus. `name`: of the model; `whole`: it has read the documents, after
    `read`, and cites by words; else `budget` tokens of passages are given at once; `unread`:
    passages are found by their words, without the bundled model."""

    def __init__(self, answerer: WritingAnswerer) -> None:
        self.corpus = answerer.corpus
        self.evidence = answerer.evidence
        self._generator = answerer.generator
        self.name = self._generator.name
        self.budget = self._generator.budget
        self.whole = self._generator.whole
        self.unread = self.whole

    def read(self) -> Iterator[Event]:
        reading = self._generator.reading if self.whole else None
        try:
            yield from (reading or self.evidence.own.reading).prefill_documents()
        except ContextTooLong as error:
            if reading:
                raise
            yield Notice(f"{error}; passages are found by their words alone")
            self.unread = True

    def reply(self, given: Given, said: Sequence[str]) -> Replying:
        """What the model writes to the last of what was `said` in turn, about what is `given`.
        Raises RemoteError where a server does not answer."""
        return (yield from self._generator.reply(form_of(given), given, said))


def form_of(given: Given) -> PromptForm:
    return NUMBERED if given.numbered else WHOLE


@dataclass(frozen=True)
class PartStatement:
    """A statement about a part, with the heading of that."""

    heading: str
    item: CheckedStatement


def notes_of(heading: str, statements: Iterable[CheckedStatement]) -> list[PartStatement]:
    """The statements that something bears out, in part at least: nothing is built on the others."""
    return [
        PartStatement(heading, item)
        for item in statements
        if item.support in _BORNE_OUT and item.quotes
    ]


def material_of_notes(notes: Sequence[PartStatement]) -> Material:
    """The statements of `notes` numbered, each standing for the places that bear it out."""
    places = [_places_of_statement(note.item) for note in notes]
    ends = pairwise(accumulate(map(len, places), initial=1))
    numbers = {number: tuple(range(first, end)) for number, (first, end) in enumerate(ends, 1)}
    text = numbered_text((note.heading, words_of_statement(note.item)) for note in notes)
    shown = Given(text, tuple(each[0] for each in places), (), whole=False)
    return Material(shown, replace(shown, sentences=tuple(chain(*places))), numbers)


def compose(
    writer: Writer, material: Material, request: str, about: str, most: int
) -> Generator[Event, None, tuple[tuple[CheckedStatement, ...], tuple[str, ...]]]:
    """(what the model writes to `request` of `material`, `about` something, at most `most`
    statements with what bears them out; remarks). What nothing bears out the model may cite or
    withdraw once. Raises as `Writer.reply`."""

    def again(text: str, weak: Sequence[str]) -> Replying:
        mend = form_of(material.shown).mend(PromptQuestion(""), weak)
        return (yield from writer.reply(material.shown, [request, text, mend]))

    first = yield from writer.reply(material.shown, [request])
    checked, notes = yield from check_and_mend(
        first, lambda reply: _check_reply(writer, material, reply, about, most), again
    )
    return checked.statements if checked else (), notes


def sentence_of(item: CheckedStatement, document: Document) -> SummarySentence:
    """A checked statement as a sentence of a record; its quotes are its cites, and not among its
    words.
    """
    places = _places_of_statement(item)
    cites = tuple(SentenceCite.from_cite(make_cite((document,), place)) for place in places)
    return SummarySentence(
        words_of_statement(item),
        None,
        cites,
        _only_speaker(document, places, words_of_statement(item)),
        item.support,
    )


def words_of_statement(item: CheckedStatement) -> str:
    """The words of a statement without the quotations after them that only bear it out."""
    text = item.written.text
    if item.written.only_quoted or item.written.numbers:
        return plain_line(text)
    for quotation in reversed(find_quotations(text)[0]):
        before = text[: max(quotation.start - 1, 0)].rstrip(" :–—-(")
        after = text[quotation.end + 1 :]
        long = len(quotation.text.split()) >= _LEAST_QUOTED
        if any(map(str.isalnum, after)) or not long or count_content_words(before) < _LEAST_WORDS:
            break
        text = before.rstrip(".,;") + "."
    return plain_line(text)


def _places_of_statement(item: CheckedStatement) -> list[Located]:
    return list(dict.fromkeys(place for spans in item.quotes for place in spans))


def _check_reply(
    writer: Writer, material: Material, reply: Reply, about: str, most: int
) -> Checked:
    read = read_reply(reply.text, material.shown, writer.evidence.reader.is_refusal)
    notes = (*reply.notes, *read.notes)
    if not read.written:
        return None, notes
    written = replace(read.written, statements=read.written.statements[:most])
    for statement in written.statements if material.numbers is not None else ():
        # It cites the sentences that bear out those that it cites.
        statement.numbers = list(
            dict.fromkeys(
                source
                for number in statement.numbers
                for source in (material.numbers or {}).get(number, ())
            )
        )
    checked = check_text(
        written, material.sources, writer.corpus, about, writer.evidence.judge_support
    )
    return checked, (*notes, *checked.notes)


def _only_speaker(document: Document, places: Iterable[Located], words: str) -> str | None:
    """Who says all of what bears a sentence out, where that is one person whom it does not name."""
    speakers = {speaker_at(document, place.page, place.start, place.end) for place in places}
    speaker = speakers.pop() if len(speakers) == 1 else None
    named = speaker is not None and any(
        part in words for part in speaker.split(",")[0].split()[-1:]
    )
    return None if named else speaker
