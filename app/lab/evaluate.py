"""Quality on questions with known answers: what `docqa eval` prints.

`run_eval` takes lines of `{"dataset", "doc", "title", "context", "qas"}`; lines of one `doc` make one document, which
is read, ranked and asked exactly as `ask` does. `run_questions` takes lines of `{"file", "question", "answer", "pages",
"unanswerable"}` about the files of a folder.
"""

from __future__ import annotations

import gzip
import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from docqa.app.answer.answer import Answer
from docqa.app.answer.events import Finished
from docqa.app.answerers.loading import find_model
from docqa.app.errors import InputError
from docqa.app.evidence.ranking import Ranked, rank
from docqa.app.lab.scoring import TextMap, exact_match, f1
from docqa.app.options import Options
from docqa.app.session.engine import open_session
from docqa.app.session.session import Session
from docqa.ingest.types import Document

LENGTHS = ((4_096, "to 4k tokens"), (16_384, "4k to 16k"), (65_536, "16k to 64k"), (1 << 30, "over 64k"))
_BREAK = "\n\n"
Told = Callable[[int], None]


@dataclass(frozen=True)
class AskedQuestion:
    """A question with the gold answers: texts, and half-open characters of the joined contexts."""

    text: str
    golds: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    unanswerable: bool


@dataclass
class EvalDocument:
    """One `doc` of an evaluation file; `line_starts` are where its lines begin in `text`."""

    dataset: str
    name: str
    title: str
    text: str = ""
    line_starts: list[int] = field(default_factory=list)
    questions: list[AskedQuestion] = field(default_factory=list)

    def add(self, record: dict[str, Any]) -> None:
        """Append a line: its context and its questions."""
        base = len(self.text) + len(_BREAK) if self.text else 0
        self.text = self.text + _BREAK + record["context"] if self.text else record["context"]
        self.line_starts.append(base)
        for qa in record["qas"]:
            answers = [a for a in qa["answers"] if a["text"]]
            spans = [(base + a["start"], base + a["start"] + len(a["text"])) for a in answers if a["start"] >= 0]
            self.questions.append(
                AskedQuestion(
                    qa["question"],
                    tuple(a["text"] for a in answers),
                    tuple(spans),
                    bool(qa.get("unanswerable")) or not answers,
                )
            )


@dataclass(frozen=True)
class Outcome:
    """What came of one question; rates are means over these."""

    dataset: str
    tokens: int
    unanswerable: bool
    refused: bool
    f1: float
    exact: float
    hit_1: bool
    hit_3: bool
    bm25_hit_1: bool
    placed: bool
    page_hit: bool


def run_eval(
    path: str,
    limit: int | None = None,
    options: Options | None = None,
    model_scores: bool = True,
    *,
    model: Any = None,
    told: Told | None = None,
) -> dict[str, Any]:
    """Rates of contract.md's `eval` section over the first `limit` questions of the file.

    `page_hit`: the first quote stands in the same line of the file as a gold answer. `model_scores` False ranks by
    words alone; `told` is called with the number of questions done. Raises InputError for a file of another form.
    """
    chosen = replace(options or Options(), store=False, preview=False, model_scores=model_scores)
    loaded = model if model is not None else find_model(chosen)
    outcomes: list[Outcome] = []
    for document in read_eval_file(path, limit):
        outcomes += _ask_document(document, chosen, loaded)
        if told is not None:
            told(len(outcomes))
    return summary(outcomes)


def read_eval_file(path: str, limit: int | None = None) -> list[EvalDocument]:
    """Documents with their questions, cut after the first `limit` questions; those without questions are left out."""
    documents: dict[str, EvalDocument] = {}
    for number, line in enumerate(_lines(path), 1):
        try:
            record = json.loads(line)
            name = str(record["doc"])
            if name not in documents:
                documents[name] = EvalDocument(str(record.get("dataset", "")), name, str(record.get("title") or name))
            documents[name].add(record)
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"line {number} has another form ({error!r})",
                where=path,
                hint='`docqa eval --help` shows it; lines with a "file" need --folder DIR',
            ) from error
    left = limit if limit is not None else sum(len(document.questions) for document in documents.values())
    for document in documents.values():
        document.questions = document.questions[: max(left, 0)]
        left -= len(document.questions)
    return [document for document in documents.values() if document.questions]


