"""Quality on questions with known answers, asked as by `docqa ask`: what `docqa eval` prints."""

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from docqa.app import report
from docqa.app.answer.answer import Cite
from docqa.app.answerers.loading import find_model
from docqa.app.evidence.ranking import RankedPassage
from docqa.app.options import Options
from docqa.app.session.engine import open_session
from docqa.app.session.session import Session
from docqa.app.storage.atomic import write_whole
from docqa.ingest.errors import IngestError
from docqa.ingest.types import Passage
from docqa.model.protocol import Model

from .fitting import Fitting
from .judging import (
    Asserted,
    QuestionOutcome,
    calibration_error,
    confidence_figure,
    is_right,
    scores,
)
from .questions import EvalDocument, GoldQuestion, TextMap, read_eval_file

LENGTHS = (
    (4_096, "to 4k tokens"),
    (16_384, "4k to 16k"),
    (65_536, "16k to 64k"),
    (1 << 30, "over 64k"),
)
SURE = 0.9  # a confidence
Rates = dict[str, object]
_Row = TypeVar("_Row")
_Result = TypeVar("_Result")


def run_eval(
    path: str,
    options: Options,
    *,
    folder: str | None = None,
    limit: int | None = None,
    sample: int | None = None,
    plot: str | None = None,
    fit: bool = False,
    on_progress: Callable[[int], None] | None = None,
) -> Rates:
    """What `docqa eval` prints of the questions that `read_eval_file` chooses. `page_hit`: the
    first quote is in the line of the file that a right answer is in or, with `folder`, on a right
    page. `plot`: the SVG to draw. `fit`: how sure answers are is fitted on these questions and
    kept, and what is returned is of that. `on_progress` gets the number of questions done; those of
    files that cannot be read are `skipped`. Raises InputError for a file of another form, OSError
    for the figure."""
    chosen = replace(options, store=options.store and folder is not None, preview=False)
    loaded = find_model(chosen)
    outcomes: list[QuestionOutcome] = []
    skipped = 0
    fitting = Fitting(chosen, loaded) if fit else None
    for document in read_eval_file(path, limit, sample=sample, folder=folder):
        try:
            for outcome in (
                ask_file(document, chosen, loaded) if folder else ask_text(document, chosen, loaded)
            ):
                outcomes.append(outcome)
                if on_progress:
                    on_progress(len(outcomes))
        except IngestError as error:
            report.warn(
                f"{error} (questions about it, which are skipped: {len(document.questions)})"
            )
            skipped += len(document.questions)
    if fitting:
        outcomes = fitting.fitted(outcomes)
    if plot is not None:
        write_whole(plot, confidence_figure(_asserted(outcomes), len(outcomes)).encode())
    return summary(outcomes) | ({"skipped": skipped} if folder is not None else {})


def ask_text(document: EvalDocument, options: Options, model: Model) -> Iterator[QuestionOutcome]:
    parsed, places = document.parse()
    with open_session([parsed], options, model=model) as session:
        for question in document.questions:
            golds = places.spans(question.spans)
            right = partial(overlaps, golds=golds) if golds else None
            cited = partial(_same_line, document, places, question.spans)
            yield outcome(session, document.dataset, question, right, cited)


def ask_file(document: EvalDocument, options: Options, model: Model) -> Iterator[QuestionOutcome]:
    """Ask the questions of a document of the second form; without pages it is right everywhere."""
    with open_session([document.file], options, model=model) as session:
        paged = session.documents[0].paged
        for question in document.questions:

            def right(place: Passage | Cite, pages: tuple[int, ...] = question.pages) -> bool:
                return not paged or place.page in pages

            def cited(cites: Sequence[Cite], right: Callable[[Cite], bool] = right) -> bool:
                return any(map(right, cites))

            yield outcome(
                session,
                document.dataset,
                question,
                right if question.pages or not paged else None,
                cited,
            )


def outcome(
    session: Session,
    dataset: str,
    question: GoldQuestion,
    right: Callable[[Passage], bool] | None,
    cited: Callable[[Sequence[Cite]], bool],
) -> QuestionOutcome:
    """Ask a question. `right`: whether a passage has an answer, None where that is not known;
    `cited` of a quote.
    """
    answer = session.answer(question.text)
    known = None if question.unanswerable else right
    ranked = session.ranked_passages(question.text)
    words = session.corpus.ranked_by_words(question.text)
    overlap, exact = scores(None if answer.refused else answer.answer, question)

    def hit(found: list[RankedPassage]) -> bool | None:
        return known and any(
            known(session.context.passages[item.passage_number].passage) for item in found
        )

    return QuestionOutcome(
        dataset,
        len(session.context),
        question.unanswerable,
        answer.refused,
        overlap,
        exact,
        question.kind,
        answer.confidence,
        is_right(answer, question),
        None if question.verdict is None else answer.verdict == question.verdict,
        hit(ranked[:1]),
        hit(ranked[:3]),
        hit(words[:1]),
        page_hit=cited(answer.quotes[0].cites if answer.quotes else ()) if known else None,
        signals={} if session.writes else session.local.reader_and_word_signals(question.text),
    )


