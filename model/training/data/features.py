"""What the lower layers make of passages and questions, kept on disk: the input of the heads that are trained on them.

Documents are read window by window, as `read` reads them; a question is read by itself. Each document becomes one
safetensors file: `rows` (fp16, the output of one layer at every token), where its passages and questions are in it,
and which tokens of which passages answer which question. A second run over the same folder goes on where it stopped.

python -m docqa.model.training.data.features --student FOLDER --data FOLDER --out FOLDER [--layer N] [--tokens N]
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from docqa.model.checkpoints.network import load_network
from docqa.model.config import HybridConfig
from docqa.model.network import Network
from docqa.model.prompts.prompt import PREAMBLE, question_text
from docqa.model.training.data.sequences import FileTokenizer, SourceText, covered, pad, read_set
from docqa.model.training.data.sets import QuestionSets, add_data_options, parse_with_sets
from docqa.model.training.loop import save_tensors, stage_parser

LAYER = 2  # whose output the heads work on: chosen by the evidence head's figures on held-out documents
WINDOW = 1024  # tokens read together; a quarter faster than 2,048 on two cores, and passages rarely lean further back
LONGEST_PASSAGE, LONGEST_QUESTION = 400, 80
ALTERED = 0.35  # of the answered questions: a second time with a word exchanged, so that nothing answers
TOGETHER = 15  # contexts of one passage or few, which make one document


@dataclass(frozen=True)
class DocumentFeatures:
    """One document's passages and questions, read.

    `rows` [tokens, hidden] fp16; `passages` and `questions` [n, 2], half-open ranges of rows; `golds` [n, 4]: question,
    passage, first and last token of an answer in the passage (inclusive). A question without golds has no answer here.
    """

    rows: Tensor
    passages: Tensor
    questions: Tensor
    golds: Tensor

    @classmethod
    def load(cls, path: Path) -> DocumentFeatures:
        from safetensors.torch import load_file

        return cls(**load_file(path))

    def save(self, path: Path) -> None:
        save_tensors(path, vars(self))


def groups(sets: QuestionSets, seed: int, *, validation: bool = False) -> Iterator[tuple[str, list[SourceText]]]:
    """(name, contexts of one document); short contexts that stand alone are put together.

    A name is SET-long-NUMBER or SET-short-NUMBER. Sets take turns, each with as many documents a round as its share is
    of the smallest share.
    """
    rng = random.Random(seed)
    queues: list[tuple[int, list[tuple[str, list[SourceText]]]]] = []
    for name, share in sets.shares.items():
        by_document: dict[str, list[SourceText]] = {}
        for source in read_set(sets, name, validation=validation):
            by_document.setdefault(source.doc, []).append(source)
        long = [d for d in by_document.values() if sum(len(s.passages) for s in d) >= 6]
        short = [s for d in by_document.values() if sum(len(s.passages) for s in d) < 6 for s in d]
        rng.shuffle(long)
        rng.shuffle(short)
        together = [short[i : i + TOGETHER] for i in range(0, len(short) - TOGETHER + 1, TOGETHER)]
        for kind, found in (("long", long), ("short", together)):
            named = [(f"{name}-{kind}-{i:04d}", sources) for i, sources in enumerate(reversed(found))]
            queues.append((max(1, round(share / min(sets.shares.values()))), named[::-1]))
    while any(queue for _, queue in queues):
        for turns, queue in queues:
            for _ in range(min(turns, len(queue))):
                yield queue.pop()


@torch.no_grad()
def layer_output(student: Network, rows: list[list[int]], layer: int) -> list[Tensor]:
    """Output of `layer` for sequences filled on the right: [tokens, hidden] of every row, float16."""
    filled = pad(rows, 0).to(student.embed_tokens.weight.device)
    x = student.embed_tokens(filled)
    rotation = student.rotation(torch.arange(filled.shape[1], device=filled.device))
    for number in range(layer + 1):
        x = student.layers[number](x, rotation)
    return [x[i, : len(row)].half().cpu().clone() for i, row in enumerate(rows)]


def read_features(
    student: Network, tokenizer: FileTokenizer, sources: list[SourceText], layer: int, most: int, rng: random.Random
) -> DocumentFeatures | None:
    """Read the passages of one document (at most `most`, those with answers first) and its questions."""
    places = _chosen(sources, most, rng)
    encoded = [tokenizer.encode_with_offsets(source.text[start:end] + "\n") for source, (start, end) in places]
    encoded = [(ids[:LONGEST_PASSAGE], offsets[:LONGEST_PASSAGE]) for ids, offsets in encoded]
    questions: list[list[int]] = []
    golds: list[tuple[int, int, int, int]] = []
    for text in altered_questions(sources, rng):
        questions.append(tokenizer.encode(question_text(text))[:LONGEST_QUESTION])
    for source in sources:
        for question in source.questions:
            found = _golds(source, question.spans, places, encoded)
            if not found and question.answered:
                continue  # its answer is in a passage that was not chosen, or is cut
            golds += [(len(questions), *gold) for gold in found]
            questions.append(tokenizer.encode(question_text(question.text))[:LONGEST_QUESTION])
    if not golds:
        return None
    rows, bounds = _read_passages(student, tokenizer.encode(PREAMBLE), [ids for ids, _ in encoded], layer)
    asked: list[Tensor] = [torch.empty(0)] * len(questions)
    by_length = sorted(range(len(questions)), key=lambda i: len(questions[i]))
    for begin in range(0, len(by_length), 48):
        part = by_length[begin : begin + 48]
        for number, states in zip(part, layer_output(student, [questions[i] for i in part], layer), strict=True):
            asked[number] = states
    sizes = torch.tensor([len(q) for q in asked])
    ends = sizes.cumsum(0) + sum(map(len, rows))
    return DocumentFeatures(
        torch.cat([*rows, *asked]),
        torch.tensor(bounds, dtype=torch.int32),
        torch.stack([ends - sizes, ends], 1).int(),
        torch.tensor(golds, dtype=torch.int32),
    )


def altered_questions(sources: list[SourceText], rng: random.Random) -> list[str]:
    """Questions that nothing answers: a third of the answered ones, with one name, number or noun of another's.

    The new word is neither in the question nor in the context that answered it. What is left looks like a question
    of the document, as the unanswerable ones of readers do.
    """
    asked = [(source, q.text) for source in sources if len(source.text) < 5_000 for q in source.questions if q.spans]
    words: dict[str, list[str]] = {"name": [], "noun": []}
    for _, text in asked:
        for kind, found in words.items():
            found += [match.group() for match in _replaceable(text, kind)]
    made = []
    for source, text in asked:
        if rng.random() > ALTERED:
            continue
        kind = "name" if rng.random() < 0.7 and list(_replaceable(text, "name")) else "noun"
        places = list(_replaceable(text, kind))
        if not places or not words[kind]:
            continue
        place, word = rng.choice(places), rng.choice(words[kind])
        digits = place.group()[0].isdigit()
        if word[0].isdigit() == digits and word.casefold() not in f"{source.text} {text}".casefold():
            made.append(text[: place.start()] + word + text[place.end() :])
    return made


def _replaceable(question: str, kind: str) -> Iterator[re.Match[str]]:
    """Names and numbers of a question, but for its first word, or its longer words in small letters."""
    pattern = r"(?<=\s)(?:[A-Z][\w-]+|\d[\d,.]*\d|\d)\b" if kind == "name" else r"(?<=\s)[a-z]{6,}\b"
    return re.finditer(pattern, question)


def _chosen(sources: list[SourceText], most: int, rng: random.Random) -> list[tuple[SourceText, tuple[int, int]]]:
    places = [(s, p) for s in sources for p in s.passages]
    if len(places) <= most:
        return places
    answering = [any(a < p[1] and p[0] < b for q in s.questions for a, b in q.spans) for s, p in places]
    order = sorted(range(len(places)), key=lambda i: (not answering[i], rng.random()))
    return [places[i] for i in sorted(order[:most])]


def _golds(
    source: SourceText,
    spans: tuple[tuple[int, int], ...],
    places: list[tuple[SourceText, tuple[int, int]]],
    encoded: list[tuple[list[int], list[tuple[int, int]]]],
) -> list[tuple[int, int, int]]:
    """(passage, first token, last token) of every span that overlaps a chosen passage, cut to it."""
    found = []
    for number, (other, (base, end)) in enumerate(places):
        if other is not source:
            continue
        for start, stop in sorted(set(spans)):
            if start < end and base < stop:
                tokens = covered(encoded[number][1], start - base, stop - base)
                if tokens:
                    found.append((number, tokens[0], tokens[-1]))
    return sorted(set(found))


def _read_passages(
    student: Network, preamble: list[int], passages: list[list[int]], layer: int
) -> tuple[list[Tensor], list[tuple[int, int]]]:
    rows: list[Tensor] = []
    bounds: list[tuple[int, int]] = []
    window, inside, total = list(preamble), 0, 0

    def cut() -> None:
        nonlocal window, inside, total
        if inside:
            states = layer_output(student, [window], layer)[0][len(preamble) :]
            rows.append(states)
            total += len(states)
        window, inside = list(preamble), 0

    for ids in passages:
        if len(window) + len(ids) > WINDOW:
            cut()
        at = total + len(window) - len(preamble)
        bounds.append((at, at + len(ids)))
        window, inside = window + ids, inside + 1
    cut()
    return rows, bounds


def run(options: argparse.Namespace) -> None:
    """Read documents until the tokens are used up; what a former run wrote is kept and counted."""
    torch.set_flush_denormal(True)
    config = HybridConfig.from_folder(options.student)
    student = load_network(options.student, config, torch.float32, options.layer + 1)
    for name in ("embed_tokens", *(f"layers.{number}" for number in range(options.layer + 1))):
        student.get_submodule(name).to(options.device)
    tokenizer = FileTokenizer(options.student / "tokenizer.json")
    options.out.mkdir(parents=True, exist_ok=True)
    tokens = 0
    for number, (name, sources) in enumerate(groups(options.sets, options.seed, validation=options.validation)):
        path = options.out / f"{name}.safetensors"
        if path.exists():
            features: DocumentFeatures | None = DocumentFeatures.load(path)
        else:
            rng = random.Random(f"{options.seed} {name}")
            features = read_features(student, tokenizer, sources, options.layer, options.passages, rng)
            if features is not None:
                features.save(path)
        tokens += len(features.rows) if features is not None else 0
        if number % 20 == 0:
            print(json.dumps({"documents": number + 1, "tokens": tokens}), flush=True)
        if tokens >= options.tokens:
            break


def main(arguments: list[str] | None = None) -> None:
    parser = stage_parser("Keep what a lower layer makes of passages and questions.", "student", "out")
    add_data_options(parser)
    parser.add_argument("--layer", type=int, default=LAYER)
    parser.add_argument("--tokens", type=int, default=2_000_000)
    parser.add_argument("--passages", type=int, default=48, help="of each document, at most")
    parser.add_argument("--validation", action="store_true", help="read the documents kept for validation instead")
    run(parse_with_sets(parser, arguments))


if __name__ == "__main__":
    main()