def _lines(path: str) -> Iterator[str]:
    try:
        with open(path, "rb") as probe:
            packed = probe.read(2) == b"\x1f\x8b"
        opener: Any = gzip.open if packed else open
        with opener(path, "rt", encoding="utf-8") as lines:
            yield from (line for line in lines if line.strip())
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise InputError(f"cannot be read ({error})", where=path, hint="a JSON lines file, gzip or not") from error


def parse(document: EvalDocument) -> tuple[Document, TextMap]:
    """The Document that `ask` would read, and the way from places of `document.text` to places of its only page."""
    from docqa.ingest.read import read
    from docqa.ingest.request import ReadRequest

    parsed = read(ReadRequest(f"{document.name}.txt", document.text.encode("utf-8"), media_type="txt"))
    return replace(parsed, title=document.title), TextMap(document.text, parsed.pages[0].text)


def _ask_document(document: EvalDocument, options: Options, model: Any) -> Iterator[Outcome]:
    parsed, places = parse(document)
    with Session([parsed], options, model=model) as session:
        for question in document.questions:
            answer = last_answer(session, question.text)
            golds = [places.span(start, end) for start, end in question.spans]
            yield _outcome(document, question, [gold for gold in golds if gold], places, session, answer)


def _outcome(
    document: EvalDocument,
    question: AskedQuestion,
    golds: list[tuple[int, int]],
    places: TextMap,
    session: Session,
    answer: Answer,
) -> Outcome:
    ranked = session.rank(question.text)
    words = ranked if not session.options.model_scores else rank(question.text, session.index)
    exact, overlap = _scores(answer, question.golds)
    cited = answer.quotes[0].cites[0] if answer.quotes else None
    return Outcome(
        dataset=document.dataset,
        tokens=len(session.context),
        unanswerable=question.unanswerable,
        refused=answer.refused,
        f1=overlap,
        exact=exact,
        hit_1=hits(session, ranked[:1], golds),
        hit_3=hits(session, ranked[:3], golds),
        bm25_hit_1=hits(session, words[:1], golds),
        placed=bool(golds),
        page_hit=cited is not None and _same_line(document, places, (cited.start, cited.end), question.spans),
    )


def _scores(answer: Answer, golds: Sequence[str]) -> tuple[float, float]:
    """(exact match, F1) with the best of the gold answers; 0 for a refusal."""
    said = answer.answer or ""
    if answer.refused or not golds:
        return 0.0, 0.0
    return max(exact_match(said, gold) for gold in golds), max(f1(said, gold) for gold in golds)


def last_answer(session: Session, question: str) -> Answer:
    """The answer that `ask` ends in."""
    for event in session.ask(question):
        if isinstance(event, Finished):
            return event.answer
    raise RuntimeError("a question ended without an answer")


def hits(session: Session, ranked: list[Ranked], golds: list[tuple[int, int]]) -> bool:
    """Whether one of the `ranked` passages overlaps one of the places `golds`, characters of the only page."""
    passages = [session.context.passages[item.index].passage for item in ranked]
    return any(p.start < end and start < p.end for p in passages for start, end in golds)


def _same_line(
    document: EvalDocument, places: TextMap, cited: tuple[int, int], spans: Iterable[tuple[int, int]]
) -> bool:
    def line(offset: int) -> int:
        return bisect_right(document.line_starts, offset) - 1

    source = places.back(cited[0]), places.back(max(cited[1] - 1, cited[0]))
    return any(line(source[0]) <= line(start) <= line(source[1]) for start, _ in spans)


def summary(outcomes: list[Outcome]) -> dict[str, Any]:
    """The rates of the contract, 0 to 1, four digits."""
    by_dataset: dict[str, list[Outcome]] = {}
    by_length: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_dataset.setdefault(outcome.dataset, []).append(outcome)
        name = length_name(outcome.tokens)
        by_length.setdefault(name, []).append(outcome)
    ordered = [name for _, name in LENGTHS if name in by_length]
    return {
        **_rates(outcomes),
        "by_length": {name: _rates(by_length[name]) for name in ordered},
        "by_dataset": {name: _rates(group) for name, group in sorted(by_dataset.items())},
    }


def length_name(tokens: int) -> str:
    """Which of LENGTHS a document of so many tokens belongs to."""
    return next(name for limit, name in LENGTHS if tokens <= limit)


