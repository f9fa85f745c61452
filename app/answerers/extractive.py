"""Answers cut from the documents by a model that runs here, after the documents were read into its
state.
"""

import time
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from docqa.app.answer.answer import Answer, Quote, Usage
from docqa.app.answer.events import Event, Finished, Preview
from docqa.app.answerers.compose import Draft, compose
from docqa.app.answerers.corpus import Corpus
from docqa.app.answerers.finders import (
    AskedQuestion,
    CandidateFinder,
    Found,
    ReaderFinder,
    StateFinder,
)
from docqa.app.answerers.local import LocalReading
from docqa.app.context.provenance import answer_provenance
from docqa.app.evidence.ranking import Ranked
from docqa.app.options import Options
from docqa.app.reading import addressing, answerability
from docqa.app.reading.best_passages import reranked
from docqa.app.reading.candidates import ANYTHING, Candidates, Form, Wanted
from docqa.app.reading.wording.language import NOT_ENGLISH, is_english
from docqa.app.storage.store import Store
from docqa.model.protocol import Model
from docqa.model.state.long_attention import attention_kind


class ExtractiveAnswerer(LocalReading):
    """Mutable: it has the state of the documents and the last two questions."""

    def __init__(self, corpus: Corpus, model: Model, options: Options, store: Store | None) -> None:
        super().__init__(corpus, model, options, store)
        self.finder: CandidateFinder
        if model.has_reader:
            self.finder = ReaderFinder(corpus, model, options)
        elif options.source == "whole":
            self.finder = StateFinder(corpus, model, options, lambda: self.prefiller.state)
        else:
            self.finder = CandidateFinder(corpus, model, options)
        self._last: dict[str, AskedQuestion] = {}

    # Asking

    def ask(
        self, question: str, wanted: Wanted = ANYTHING, *, doubtful: bool = False
    ) -> Iterator[Event]:
        """A preview first where reading takes long, then reading, and Finished. `wanted`: what the
        answer has to be. `doubtful`: what is too unlikely to be asserted is told too."""
        self._asked(question, wanted)
        if self.options.quick or self._declined(question) is not None:
            yield Finished(self.preview(question, doubtful=doubtful))
            return
        started = time.monotonic()
        if not self._by_clause(wanted):
            if self.options.preview and self.takes_long:
                yield Preview(self.preview(question))
                started = time.monotonic()
            yield from self.prefiller.read()
        yield Finished(self._answer(question, started, doubtful=doubtful))

    def signals(self, question: str) -> Mapping[str, float]:
        """What the reader noticed of its first candidate, by name, after `ask`; empty where nothing
        was read.
        """
        found = self._asked(question).found
        return found[1].signals if found is not None and found[1] is not None else {}

    def features(
        self, question: str, ranked: list[Ranked], found: Candidates | None
    ) -> dict[str, float]:
        """The signals of answerability.py."""
        return answerability.features(
            question, self.corpus.context, self.corpus.index, ranked, found
        )

    def preview(self, question: str, *, doubtful: bool = False) -> Answer:
        """A preliminary answer from the passages that literal words find; no document state
        used.
        """
        if (declined := self._declined(question)) is not None:
            return declined
        started = time.monotonic()
        asked = self._asked(question)
        ranked = self.corpus.rank(question)
        ranked, found = (
            self.find(question) if self.options.quick else self.finder.find_unread(asked, ranked)
        )
        tokens = found.prompt_tokens if found else 0
        usage = Usage(tokens, 0, round(time.monotonic() - started, 3), False)
        return self._compose(question, ranked, found, usage, preliminary=True, doubtful=doubtful)

    def ask_again(self, question: str, without: Sequence[Quote], nearest: int) -> Answer:
        """The answer of the candidates that are left when those in `without` are passed over."""
        if (declined := self._declined(question)) is not None:
            return declined
        started = time.monotonic()
        list(() if self.options.quick else self.read())  # nothing where it is read already
        ranked, found = self.find(question)
        if found is not None:
            found = found.without(without, self.corpus.documents)
        usage = Usage(0, len(self.corpus.context), round(time.monotonic() - started, 3), True)
        return self._compose(
            question, ranked, found, usage, preliminary=self.options.quick, nearest=nearest
        )

    def rank(self, question: str) -> list[Ranked]:
        return self.find(question)[0]

    def find(self, question: str) -> Found:
        """The passages in the model's order, and the candidates of the best; after `read`, or at
        once if `quick`.
        """
        asked = self._asked(question)
        if asked.found is None:
            if self.options.quick:
                asked.found = self.finder.find_unread(asked, self.corpus.rank(question))
            else:
                for part in self.finder.parts(asked):
                    self.rank_by_signals(part)
                by_words = self._by_clause(asked.wanted)
                ranked = self.corpus.rank(question) if by_words else self.rank_by_signals(asked)
                ordered, found = self.finder.find(asked, ranked)
                asked.found = (
                    ordered,
                    None if found is None else addressing.warily(found, self.corpus.documents),
                )
        return asked.found

    def rank_by_signals(self, asked: AskedQuestion) -> list[Ranked]:
        """All passages for a question, or a part of one, that remembers their order: by their words
        and, where the checkpoint weighs it, the evidence head; the model reads none."""
        if asked.by_signals is None:
            weights = self.model.calibration.get("evidence_weights") or {}
            by_vector = (
                weights.get("vector") and self.options.source != "whole"
            )  # whose state adapters had no part in
            head = self.model.evidence_head if by_vector else None
            vector = None
            if head is not None:
                from docqa.model.prompts.prompt import question_text

                states = self.model.evidence_states(
                    self.model.tokenizer.encode(question_text(asked.text))
                )
                spans = [
                    (placed.token_start, placed.token_end)
                    for placed in self.corpus.context.passages
                ]
                rows = self.prefiller.vectors.rows(len(self.corpus.context))
                assert rows is not None, "a question is answered after `read`"
                vector = np.asarray(
                    head.scores(head.question_vectors(states), rows, spans), dtype=np.float64
                )
            passage = self.prefiller.passages.scores(asked.text) if weights.get("passage") else None
            # Without the model's scores words alone rank; whether the documents answer was
            # calibrated with vectors.
            chosen = weights if self.options.model_scores else None
            ranked = self.corpus.rank(asked.text, vector=vector, passage=passage, weights=chosen)
            asked.by_signals = (
                reranked(self.model, asked.text, self.corpus.context, ranked) if chosen else ranked
            )
        return asked.by_signals

    # Parts

    def _by_clause(self, wanted: Wanted) -> bool:
        """Whether the answer is looked for in a clause, which words tell: the model need not read
        the rest.
        """
        return bool(wanted.clause) and isinstance(self.finder, ReaderFinder)

    def _declined(self, question: str) -> Answer | None:
        """Not found, and why, where the question is in a language that the bundled reader does not
        read; other checkpoints may. Nothing is read for it."""
        if not isinstance(self.finder, ReaderFinder) or is_english(question):
            return None
        return self._compose(
            question, [], None, Usage(0, 0, 0.0, False), preliminary=False, unread=NOT_ENGLISH
        )

    def _asked(self, question: str, wanted: Wanted | None = None) -> AskedQuestion:
        last = self._last.get(question)
        if last is None or wanted not in (None, last.wanted):
            last = AskedQuestion(question, wanted or ANYTHING)
            self._last = dict([*self._last.items()][-1:]) | {question: last}
        return last

    def _answer(self, question: str, started: float, *, doubtful: bool) -> Answer:
        ranked, found = self.find(question)
        usage = self.usage(started, read=not self._by_clause(self._asked(question).wanted))
        return self._compose(question, ranked, found, usage, preliminary=False, doubtful=doubtful)

    def _compose(
        self,
        question: str,
        ranked: list[Ranked],
        found: Candidates | None,
        usage: Usage,
        *,
        preliminary: bool,
        nearest: int = 0,
        unread: str = "",
        doubtful: bool = False,
    ) -> Answer:
        corpus = self.corpus
        total = len(self.corpus.context)
        calibration = self.finder.calibration
        likely = 0.0
        first = 0.0
        if not unread:
            values = self.features(question, ranked, found)
            likely = answerability.probability(
                values, calibration, found.form if found is not None else Form.FACT
            )
            first = answerability.first_passage_probability(values, calibration)
        unlikely = answerability.refused(likely, calibration) and (unread or not doubtful)
        refused = unlikely or found is None or not found.candidates
        attention = attention_kind(self.model.config.first_layers(self.profile.layers), total)
        few = min(self.finder.preview_passages, len(corpus.context.passages))
        note = (
            f"preliminary: from the {few} best passages by their words; {total:,} tokens not read"
        )
        note = unread or (note if preliminary else "")
        coverage = corpus.coverage(0, note) if note else corpus.coverage(total)
        draft = Draft(
            question=question,
            ranked=ranked[nearest : nearest + self.options.listed],
            preliminary=preliminary,
            coverage=coverage.warned(
                *addressing.marks(addressing.likely_places(found), corpus.documents)
            ),
            usage=usage,
            provenance=answer_provenance(
                self.profile, corpus.documents, self.options.recorded(), attention
            ),
        )
        said = (None, first) if refused else (found, likely)
        return compose(
            draft, *said, corpus.context, possible=answerability.possible(first, calibration)
        )
