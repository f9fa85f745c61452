"""Training sequences: prose, passages said twice, and questions over focus excerpts laid out as `ask` lays them out.

The folder is `data/` with `text/*.jsonl.xz` and `qa/train/*.jsonl.gz`; nothing of it enters the repository.
"""

from __future__ import annotations

import gzip
import json
import lzma
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from docqa.model.prompts.prompt import REFUSAL, excerpts_prompt, question_text
from docqa.model.training.data.validation_split import is_validation

END = 2  # <|im_end|>: closes every answer
IGNORED = -100
LONGEST_ANSWER_TOKENS = 64
PASSAGE_WORDS = 130
SENTENCE_END = re.compile(r"(?<=[.!?;:])\s+|\n+")
# Share of each set in the questions. Wikipedia teaches the form, contracts and policies are where users work.
QA_WEIGHTS = {
    "squad_train_articles": 0.30,
    "squad_dev_articles": 0.14,
    "squadshifts_new_wiki": 0.08,
    "squadshifts_reddit": 0.04,
    "squadshifts_amazon_reviews": 0.04,
    "cuad": 0.13,
    "contractnli": 0.05,
    "policyqa": 0.07,
    "covidqa": 0.06,
    "tatqa": 0.04,
    "nq_swap": 0.03,
    "qed_nq": 0.02,
}


