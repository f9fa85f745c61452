"""Summaries against those that authors wrote: ROUGE of ours, of the first sentences, and of
TextRank (sumy).

    python -m docqa.app.lab.summary.evaluate --data DATA

Held out are PubMedQA's development abstracts (the conclusion is the summary) and half of the papers
(their abstract is); `examples.py` says which half, and what the weights were fitted on. All three
take as many sentences, of the same division into sentences; "-words" are the other two with as many
words as ours. Prints a line for each, then one JSON object.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from types import SimpleNamespace

from docqa.app.answer.text import one_line
from docqa.app.answerers.loading import load_model
from docqa.app.context.context import lay_out
from docqa.app.evidence.terms import plain_words
from docqa.app.options import Options
from docqa.app.summary.process import WHOLE, summarize_document
from docqa.ingest.language.sentences import sentences
from docqa.ingest.types import Document
from docqa.model.protocol import Model

from .examples import Example, abstracts, papers

KINDS = ("rouge1", "rouge2", "rougeL")
SYSTEMS = ("docqa", "lead", "textrank", "lead-words", "textrank-words")
_FEWEST_WORDS = 6  # so that no heading counts as one of the first sentences, or TextRank's


def texts_of(document: Document) -> list[str]:
    """The sentences that the other two choose from, in order: all that are no heading."""
    found = [
        one_line(page.text[span.start : span.end])
        for page in document.pages
        for span in sentences(page.text)
    ]
    return [text for text in found if len(text.split()) >= _FEWEST_WORDS]


def textrank(texts: list[str], count: int) -> list[str]:
    """The `count` best by sumy's TextRank with its English stop words and stems, in order."""
    from sumy.models.dom import ObjectDocumentModel, Paragraph, Sentence
    from sumy.nlp.stemmers import Stemmer
    from sumy.summarizers.text_rank import TextRankSummarizer
    from sumy.utils import get_stop_words

    words = SimpleNamespace(
        to_words=lambda text: tuple(plain_words(text))
    )  # sumy's tokenizer would download its data
    summarizer = TextRankSummarizer(Stemmer("english"))
    summarizer.stop_words = get_stop_words("english")
    parsed = ObjectDocumentModel([Paragraph([Sentence(text, words) for text in texts])])
    return [str(sentence) for sentence in summarizer(parsed, count)]


def evaluate(examples: Iterable[Example], model: Model, style: str) -> dict[str, dict[str, float]]:
    """Means of ROUGE's F (0 to 1) and of words for each of SYSTEMS, over examples that our summary
    has sentences of.
    """
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(list(KINDS), use_stemmer=True)
    found: dict[str, list[list[float]]] = {system: [] for system in SYSTEMS}
    for number, example in enumerate(examples, 1):
        document = example.document()
        record = summarize_document(document, lay_out([document], model.tokenizer), model, style)
        ours = [one_line(sentence.text) for sentence in record.sentences]
        for system, said in summaries(texts_of(document), ours).items():
            scores = scorer.score(example.gold, said)
            found[system].append([*(scores[kind].fmeasure for kind in KINDS), len(said.split())])
        print(f"{number} {example.name}", file=sys.stderr)
    return {system: _means(rows) for system, rows in found.items()}


def summaries(texts: list[str], chosen: list[str]) -> dict[str, str]:
    """What each of SYSTEMS says of a document with the sentences `texts`, of which ours are
    `chosen`.
    """
    count = max(len(chosen), 1)
    said = " ".join(chosen)
    words = len(said.split())
    ranked = " ".join(textrank(texts, count))
    return {
        "docqa": said,
        "lead": " ".join(texts[:count]),
        "textrank": ranked,
        "lead-words": " ".join(" ".join(texts).split()[:words]),
        "textrank-words": " ".join(ranked.split()[:words]),
    }


def _means(rows: list[list[float]]) -> dict[str, float]:
    columns = (*KINDS, "words")
    means = (
        [sum(column) / len(rows) for column in zip(*rows, strict=True)]
        if rows
        else [0.0] * len(columns)
    )
    return {name: round(value, 4) for name, value in zip(columns, means, strict=True)}


def main(arguments: list[str] | None = None) -> int:
    """Evaluate on both held-out sets; returns the exit status, 0 when ours is ahead everywhere,
    else 1.
    """
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, required=True, help="the folder that data/README.md describes"
    )
    parser.add_argument("--model", help="checkpoint folder (default: the bundled one)")
    parser.add_argument("--style", choices=tuple(WHOLE), default="brief")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N of each set")
    chosen = parser.parse_args(arguments)
    model = load_model(Options(model=chosen.model))
    sets = {"pubmedqa": abstracts(chosen.data), "papers": papers(chosen.data)}
    result = {
        name: evaluate(islice(examples, chosen.limit), model, chosen.style)
        for name, examples in sets.items()
    }
    for name, systems in result.items():
        for system, values in systems.items():
            print(
                f"{name:9} {system:14} "
                + "  ".join(f"{key} {value:.4f}" for key, value in values.items())
            )
    print(json.dumps(result))
    ahead = all(
        systems["docqa"][kind] > systems[other][kind]
        for systems in result.values()
        for other in SYSTEMS[1:]
        for kind in KINDS
    )
    return 0 if ahead else 1


if __name__ == "__main__":
    sys.exit(main())
