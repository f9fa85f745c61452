"""How well a judge of support tells what a quote bears out, on claims that people have labelled.

    python -m docqa.app.lab.support FOLDER... [--model FOLDER] [--sample N]

judges the claims of the files given, or of `claims_*.jsonl.gz` in the folders given. A claim counts
as judged what is most probable. For each set and together: how many claims of each label, the mean
of the recalls of what is supported and of what is not (partly is not), and the recall of
contradiction where the set labels it; where it does not, claims are made false by one change. The
last line of standard output is JSON.
"""

import argparse
import json
import random
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from docqa.app.answer.grades import Support
from docqa.app.answerers.loading import load_model
from docqa.app.errors import InputError
from docqa.app.eval.evaluate import Rates, grouped, mean
from docqa.app.eval.questions import lines
from docqa.app.evidence.terms import terms
from docqa.app.options import Options
from docqa.ingest.language.sentences import sentences
from docqa.model.heads.excerpt_reading import ExcerptReader, judge_support
from docqa.model.heads.reader_text import SUPPORT

LABELS = {
    "Entailment": Support.SUPPORTED,
    "PartlySupported": Support.PARTLY,
    "Contradiction": Support.CONTRADICTED,
    "NotMentioned": Support.UNSUPPORTED,
    "NotEntailment": Support.UNSUPPORTED,
}
ORDER = tuple(map(Support, SUPPORT))
LONGEST = 160  # words of evidence
_FIGURE = re.compile(r"\b\d{1,4}\b")
_VERB = re.compile(r"\b(is|was|are|were|can|will)\b(?! not)")
Judge = Callable[[str, str], Mapping[str, float]]


@dataclass(frozen=True)
class LabelledClaim:
    """A claim, the words that are quoted for it, and how far they bear it out; `dataset` is the set
    that it is of.
    """

    text: str
    evidence: str
    label: Support
    dataset: str


def claims(path: str | Path) -> list[LabelledClaim]:
    """The claims of a file of `qa_more`; questions without one of LABELS are left out.

    The evidence is the sentences that the set names, or else the passage, cut to the sentences
    nearest to the claim. Raises InputError where the file cannot be read or has another form.
    """
    found = []
    for number, line in enumerate(lines(path), 1):
        try:
            record = json.loads(line)
            for qa in record["qas"]:
                label = LABELS.get(qa.get("label"))
                if label is not None:
                    text = _unescaped(qa["question"])
                    named = " ".join(
                        dict.fromkeys(answer["text"].strip() for answer in qa["answers"])
                    )
                    evidence = nearest(text, named or record["context"].strip())
                    found.append(LabelledClaim(text, evidence, label, record["dataset"]))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            hint = 'lines with "dataset", "context" and "qas" are needed'
            raise InputError(
                f"line {number} has another form ({error!r})", where=str(path), hint=hint
            ) from error
    return found


def _unescaped(claim: str) -> str:
    """The claim; some sets have it in quotation marks, and its own doubled, as tables write
    them.
    """
    quoted = len(claim) > 1 and claim[0] == claim[-1] == '"' and claim.count('"') % 2 == 0
    return claim[1:-1].replace('""', '"') if quoted and '""' in claim[1:-1] else claim


def nearest(claim: str, passage: str, most: int = LONGEST) -> str:
    """The passage, or of a longer one the run of sentences of at most `most` words with most words
    of the claim.
    """
    if len(passage.split()) <= most:
        return passage
    asked = set(terms(claim))
    spans = sentences(passage)
    sizes = [len(passage[span.start : span.end].split()) for span in spans]
    best = passage
    shared = -1
    for first, span in enumerate(spans):
        last = first
        total = sizes[first]
        while last + 1 < len(spans) and total + sizes[last + 1] <= most:
            last += 1
            total += sizes[last]
        run = passage[span.start : spans[last].end]
        if (found := len(asked & set(terms(run)))) > shared:
            best = run
            shared = found
    return best if len(best.split()) <= most else " ".join(best.split()[:most])


