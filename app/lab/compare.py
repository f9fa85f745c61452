"""docqa's answers beside simpler ones, on the same questions in the same run.

    python -m docqa.app.lab.compare FILE... --teacher FILE.gguf [--limit N] [--plot FILE.svg] [--rows FILE.jsonl]

Beside `ask` as users get it: `ask` with the model's ranking off; the passage that BM25 puts first, and its sentence
nearest to the question; and SmolLM2-135M-Instruct, from which the bundled model was made, reading the passages that
docqa reads. Rates are those of `docqa eval`, in all, by dataset, by where in the document the answer stands, and by the
length of the document. The last line of standard output is JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from docqa.app.answerers.loading import load_model
from docqa.app.evidence.ranking import rank
from docqa.app.evidence.terms import terms
from docqa.app.lab.evaluate import (
    LENGTHS,
    AskedQuestion,
    EvalDocument,
    hits,
    last_answer,
    length_name,
    mean,
    parse,
    read_eval_file,
)
from docqa.app.lab.figures import bars, write
from docqa.app.lab.scoring import exact_match, f1
from docqa.app.options import Options
from docqa.app.session.session import Session
from docqa.app.storage.store import Store
from docqa.ingest.structure.sentences import sentences

DOCQA, WORDS_ONLY = "docqa", "docqa, passages ranked by words alone"
PASSAGE, SENTENCE, TEACHER = "BM25: first passage", "BM25: its best sentence", "SmolLM2-135M-Instruct, docqa's passages"
POSITIONS = ("first quarter", "second quarter", "third quarter", "last quarter")
Reader = Callable[[list[str], str], str | None]


@dataclass(frozen=True)
class Row:
    """What one system answered to one question; `position` is None where no answer stands in the document."""

    system: str
    dataset: str
    document: str
    question: str
    said: str | None
    f1: float
    exact: float
    unanswerable: bool
    position: str | None
    tokens: int
    first_passage: bool | None = None  # the system's first passage holds the answer


def chosen_questions(path: str, limit: int | None, seed: int) -> list[EvalDocument]:
    """Documents with `limit` questions of the file between them, drawn evenly from all."""
    documents = read_eval_file(path)
    every = [(number, i) for number, document in enumerate(documents) for i in range(len(document.questions))]
    drawn = set(random.Random(seed).sample(every, min(limit, len(every))) if limit is not None else every)
    for number, document in enumerate(documents):
        document.questions = [q for i, q in enumerate(document.questions) if (number, i) in drawn]
    return [document for document in documents if document.questions]


def compare(document: EvalDocument, model: Any, teacher: Reader | None, options: Options) -> Iterator[Row]:
    """Every system's answers to the questions of one document."""
    parsed, places = parse(document)
    with ExitStack() as stack:
        # Kept in a folder of its own, so that the second session takes up what the first has read.
        store = Store(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        by_words = replace(options, model_scores=False)
        full, plain = (
            stack.enter_context(Session([parsed], chosen, store=store, model=model)) for chosen in (options, by_words)
        )
        for question in document.questions:
            golds = [gold for gold in (places.span(*span) for span in question.spans) if gold]
            scorer = _Scorer(document, question, golds, len(full.context), len(parsed.pages[0].text))
            yield from _answers(full, plain, question.text, teacher, scorer)


@dataclass(frozen=True)
class _Scorer:
    """Makes rows of answers to one question."""

    document: EvalDocument
    question: AskedQuestion
    golds: list[tuple[int, int]]
    tokens: int
    length: int

    def row(self, system: str, said: str | None, first_passage: bool | None = None) -> Row:
        asked, position = self.question, None
        if self.golds and not asked.unanswerable:
            position = POSITIONS[min(int(4 * min(self.golds)[0] / max(self.length, 1)), 3)]
        return Row(
            system, self.document.dataset, self.document.name, asked.text, said,
            f1=max((f1(said, gold) for gold in asked.golds), default=0.0) if said is not None else 0.0,
            exact=max((exact_match(said, gold) for gold in asked.golds), default=0.0) if said is not None else 0.0,
            unanswerable=asked.unanswerable,
            position=position,
            tokens=self.tokens,
            first_passage=first_passage if position else None,
        )  # fmt: skip


def _answers(full: Session, plain: Session, question: str, teacher: Reader | None, scorer: _Scorer) -> Iterator[Row]:
    for system, session in ((DOCQA, full), (WORDS_ONLY, plain)):
        answer = last_answer(session, question)
        first = hits(session, session.rank(question)[:1], scorer.golds)
        yield scorer.row(system, answer.answer, first)
    ranked = rank(question, full.index)
    first = hits(full, ranked[:1], scorer.golds)
    passage = full.context.text_of(full.context.passages[ranked[0].index]) if ranked else ""
    yield scorer.row(PASSAGE, passage, first)
    yield scorer.row(SENTENCE, _best_sentence(full, question, passage), first)
    if teacher is not None:
        top = [full.context.passages[item.index] for item in full.rank(question)[: full.options.k]]
        yield scorer.row(TEACHER, teacher([full.context.text_of(placed) for placed in top], question))


def _best_sentence(session: Session, question: str, passage: str) -> str:
    """The sentence with most of the question's words, weighed by how rare they are; the first among equals."""
    asked = set(terms(question))
    found = [passage[span.start : span.end] for span in sentences(passage)] or [passage]
    return max(found, key=lambda text: session.index.coverage(asked, set(terms(text))))


def summary(rows: list[Row]) -> dict[str, Any]:
    """Rates of each system: in all, by dataset, by position of the answer and by length of the document."""
    found = {}
    for system in dict.fromkeys(row.system for row in rows):
        mine = [row for row in rows if row.system == system]
        found[system] = {
            **_rates(mine),
            "by_dataset": _by(mine, lambda row: row.dataset, sorted({row.dataset for row in mine})),
            "by_position": _by(mine, lambda row: row.position, POSITIONS),
            "by_length": _by(mine, lambda row: length_name(row.tokens), [name for _, name in LENGTHS]),
        }
    return found


def _by(rows: list[Row], key: Callable[[Row], str | None], names: Iterable[str]) -> dict[str, Any]:
    groups = {name: [row for row in rows if key(row) == name] for name in names}
    return {name: _rates(group) for name, group in groups.items() if group}


def _rates(rows: list[Row]) -> dict[str, Any]:
    answerable = [row for row in rows if not row.unanswerable]
    unanswerable = [row for row in rows if row.unanswerable]
    answered, refused = mean(row.said is not None for row in answerable), mean(row.said is None for row in unanswerable)
    halves = [answered] * bool(answerable) + [refused] * bool(unanswerable)
    ranked = [row.first_passage for row in rows if row.first_passage is not None]
    return {
        "questions": len(rows),
        "answerable": len(answerable),
        "f1": mean(row.f1 for row in answerable),
        "exact_match": mean(row.exact for row in answerable),
        **({"evidence_hit_at_1": mean(ranked)} if ranked else {}),
        "refused_answerable": round(1 - answered, 4) if answerable else 0.0,
        "refused_unanswerable": refused,
        "balanced_refusal_accuracy": mean(halves),
    }


def plot(found: dict[str, Any]) -> str:
    """F1 on answerable questions, as SVG: by dataset, by position of the answer, by length of the document."""
    panels: dict[str, dict[str, dict[str, float]]] = {}
    for name, key in (("by dataset", "dataset"), ("by where the answer stands", "position"), ("by length", "length")):
        groups: dict[str, dict[str, float]] = {}
        for system, rates in found.items():
            for group, each in rates[f"by_{key}"].items():
                if each["answerable"]:
                    groups.setdefault(f"{group} ({each['answerable']})", {})[system] = each["f1"]
        panels[f"F1 {name}, percent (answerable questions)"] = groups
    return bars("Answers beside simpler ones, on the same questions", panels)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Ask every system; writes rows as they come where asked to."""
    chosen = Options(model=options.model, preview=False)
    model, teacher = load_model(chosen), _teacher(options.teacher)
    rows: list[Row] = []
    for path in options.files:
        for document in chosen_questions(path, options.limit, options.seed):
            found = list(compare(document, model, teacher, chosen))
            rows += found
            if options.rows is not None:
                with options.rows.open("a", encoding="utf-8") as file:
                    file.writelines(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in found)
            sys.stderr.write(f"{document.dataset} {document.name}: {len(document.questions)} questions\n")
    return summary(rows)


def _teacher(gguf_file: Path | None) -> Reader | None:
    if gguf_file is None:
        return None
    from docqa.model.training.reader.teacher_reader import TeacherReader

    return TeacherReader(gguf_file).answer


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="docqa's answers beside simpler ones, on the same questions.")
    parser.add_argument("files", nargs="+", help="files as `docqa eval` takes them")
    parser.add_argument("--teacher", type=Path, help="SmolLM2-135M-Instruct as GGUF; left out without it")
    parser.add_argument("--limit", type=int, help="questions of each file, drawn evenly; all by default")
    parser.add_argument("--model", help="a checkpoint folder; the bundled model by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plot", type=Path, help="draw F1, SVG")
    parser.add_argument("--rows", type=Path, help="append every answer there, JSON lines")
    options = parser.parse_args(arguments)
    found = run(options)
    write(options.plot, plot(found))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
