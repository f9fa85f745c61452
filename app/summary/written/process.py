"""The front door: one document in, one SummaryRecord in a model's own words out. The parts of the
outline are written one by one, from the state of the whole document or from their own sentences;
then, from these, the whole, which begins with the holding, the parties, or the findings."""

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field

from docqa.app.answer.events import Event, ReadProgress
from docqa.app.answerers.writing.checking import CheckedStatement
from docqa.app.reading.document_kind import likeliest_document_kind
from docqa.ingest.types import Document
from docqa.model.prompts import summary_prompt

from ..parts import (
    OPENING,
    WHOLE,
    SummaryPart,
    parts_of,
    parts_with_candidates_in,
    sentences_of_part,
)
from ..record import WRITTEN, SummaryRecord, SummarySection, SummarySentence
from ..topics import LEADS, Topic
from ..topics import STYLES as TOPICS
from .composing import (
    PartStatement,
    Writer,
    compose,
    material_of_notes,
    notes_of,
    sentence_of,
    words_of_statement,
)
from .material import Material, material_of_passages, material_of_units, runs, units_of

TOPIC_TOKENS = 1_500
"""Of the passages for one topic."""
FOCUS_TOKENS = 8_192
"""Of the passages for a summary with a focus."""
_PART_TOKENS = 250
"""For each sentence of a part, up to what its style allows."""

_Statements = tuple[CheckedStatement, ...]
_Result = tuple[tuple[SummarySentence, ...], tuple[SummarySection, ...], tuple[str, ...]]
"""(sentences of the whole, the sections, headings that nothing was written of)."""


def write_summary(
    document: Document, writer: Writer, style: str, *, focus: str
) -> Generator[Event, None, SummaryRecord]:
    """The summary of `document`, the only one of the writer's corpus, in a style of
    `record.STYLES`; `focus`: what it is to be about. Raises what `Writer.reply` raises."""
    if not writer.corpus.context.passages:
        return SummaryRecord.for_document(
            document, style, WRITTEN, readable=False, model=writer.name
        )
    yield from writer.read()
    work = _Work(document, writer, style, " ".join(focus.split()))
    whole, sections, empty = (
        yield from work.write_by_topic() if style in TOPICS else work.write_by_part()
    )
    return SummaryRecord.for_document(
        document,
        style,
        WRITTEN,
        sentences=whole,
        sections=sections,
        not_covered=empty,
        model=writer.name,
        remarks=tuple(dict.fromkeys(work.remarks)),
    )


