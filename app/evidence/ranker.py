"""One object that ranks the passages of a Context by all signals that its model has."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from docqa.app.context.context import Context
from docqa.app.context.passage_vectors import similarities_to_question, text_for_encoder
from docqa.app.context.prefill import Prefiller
from docqa.app.options import Options
from docqa.model.protocol import Model

from .ranking import (
    WORDS_ALONE,
    RankedPassage,
    WordIndex,
    fuse_signals,
    rank_by_signals,
    rank_by_words,
)

RERANKED_PASSAGES = 32  # that a reranker reads


@dataclass(frozen=True)
class PassageRanker:
    """Ranks the passages of a Context for a question: by their words, the vectors of the passage
    encoder and the evidence head, and a reranker, as far as the model has and its calibration
    weighs them. `prefillers`: what have the vectors after the documents were read, those of one
    document after the other."""

    model: Model
    context: Context
    words: WordIndex
    options: Options
    prefillers: Callable[[], Sequence[Prefiller]]

    @property
    def weights(self) -> Mapping[str, float]:
        return self.model.calibration.get("evidence_weights") or {}

    def rank(self, question: str) -> list[RankedPassage]:
        """All passages, best first, after the documents were read."""
        if not (self.weights and self.options.model_scores):
            return rank_by_words(question, self.words, self.context)
        found = {
            "bm25": self.words.bm25_scores(question),
            "vector": self._head_scores(question) if self.weights.get("vector") else None,
            "passage": self.similarities(question) if self.weights.get("passage") else None,
        }
        signals = {name: values for name, values in found.items() if values is not None}
        weights = self.weights if len(signals) > 1 else WORDS_ALONE
        return self._rerank_first_passages(
            question, rank_by_signals(signals, weights, self.context)
        )

    def rank_before_prefill(
        self, question: str, ranked: list[RankedPassage]
    ) -> list[RankedPassage]:
        """Passages that were ranked by their words, best first, before the documents are read: as
        they are without a passage encoder."""
        encoder = self.model.passage_encoder
        if not encoder:
            return ranked
        texts = [text_for_encoder(self.context, item.passage_number) for item in ranked]
        likeness = similarities_to_question(encoder, question, texts)
        bm25 = np.array([item.bm25 for item in ranked])
        total = fuse_signals({"bm25": bm25, "passage": likeness}, self.weights)
        scored = [
            replace(item, score=float(score)) for item, score in zip(ranked, total, strict=True)
        ]
        return self._rerank_first_passages(question, sorted(scored, key=lambda item: -item.score))

    def similarities(self, question: str) -> np.ndarray | None:
        """How like the question every passage is, -1 to 1, [passages]; None without an encoder."""
        encoder = self.model.passage_encoder
        if not encoder:
            return None
        vector = encoder.vectors([question], asked=True)[0]
        found = [each.passages.similarities(vector) for each in self.prefillers()]
        return np.concatenate(found)

    def _head_scores(self, question: str) -> np.ndarray | None:
        """How well the evidence head finds each passage to answer, [passages]; None without it."""
        from docqa.model.prompts.prompt import question_text

        head = self.model.evidence_head
        if not head:
            return None
        ids = self.model.tokenizer.encode(question_text(question))
        vectors = head.question_vectors(self.model.evidence_states(ids))
        scores: list[np.ndarray] = []
        for prefiller in self.prefillers():
            context = prefiller.context
            rows = prefiller.vectors.rows_before(len(context))
            assert rows is not None, "a question is answered after `read`"
            spans = [(placed.token_start, placed.token_end) for placed in context.passages]
            scores.append(np.asarray(head.scores(vectors, rows, spans), dtype=np.float64))
        return np.concatenate(scores)

    def _rerank_first_passages(
        self, question: str, ranked: list[RankedPassage]
    ) -> list[RankedPassage]:
        """`ranked`, the first in the order of the model's reranker. Each position keeps its score,
        so that what was calibrated on the distances between scores holds."""
        if not self.model.reranker or not ranked:
            return ranked
        first = ranked[:RERANKED_PASSAGES]
        texts = [text_for_encoder(self.context, item.passage_number) for item in first]
        order = np.argsort(-self.model.reranker.scores(question, texts), kind="stable")
        moved = [replace(first[at], score=item.score) for at, item in zip(order, first)]
        return [*moved, *ranked[RERANKED_PASSAGES:]]
