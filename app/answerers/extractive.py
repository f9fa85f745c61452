"""Answers cut from the documents by a model that runs here, after the documents were read into its
state.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from docqa.app.answer import confidence
from docqa.app.answer.answer import Answer, CoverageReport, Quote, Usage
from docqa.app.answer.confidence import Signals
from docqa.app.answer.events import Event, Finished, Preview
from docqa.app.answer.text import JsonObject
from docqa.app.context.provenance import answer_provenance
from docqa.app.evidence.ranking import RankedPassage
from docqa.app.options import Options
from docqa.app.reading import addressing
from docqa.app.reading.candidates import ANYTHING, AnswerForm, AnswerRequirements, CandidateSet
from docqa.app.reading.signals import answer_signals
from docqa.app.reading.wording.language import NOT_ENGLISH, is_english
from docqa.model.state.long_attention import attention_kind

from .compose import Draft, compose_answer
from .finders import AskedQuestion, Found, ReaderCandidateFinder, SentenceFinder
from .local import LocalPrefill, seconds_since
from .third_party import options_for_provenance


@dataclass
class ExtractiveAnswerer:
    """Mutable: it caches what was found for the last two questions. `reading` has the states of
    the documents.
    """

    options: Options
    reading: LocalPrefill
    _found: dict[AskedQuestion, Found] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.corpus = self.reading.corpus
        self.model = self.reading.model
        kind = ReaderCandidateFinder if self.model.has_reader else SentenceFinder
        self.finder = kind(self.options, self.reading)

    def close(self) -> None:
        self.reading.close()

    def ask(
        self,
        question: str,
        wanted: AnswerRequirements = ANYTHING,
        *,
        include_unlikely: bool = False,
    ) -> Iterator[Event]:
        """A preview first where reading takes long, then reading, and Finished. `wanted`: what the
        answer has to be. `include_unlikely`: what is too unlikely to be asserted is stated too."""
        asked = AskedQuestion(question, wanted)
        if self.options.quick or self._refuse_unless_english(question):
            yield Finished(self._make_preview(asked, include_unlikely=include_unlikely))
            return
        started = time.monotonic()
        reads = not (wanted.clause and self.model.has_reader)  # which finds a clause without
        if reads:
            if self.options.preview and self.reading.is_prefill_slow:
                yield Preview(self._make_preview(asked))
                started = time.monotonic()
            yield from self.reading.prefill_documents()
        ranked, reading = self._find_candidates(asked)
        usage = self.reading.usage_since_start(started, includes_prefill=reads)
        yield Finished(
            self._compose_answer(
                question, ranked, reading, usage, include_unlikely=include_unlikely
            )
        )

    def preview(self, question: str) -> Answer:
        """A preliminary answer from the passages that literal words find; no document state
        used.
        """
        return self._make_preview(AskedQuestion(question))

    def ask_again(self, question: str, without: Sequence[Quote], nearest: int) -> Answer:
        """The answer of the candidates that are left when those in `without` are passed over."""
        if declined := self._refuse_unless_english(question):
            return declined
        started = time.monotonic()
        if not self.options.quick:
            list(self.reading.prefill_documents())  # nothing where it is read already
        ranked, reading = self.find_candidates(question)
        if reading:
            reading = reading.without_shown(without, self.corpus.documents)
        usage = Usage(0, len(self.corpus.context), seconds_since(started), True)
        return self._compose_answer(
            question, ranked, reading, usage, is_preliminary=self.options.quick, nearest=nearest
        )

    def ranked_passages(self, question: str) -> list[RankedPassage]:
        """All passages, best first, as `find` orders them."""
        return self.find_candidates(question)[0]

    def find_candidates(self, question: str) -> Found:
        """The passages in the model's order, and the candidates of the best; after `read`, or at
        once if `quick`.
        """
        return self._find_candidates(AskedQuestion(question))

    def reader_signals(self, question: str) -> Signals:
        """What the reader noticed of its first candidate, by name, after `ask`; empty where nothing
        was read.
        """
        _, reading = self._found.get(AskedQuestion(question), (None, None))
        return reading.signals if reading else {}

    def reader_and_word_signals(self, question: str) -> dict[str, float]:
        """The same and those of words: see signals.py."""
        return answer_signals(
            self.corpus.missing_words(question), self.find_candidates(question)[1]
        )

    def chances(self, question: str, reading: CandidateSet | None) -> tuple[float, float]:
        """(the chance that what was read answers, that the first passage does), 0 to 1."""
        signals = answer_signals(self.corpus.missing_words(question), reading)
        form = reading.form if reading else AnswerForm.FACT
        calibration = self.finder.calibration
        return (
            confidence.answer_chance(signals, calibration, form),
            confidence.first_passage_chance(signals, calibration),
        )

    # Parts

    def _find_candidates(self, asked: AskedQuestion) -> Found:
        found = self._found.get(asked)
        if not found:
            if self.options.quick:
                found = self.finder.find_candidates_before_prefill(asked)
            else:
                ranked, reading = self.finder.find_candidates(asked)
                if reading:
                    reading = addressing.move_suspicious_candidates_last(
                        reading, self.corpus.documents
                    )
                found = ranked, reading
            self._found = dict([*self._found.items()][-1:]) | {asked: found}
        return found

    def _make_preview(self, asked: AskedQuestion, *, include_unlikely: bool = False) -> Answer:
        if declined := self._refuse_unless_english(asked.text):
            return declined
        started = time.monotonic()
        ranked, reading = (
            self._find_candidates(asked)
            if self.options.quick
            else self.finder.find_candidates_before_prefill(asked)
        )
        tokens = reading.prompt_tokens if reading else 0
        usage = Usage(tokens, 0, seconds_since(started), False)
        return self._compose_answer(
            asked.text,
            ranked,
            reading,
            usage,
            is_preliminary=True,
            include_unlikely=include_unlikely,
        )

    def _refuse_unless_english(self, question: str) -> Answer | None:
        """Not found, and why, where the question is in a language that the bundled reader does not
        read; other checkpoints may. Nothing is read for it."""
        if not self.model.has_reader or is_english(question):
            return None
        return self._compose_answer(
            question, [], None, Usage(0, 0, 0.0, False), not_read_reason=NOT_ENGLISH
        )

    def _compose_answer(
        self,
        question: str,
        ranked: list[RankedPassage],
        reading: CandidateSet | None,
        usage: Usage,
        *,
        is_preliminary: bool = False,
        nearest: int = 0,
        not_read_reason: str = "",
        include_unlikely: bool = False,
    ) -> Answer:
        corpus = self.corpus
        calibration = self.finder.calibration
        missing = corpus.missing_words(question)
        first = 0.0 if not_read_reason else self.chances(question, reading)[1]
        shown: list[CandidateSet | None] = []
        likely: list[float] = []
        reading = reading or CandidateSet()
        for part in reading.parts or (reading,):
            asked = part.question or question
            chance = self.chances(asked, part)[0]
            if corpus.missing_words(asked):
                chance = min(chance, confidence.MISSING_CHANCE)
            unlikely = confidence.is_below_answer_threshold(chance, calibration, part.signals)
            is_stated = bool(part.candidates) and (include_unlikely or not unlikely)
            shown.append(part if is_stated else None)
            likely += [chance] if is_stated else []
        draft = Draft(
            question=question,
            ranked=ranked[nearest : nearest + self.options.listed_passages],
            preliminary=is_preliminary,
            coverage=self._coverage_report(not_read_reason, is_preliminary).with_warnings(
                *addressing.warnings_of_addressed_reader(
                    addressing.likely_candidates(reading), corpus.documents
                )
            ),
            usage=usage,
            provenance=self._answer_provenance(),
            missing=missing,
            likeliest=next((each.location for each in reading.candidates), None),
        )
        possible = confidence.is_above_possible_threshold(first, calibration)
        return compose_answer(
            draft, shown, min(likely, default=first), corpus.context, is_possible=possible
        )

    def _coverage_report(self, not_read_reason: str, is_preliminary: bool) -> CoverageReport:
        corpus = self.corpus
        total = len(corpus.context)
        if not_read_reason:
            return corpus.coverage_report(0, not_read_reason)
        if not is_preliminary:
            return corpus.coverage_report(total)
        few = min(self.finder.preview_passages, len(corpus.context.passages))
        return corpus.coverage_report(
            0,
            f"preliminary: from the {few} best passages by their words; {total:,} tokens not read",
        )

    def _answer_provenance(self) -> JsonObject:
        profile = self.reading.profile
        layers = self.model.config.first_layers(profile.layers)
        attention = attention_kind(layers, self.reading.longest_context)
        recorded = options_for_provenance(self.options)
        return answer_provenance(profile, self.corpus.documents, recorded, attention)