@dataclass
class _Work:
    """One summary under way. Mutable: `remarks` on how it was written, `given` passages."""

    document: Document
    writer: Writer
    style: str
    focus: str
    remarks: list[str] = field(default_factory=list)
    given: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.context = self.writer.corpus.context
        leads = () if self.focus else LEADS.get(likeliest_document_kind(self.document), ())
        self._first = ", then ".join(f"the {topic.heading.lower()}" for topic in leads)
        self.units = units_of(self.document, self.context)

    def write_by_part(self) -> Generator[Event, None, _Result]:
        """Every part, or what of it is about the focus; then the whole."""
        parts = parts_of(self.document, self.units)
        chosen = self._choose_parts(parts)
        notes = list[PartStatement]()
        sections = list[SummarySection]()
        done = 0
        total = sum(self._token_count_of_part(part) for part in chosen) or 1
        for part in chosen:
            yield ReadProgress(done, total)
            statements = yield from self._write_part(part, len(chosen))
            done += self._token_count_of_part(part)
            notes += notes_of(part.heading, statements)
            if statements:
                sections.append(self._section_of_statements(part, statements))
        if len(chosen) == 1:
            whole = sections[0].sentences if sections else ()
        else:
            whole = yield from self._write_whole_summary(notes)
        self._remark_coverage()
        listed = sections if len(chosen) > 1 and (self.style == "key-points" or not whole) else []
        return whole, tuple(listed), self._headings_not_covered(parts, chosen, sections)

    def _choose_parts(self, parts: Sequence[SummaryPart]) -> list[SummaryPart]:
        """The parts to write of: none of a short document; with a focus, for a model that has not
        read all, the passages about it."""
        filled = [part for part in parts if part.numbers]
        if self.focus and not self.writer.whole:
            about = self._passages_for_question(self.focus, FOCUS_TOKENS)
            filled = parts_with_candidates_in(
                filled, {n for n, unit in enumerate(self.units) if unit.passage in about}
            )
        if (
            self.style != "key-points"
            and sum(map(self._token_count_of_part, filled)) <= self.writer.budget
        ):
            return (
                [SummaryPart(None, OPENING, 1, tuple(n for part in filled for n in part.numbers))]
                if filled
                else []
            )
        return filled

    def _headings_not_covered(
        self,
        parts: Sequence[SummaryPart],
        chosen: Sequence[SummaryPart],
        sections: Sequence[SummarySection],
    ) -> tuple[str, ...]:
        """The headings that nothing was written of; with a focus that, where nothing was written at
        all.
        """
        if self.focus:
            return () if sections else (self.focus,)
        covered = {section.heading for section in sections}
        if len(chosen) == 1:
            covered |= {
                part.heading
                for part in parts
                if set(part.numbers) & set(chosen[0].numbers) and sections
            }
        return tuple(part.heading for part in parts if part.heading not in covered)

    def _write_part(self, part: SummaryPart, parts: int) -> Generator[Event, None, _Statements]:
        """The statements about one part: of a long one about each window, then about those
        together.
        """
        most = (
            sentences_of_part(self._token_count_of_part(part) // _PART_TOKENS, parts)
            if parts > 1
            else WHOLE[self.style]
        )
        left = [self.units[number] for number in part.numbers]
        request = self._request_text(part, parts, most)
        if self.writer.whole:
            material = material_of_units(self.document, left, numbered=False)
            return (yield from self._write_statements(material, request, part.heading, most))
        made: list[_Statements] = []
        while left:
            window = next(runs(left, [unit.tokens for unit in left], self.writer.budget))
            material = material_of_units(self.document, window, numbered=True)
            made.append((yield from self._write_statements(material, request, part.heading, most)))
            self.given |= set(material.shown.passages)
            left = left[len(window) :]
        if len(made) == 1:
            return made[0]
        notes = [note for each in made for note in notes_of(part.heading, each)]
        together = (yield from self._write_from_notes(notes, request, most)) if notes else ()
        return together or tuple(item for each in made for item in each)[:most]

    def _request_text(self, part: SummaryPart, parts: int, most: int) -> str:
        numbered = not self.writer.whole
        if parts == 1:
            return summary_prompt.whole_request(
                most, first=self._first, about=self.focus, numbered=numbered
            )
        return summary_prompt.part_request(part.heading, most, about=self.focus, numbered=numbered)

    def _write_whole_summary(
        self, notes: Sequence[PartStatement]
    ) -> Generator[Event, None, tuple[SummarySentence, ...]]:
        """The whole from what was written of its parts; nothing where no statement is borne out."""
        most = min(WHOLE[self.style], len(notes))
        made: _Statements = ()
        if len(notes) > 1:
            request = summary_prompt.whole_request(
                most, first=self._first, about=self.focus, numbered=True
            )
            made = yield from self._write_from_notes(notes, request, most)
        return tuple(
            sentence_of(item, self.document)
            for item in made or [note.item for note in notes[:most]]
        )

    def _write_from_notes(
        self, notes: Sequence[PartStatement], request: str, most: int
    ) -> Generator[Event, None, _Statements]:
        """What the model writes from `notes`; from groups of them first where they are too many at
        once.
        """
        left = list(notes)
        while True:
            sizes = [
                len(self.writer.corpus.tokenizer.encode(words_of_statement(note.item))) + 8
                for note in left
            ]
            several = list(runs(left, sizes, self.writer.budget, least=2))
            if len(several) == 1:
                return (
                    yield from self._write_statements(material_of_notes(left), request, "", most)
                )
            left = []
            for run in several:
                made = yield from self._write_statements(material_of_notes(run), request, "", most)
                left += notes_of(run[0].heading, made)[: len(run) // 2] or run[:1]

    def write_by_topic(self) -> Generator[Event, None, _Result]:
        sections: list[SummarySection] = []
        topics = TOPICS[self.style]
        for number, topic in enumerate(topics):
            yield ReadProgress(number, len(topics))
            statements = yield from self._write_topic(topic)
            if statements:
                sections.append(
                    self._section_of_statements(SummaryPart(None, topic.heading, 1, ()), statements)
                )
        named = {section.heading for section in sections}
        self._remark_coverage()
        return (
            (),
            tuple(sections),
            tuple(topic.heading for topic in topics if topic.heading not in named),
        )

    def _write_topic(self, topic: Topic) -> Generator[Event, None, _Statements]:
        whole = self.writer.whole
        request = summary_prompt.topic_request(
            topic.heading, topic.question, topic.count, numbered=not whole
        )
        passages = self._passages_for_question(
            topic.question, min(TOPIC_TOKENS, self.writer.budget)
        )
        everything = range(len(self.context.passages))
        material = material_of_passages(
            self.context, everything if whole else passages, numbered=not whole
        )
        self.given |= set(passages)
        return (yield from self._write_statements(material, request, topic.heading, topic.count))

    def _write_statements(
        self, material: Material, request: str, about: str, most: int
    ) -> Generator[Event, None, _Statements]:
        statements, notes = yield from compose(self.writer, material, request, about, most)
        self.remarks += notes
        return statements

    def _passages_for_question(self, question: str, tokens: int) -> list[int]:
        evidence = self.writer.evidence.evidence_for_question(question, unread=self.writer.unread)
        chosen: list[int] = []
        for item in evidence.ranked:
            tokens -= self._token_count([item.passage_number])
            if chosen and tokens < 0:
                break
            chosen.append(item.passage_number)
        return sorted(chosen)

    def _token_count(self, passages: Iterable[int]) -> int:
        placed = (self.context.passages[index] for index in passages)
        return sum(each.token_end - each.token_start for each in placed)

    def _token_count_of_part(self, part: SummaryPart) -> int:
        return sum(self.units[number].tokens for number in part.numbers)

    def _section_of_statements(
        self, part: SummaryPart, statements: Iterable[CheckedStatement]
    ) -> SummarySection:
        made = tuple(sentence_of(item, self.document) for item in statements)
        return SummarySection(part.id, part.heading, part.level, made)

    def _remark_coverage(self) -> None:
        read = self._token_count(self.given)
        total = self._token_count(range(len(self.context.passages)))
        if not self.writer.whole and (self.focus or self.style in TOPICS) and read < total:
            self.remarks.insert(
                0,
                f"written from the passages that docqa found for it: {read:,} of {total:,} tokens",
            )
