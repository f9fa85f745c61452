"""How right the fields of `docqa extract --fields contract` are, field by field.

    python -m docqa.app.lab.fields --data CUAD.jsonl.gz [--limit N] [--details]

CUAD.jsonl.gz: contracts in the form of `questions.py`, whose questions are CUAD's. A value is right
if it is in words that are marked for its question, or says one of their dates; "no" is empty where
nothing is marked; parties are right if each is marked and each marked one with the name of a firm
is there. Printed: right, wrong, rightly empty and wrongly empty of every field, as JSON.
"""

import argparse
import json
import re
from collections import Counter, defaultdict
from dataclasses import replace

from docqa.app.answer.answer import Answer
from docqa.app.answer.events import Finished
from docqa.app.answer.grades import Verdict
from docqa.app.answerers.loading import load_model
from docqa.app.batch.fields import Field, fields_of
from docqa.app.eval.questions import EvalDocument, GoldQuestion, read_eval_file
from docqa.app.facts.facts import FactKind, parse_dates, parse_first_fact
from docqa.app.options import Options
from docqa.app.session.engine import open_session

_CAP = "Does the contract include a cap on liability upon the breach of a party's obligation?"
_FREE_TO_END = "Can a party terminate this contract without cause?"
ALSO_MARKED = {
    "How long is the initial term of the contract?": "On what date does the contract's initial term expire?",
    "Does the contract exclude liability for indirect or consequential damages?": _CAP,
    "What notice must a party give to terminate this contract without cause?": _FREE_TO_END,
}
"""Fields with a question of their own, by the question of CUAD whose words answer it, too."""
NARROWED = {
    "liability cap": r"exceed|aggregate|maximum|limited to|amount",
    "exclusion of damages": r"consequential|indirect|incidental|punitive|special",
}
"""Clauses whose marked sentences are of two kinds, by words that only one of them has."""
_LONGEST_NAME = 9  # words; what is longer, or in quotation marks, is no name


def judged(field: Field, answer: Answer, gold: GoldQuestion, marked: list[tuple[int, int]]) -> str:
    """How a field's answer stands to what is marked, as half-open characters of the page."""
    no_clause = field.kind is FactKind.YES_NO and answer.verdict is Verdict.NO and gold.unanswerable
    if answer.refused or no_clause:
        return "rightly empty" if gold.unanswerable else "wrongly empty"
    if gold.unanswerable:
        return "wrong"
    said = str(answer.answer)
    places = [cite for quote in answer.quotes[:1] for cite in quote.cites]
    if field.kind is FactKind.PARTY:
        return (
            "right" if _complete([each.text for each in answer.statements], gold.golds) else "wrong"
        )
    wanted = {date.value for text in gold.golds for date in parse_dates(text)}
    if field.kind is FactKind.DATE and wanted:
        right = not wanted.isdisjoint(date.value for date in parse_dates(said))
    else:
        right = any(
            cite.start < end and start < cite.end for cite in places for start, end in marked
        )
    return "right" if right else "wrong"


def _complete(names: list[str], golds: tuple[str, ...]) -> bool:
    """Whether every name is marked, and every marked one that has the form of a firm is among
    them.
    """
    known, marked = ({_bare(text) for text in texts} - {""} for texts in (names, golds))
    firms = {
        _bare(text)
        for text in golds
        if _bare(text) != text.casefold().strip(" .,") and _is_name(text)
    }
    matched = all(any(a in b or b in a for b in marked) for a in known)
    return matched and all(any(a in b or b in a for b in known) for a in firms)


def _bare(name: str) -> str:
    fact = parse_first_fact(FactKind.PARTY, name)
    return fact.value.strip(" .,") if fact is not None else ""


def _is_name(text: str) -> bool:
    return len(text.split()) <= _LONGEST_NAME and '"' not in text


def _narrowed(gold: GoldQuestion, words: str) -> GoldQuestion:
    """`gold` with those marked words alone that have one of `words`, a regular expression."""
    kept = [
        (text, span)
        for text, span in zip(gold.golds, gold.spans, strict=True)
        if re.search(words, text, re.IGNORECASE)
    ]
    texts, spans = tuple(text for text, _ in kept), tuple(span for _, span in kept)
    return replace(gold, golds=texts, spans=spans, unanswerable=not kept)


def ask(
    document: EvalDocument, fields: list[Field], options: Options
) -> list[tuple[str, str, Answer]]:
    """(field, how it is judged, its answer) of those fields whose question the document has."""
    parsed, places = document.parse()
    golds = {question.text: question for question in document.questions}
    found = []
    options = replace(options, store=False)
    with open_session([parsed], options, model=load_model(options)) as session:
        for field in fields:
            gold = golds.get(ALSO_MARKED.get(field.question, field.question))
            if gold is None:
                continue
            gold = _narrowed(gold, NARROWED.get(field.clause, ""))
            events = session.ask(field.question, wanted=field.wanted)
            answer = next(event.answer for event in events if isinstance(event, Finished))
            found.append(
                (field.name, judged(field, answer, gold, list(places.spans(gold.spans))), answer)
            )
    return found


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Judge the fields of contracts.")
    parser.add_argument("--data", required=True, help="contracts with CUAD's questions")
    parser.add_argument("--limit", type=int, help="only so many contracts")
    parser.add_argument(
        "--details", action="store_true", help="print every value that is wrong or wrongly empty"
    )
    given = parser.parse_args(arguments)
    options = Options(store=False, preview=False)
    fields = fields_of("contract")
    tally: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for document in read_eval_file(given.data)[: given.limit]:
        for name, verdict, answer in ask(document, fields, options):
            tally[name][verdict] += 1
            if given.details and verdict.startswith("wrong"):
                shown = {
                    "answer": answer.answer,
                    "confidence": answer.confidence,
                    "quote": answer.quotes[:1] or None,
                }
                print(
                    json.dumps(
                        {"file": document.name, "field": name, "verdict": verdict} | shown,
                        default=str,
                    )
                )
    whole = sum(tally.values(), Counter[str]())
    for name, counts in {**tally, "all": whole}.items():
        good = (counts["right"] + counts["rightly empty"]) / counts.total()
        filled = counts["right"] / max(counts["right"] + counts["wrong"], 1)
        shares = {"right or rightly empty": round(good, 3), "of filled": round(filled, 3)}
        print(json.dumps({"field": name, **counts, **shares}))


if __name__ == "__main__":
    main()
