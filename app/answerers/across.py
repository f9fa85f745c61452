"""One answer from those of several documents."""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import PurePath

import numpy as np

from docqa.app.answer.answer import NOT_STATED, Answer, Quote, Statement, Usage
from docqa.app.answer.confidence import (
    AGREES_CHANCE,
    AGREES_ODDS,
    UNNAMED_CHANCE,
    Signals,
    agreement_chance,
    log_odds,
)
from docqa.app.answer.events import DocumentAnswered, Event, Finished
from docqa.app.answer.grades import Status, Support
from docqa.app.answer.text import abridged_name_list
from docqa.app.context.provenance import documents_hash
from docqa.app.facts.facts import FactKind, parse_first_fact, sort_key
from docqa.app.reading.wording.across import PerDocumentQuestion
from docqa.model.heads.question_heads import QuestionKind

from .compose import Draft, StatedAnswer, answer_from_statements
from .corpus import Corpus
from .extractive import ExtractiveAnswerer
from .local import progress_over_all, seconds_since

FRONT_PASSAGES = 3  # of a document, which say what it is about
_MOST_NAMED = 20  # documents in a note
_COMPARED = FactKind.DATE, FactKind.PERIOD, FactKind.AMOUNT, FactKind.NUMBER
_ORDERED = QuestionKind.LEAST, QuestionKind.MOST


@dataclass(frozen=True)
class DocumentAnswer:
    """What the document at `path` answers; `agrees`: how likely what is asked holds for it."""

    path: str
    answer: Answer
    agrees: float = 0.0


def ask_documents_separately(
    asked: PerDocumentQuestion,
    question: str,
    corpus: Corpus,
    answerers: Sequence[ExtractiveAnswerer],
    document_numbers: Sequence[int],
) -> Iterator[Event]:
    """Ask each document of `document_numbers` by itself, by its answerer in `answerers`, the likeliest by its
    words first. Progress is of reading all."""
    started = time.monotonic()
    picks = asked.kind.picks_documents
    answers: dict[int, DocumentAnswer] = {}
    signals: dict[int, Signals] = {}
    scores = corpus.word_index.bm25_scores(question) if picks else np.zeros(0)
    order = _rank_documents_by_words(question, corpus, document_numbers)
    total = sum(answerers[number].reading.total_tokens for number in order)
    tokens_before = 0
    for number in order:
        answerer = answerers[number]
        for event in answerer.ask(asked.question, asked.wanted, include_unlikely=picks):
            if isinstance(event, Finished):
                answers[number] = DocumentAnswer(corpus.documents[number].path, event.answer)
            else:
                yield progress_over_all(event, tokens_before, total)
        tokens_before += answerer.reading.total_tokens
        answer = answers[number].answer
        if picks and asked.wanted.kind:
            agrees = _chance_of_named_value(answer, question)
            answers[number] = replace(answers[number], agrees=agrees)
        elif picks:
            signals[number] = signals_of_document(
                asked, question, answerer, scores_of_document(scores, corpus, number)
            )
            fitted = answerer.model.calibration.get("agrees")
            for other, own in signals_with_differences(signals).items():
                answers[other] = replace(answers[other], agrees=agreement_chance(own, fitted))
        if _belongs_in_joined_answer(asked, answers[number]) and len(answers) < len(order):
            yield DocumentAnswered(answers[number].path, answer)
    inside = [answers[number] for number in document_numbers]
    seconds = seconds_since(started)
    yield Finished(_join_document_answers(asked, question, corpus, inside, seconds))


def _rank_documents_by_words(
    question: str, corpus: Corpus, document_numbers: Sequence[int]
) -> list[int]:
    """The documents of `document_numbers`, in the order of their best passages by words."""
    passages = corpus.context.passages
    ranked = corpus.ranked_by_words(question)
    best = (passages[item.passage_number].document for item in ranked)
    order = dict.fromkeys([*best, *range(len(corpus.documents))])
    return [number for number in order if number in document_numbers]


def _chance_of_named_value(answer: Answer, question: str) -> float:
    """The chance that `answer` is the value that the question names: of "New York, United States"
    "New York" has to be in it."""
    value = str(answer.answer or "").partition(",")[0].casefold()
    return answer.confidence if value and value in question.casefold() else UNNAMED_CHANCE


def scores_of_document(scores: np.ndarray, corpus: Corpus, document: int) -> np.ndarray:
    """Those `scores` of all passages that are of one document, [passages of it]."""
    passages = corpus.context.passages
    own = [number for number, placed in enumerate(passages) if placed.document == document]
    return scores[own]


def signals_of_document(
    asked: PerDocumentQuestion, question: str, answerer: ExtractiveAnswerer, scores: np.ndarray
) -> Signals:
    """What says whether the thing asked holds for the document of `answerer`, after it was asked:
    what the reader noticed; how well it, and its beginning, have the words of `question`, by the
    BM25 `scores` of its passages; how like the question its best passages are; how many names and
    years of the question it lacks. Empty where nothing was read."""
    noticed = answerer.reader_signals(asked.question)
    if not noticed or not len(scores):
        return {}
    return {
        **noticed,
        "words": scores.max(),
        "front_words": scores[:FRONT_PASSAGES].max(),
        "similar": answerer.finder.similarity_of_best(question),
        "missing": float(len(answerer.corpus.missing_words(question))),
    }


def signals_with_differences(
    signals: Mapping[int, Signals],
) -> dict[int, Signals]:
    """The signals of each document, and by how far each is below that of the best document."""
    names = set().union(*signals.values())
    most = {name: max(own.get(name, 0.0) for own in signals.values()) for name in names}
    return {
        number: {**own, **{f"{name}_behind": own[name] - most[name] for name in own}}
        for number, own in signals.items()
    }


