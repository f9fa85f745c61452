"""docqa's answers beside simpler ones, on the same questions in the same run.

    python -m docqa.app.lab.compare FILE... --teacher FILE.gguf [--limit N] [--plot FILE.svg] [--rows FILE.jsonl]

Beside `ask` as users get it: `ask` with the model's ranking off; the passage that BM25 puts first, and its sentence
nearest to the question; and SmolLM2-135M-Instruct, from which the bundled model was made, reading the passages that
docqa reads. Rates are those of `docqa eval`: in all, by dataset, by the position of the answer in the document, and by
the length of the document. The last line of standard output is JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from docqa.app.answerers.loading import load_model
from docqa.app.evidence.ranking import rank
from docqa.app.evidence.terms import terms
from docqa.app.lab.evaluate import (
    Scored,
    answer_rates,
    by_length,
    grouped,
    last_answer,
    mean,
    overlaps,
    passages_of,
    refusal_rates,
)
from docqa.app.lab.figures import bars, write
from docqa.app.lab.judging import scores
from docqa.app.lab.questions import EvalDocument, GoldQuestion, read_eval_file
from docqa.app.options import Options
from docqa.app.session.session import Session
from docqa.app.storage.store import Store
from docqa.ingest.language.sentences import sentences
from docqa.model.protocol import Model
from docqa.model.training.reader.teacher_reader import TeacherReader

DOCQA, WORDS_ONLY = "docqa", "docqa, passages ranked by words alone"
PASSAGE, SENTENCE, TEACHER = "BM25: first passage", "BM25: its best sentence", "SmolLM2-135M-Instruct, docqa's passages"
POSITIONS = ("first quarter", "second quarter", "third quarter", "last quarter")
Reader = Callable[[list[str], str], str | None]
Rates = dict[str, float]


@dataclass(frozen=True)
class Row(Scored):
    """What one system answered to one question; `position` is None where the document has no answer."""

    system: str
    document: str
    question: str
    said: str | None
    position: str | None
    first_passage: bool | None  # the system's first passage has the answer


def compare(document: EvalDocument, model: Model, teacher: Reader | None, options: Options) -> Iterator[Row]:
    """Every system's answers to the questions of one document."""
    parsed, places = document.parse()
    with ExitStack() as stack:
        # Kept in a folder of its own, so that the second session takes up what the first has read.
        store = Store(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        by_words = replace(options, model_scores=False)
        full, plain = (
            stack.enter_context(Session([parsed], chosen, store=store, model=model)) for chosen in (options, by_words)
        )
        length = len(parsed.pages[0].text)
        for question in document.questions:
            golds = places.spans(question.spans)
            position = POSITIONS[min(4 * min(golds)[0] // max(length, 1), 3)] if golds else None
            for system, said, first in _answers(full, plain, question, golds, teacher):
                overlap, exact = scores(said, question)
                yield Row(
                    document.dataset, len(full.context), question.unanswerable, said is None, overlap, exact, system,
                    document.name, question.text, said, position, first if golds else None,
                )  # fmt: skip


def _answers(
    full: Session, plain: Session, asked: GoldQuestion, golds: list[tuple[int, int]], teacher: Reader | None
) -> Iterator[tuple[str, str | None, bool | None]]:
    """(system, what it says, whether its first passage has the answer)."""
    question = asked.text
    for system, session in ((DOCQA, full), (WORDS_ONLY, plain)):
        answer = last_answer(session, question)
        yield system, answer.answer, any(overlaps(p, golds) for p in passages_of(session, session.rank(question)[:1]))
    ranked = rank(question, full.index)[:1]
    passage = "".join(full.context.text_of(full.context.passages[item.index]) for item in ranked)
    first = any(overlaps(p, golds) for p in passages_of(full, ranked))
    yield PASSAGE, passage, first
    yield SENTENCE, _best_sentence(full, question, passage), first
    if teacher is not None:
        top = [full.context.passages[item.index] for item in full.rank(question)[: full.options.listed]]
        yield TEACHER, teacher([full.context.text_of(placed) for placed in top], question), None


def _best_sentence(session: Session, question: str, passage: str) -> str:
    """The sentence with most of the question's words, weighed by how rare they are; the first among equals."""
    asked = set(terms(question))
    found = [passage[span.start : span.end] for span in sentences(passage)] or [passage]
    return max(found, key=lambda text: session.index.coverage(asked, set(terms(text))))


def summary(rows: Sequence[Row]) -> dict[str, dict[str, object]]:
    """Rates of each system: in all, by dataset, by position of the answer and by length of the document."""
    systems = list(dict.fromkeys(row.system for row in rows))
    return grouped(rows, lambda row: row.system, _with_groups, systems)


def _with_groups(rows: list[Row]) -> dict[str, object]:
    return {
        **_rates(rows),
        "by_dataset": grouped(rows, lambda row: row.dataset, _rates),
        "by_position": grouped(rows, lambda row: row.position, _rates, POSITIONS),
        "by_length": by_length(rows, _rates),
    }


def _rates(rows: Sequence[Row]) -> Rates:
    ranked = [row.first_passage for row in rows if row.first_passage is not None]
    return {
        "questions": len(rows),
        "answerable": sum(not row.unanswerable for row in rows),
        **answer_rates(rows),
        **({"evidence_hit_at_1": mean(ranked)} if ranked else {}),
        **refusal_rates(rows),
    }


def plot(rows: Sequence[Row]) -> str:
    """F1 on answerable questions, as SVG: by dataset, by position of the answer, by length of the document."""
    systems = list(dict.fromkeys(row.system for row in rows))
    answerable = [row for row in rows if not row.unanswerable]

    def f1_of(group: list[Row]) -> dict[str, float]:
        return grouped(group, lambda row: row.system, lambda mine: mean(row.f1 for row in mine), systems)

    panels = {}
    for name, groups in (
        ("by dataset", grouped(answerable, lambda row: row.dataset, list)),
        ("by position of the answer", grouped(answerable, lambda row: row.position, list, POSITIONS)),
        ("by length", by_length(answerable, list)),
    ):
        counted = {f"{group} ({len(mine) // len(systems)})": f1_of(mine) for group, mine in groups.items()}
        panels[f"F1 {name}, percent (answerable questions)"] = counted
    return bars("Answers beside simpler ones, on the same questions", panels)


def run(options: argparse.Namespace) -> list[Row]:
    """Ask every system; writes rows as they come where asked to."""
    chosen = Options(model=options.model, preview=False)
    model = load_model(chosen)
    teacher = None if options.teacher is None else TeacherReader(options.teacher).answer
    rows: list[Row] = []
    for path in options.files:
        for document in read_eval_file(path, sample=options.limit, seed=options.seed):
            found = list(compare(document, model, teacher, chosen))
            rows += found
            if options.rows is not None:
                with options.rows.open("a", encoding="utf-8") as file:
                    file.writelines(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in found)
            sys.stderr.write(f"{document.dataset} {document.name}: {len(document.questions)} questions\n")
    return rows


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
    rows = run(options)
    if options.plot is not None:
        write(options.plot, plot(rows))
    sys.stdout.write(json.dumps(summary(rows)) + "\n")


if __name__ == "__main__":
    main()
