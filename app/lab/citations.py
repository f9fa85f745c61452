"""Citation recall and precision of written answers, as ALCE defines them (Gao et al. 2023, section
4).

    python -m docqa.app.lab.citations FILE... --model FILE.gguf [--sample N] [--no-repair]
    [--details FILE.jsonl]

Asks the answerable questions of files in the first form of `docqa eval`, each of its own text
alone, given as passages. Recall: the share of an answer's statements that their cites together bear
out. Precision: the share of its cites that belong to such a statement and are needed; a cite is not
where it does not bear the statement out by itself and the others do without it; an answer without
cites has none. What bears out what says docqa's own check, words first and then the reader's judge.
Both are means over the answers that state something. Each answer counts twice, before and after the
round of repair; `own` are the cites that the model itself wrote, without those that docqa found.
The last line of standard output is JSON.
"""

import argparse
import json
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path

from docqa.app.answer.answer import Answer
from docqa.app.answer.events import Finished
from docqa.app.answer.grades import Support
from docqa.app.answerers.answerer import Reply
from docqa.app.answerers.corpus import Corpus
from docqa.app.answerers.document_evidence import DocumentEvidence
from docqa.app.answerers.loading import bundled_model, load_model, writing_template
from docqa.app.answerers.local_generator import LocalGenerator
from docqa.app.answerers.writing.checking import (
    Checked,
    CheckedStatement,
    CheckedText,
    is_better_reply,
)
from docqa.app.answerers.writing.excerpts import Given, text_around
from docqa.app.answerers.writing.literal import literal_differences
from docqa.app.answerers.writing.support import Evidence, judge_statements
from docqa.app.answerers.written import AskedToWrite, WritingAnswerer
from docqa.app.context.context import Context
from docqa.app.errors import UsageError
from docqa.app.eval.evaluate import Rates, grouped, mean
from docqa.app.eval.questions import EvalDocument, lines, read_eval_file
from docqa.app.options import Options
from docqa.app.quotes.verifier import Located, is_too_short_quote
from docqa.model.prompts.chat_template import ChatTemplate
from docqa.model.prompts.conversation import TemplateConversation
from docqa.model.protocol import Model

Record = dict[str, object]
Supports = Callable[[Sequence[Sequence[str]]], list[bool]]
"""For one statement: whether each list of cites, taken together, bears it out."""


class RecordedWriting(WritingAnswerer):
    """A WritingAnswerer that keeps every text that it checked, in `checked`; `repairs`: whether
    there is a second.
    """

    checked: list[CheckedText | None]
    given: Given
    repairs = True

    def texts(self, question: str) -> tuple[CheckedText | None, CheckedText | None, Answer]:
        """(what was written first, what was taken in the end, the answer)."""
        self.checked = []
        answer = next(event.answer for event in self.ask(question) if isinstance(event, Finished))
        first = self.checked[0]
        taken = (
            first is not None and len(self.checked) > 1 and is_better_reply(self.checked[1], first)
        )
        return first, self.checked[1] if taken else first, answer

    def _check_and_mend_reply(self, asked: AskedToWrite, given: Given, reply: Reply) -> Checked:
        checked, notes = super()._check_and_mend_reply(asked, given, reply)
        self.checked.append(checked)
        self._stopped = self._stopped or not self.repairs
        self.given = given
        return checked, notes


def scored(statement: str, cites: Sequence[str], supports: Supports) -> tuple[bool, list[bool]]:
    """(whether `cites` together bear the statement out, for each whether it counts as precise)."""
    if not cites:
        return False, []
    every = list(cites)
    rest = [every[:at] + every[at + 1 :] for at in range(len(every))]
    asked = [every, *([cite] for cite in every), *(others for others in rest if others)]
    together, *others = supports(asked)
    alone = others[: len(every)]
    without = others[len(every) :] or [False]
    return together, [
        together and (one or not less) for one, less in zip(alone, without, strict=True)
    ]


def record_of(answerer: RecordedWriting, document: EvalDocument, question: str) -> Record:
    """What came of one question, as JSON; `before` and `after` are lists of statements."""
    first, last, answer = answerer.texts(question)
    shown = {"before": first, "after": last}
    parts = {
        name: [_statement(item, question, answerer) for item in text.statements]
        if text is not None
        else []
        for name, text in shown.items()
    }
    return {
        "dataset": document.dataset,
        "doc": document.name,
        "question": question,
        "status": str(answer.status),
        "seconds": answer.usage.seconds,
        "written": first.text if first is not None else "",
        "written_again": last.text if last is not None and last is not first else "",
        "repaired": len(answerer.checked) > 1,
        **parts,
    }


def _statement(item: CheckedStatement, question: str, answerer: RecordedWriting) -> Record:
    """A statement with its cites as shown, and as the model wrote them."""
    context = answerer.corpus.context
    words = item.written.plain
    claim = f"{item.written.lead.rstrip(':')} {words}" if item.written.lead else words
    claim = f"{question.rstrip('?')}: {claim}" if is_too_short_quote(claim) else claim
    shown = [_text(context, places) for places in item.quotes]
    own = [
        _text(context, [place])
        for n in item.written.numbers
        if (place := answerer.given.sentence_location(n))
    ]
    near = " ".join(text_around(context, places[0]) for places in item.quotes[:2])
    cut = item.support is Support.QUOTED

    def supports(evidence: Sequence[Sequence[str]]) -> list[bool]:
        found = [Evidence(" ".join(cites), near) for cites in evidence]
        judged = judge_statements(answerer.evidence.judge_support, [claim] * len(found), found)
        # What was cut from a page stands in one of its cites, however short it is.
        whole = [cut and any(_has(cite, words) for cite in cites) for cites in evidence]
        return [
            support.is_full_support or within for support, within in zip(judged, whole, strict=True)
        ]

    recall, precise = scored(words, shown, supports)
    own_recall, own_precise = scored(words, list(dict.fromkeys(own)), supports)
    differs = literal_differences(claim, " ".join(shown), near)
    return {
        "text": item.written.text,
        "support": str(item.support),
        "cites": shown,
        "own_cites": own,
        "recall": recall,
        "precise": precise,
        "own_recall": own_recall,
        "own_precise": own_precise,
        "verified_but_differs": item.support.is_full_support
        and bool(differs.numbers or differs.negations),
    }