def overlaps(passage: Passage, golds: Iterable[tuple[int, int]]) -> bool:
    """Whether a passage overlaps one of the places `golds`, characters of the only page."""
    return any(passage.start < end and start < passage.end for start, end in golds)


def _same_line(
    document: EvalDocument, places: TextMap, spans: Iterable[tuple[int, int]], cites: Sequence[Cite]
) -> bool:
    """Whether the first of `cites` is in the line of one of `spans`."""

    def line(offset: int) -> int:
        return bisect_right(document.line_starts, offset) - 1

    ends = [
        (places.back(cite.start), places.back(max(cite.end - 1, cite.start))) for cite in cites[:1]
    ]
    return any(
        line(first) <= line(start) <= line(last) for first, last in ends for start, _ in spans
    )


def summary(outcomes: Sequence[QuestionOutcome]) -> Rates:
    """The contract's rates, four digits."""

    def length(outcome: QuestionOutcome) -> str:
        return next(name for limit, name in LENGTHS if outcome.tokens <= limit)

    return {
        "questions": len(outcomes),
        "by_kind": grouped(outcomes, lambda outcome: outcome.kind, _kind_rates),
        **_rates(outcomes),
        "by_length": grouped(outcomes, length, _rates, [name for _, name in LENGTHS]),
        "by_dataset": grouped(outcomes, lambda outcome: outcome.dataset, _rates),
    }


def grouped(
    rows: Iterable[_Row],
    key: Callable[[_Row], Hashable],
    rates: Callable[[list[_Row]], _Result],
    names: Iterable[Hashable] | None = None,
) -> dict[str, _Result]:
    """`rates` of the rows of each key, keys in the order of `names` or sorted."""
    groups: dict[Hashable, list[_Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    order = sorted(groups) if names is None else names  # type: ignore[type-var]
    return {str(name): rates(groups[name]) for name in order if name in groups}


def _rates(outcomes: Sequence[QuestionOutcome]) -> Rates:
    answerable = [outcome for outcome in outcomes if not outcome.unanswerable]
    placed = [outcome for outcome in outcomes if outcome.hit_1 is not None]
    return {
        "questions": len(outcomes),
        **assertion_rates(_asserted(outcomes)),
        "verdict_accuracy": mean(o.verdict_right for o in outcomes if o.verdict_right is not None),
        "f1": mean(row.f1 for row in answerable),
        "exact_match": mean(row.exact for row in answerable),
        "evidence_hit_at_1": mean(bool(outcome.hit_1) for outcome in placed),
        "evidence_hit_at_3": mean(bool(outcome.hit_3) for outcome in placed),
        "page_hit": mean(bool(outcome.page_hit) for outcome in placed),
        **refusal_rates((outcome.unanswerable, outcome.refused) for outcome in outcomes),
        "evidence_hit_at_1_bm25_only": mean(bool(outcome.bm25_hit_1) for outcome in placed),
    }


def _kind_rates(outcomes: Sequence[QuestionOutcome]) -> Rates:
    answerable = [outcome for outcome in outcomes if not outcome.unanswerable]
    return {
        "questions": len(outcomes),
        "right": mean(outcome.right for outcome in outcomes),
        "wrong": mean(not outcome.right and not outcome.refused for outcome in outcomes),
        "refused": mean(outcome.refused for outcome in outcomes),
        "f1": mean(outcome.f1 for outcome in answerable),
    }


def _asserted(outcomes: Iterable[QuestionOutcome]) -> list[Asserted]:
    return [
        Asserted(outcome.confidence, outcome.right) for outcome in outcomes if not outcome.refused
    ]


def assertion_rates(answers: Sequence[Asserted]) -> dict[str, float]:
    """How many answers are asserted, the share that is right of all and of the sure ones, and the
    calibration error.
    """
    return {
        "asserted": len(answers),
        "precision": mean(answer.right for answer in answers),
        "precision_at_90": mean(answer.right for answer in answers if answer.confidence >= SURE),
        "calibration_error": round(calibration_error(answers), 4),
    }


def refusal_rates(questions: Iterable[tuple[bool, bool]]) -> dict[str, float]:
    """How many of each kind were refused, and the mean of what was right of each; of (unanswerable,
    refused).
    """
    by_kind: dict[bool, list[bool]] = {False: [], True: []}
    for unanswerable, refused in questions:
        by_kind[unanswerable].append(refused)
    wrongly = mean(by_kind[False])
    rightly = mean(by_kind[True])
    halves = [1.0 - wrongly] * bool(by_kind[False]) + [rightly] * bool(by_kind[True])
    return {
        "refused_answerable": wrongly,
        "refused_unanswerable": rightly,
        "balanced_refusal_accuracy": mean(halves),
    }


def mean(values: Iterable[float]) -> float:
    """Arithmetic mean to four digits, 0 of nothing."""
    listed = [float(value) for value in values]
    return round(sum(listed) / len(listed), 4) if listed else 0.0
