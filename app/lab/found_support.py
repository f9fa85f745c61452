"""How well docqa tells what a document bears out where it finds the words itself: claims against their whole article.

    python -m docqa.app.lab.found_support FILE... [--model FOLDER] [--sample N] [--details FILE.jsonl]

Each claim of the files (form of `claims_*.jsonl.gz`) is checked as a sentence that a model wrote without a cite: the
sentences of its document that may bear it out are found by their words, alone and together, and judged, by words first
and then by the reader's judge. Printed, as JSON in the last line: of each label how many are shown as verified, and the
mean of the shares that are right among the fully supported claims and among the others (partly supported ones too).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from docqa.app.answer.grades import Support
from docqa.app.answerers.corpus import Corpus
from docqa.app.answerers.loading import load_model
from docqa.app.answerers.writing.checking import check_text
from docqa.app.answerers.writing.excerpts import Given, give_all
from docqa.app.answerers.writing.statements import read_statements
from docqa.app.answerers.writing.support import Judge, judge_of
from docqa.app.errors import InputError
from docqa.app.lab.evaluate import Rates, grouped, mean
from docqa.app.lab.questions import EvalDocument, lines, read_eval_file
from docqa.app.lab.support import LABELS, files
from docqa.app.options import Options
from docqa.model.protocol import Tokenizer


@dataclass(frozen=True)
class FoundClaim:
    """A claim of a set, what people say of it, and what docqa does; `quotes` is what it shows for it."""

    dataset: str
    claim: str
    label: Support
    said: Support = Support.UNSUPPORTED
    chance: float = 0.0
    quotes: tuple[str, ...] = ()

    @property
    def verified(self) -> bool:
        """Whether docqa would show it as borne out."""
        return self.said in (Support.QUOTED, Support.SUPPORTED)


def found_claims(
    documents: Iterable[EvalDocument], labels: Mapping[tuple[str, str], Support], tokenizer: Tokenizer, judge: Judge
) -> Iterator[FoundClaim]:
    """Each claim of `documents` as it is checked; `labels` by document and claim, those without one are left out."""
    for document in documents:
        parsed, _ = document.parse()
        corpus = Corpus((parsed,), tokenizer, [])
        given = replace(give_all(corpus.context), numbered=True)
        for claim in (question.text for question in document.questions):
            if (label := labels.get((document.name, claim))) is not None:
                yield _found(FoundClaim(document.dataset, claim, label), given, corpus, judge)


def _found(claim: FoundClaim, given: Given, corpus: Corpus, judge: Judge) -> FoundClaim:
    """`claim` with what becomes of the statements that it is read as; the least supported one counts."""
    statements = check_text(read_statements(claim.claim, 0), given, corpus, "", judge).statements
    if not statements:
        return claim
    worst = min(statements, key=lambda item: (item.judgement.good, item.judgement.chance))
    pages = corpus.documents[0].pages
    quotes = (pages[p.page - 1].text[p.start : p.end] for item in statements for spans in item.quotes for p in spans)
    said, chance = worst.judgement.support, worst.judgement.chance
    return replace(claim, said=said, chance=chance, quotes=tuple(" ".join(text.split()) for text in quotes))


def labels_of(path: str | Path) -> dict[tuple[str, str], Support]:
    """(document, claim) -> label. Raises InputError for a file of another form."""
    found = {}
    for number, line in enumerate(lines(path), 1):
        try:
            record = json.loads(line)
            for qa in record["qas"]:
                if qa.get("label") in LABELS:
                    found[str(record["doc"]), qa["question"]] = LABELS[qa["label"]]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            hint = 'lines with "doc", "context" and "qas" are needed'
            raise InputError(f"line {number} has another form ({error!r})", where=str(path), hint=hint) from error
    return found


def found_figures(found: Sequence[FoundClaim]) -> Rates:
    """See above; `verified` by label, rates 0 to 1."""
    by_label = {str(label): [item.verified for item in found if item.label is label] for label in Support}
    full = by_label[str(Support.SUPPORTED)]
    rest = [item.verified for item in found if item.label is not Support.SUPPORTED]
    sides = [mean(full)] * bool(full) + [1.0 - mean(rest)] * bool(rest)
    return {
        "claims": len(found),
        **{label: len(each) for label, each in by_label.items() if each},
        "verified": {label: mean(each) for label, each in by_label.items() if each},
        "balanced_accuracy": mean(sides),
    }


def main(arguments: list[str] | None = None) -> int:
    """Print the figures; returns the exit status, 4 for a model without a judge."""
    parser = argparse.ArgumentParser(description="How well docqa tells what a document bears out.")
    parser.add_argument("paths", type=Path, nargs="+", metavar="FILE", help="or a folder of claims_*.jsonl.gz")
    parser.add_argument("--model", help="a checkpoint folder; the bundled model by default")
    parser.add_argument("--sample", type=int, metavar="N", help="claims of each file, drawn evenly; all by default")
    parser.add_argument("--details", type=Path, metavar="FILE.jsonl", help="a line for each claim, as they come")
    options = parser.parse_args(arguments)
    model = load_model(Options(model=options.model))
    if model.reader is None:
        print(f"{options.model or 'the bundled model'} has no judge of support", file=sys.stderr)
        return 4
    judge, found = judge_of(model.reader), list[FoundClaim]()
    for path in files(options.paths):
        documents = read_eval_file(str(path), sample=options.sample)
        for claim in found_claims(documents, labels_of(path), model.tokenizer, judge):
            found.append(claim)
            if options.details:
                with options.details.open("a", encoding="utf-8") as out:
                    out.write(json.dumps(asdict(claim)) + "\n")
    by_set = grouped(found, lambda claim: claim.dataset, found_figures)
    print(json.dumps({"by_set": by_set, "together": found_figures(found)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
