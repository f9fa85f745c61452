"""Needles: sentences with invented facts, hidden at several depths of held-out prose and asked for
as by `ask`.

    python -m docqa.app.lab.needles --data FOLDER [--lengths 4096,32768] [--long]

FOLDER has text/dev.jsonl.xz. For each length one document is made and read once; its needles are
asked one after the other. The last line of standard output is JSON.
"""

import argparse
import json
import random
import re
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path

from docqa.app.answerers.loading import load_model
from docqa.app.eval.evaluate import grouped, mean
from docqa.app.eval.judging import normalise
from docqa.app.eval.questions import lines
from docqa.app.evidence.ranking import RankedPassage
from docqa.app.options import Options
from docqa.app.session.engine import open_session
from docqa.app.session.session import Session
from docqa.ingest.read import read
from docqa.ingest.request import ReadRequest
from docqa.ingest.types import Document
from docqa.model.protocol import Model, Tokenizer

LENGTHS = (4_096, 8_192, 16_384, 32_768, 65_536, 131_072)
LONGEST = 1_000_000  # tokens; the longest context is 1,048,576
NEEDLES = 10
PAGE_CHARS = 3_000
# (sentence, question, the same asked in other words and without the name, kind of value). {name}
# and {value} are invented for each needle; a document has each kind once at most.
KINDS = (
    (
        "The spare key of the tide house at {name} bears the number {value}.",
        "Which number does the spare key of the tide house at {name} bear?",
        "Which digits are engraved on the duplicate that unlocks the hut by the sea?",
        "number",
    ),
    (
        "In {name} the annual lantern walk begins in the month of {value}.",
        "In which month does the annual lantern walk in {name} begin?",
        "When does the yearly procession with lamps set out?",
        "month",
    ),
    (
        "The library of {name} was paid for by a merchant called {value}.",
        "Who paid for the library of {name}?",
        "Which trader gave the money for the public reading room?",
        "person",
    ),
    (
        "Visitors to the glasshouse in {name} must leave an amber token worth {value} crowns.",
        "How many crowns is the amber token for the glasshouse in {name} worth?",
        "What deposit do guests of the greenhouse hand over?",
        "number",
    ),
    (
        "The weather station above {name} is painted {value}.",
        "What colour is the weather station above {name} painted?",
        "What is the hue of the hut where meteorologists work?",
        "colour",
    ),
    (
        "Every apprentice bell founder in {name} answers to {value}.",
        "To whom does every apprentice bell founder in {name} answer?",
        "Who is in charge of the trainees that cast chimes?",
        "person",
    ),
    (
        "The cable car at {name} carries at most {value} passengers.",
        "How many passengers does the cable car at {name} carry at most?",
        "What is the largest number of people that fit into the aerial tram?",
        "number",
    ),
    (
        "The archive in {name} closes for repairs each {value}.",
        "In which month does the archive in {name} close for repairs?",
        "When is the records office shut every year for maintenance?",
        "month",
    ),
    (
        "The oldest chess club in {name} meets in a {value} pavilion.",
        "What colour is the pavilion in which the oldest chess club in {name} meets?",
        "In a summer house of which hue do the players of the board game come together?",
        "colour",
    ),
    (
        "The map of the salt mine at {name} was drawn by {value}.",
        "Who drew the map of the salt mine at {name}?",
        "Which surveyor made the plan of the underground works that yield brine?",
        "person",
    ),
)
_FIRST = ("Vel", "Tarn", "Osk", "Brin", "Mar", "Quil", "Hest", "Dor")
_LAST = ("moor", "wick", "erby", "aven", "stead")
_GIVEN = ("Odile", "Henrik", "Marta", "Ivo", "Pella", "Anselm")
_FAMILY = ("Brandreth", "Corvin", "Talgarth", "Wexley")
_MONTHS = ("January", "February", "April", "June", "July", "September", "October", "November")
_COLOURS = ("crimson", "turquoise", "ochre", "violet", "emerald", "indigo")


@dataclass(frozen=True)
class Needle:
    """A sentence, the question that it answers, and its place: depth from 0 to 1, page from 1."""

    sentence: str
    question: str
    value: str
    depth: float
    page: int = 0


@dataclass(frozen=True)
class NeedleOutcome:
    """What came of one needle."""

    length: int
    depth: float
    first_passage: bool  # the passage ranked first has it
    three_passages: bool
    first_by_words: bool  # the same, ranked by BM25 alone
    page: bool
    quote: bool
    answer: bool
    refused: bool


RATES = ("first_passage", "three_passages", "first_by_words", "page", "quote", "answer", "refused")
Rates = dict[str, float]


def needles(count: int, rng: random.Random, other_words: bool = False) -> list[Needle]:
    """`count` needles of different kinds at even depths, at most as many as there are KINDS.

    `other_words`: ask for them without the name and in words that the sentence does not have.
    """
    names = rng.sample([first + last for first in _FIRST for last in _LAST], count)
    found = []
    for number, (sentence, same, other, kind) in enumerate(rng.sample(KINDS, count)):
        value = {
            "number": str(rng.randrange(13, 997)),
            "month": rng.choice(_MONTHS),
            "person": f"{rng.choice(_GIVEN)} {rng.choice(_FAMILY)}",
            "colour": rng.choice(_COLOURS),
        }[kind]
        depth = (number + 0.5) / count
        name = names[number]
        question = other if other_words else same
        found.append(
            Needle(
                sentence.format(name=name, value=value), question.format(name=name), value, depth
            )
        )
    return found


