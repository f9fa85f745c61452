"""Two ways to find candidates for an answer: the bundled model's span head, and copying by a checkpoint without one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from docqa.app.answer.events import Event
from docqa.app.answerers.asked_question import AskedQuestion
from docqa.app.answerers.corpus import Corpus
from docqa.app.evidence.ranking import Ranked
from docqa.app.options import Options
from docqa.app.reading import answerability
from docqa.app.reading.candidates import Candidates
from docqa.app.reading.chat_prompting import begin, begin_with_thought
from docqa.app.reading.copying import copy_answers
from docqa.app.reading.spans import Rows, rank_few, read_by_spans, read_passages_alone

if TYPE_CHECKING:
    from docqa.model.prompts.chat_template import ChatTemplate
    from docqa.model.protocol import Model, RefusalCalibration

PREVIEW_PASSAGES = 16
"""Found by their words, ranked and read again by the bundled model before the documents are read."""
COPYING_PASSAGES = 5
"""Shown to a checkpoint that copies its answer."""


class CandidateFinder(Protocol):
    """Ranks anew and proposes words of the documents."""

    preview_passages: int
    """How many of the best passages by their words a preliminary answer is made from."""

    @property
    def calibration(self) -> RefusalCalibration | None:
        """When a question counts as not answered; None where nothing was calibrated."""

    def find(self, asked: AskedQuestion, ranked: list[Ranked], rows: Rows) -> tuple[list[Ranked], Candidates | None]:
        """The passages in a better order, and the candidates of the best; None when there is no passage at all.

        `rows`: what was kept of the passages while the documents were read.
        """

    def find_unread(self, asked: AskedQuestion, ranked: list[Ranked]) -> tuple[list[Ranked], Candidates | None]:
        """The same for documents that are not read yet, from a few passages."""

    def think(self, asked: AskedQuestion, ranked: list[Ranked]) -> Iterator[Event]:
        """Let a model that thinks do so about the best passages; its answer follows from there."""


class SpanFinder:
    """By the span head and, where there is one, the reader."""

    def __init__(self, corpus: Corpus, model: Model, options: Options) -> None:
        self._corpus, self._model, self._options = corpus, model, options
        self.preview_passages = options.k or PREVIEW_PASSAGES

    @property
    def calibration(self) -> RefusalCalibration | None:
        return self._model.calibration.get("refusal")

    def find(self, asked: AskedQuestion, ranked: list[Ranked], rows: Rows) -> tuple[list[Ranked], Candidates | None]:
        if not ranked:
            return ranked, None
        return read_by_spans(
            self._model, asked.text, asked.vectors(self._model), self._corpus.context, ranked, rows,
            self._corpus.index, reorder=self._options.model_scores, passages=self._options.k,
        )  # fmt: skip

    def find_unread(self, asked: AskedQuestion, ranked: list[Ranked]) -> tuple[list[Ranked], Candidates | None]:
        few = ranked[: self.preview_passages]
        if not few:
            return ranked, None
        rows = read_passages_alone(self._model, self._corpus.context, [item.index for item in few])
        weights = self._model.calibration.get("evidence_weights", {})
        scored = rank_few(self._model, few, asked.vectors(self._model), rows, weights)
        if self._options.model_scores:
            few = scored
        else:
            vectors = {item.index: item.vector for item in scored}
            few = [replace(item, vector=vectors[item.index]) for item in few]
        return self.find(asked, few, rows)

    def think(self, asked: AskedQuestion, ranked: list[Ranked]) -> Iterator[Event]:
        return iter(())


class CopyingFinder:
    """By constrained copying from excerpts, through the checkpoint's chat template where it has one."""

    def __init__(self, corpus: Corpus, model: Model, options: Options) -> None:
        self._corpus, self._model, self._options = corpus, model, options
        self.preview_passages = options.k or COPYING_PASSAGES

    @cached_property
    def template(self) -> ChatTemplate | None:
        """How the checkpoint wants to be asked; None where it has no template."""
        from docqa.model.prompts.chat_template import ChatTemplate

        return ChatTemplate.load(self._model.folder)

    @property
    def calibration(self) -> RefusalCalibration | None:
        return self._model.calibration.get("refusal") or (answerability.CHAT if self.template else None)

    @property
    def _compares_sentences(self) -> bool:
        """Whether the evidence head sees the excerpts, to compare their sentences with the question."""
        return bool(self._options.model_scores and self._model.heads)

    def find(self, asked: AskedQuestion, ranked: list[Ranked], rows: Rows) -> tuple[list[Ranked], Candidates | None]:
        return self.find_unread(asked, ranked)

    def find_unread(self, asked: AskedQuestion, ranked: list[Ranked]) -> tuple[list[Ranked], Candidates | None]:
        top = ranked[: self.preview_passages]
        if not top:
            return ranked, None
        excerpts = self._corpus.excerpts(asked.text, [item.index for item in top])
        vectors = asked.vectors(self._model).vectors if self._compares_sentences else None
        texts = [item.text for item in excerpts]
        prompt = asked.prompt[1] if asked.prompt is not None and asked.prompt[0] == texts else None
        if prompt is None and self.template is not None:
            prompt = begin(self._model, self.template, texts, asked.text, observed=self._compares_sentences)
        found = copy_answers(self._model, asked.text, excerpts, top, self._corpus.index, vectors, prompt)
        return ranked, found

    def think(self, asked: AskedQuestion, ranked: list[Ranked]) -> Iterator[Event]:
        template = self.template
        if template is None or not template.thinks(self._options.think):
            return
        excerpts = self._corpus.excerpts(asked.text, [item.index for item in ranked[: self.preview_passages]])
        if excerpts:
            texts = [item.text for item in excerpts]
            state = yield from begin_with_thought(
                self._model, template, texts, asked.text, observed=self._compares_sentences
            )
            asked.prompt = (texts, state)