def _rates(outcomes: list[Outcome]) -> dict[str, Any]:
    answerable = [outcome for outcome in outcomes if not outcome.unanswerable]
    unanswerable = [outcome for outcome in outcomes if outcome.unanswerable]
    placed = [outcome for outcome in answerable if outcome.placed]
    refused_answerable = mean(outcome.refused for outcome in answerable)
    refused_unanswerable = mean(outcome.refused for outcome in unanswerable)
    halves = [1.0 - refused_answerable] * bool(answerable) + [refused_unanswerable] * bool(unanswerable)
    return {
        "questions": len(outcomes),
        "f1": mean(outcome.f1 for outcome in answerable),
        "exact_match": mean(outcome.exact for outcome in answerable),
        "evidence_hit_at_1": mean(outcome.hit_1 for outcome in placed),
        "evidence_hit_at_3": mean(outcome.hit_3 for outcome in placed),
        "page_hit": mean(outcome.page_hit for outcome in placed),
        "refused_answerable": refused_answerable,
        "refused_unanswerable": refused_unanswerable,
        "balanced_refusal_accuracy": mean(halves),
        "evidence_hit_at_1_bm25_only": mean(outcome.bm25_hit_1 for outcome in placed),
    }


def mean(values: Iterable[float]) -> float:
    """Arithmetic mean to four digits, 0 of nothing."""
    listed = [float(value) for value in values]
    return round(sum(listed) / len(listed), 4) if listed else 0.0


def run_questions(
    path: str,
    folder: str,
    limit: int | None = None,
    options: Options | None = None,
    *,
    model: Any = None,
    told: Told | None = None,
) -> dict[str, Any]:
    """The rates of `run_eval` over lines of the form of sample_docs/questions.jsonl, whose files lie in `folder`.

    A passage or a quote is right where it is on one of the line's `pages`, or anywhere in a document without pages.
    `skipped` counts the questions of documents that cannot be read. Raises InputError for a file of another form.
    """
    from docqa.ingest.errors import IngestError

    by_file: dict[str, list[_PageQuestion]] = {}
    for question in list(_page_questions(path))[:limit]:
        by_file.setdefault(question.file, []).append(question)
    chosen = replace(options or Options(), preview=False)
    loaded = model if model is not None else find_model(chosen)
    outcomes: list[Outcome] = []
    skipped = 0
    for name, questions in by_file.items():
        try:
            with open_session([str(Path(folder) / name)], chosen, model=loaded) as session:
                for question in questions:
                    outcomes.append(_page_outcome(session, question))
                    if told is not None:
                        told(len(outcomes))
        except IngestError:
            skipped += len(questions)
    return {**summary(outcomes), "skipped": skipped}


@dataclass(frozen=True)
class _PageQuestion:
    """A question about `file`, with the gold answer and the physical pages that it is on."""

    file: str
    text: str
    gold: str
    pages: frozenset[int]
    unanswerable: bool


def _page_questions(path: str) -> Iterator[_PageQuestion]:
    for number, line in enumerate(_lines(path), 1):
        try:
            raw = json.loads(line)
            pages = raw.get("pages") or [page for page in [raw.get("page")] if page]
            gold = str(raw["answer"] or "")
            yield _PageQuestion(
                str(raw["file"]), str(raw["question"]), gold, frozenset(map(int, pages)), bool(raw["unanswerable"])
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"line {number} has another form ({error!r})", where=path, hint="`docqa eval --help` shows it"
            ) from error


def _page_outcome(session: Session, question: _PageQuestion) -> Outcome:
    answer = last_answer(session, question.text)
    paged = session.documents[0].paged
    ranked, words = session.rank(question.text), rank(question.text, session.index)
    exact, overlap = _scores(answer, [question.gold])

    def hit(best: list[Ranked]) -> bool:
        found = [session.context.passages[item.index].passage.page for item in best]
        return not paged or any(page in question.pages for page in found)

    cites = answer.quotes[0].cites if answer.quotes else ()
    return Outcome(
        dataset=question.file,
        tokens=len(session.context),
        unanswerable=question.unanswerable,
        refused=answer.refused,
        f1=overlap,
        exact=exact,
        hit_1=hit(ranked[:1]),
        hit_3=hit(ranked[:3]),
        bm25_hit_1=hit(words[:1]),
        placed=bool(question.pages) or not paged,
        page_hit=bool(cites) and (not paged or any(cite.page in question.pages for cite in cites)),
    )