def prose(data: Path, rng: random.Random) -> Iterator[str]:
    """Paragraphs of the held-out documents, one document after the other in an order of `rng`,
    again and again.
    """
    texts = [json.loads(line)["text"] for line in lines(data / "text" / "dev.jsonl.xz")]
    rng.shuffle(texts)
    for text in cycle(texts):
        yield from (part for part in re.split(r"\n\s*\n", text) if part.strip())


def pages_of(paragraphs: Iterator[str], tokenizer: Tokenizer, tokens: int) -> list[str]:
    """Pages of whole paragraphs, together at most `tokens` long and nearly so."""
    pages = [""]
    size = 0
    used = 0
    for paragraph in paragraphs:
        cut = paragraph.strip()[: 2 * PAGE_CHARS].replace("\f", " ")
        used += len(tokenizer.encode(cut)) + 2
        if used > tokens:
            break
        if size and size + len(cut) > PAGE_CHARS:
            pages.append("")
            size = 0
            used += 8  # the mark of a page
        pages[-1] += cut + "\n\n"
        size += len(cut)
    return pages


def hide(pages: list[str], hidden: list[Needle]) -> tuple[list[str], list[Needle]]:
    """Each needle in its page, after the sentence that ends nearest to the middle; needles with
    their pages.
    """
    out = list(pages)
    placed = []
    for needle in hidden:
        number = min(int(needle.depth * len(pages)), len(pages) - 1)
        text = out[number]
        ends = [match.end() for match in re.finditer(r"[.!?][\"”)]?\s+", text)] or [len(text)]
        at = min(ends, key=lambda end: abs(end - len(text) // 2))
        out[number] = text[:at] + needle.sentence + " " + text[at:]
        placed.append(replace(needle, page=number + 1))
    return out, placed


def parse(pages: list[str]) -> Document:
    """The Document that `ask` would read of a text file with a form feed between pages."""
    return read(ReadRequest("needles.txt", "\f".join(pages).encode("utf-8"), media_type="txt"))


def ask(session: Session, needle: Needle, length: int) -> NeedleOutcome:
    """Put the needle's question to the document."""
    answer = session.answer(needle.question)
    ranked = session.ranked_passages(needle.question)
    words = session.corpus.ranked_by_words(needle.question)

    def has_it(items: Iterable[RankedPassage]) -> bool:
        texts = [
            session.context.text_of(session.context.passages[item.passage_number]) for item in items
        ]
        return any(normalise(needle.sentence) in normalise(text) for text in texts)

    quote = answer.quotes[0] if answer.quotes else None
    return NeedleOutcome(
        length,
        needle.depth,
        has_it(ranked[:1]),
        has_it(ranked[:3]),
        has_it(words[:1]),
        page=quote is not None and any(cite.page == needle.page for cite in quote.cites),
        quote=quote is not None and normalise(needle.value) in normalise(quote.text),
        answer=normalise(needle.value) in normalise(answer.answer or ""),
        refused=answer.refused,
    )


def run_length(
    data: Path, length: int, model: Model, options: argparse.Namespace, number: int
) -> list[NeedleOutcome]:
    """The document `number` of `length` tokens and its needles."""
    rng = random.Random(f"{options.seed} {length} {number}")
    spare = 60 * options.needles + 64
    pages = pages_of(prose(data, rng), model.tokenizer, length - spare)
    pages, placed = hide(pages, needles(options.needles, rng, options.other_words))
    chosen = Options(store=False, preview=False)
    with open_session([parse(pages)], chosen, model=model) as session:
        return [ask(session, needle, length) for needle in placed]


def summary(rows: Sequence[NeedleOutcome]) -> dict[str, object]:
    """Rates from 0 to 1 in all, by length and by depth."""
    return {
        **_rates(rows),
        "by_length": grouped(rows, lambda row: row.length, _rates),
        "by_depth": grouped(rows, lambda row: f"{row.depth:.2f}", _rates),
    }


def _rates(rows: Sequence[NeedleOutcome]) -> Rates:
    return {
        "needles": len(rows),
        **{name: mean(getattr(row, name) for row in rows) for name in RATES},
    }


def run(options: argparse.Namespace) -> list[NeedleOutcome]:
    """Measure every length; reports each on standard error as it is done."""
    model = load_model(Options(model=options.model))
    rows: list[NeedleOutcome] = []
    for length in [*options.lengths, *([LONGEST] if options.long else [])]:
        started = time.monotonic()
        found = [
            row
            for n in range(options.rounds)
            for row in run_length(options.data, length, model, options, n)
        ]
        rows += found
        sys.stderr.write(
            f"{length:,} tokens, {time.monotonic() - started:.0f} s: {json.dumps(_rates(found))}\n"
        )
    return rows


def main(arguments: list[str] | None = None) -> None:
    def numbers(text: str) -> list[int]:
        return [int(part) for part in text.split(",") if part]

    parser = argparse.ArgumentParser(
        description="Needle retrieval through docqa's own path from question to quote."
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with text/dev.jsonl.xz")
    parser.add_argument(
        "--lengths", type=numbers, default=list(LENGTHS), help="tokens, with commas"
    )
    parser.add_argument("--long", action="store_true", help=f"{LONGEST:,} tokens too")
    parser.add_argument(
        "--needles", type=int, default=NEEDLES, choices=range(1, len(KINDS) + 1), metavar="N"
    )
    parser.add_argument("--rounds", type=int, default=1, help="documents of each length")
    parser.add_argument(
        "--other-words", action="store_true", help="ask in words that the sentence does not have"
    )
    parser.add_argument("--model", help="a checkpoint folder; the bundled model by default")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    sys.stdout.write(json.dumps(summary(run(options))) + "\n")


if __name__ == "__main__":
    main()
