"""Ways to find candidates for an answer: by a reader, and for a checkpoint without one by words. Each
has a PassageRanker, and asks it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from docqa.app.evidence.front_matter import front_matter_passages
from docqa.app.evidence.ranker import PassageRanker
from docqa.app.evidence.ranking import PassageNumber, RankedPassage
from docqa.app.evidence.terms import count_content_words, plain_words, terms
from docqa.app.options import Options
from docqa.app.places.scope import find_scope, passages_in
from docqa.app.reading.best_passages import PassageReader
from docqa.app.reading.candidates import (
    ANYTHING,
    FRONT,
    AnswerRequirements,
    CandidateSet,
    sentences_as_candidates,
)
from docqa.app.reading.clauses import OF_FIRST_PAGES, passages_of_clause
from docqa.app.reading.direct_answers import (
    PRINTED_ON_FIRST_PAGES,
    find_candidates_in_clause,
    text_of_scope,
)
from docqa.app.reading.joined_parts import join_answers_of_question_parts
from docqa.app.reading.tables.answer import add_table_cell_candidates
from docqa.ingest.language.words import POINTING_BACK, QUESTION
from docqa.model.heads.excerpt_reading import ExcerptReader
from docqa.model.protocol import RefusalCalibration

from .local import LocalPrefill

SIMILAR_PASSAGES = 3  # of a document, which say whether it is about a question
_ASKS_WITHIN = 3
_LEAST_WORDS = 3
"""Words of a second question within which it asks, and that have meaning, to be asked alone."""
HEADED_PASSAGES = 4  # below the headings under which a field is said to be
FRONT_PASSAGES = 5  # of title pages and signature blocks, for a question about the document itself

Found = tuple[list[RankedPassage], CandidateSet | None]
"""(passages in order, candidates of the best; None without passages)."""


@dataclass(frozen=True)
class AskedQuestion:
    """A question, and what its answer has to be."""

    text: str
    wanted: AnswerRequirements = ANYTHING


@dataclass
class CandidateFinder(ABC):
    """Orders the passages of a corpus for a question, and proposes words of the best."""

    _options: Options
    _reading: LocalPrefill
    _MOST_PREVIEWED = 5

    def __post_init__(self) -> None:
        self._corpus = self._reading.corpus
        self._model = self._reading.model

    @property
    def preview_passages(self) -> int:
        """How many of the best by their words a preliminary answer is made from."""
        return self._options.k or self._MOST_PREVIEWED

    @cached_property
    def ranker(self) -> PassageRanker:
        """What orders all passages where no excerpt is read."""
        corpus = self._corpus
        return PassageRanker(
            self._model,
            corpus.context,
            corpus.word_index,
            self._options,
            lambda: self._reading.prefillers,
        )

    @property
    def calibration(self) -> RefusalCalibration | None:
        """When a question counts as not answered; None where nothing was calibrated."""
        return self._model.calibration.get("refusal")

    def similarity_of_best(self, question: str) -> float:
        """How like the question the best passages are in the mean, -1 to 1, after the documents
        were read; 0 without a passage encoder."""
        similarities = None if self._options.quick else self.ranker.similarities(question)
        if similarities is None or not len(similarities):
            return 0.0
        return float(np.sort(similarities)[-SIMILAR_PASSAGES:].mean())

    @abstractmethod
    def find_candidates(self, asked: AskedQuestion) -> Found:
        """The passages in the best order, with candidates, after the documents were read."""

    @abstractmethod
    def find_candidates_before_prefill(self, asked: AskedQuestion) -> Found:
        """The same for documents that are not read yet, from a few passages."""


class SentenceFinder(CandidateFinder):
    """By the sentences of the best passages that have most of the question's words, for a
    checkpoint that neither reads excerpts nor writes."""

    def find_candidates(self, asked: AskedQuestion) -> Found:
        return self._sentences_of_best_passages(asked, self.ranker.rank(asked.text))

    def find_candidates_before_prefill(self, asked: AskedQuestion) -> Found:
        return self._sentences_of_best_passages(asked, self._corpus.ranked_by_words(asked.text))

    def _sentences_of_best_passages(
        self, asked: AskedQuestion, ranked: list[RankedPassage]
    ) -> Found:
        numbers = [item.passage_number for item in ranked[: self.preview_passages]]
        context = self._corpus.context
        found = sentences_as_candidates(asked.text, numbers, context, self._corpus.word_index)
        return ranked, found if numbers else None


class ReaderCandidateFinder(CandidateFinder):
    """By the reader."""

    _MOST_PREVIEWED = 16

    def find_candidates(self, asked: AskedQuestion) -> Found:
        return self._find_candidates_for_each_part(asked, self._find_part_after_prefill)

    def find_candidates_before_prefill(self, asked: AskedQuestion) -> Found:
        return self._find_candidates_for_each_part(asked, self._find_part_before_prefill)

    @property
    def _reader(self) -> ExcerptReader:
        assert self._model.reader
        return self._model.reader

    def _find_candidates_for_each_part(
        self, asked: AskedQuestion, find_for_question: Callable[[AskedQuestion, int], Found]
    ) -> Found:
        """What `find_for_question` finds: for each of the two questions that one of two parts is asked as,
        which share the time of one, or for `asked` itself."""
        is_one = asked.wanted != ANYTHING or asked.text.endswith(")")  # a field, or a follow-up
        parts = None if is_one else self._reader.split_into_two_questions(asked.text)
        if not parts:
            return find_for_question(asked, 1)
        first, second = asked_as = parts
        if not _is_whole_question(second):
            asked_as = first, f"{second} ({first})"
        return join_answers_of_question_parts(
            [find_for_question(AskedQuestion(part), len(parts)) for part in asked_as], parts
        )

    def _find_part_after_prefill(self, asked: AskedQuestion, part_count: int) -> Found:
        rank = self._corpus.ranked_by_words if asked.wanted.clause else self.ranker.rank
        return self._candidates_of_best_passages(asked, rank(asked.text), part_count)

    def _find_part_before_prefill(self, asked: AskedQuestion, part_count: int) -> Found:
        scope = find_scope(asked.text, self._corpus.documents)
        context = self._corpus.context
        inside = passages_in(scope, context) if scope else self._passages_read_whatever_rank(asked)
        ranked = _move_passages_to_front(self._corpus.ranked_by_words(asked.text), inside)
        few = ranked[: max(self.preview_passages // part_count, 1)]
        if not few:
            return ranked, None
        return self._candidates_of_best_passages(
            asked, self.ranker.rank_before_prefill(asked.text, few), part_count
        )

    def _candidates_of_best_passages(
        self, asked: AskedQuestion, ranked: list[RankedPassage], part_count: int
    ) -> Found:
        """What the reader finds in the first of `ranked`; the section, clause or cell itself where
        that is asked for."""
        corpus = self._corpus
        context = corpus.context
        if not ranked:
            return ranked, None
        reader = PassageReader(self._model, self._reader, context, corpus.word_index)
        if asked.wanted.clause:
            read_few = partial(
                reader.read_best_passages, asked.text, reorder=False, wanted=asked.wanted
            )
            return find_candidates_in_clause(
                context, corpus.clause_sentences, ranked, asked.wanted, read_few
            )
        if printed := self._printed_on_first_pages(asked):
            return ranked, printed
        passages = self._options.k
        scope = find_scope(asked.text, corpus.documents)
        inside = passages_in(scope, context) if scope else []
        if scope and inside:
            if scope.whole:
                ranked = _move_passages_to_front(ranked, inside, in_document_order=True)
                return ranked, text_of_scope(scope, context, ranked[: len(inside)])
            ranked = _move_passages_to_front(ranked, inside)
            passages = min(passages or len(ranked), len(inside)) if scope.inside else passages
        ranked, reading = reader.read_best_passages(
            asked.text,
            ranked,
            reorder=self._options.model_scores,
            passages=passages,
            always_read=[] if inside else self._passages_read_whatever_rank(asked),
            part_count=part_count,
            wanted=asked.wanted,
        )
        if asked.wanted == ANYTHING:
            reading = add_table_cell_candidates(reading, asked.text, ranked, context)
        return ranked, reading

    def _printed_on_first_pages(self, asked: AskedQuestion) -> CandidateSet | None:
        """What the one document says of itself (its title, court or the like), where that is asked
        for and found."""
        if asked.wanted != ANYTHING or len(self._corpus.documents) > 1:
            return None
        find = PRINTED_ON_FIRST_PAGES.get(self._reader.clause_that_answers(asked.text))
        found = find(self._corpus.context) if find else None
        return found if found and found.candidates else None

    def _passages_read_whatever_rank(self, asked: AskedQuestion) -> list[PassageNumber]:
        """The passages that are read whatever their rank: title page and signatures for a question
        about a document itself, and where a field is said to be."""
        context = self._corpus.context
        if asked.wanted != ANYTHING:
            front = FRONT in asked.wanted.where
        else:
            clause = self._reader.clause_that_answers(asked.text)
            if clause and clause not in OF_FIRST_PAGES:
                likely = passages_of_clause(clause, self._corpus.clause_sentences)
                if likely:
                    return likely
            front = clause in OF_FIRST_PAGES or self._reader.asks_about_document(asked.text)
        first = front_matter_passages(context, FRONT_PASSAGES) if front else []
        headings = [set(terms(words)) for words in asked.wanted.where if words != FRONT]
        below: list[PassageNumber] = []
        for number, placed in enumerate(context.passages if headings else ()):
            own = set(terms(" ".join(placed.passage.section[-1:])))
            if any(heading <= own for heading in headings):
                below.append(number)
        return [*first, *below[:HEADED_PASSAGES]]


def _is_whole_question(text: str) -> bool:
    """Whether the second part of a question can be asked without the first."""
    words = plain_words(text)
    return (
        not QUESTION.isdisjoint(words[:_ASKS_WITHIN])
        and POINTING_BACK.isdisjoint(words)
        and count_content_words(text) >= _LEAST_WORDS
    )


def _move_passages_to_front(
    ranked: list[RankedPassage],
    front_numbers: Sequence[PassageNumber],
    *,
    in_document_order: bool = False,
) -> list[RankedPassage]:
    """`ranked` with the passages `front_numbers` first, `in_document_order` of the document."""
    numbers = set(front_numbers)
    first = [item for item in ranked if item.passage_number in numbers]
    if in_document_order:
        first.sort(key=lambda item: item.passage_number)
    return [*first, *(item for item in ranked if item.passage_number not in numbers)]