class FileTokenizer:
    """tokenizer.json through `tokenizers`, for preparing data in bulk."""

    def __init__(self, path: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(path))

    def encode(self, text: str) -> list[int]:
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def encode_with_offsets(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        encoded = self._tokenizer.encode(text, add_special_tokens=False)
        return encoded.ids, encoded.offsets


@dataclass(frozen=True)
class Question:
    """A question over one document: answers as (start, end) in the document's text, none when it is unanswerable."""

    text: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class SourceText:
    """A context with its questions, cut into passages (start, end)."""

    doc: str
    text: str
    passages: tuple[tuple[int, int], ...]
    questions: tuple[Question, ...]


def cut_passages(text: str, words: int = PASSAGE_WORDS) -> list[tuple[int, int]]:
    """Spans of at most about `words` words that end where a sentence or clause ends."""
    spans: list[tuple[int, int]] = []
    start, count, position = 0, 0, 0
    edges = [m.end() for m in SENTENCE_END.finditer(text)] + [len(text)]
    for edge in edges:
        length = len(text[position:edge].split())
        if count and count + length > words:
            spans.append((start, position))
            start, count = position, 0
        while length > 2 * words:  # a sentence without an end, such as a table
            cut = min(position + 6 * words, edge)
            spans.append((start, cut))
            start, position, length = cut, cut, len(text[cut:edge].split())
        count += length
        position = edge
    if text[start:].strip():
        spans.append((start, len(text)))
    return [(s, s + len(text[s:e].rstrip())) for s, e in spans if text[s:e].strip()]


def read_qa(path: Path, *, validation: bool = False) -> list[SourceText]:
    """The contexts of one `qa` file, gzip or not: those to train on, or those kept for validation."""
    sources = []
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if is_validation(record["doc"]) is not validation:
                continue
            text = record["context"]
            questions = []
            for qa in record["qas"]:
                spans = tuple((a["start"], a["start"] + len(a["text"])) for a in qa["answers"] if a["start"] >= 0)
                if spans or qa["unanswerable"]:
                    questions.append(Question(qa["question"], spans))
            if questions:
                sources.append(SourceText(record["doc"], text, tuple(cut_passages(text)), tuple(questions)))
    return sources


class QuestionSequences:
    """Sequences of excerpts followed by several questions with their answers, from all training sets."""

    def __init__(self, folder: Path, tokenizer: FileTokenizer, seed: int, length: int) -> None:
        self.random = random.Random(seed)
        self.tokenizer, self.length = tokenizer, length
        self.sets = {name: read_qa(folder / f"{name}.jsonl.gz") for name in QA_WEIGHTS}
        self.by_doc: dict[str, list[SourceText]] = {}
        for sources in self.sets.values():
            for source in sources:
                self.by_doc.setdefault(source.doc, []).append(source)

    def _draw(self) -> tuple[list[tuple[SourceText, tuple[int, int]]], SourceText]:
        """Excerpts (source, span) in the order shown, and the source that most questions are about."""
        rng = self.random
        source = rng.choice(self.sets[rng.choices(list(QA_WEIGHTS), list(QA_WEIGHTS.values()))[0]])
        asked = [q for q in source.questions if q.spans]
        wanted: list[tuple[int, int]] = []
        if asked:
            start = rng.choice(rng.choice(asked).spans)[0]
            wanted = [p for p in source.passages if p[0] <= start < p[1]]
        chosen = [(source, p) for p in (wanted or [rng.choice(source.passages)])]
        siblings = self.by_doc[source.doc]
        for _ in range(rng.choice((0, 1, 2, 2, 3, 3, 4))):
            other = rng.choice(siblings) if rng.random() < 0.75 else rng.choice(rng.choice(list(self.by_doc.values())))
            pick = (other, rng.choice(other.passages))
            if pick not in chosen:
                chosen.append(pick)
        rng.shuffle(chosen)
        return chosen, source

    def _questions(self, chosen: list[tuple[SourceText, tuple[int, int]]], source: SourceText) -> list[tuple[str, Any]]:
        """(question, (excerpt number, start, end) or None): the answerable ones, then about a third unanswerable."""
        rng = self.random
        answerable, unanswerable = [], []
        for owner in {id(s): s for s, _ in chosen}.values():
            for question in owner.questions:
                places = [
                    (number, start - p[0], end - p[0])
                    for number, (s, p) in enumerate(chosen)
                    if s is owner
                    for start, end in question.spans
                    if p[0] <= start and end <= p[1]
                ]
                if places:
                    answerable.append((question.text, rng.choice(places)))
                elif not any(s is owner and p[0] < e and b < p[1] for s, p in chosen for b, e in question.spans):
                    unanswerable.append((question.text, None))
        for sibling in rng.sample(self.by_doc[source.doc], min(2, len(self.by_doc[source.doc]))):
            if all(s is not sibling for s, _ in chosen):
                unanswerable += [(q.text, None) for q in sibling.questions[:4]]
        rng.shuffle(answerable)
        rng.shuffle(unanswerable)
        kept = answerable[:8] + unanswerable[: max(1, len(answerable[:8]) // 2)]
        rng.shuffle(kept)
        return kept

    def sequence(self) -> tuple[list[int], list[int]]:
        """Token ids and labels: the answers' tokens and their ends are labels, all else is ignored."""
        while True:
            chosen, source = self._draw()
            prompt = excerpts_prompt(self.tokenizer, [" ".join(s.text[a:b].split("\n")) for s, (a, b) in chosen])
            if len(prompt.ids) > self.length - 48:
                continue
            ids, labels = list(prompt.ids), [IGNORED] * len(prompt.ids)
            for text, place in self._questions(chosen, source):
                asked = self.tokenizer.encode(question_text(text))
                answer = self.tokenizer.encode(REFUSAL) if place is None else self._answer(prompt, place)
                if answer is None or len(ids) + len(asked) + len(answer) >= self.length:
                    continue
                ids += asked + answer + [END]
                labels += [IGNORED] * len(asked) + answer + [END]
            if any(label != IGNORED for label in labels):
                return ids, labels

    def _answer(self, prompt: Any, place: tuple[int, int, int]) -> list[int] | None:
        number, start, end = place
        covered = [j for j, (a, b) in enumerate(prompt.offsets[number]) if b > start and a < end and b > a]
        if not covered or len(covered) > LONGEST_ANSWER_TOKENS:
            return None
        first = prompt.excerpt_ranges[number][0]
        return prompt.ids[first + covered[0] : first + covered[-1] + 1]


class TextSequences:
    """Slices of prose, plain or said twice."""

    def __init__(self, folder: Path, tokenizer: FileTokenizer, seed: int) -> None:
        self.random = random.Random(seed)
        self.tokenizer = tokenizer
        self.texts: list[str] = []
        for path in sorted(folder.glob("*.jsonl.xz")):
            if path.name != "dev.jsonl.xz":
                with lzma.open(path, "rt", encoding="utf-8") as lines:
                    self.texts += [json.loads(line)["text"] for line in lines]
        self.sizes = [len(t) for t in self.texts]

    def plain(self, length: int) -> list[int]:
        """`length` tokens of one document, from a random place."""
        while True:
            text = self.random.choices(self.texts, self.sizes)[0]
            start = self.random.randrange(max(1, len(text) - 5 * length))
            ids = self.tokenizer.encode(text[start : start + 8 * length])
            if len(ids) >= length:
                return ids[:length]

    def twice(self, length: int) -> list[int]:
        """A passage of length // 2 tokens, said twice."""
        half = self.plain(length // 2)
        return half + half


def pad(sequences: list[list[int]], value: int) -> Tensor:
    """Sequences to one [batch, longest] tensor, filled on the right; a causal model does not see the filling."""
    longest = max(map(len, sequences))
    return torch.tensor([s + [value] * (longest - len(s)) for s in sequences])


def mixed_batches(
    data: Path, tokenizer: FileTokenizer, *, batch: int, length: int, seed: int, shares: tuple[float, float, float]
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Endless (ids, labels, repeated) of [batch, length]; `shares` of questions, passages said twice and prose.

    `labels` are set on answers only; `repeated` marks the rows of questions, so that losses can tell rows apart.
    """
    rng = random.Random(seed)
    questions = QuestionSequences(data / "qa" / "train", tokenizer, seed + 1, length)
    texts = TextSequences(data / "text", tokenizer, seed + 2)
    while True:
        rows, labels, kinds = [], [], []
        for _ in range(batch):
            kind = rng.choices(("questions", "twice", "plain"), shares)[0]
            if kind == "questions":
                ids, label = questions.sequence()
            else:
                ids = texts.twice(length) if kind == "twice" else texts.plain(length)
                label = [IGNORED] * len(ids)
            rows.append(ids)
            labels.append(label)
            kinds.append(kind == "questions")
        yield pad(rows, END), pad(labels, IGNORED), torch.tensor(kinds)