def _text(context: Context, places: Sequence[Located]) -> str:
    pages = (place.text_in(context.documents) for place in places)
    return " ".join(" ".join(pages).split())


def _has(cite: str, words: str) -> bool:
    return words.strip(' ."“”').casefold() in cite.casefold()


def citation_rates(records: Sequence[Mapping[str, object]]) -> Rates:
    """ALCE's rates over the answers that state something, before and after the repair, and what was
    left out.
    """
    found: Rates = {
        "questions": len(records),
        "repaired": sum(bool(record["repaired"]) for record in records),
    }
    for name in ("before", "after"):
        answers = [list(record[name]) for record in records if record[name]]  # type: ignore[call-overload]
        every = [statement for answer in answers for statement in answer]
        found[name] = {
            "answers": len(answers),
            "statements": len(every),
            "supported": mean(item["support"] in ("quoted", "supported") for item in every),
            "verified_but_differs": sum(item["verified_but_differs"] for item in every),
            **{
                key: mean(mean(item[key] for item in answer) for answer in answers)
                for key in ("recall", "own_recall")
            },
            **{
                f"{key}ion": mean(
                    mean(each for item in answer for each in item[f"{key}e"]) for answer in answers
                )
                for key in ("precis", "own_precis")
            },
        }
    return found


def answerers(
    documents: Iterable[EvalDocument], model: Model, template: ChatTemplate, options: Options
) -> Iterator[tuple[EvalDocument, str, RecordedWriting]]:
    """Each question with what answers it, over its document alone."""
    for document in documents:
        parsed, _ = document.parse()
        opening = TemplateConversation(template, model.tokenizer).opening_ids()
        corpus = Corpus((parsed,), model.tokenizer, [], opening)
        read = Corpus((parsed,), bundled_model(options).tokenizer, [])
        evidence = DocumentEvidence(read, options, None)
        for question in document.questions:
            writer = LocalGenerator(corpus, model, template, options, None)
            yield document, question.text, RecordedWriting(corpus, evidence, writer, options)


def chosen(path: str, sample: int | None) -> list[EvalDocument]:
    """The documents of a file with their answerable questions, at most `sample`, drawn evenly."""
    documents = read_eval_file(path)
    order = [
        (number, at)
        for number, document in enumerate(documents)
        for at, question in enumerate(document.questions)
        if not question.unanswerable
    ]
    kept = set(random.Random(0).sample(order, min(sample or len(order), len(order))))
    for number, document in enumerate(documents):
        document.questions = [
            question for at, question in enumerate(document.questions) if (number, at) in kept
        ]
    return [document for document in documents if document.questions]


def main(arguments: list[str] | None = None) -> int:
    """Print the rates; returns the exit status."""
    parser = argparse.ArgumentParser(
        description="Citation recall and precision of written answers, as ALCE has them."
    )
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="questions in the first form of docqa eval"
    )
    parser.add_argument(
        "--model", required=True, metavar="FILE.gguf", help="a model that writes, or its folder"
    )
    parser.add_argument(
        "--sample",
        type=int,
        metavar="N",
        help="questions of each file, drawn evenly; all by default",
    )
    parser.add_argument("--no-repair", action="store_true", help="leave the round of repair out")
    kept = "a line for each question; those that are there are not asked again"
    parser.add_argument("--details", type=Path, metavar="FILE.jsonl", help=kept)
    parser.add_argument("--threads", type=int, metavar="N")
    given = parser.parse_args(arguments)
    known = (
        [json.loads(line) for line in lines(given.details)]
        if given.details and given.details.exists()
        else []
    )
    done = {(record["dataset"], record["doc"], record["question"]) for record in known}
    options = Options(
        model=given.model, threads=given.threads, preview=False, store=False, source="passages"
    )
    model = load_model(options)
    template = writing_template(model)
    if template is None:
        raise UsageError(
            f"{given.model} does not write", hint="a checkpoint with a chat template is needed"
        )
    by_file = [chosen(path, given.sample) for path in given.files]
    # In turn, so that what there is after an hour is of all files.
    documents = [
        document for group in zip_longest(*by_file) for document in group if document is not None
    ]
    for document in documents:
        document.questions = [
            q for q in document.questions if (document.dataset, document.name, q.text) not in done
        ]
    for document, question, answerer in answerers(documents, model, template, options):
        answerer.repairs = not given.no_repair
        known.append(record_of(answerer, document, question))
        print(f"{len(known)} {document.dataset}: {question[:80]}", file=sys.stderr)
        if given.details:
            with given.details.open("a", encoding="utf-8") as out:
                out.write(json.dumps(known[-1]) + "\n")
    by_set = grouped(known, lambda record: record["dataset"], citation_rates)
    print(json.dumps({"by_set": by_set, "together": citation_rates(known)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
