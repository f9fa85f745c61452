"""Ways to find candidates for an answer: by a reader, and for a checkpoint without one by copying,
from excerpts or from the state of the whole documents."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from docqa.app.answerers.corpus import Corpus
from docqa.app.evidence.front_matter import front_passages
from docqa.app.evidence.ranking import Ranked
from docqa.app.evidence.terms import terms
from docqa.app.facts.facts import FactKind
from docqa.app.options import Options
from docqa.app.places.scope import passages_in, scope_of
from docqa.app.reading.best_passages import rank_unread, read_passages
from docqa.app.reading.candidates import ANYTHING, BY_CLAUSE, FRONT, Candidates, Wanted
from docqa.app.reading.clauses import (
    DOCUMENT_DATE,
    FEW,
    LIKELY,
    clause_heads,
    first_best,
    naming,
    passages_of,
)
from docqa.app.reading.copying import copy_from_passages, copy_from_state
from docqa.app.reading.decision import clause_itself, in_sentence, names_in_clause, place_itself
from docqa.app.reading.document_date import document_date
from docqa.app.reading.joined_parts import join_parts
from docqa.app.reading.tables.answer import with_cell
from docqa.model.heads.excerpt_reading import ExcerptReader
from docqa.model.protocol import Model, RefusalCalibration, writing_model
from docqa.model.state.state import State

HEADED_PASSAGES = 4  # below the headings under which a field is said to stand
# where no sentence says it, that of the document, if it is likely
OF_DOCUMENT = "agreement date"
SURELY_DATED = 0.85
FRONT_PASSAGES = 5  # of title pages and signature blocks, for a question about the document itself
Found = tuple[
    list[Ranked], Candidates | None
]  # passages in order, candidates of the best (None without passages)


@dataclass
class AskedQuestion:
    """Mutable: filled as the question is answered, so that asking again costs nothing.
    `by_signals`: all passages by words and vectors; `found`: the best of them, read, with
    candidates. `parts`: the two questions that one of two parts is asked as, which have an order of
    their own."""

    text: str
    wanted: Wanted = ANYTHING
    by_signals: list[Ranked] | None = None
    found: Found | None = None
    parts: tuple["AskedQuestion", ...] | None = None


class CandidateFinder:
    """Ranks anew and proposes words of the documents: by constrained copying from excerpts, for a
    checkpoint without a chat template."""

    most = 5  # shown to a checkpoint that copies its answer

    def __init__(self, corpus: Corpus, model: Model, options: Options) -> None:
        self._corpus = corpus
        self._model = model
        self._options = options
        self.preview_passages = options.k or self.most
        """How many of the best passages by their words a preliminary answer is made from."""

    @property
    def calibration(self) -> RefusalCalibration | None:
        """When a question counts as not answered; None where nothing was calibrated."""
        return self._model.calibration.get("refusal")

    def parts(self, asked: AskedQuestion) -> tuple[AskedQuestion, ...]:
        """The two questions that a question of two parts is asked as; empty for any other."""
        return ()

    def find(self, asked: AskedQuestion, ranked: list[Ranked]) -> Found:
        """The passages in a better order, with candidates."""
        return self.find_unread(asked, ranked)

    def find_unread(self, asked: AskedQuestion, ranked: list[Ranked]) -> Found:
        """The same for documents that are not read yet, from a few passages."""
        top = ranked[: self.preview_passages]
        if not top:
            return ranked, None
        numbers = [item.index for item in top]
        context = self._corpus.context
        words = self._corpus.index
        return ranked, copy_from_passages(
            writing_model(self._model), asked.text, numbers, context, words
        )


class ReaderFinder(CandidateFinder):
    """By the reader."""

    # found by their words, ranked and read again by the bundled model before the documents are read
    most = 16

    def parts(self, asked: AskedQuestion) -> tuple[AskedQuestion, ...]:
        if asked.parts is None:
            one = asked.wanted != ANYTHING or asked.text.endswith(")")  # a field, or a follow-up
            parts = None if one else self._reader.two_parts(asked.text)
            asked.parts = tuple(AskedQuestion(part, parts=()) for part in parts or ())
        return asked.parts

    @property
    def _reader(self) -> ExcerptReader:
        assert self._model.reader is not None
        return self._model.reader

    def find(self, asked: AskedQuestion, ranked: list[Ranked], one_of: int = 1) -> Found:
        """As above; `one_of`: so many parts share the time of one question."""
        if parts := self.parts(asked):
            return join_parts(
                [self.find(part, part.by_signals or ranked, len(parts)) for part in parts]
            )
        if not ranked:
            return ranked, None
        corpus = self._corpus
        passages = self._options.k
        if asked.wanted.clause:
            return self._find_in_clause(asked, ranked)
        scope = scope_of(asked.text, corpus.documents)
        inside = passages_in(scope, corpus.context) if scope is not None else []
        if scope is not None and inside:
            ranked = _preferred(ranked, inside, all_of_them=scope.whole)
            if scope.whole:
                return ranked, place_itself(scope, corpus.context, ranked[: len(inside)])
            passages = min(passages or len(ranked), len(inside)) if scope.inside else passages
        ranked, found = read_passages(
            self._model,
            asked.text,
            corpus.context,
            ranked,
            corpus.index,
            reorder=self._options.model_scores,
            passages=passages,
            first=[] if inside else self._first(asked),
            one_of=one_of,
            wanted=asked.wanted,
        )
        return ranked, with_cell(
            found, asked.text, ranked, corpus.context
        ) if asked.wanted == ANYTHING else found

    def _find_in_clause(self, asked: AskedQuestion, ranked: list[Ranked]) -> Found:
        """The clause of a field, or the value in it: of the few passages that have the likeliest
        sentences.
        """
        context = self._corpus.context
        rows = self._corpus.clause_sentences
        if asked.wanted.clause == DOCUMENT_DATE:
            return ranked, document_date(context)
        clause = clause_heads()[asked.wanted.clause]
        scores = clause.scores(rows)
        best = np.full(len(context.passages), -np.inf)
        np.maximum.at(best, [row.passage for row in rows], scores)
        ranked = sorted(ranked, key=lambda item: -best[item.index])
        chance = clause.chance(float(scores.max(initial=-np.inf)))
        if asked.wanted.kind in (None, FactKind.YES_NO) and rows:
            return ranked, clause_itself(context, rows[first_best(scores)], chance, asked.wanted)
        if asked.wanted.kind is FactKind.PARTY and rows:
            return ranked, names_in_clause(context, naming(rows, scores), chance)
        few, found = read_passages(
            self._model,
            asked.text,
            context,
            ranked[:FEW],
            self._corpus.index,
            reorder=False,
            wanted=asked.wanted,
        )
        if rows:
            sentence = rows[first_best(scores)]
            wanted = asked.wanted
            valued = in_sentence(found, context, sentence, chance, replace(wanted, or_clause=False))
            unsaid = wanted.clause == OF_DOCUMENT and (chance < LIKELY or not valued.candidates)
            if unsaid and (dated := document_date(context)).signals[BY_CLAUSE] >= SURELY_DATED:
                return ranked, dated
            found = in_sentence(found, context, sentence, chance, wanted)
        return [*few, *ranked[len(few) :]], found

    def find_unread(self, asked: AskedQuestion, ranked: list[Ranked], one_of: int = 1) -> Found:
        if parts := self.parts(asked):
            return join_parts(
                [self.find_unread(part, self._corpus.rank(part.text), len(parts)) for part in parts]
            )
        scope = scope_of(asked.text, self._corpus.documents)
        inside = (
            passages_in(scope, self._corpus.context) if scope is not None else self._first(asked)
        )
        few = _preferred(ranked, inside, all_of_them=False)[
            : max(self.preview_passages // one_of, 1)
        ]
        if not few:
            return ranked, None
        weights = self._model.calibration.get("evidence_weights", {})
        scored = rank_unread(self._model, asked.text, self._corpus.context, few, weights)
        return self.find(asked, scored, one_of)

    def _first(self, asked: AskedQuestion) -> list[int]:
        """The passages that are read whatever their rank: title page and signatures for a question
        about a document itself, and where a field is said to stand."""
        context = self._corpus.context
        where = asked.wanted.where
        clause = self._reader.clause_of(asked.text) if asked.wanted == ANYTHING else ""
        if clause not in ("", DOCUMENT_DATE) and (
            inside := passages_of(clause, self._corpus.clause_sentences)
        ):
            return inside
        of_document = asked.wanted == ANYTHING and self._reader.asks_about_document(asked.text)
        front = of_document or clause == DOCUMENT_DATE or FRONT in where
        wanted = [set(terms(words)) for words in where if words != FRONT]
        headings = [
            set(terms(" ".join(placed.passage.section[-1:])))
            for placed in context.passages
            if wanted
        ]
        below = [
            number for number, words in enumerate(headings) if any(each <= words for each in wanted)
        ]
        return [
            *(front_passages(context, FRONT_PASSAGES) if front else ()),
            *below[:HEADED_PASSAGES],
        ]


def _preferred(ranked: list[Ranked], inside: list[int], *, all_of_them: bool) -> list[Ranked]:
    """`ranked` with the passages `inside` first, in their order in the document where `all_of_them`
    are wanted.
    """
    chosen = {item.index: item for item in ranked if item.index in set(inside)}
    front = (
        [chosen[index] for index in inside if index in chosen]
        if all_of_them
        else list(chosen.values())
    )
    return [*front, *(item for item in ranked if item.index not in chosen)]


OWN_ODDS: RefusalCalibration = {
    "features": ["reader_refusal_margin", "sentence_coverage"],
    "weights": [0.5, 8.0],
    "bias": -5.0,
    "threshold": 0.5,
}
"""The model's own odds, its best words against saying that the documents do not answer, and whether
the sentence that has these words is about what was asked. Set by hand: alike odds count from five
eighths of the question's words on."""


class StateFinder(CandidateFinder):
    """By copying from what the state of the whole documents holds; before they are read from
    excerpts.
    """

    def __init__(
        self, corpus: Corpus, model: Model, options: Options, state: Callable[[], State | None]
    ) -> None:
        super().__init__(corpus, model, options)
        self._state = state

    @property
    def calibration(self) -> RefusalCalibration:
        return OWN_ODDS

    def find(self, asked: AskedQuestion, ranked: list[Ranked]) -> Found:
        corpus = self._corpus
        state = self._state()
        assert state is not None, "a question is answered after `read`"
        return ranked, copy_from_state(
            writing_model(self._model), asked.text, state, corpus.context, corpus.index
        )