def made_false(found: Iterable[LabelledClaim]) -> list[LabelledClaim]:
    """Of each supported claim one that its evidence contradicts, where one change makes it.

    A figure that the evidence has too becomes another; in a claim without figures a "not" follows
    the first "is".
    """
    changed = []
    for claim in found:
        figure = next(
            (each for each in _FIGURE.finditer(claim.text) if each[0] in claim.evidence), None
        )
        text = claim.text
        if figure is not None:
            text = f"{text[: figure.start()]}{int(figure[0]) + 3}{text[figure.end() :]}"
        elif not _FIGURE.search(text):
            text = _VERB.sub(r"\1 not", text, count=1)
        if claim.label is Support.SUPPORTED and text != claim.text:
            changed.append(replace(claim, text=text, label=Support.CONTRADICTED))
    return changed


def support_figures(judge: Judge, found: Iterable[LabelledClaim]) -> Rates:
    """Figures of the judge's most probable answers to (claim, evidence): {"by_set": {set: figures},
    "together": …}.

    Rates are 0 to 1, see above; `contradiction_recall` is there only where a claim is labelled so.
    """
    judged = []
    for claim in found:
        chances = judge(claim.text, claim.evidence)
        judged.append((claim, max(ORDER, key=lambda label: chances[label])))
    return {
        "by_set": grouped(judged, lambda pair: pair[0].dataset, _figures),
        "together": _figures(judged),
    }


def _figures(judged: Sequence[tuple[LabelledClaim, Support]]) -> Rates:
    labels = [claim.label for claim, _ in judged]
    found: Rates = {"claims": len(judged), **{str(label): labels.count(label) for label in ORDER}}
    told = [(claim.label is Support.SUPPORTED, said is Support.SUPPORTED) for claim, said in judged]
    sides = [[said is side for label, said in told if label is side] for side in (True, False)]
    found["balanced_accuracy"] = mean(sum(side) / len(side) for side in sides if side)
    contradicted = [
        said is Support.CONTRADICTED
        for claim, said in judged
        if claim.label is Support.CONTRADICTED
    ]
    return found | ({"contradiction_recall": mean(contradicted)} if contradicted else {})


def judge_of(reader: ExcerptReader) -> Judge:
    """The reader's judge, one claim at a time."""

    def judge(claim: str, evidence: str) -> Mapping[str, float]:
        return dict(zip(ORDER, judge_support(reader, [claim], [evidence])[0].tolist(), strict=True))

    return judge


def files(paths: Iterable[Path]) -> list[Path]:
    """The files among `paths`, and the files of claims in the folders among them."""
    return [
        each
        for path in paths
        for each in (sorted(path.glob("claims_*.jsonl.gz")) if path.is_dir() else [path])
    ]


def main(arguments: list[str] | None = None) -> int:
    """Print the figures; returns the exit status, 4 for a model without a judge."""
    parser = argparse.ArgumentParser(
        description="How well the judge of support tells what a quote bears out."
    )
    parser.add_argument("paths", type=Path, nargs="+", metavar="FOLDER", help="or a file of claims")
    parser.add_argument("--model", help="a checkpoint folder; the bundled model by default")
    parser.add_argument(
        "--sample", type=int, metavar="N", help="claims of each file, drawn evenly; all by default"
    )
    options = parser.parse_args(arguments)
    reader = load_model(Options(model=options.model)).reader
    if reader is None:
        print(f"{options.model or 'the bundled model'} has no judge of support", file=sys.stderr)
        return 4
    found: list[LabelledClaim] = []
    for path in files(options.paths):
        every = claims(path)
        found += random.Random(0).sample(every, min(options.sample or len(every), len(every)))
    judge = judge_of(reader)
    figures = support_figures(judge, found)
    labelled = {claim.dataset for claim in found if claim.label is Support.CONTRADICTED}
    others = made_false(claim for claim in found if claim.dataset not in labelled)
    print(json.dumps(figures | {"made_false": support_figures(judge, others)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