def _belongs_in_joined_answer(asked: PerDocumentQuestion, document_answer: DocumentAnswer) -> bool:
    """Whether what a document says is part of the answer."""
    return not document_answer.answer.refused and (
        not asked.kind.picks_documents or log_odds(document_answer.agrees) >= AGREES_ODDS
    )


def _join_document_answers(
    asked: PerDocumentQuestion,
    question: str,
    corpus: Corpus,
    answers: Sequence[DocumentAnswer],
    seconds: float,
) -> Answer:
    stating = _documents_of_answer(asked, answers)
    possible = [
        each for each in answers if each.answer.status is Status.POSSIBLE or not each.answer.refused
    ]
    status = Status.ANSWERED if stating else Status.POSSIBLE if possible else Status.NOT_FOUND
    first = answers[0].answer
    read_tokens = len(corpus.context) if first.coverage.tokens_read else 0
    is_part_missing = bool(stating) and not asked.kind.picks_documents
    if not read_tokens or is_part_missing and len(stating) < len(answers):
        status = Status.PARTIAL
    likely = {
        each.path: each.agrees if asked.kind.picks_documents else each.answer.confidence
        for each in answers
    }
    if stating:
        chance = _chance_that_all_are_right(asked, stating, answers)
    else:
        chance = max((likely[each.path] for each in possible), default=0.0)
    others = [PurePath(each.path).name for each in answers if each not in stating]
    notes: list[str] = []
    if stating and others and asked.kind.picks_documents:
        notes.append(f"not so, or not stated: {abridged_name_list(others, _MOST_NAMED)}")
    usages = [each.answer.usage for each in answers]
    draft = Draft(
        question=question,
        ranked=(),
        coverage=corpus.coverage_report(read_tokens, *notes),
        usage=Usage(
            sum(usage.tokens_read for usage in usages),
            sum(usage.tokens_reused for usage in usages),
            seconds,
            all(usage.cached for usage in usages),
        ),
        provenance={**first.provenance, "document": documents_hash(corpus.documents)},
        missing=corpus.missing_words(question),
    )
    stated = _statement_per_document(asked, stating, answers)
    joined = answer_from_statements(draft, stated, status, chance, corpus.context)
    # The passages of all in turn, the likeliest first, as many as one answer lists.
    order = sorted(answers, key=lambda each: (each.answer.refused, -likely[each.path]))
    turns = zip_longest(*(each.answer.evidence for each in order))
    rows = [row for turn in turns for row in turn if row is not None]
    most = max(len(each.answer.evidence) for each in answers)
    return replace(joined, evidence=tuple(rows[:most]))


def _statement_per_document(
    asked: PerDocumentQuestion,
    included_answers: Sequence[DocumentAnswer],
    answers: Sequence[DocumentAnswer],
) -> StatedAnswer:
    """A statement for each document that is `included_answers`; for the others that they do not say, where
    no documents are picked."""
    shown = included_answers
    if included_answers and not asked.kind.picks_documents:
        silent = [each for each in answers if each not in included_answers]
        shown = [*included_answers, *silent] if asked.kind in _ORDERED else answers
    lines: list[str] = []
    statements: list[Statement] = []
    quotes: list[Quote] = []
    for each in shown:
        words, own = (
            _stated_words_and_quotes(asked, each) if each in included_answers else (NOT_STATED, ())
        )
        lines.append(f"{PurePath(each.path).name}: {words}")
        numbers = tuple(range(len(quotes), len(quotes) + len(own)))
        support = Support.QUOTED if own else Support.UNSUPPORTED
        statements.append(Statement(words, support, numbers, each.path))
        quotes += own
    answer = "; ".join(lines)
    if included_answers and asked.kind.picks_documents:
        answer = f"{len(included_answers)} of {len(answers)}: {answer}"
    return StatedAnswer(answer or None, tuple(statements), tuple(quotes))


def _stated_words_and_quotes(
    asked: PerDocumentQuestion, document_answer: DocumentAnswer
) -> tuple[str, tuple[Quote, ...]]:
    """What a document says: in its words, without a verdict, where it is picked."""
    answer = document_answer.answer
    in_words = "; ".join(statement.text for statement in answer.statements)
    words = in_words if asked.kind.picks_documents else str(answer.answer)
    return words, answer.answering_quotes[: 1 if len(answer.statements) < 2 else None]


def _documents_of_answer(
    asked: PerDocumentQuestion, answers: Sequence[DocumentAnswer]
) -> Sequence[DocumentAnswer]:
    """Those of the answer, in its order: of a comparison the one that was asked for first, where
    values decide.
    """
    counting = [each for each in answers if _belongs_in_joined_answer(asked, each)]
    least = AGREES_CHANCE ** len(answers)
    if asked.kind.picks_documents and _chance_that_all_are_right(asked, counting, answers) < least:
        return []
    if asked.kind in _ORDERED:
        for kind in _COMPARED:
            facts = [(parse_first_fact(kind, str(each.answer.answer)), each) for each in counting]
            values = [(sort_key(fact), each) for fact, each in facts if fact]
            if len(values) > 1:
                values.sort(key=lambda item: item[0], reverse=asked.kind is QuestionKind.MOST)
                return [each for _, each in values]
    return counting


def _chance_that_all_are_right(
    asked: PerDocumentQuestion,
    included_answers: Sequence[DocumentAnswer],
    answers: Sequence[DocumentAnswer],
) -> float:
    """The chance that every part of the answer is right, and of picked documents that none is
    missing.
    """
    if asked.kind.picks_documents:
        return math.prod(
            each.agrees if each in included_answers else 1 - each.agrees for each in answers
        )
    return math.prod(each.answer.confidence for each in included_answers)
