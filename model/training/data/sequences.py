"""Training sequences: prose, passages repeated once, and questions over excerpts in the layout of
`ask`.
"""

import argparse
import gzip
import json
import lzma
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from docqa.model.heads.shown_text import Insertion, ShownText, show_with_insertions
from docqa.model.prompts.prompt import REFUSAL, question_text

from .facts import invent
from .focus import FocusPrompt, excerpts_prompt
from .sets import QuestionSets, is_validation, text_files

END = 2  # <|im_end|>: closes every answer
IGNORED = -100
LONGEST_ANSWER_TOKENS = 64
PASSAGE_WORDS = 130
MOST_LEADS = 3  # the innermost, as when a document is read
LAYOUTS = {
    "excerpts": 0.4,
    "prose": 0.25,
    "facts": 0.35,
}  # shares of the rows of questions: what these are about
ROOM_TO_ASK = 160  # tokens that are left for questions after prose
# of a row
FEWEST_FACTS = 4
MOST_FACTS = 16
# tokens
ROOM_FOR_ANSWER = 12
LEAST_PROSE = 64
Asked = tuple[
    str, tuple[int, int, int] | None
]  # a question, and (excerpt, start, end) of its answer
SENTENCE_END = re.compile(r"(?<=[.!?;:])\s+|\n+")


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


def covered(offsets: Sequence[tuple[int, int]], start: int, end: int) -> list[int]:
    """Which tokens hold characters of a span, by their numbers."""
    return [j for j, (a, b) in enumerate(offsets) if b > start and a < end and b > a]


@dataclass(frozen=True)
class SequenceQuestion:
    """A question over one document: answers as (start, end) in the document's text, none when it is
    unanswerable.

    `several`: all spans together are the answer. `form` is one of FORMS of the reader, None where
    the set does not say; `verdict` "yes" or "no". `answered` without spans: the text answers, but
    no words of it are marked.
    """

    text: str
    spans: tuple[tuple[int, int], ...]
    several: bool = False
    form: str | None = None
    verdict: str | None = None
    answered: bool = True


@dataclass(frozen=True)
class SourceText:
    """A context with its questions, cut into passages (start, end); `leads`: (start, end, from, to)
    of words that are shown before those between `from` and `to`, `insertions`: words that are shown
    in the text (`app.lab.training_texts`)."""

    doc: str
    text: str
    passages: tuple[tuple[int, int], ...]
    questions: tuple[SequenceQuestion, ...]
    title: str = ""
    leads: tuple[tuple[int, int, int, int], ...] = ()
    insertions: tuple[Insertion, ...] = ()

    def show(self, start: int, end: int) -> ShownText:
        """The characters `start:end` as the reader is shown them."""
        leads = [
            self.text[lead_start:lead_end]
            for lead_start, lead_end, begin, until in self.leads
            if begin <= start < until and lead_end <= start
        ]
        before = " ".join(" ".join(leads[-MOST_LEADS:]).split())
        insertions = [(start, f"{before} "), *self.insertions] if before else self.insertions
        return show_with_insertions(self.text, start, end, insertions)


def cut_passages(
    text: str, words: int = PASSAGE_WORDS, insertions: Sequence[Insertion] = ()
) -> list[tuple[int, int]]:
    """Spans of at most about `words` words, those of `insertions` among them, that end where a
    sentence or clause ends."""
    spans: list[tuple[int, int]] = []
    start = 0
    count = 0
    position = 0
    edges = [m.end() for m in SENTENCE_END.finditer(text)] + [len(text)]
    for edge in edges:
        length = len(show_with_insertions(text, position, edge, insertions).text.split())
        if count and count + length > words:
            spans.append((start, position))
            start = position
            count = 0
        while length > 2 * words:  # a sentence without an end, such as a table
            cut = min(position + 6 * words, edge)
            spans.append((start, cut))
            start = cut
            position = cut
            length = len(text[cut:edge].split())
        count += length
        position = edge
    if text[start:].strip():
        spans.append((start, len(text)))
    return [(s, s + len(text[s:e].rstrip())) for s, e in spans if text[s:e].strip()]


def read_set(sets: QuestionSets, name: str, *, validation: bool = False) -> list[SourceText]:
    """The contexts of one set: those to train on, or those kept for validation.

    Raises ValueError where the file is not in the form `{"doc", "context", "qas"}`.
    """
    sources = []
    with gzip.open(sets.paths[name], "rt", encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            if not {"doc", "context", "qas"} <= record.keys():
                raise ValueError(
                    f"{sets.paths[name]}: not a set of questions over contexts; leave it out of --shares"
                )
            document = record.get(
                "document", record["doc"]
            )  # an extract belongs to what it was cut from
            if document in sets.held_out or is_validation(document) is not validation:
                continue
            text = record["context"]
            questions = [
                found for qa in record["qas"] if (found := _question(name, qa)) is not None
            ]
            if questions:
                title = record.get("title") or ""
                sources.append(
                    SourceText(
                        record["doc"],
                        text,
                        tuple(cut_passages(text)),
                        tuple(questions),
                        title,
                        tuple(map(tuple, record.get("leads", ()))),
                        tuple(map(tuple, record.get("insertions", ()))),
                    )
                )
    return sources


FORM_OF_KIND = {"list": "list", "yes_no": "yes_no", "two_places": "two_parts"}
LISTS = frozenset({"multispanqa_valid", "ssla_defendants"})
YES_NO = frozenset({"boolq_val", "condaqa"})
FORMLESS = frozenset({"cuad", "contractnli", "policyqa", "hotpotqa_sample", "tatqa", "medquad"})


def _question(name: str, qa: dict[str, Any]) -> SequenceQuestion | None:
    """What a set says of a question; None where it marks neither words nor a verdict."""
    spans = tuple(
        (a["start"], a["start"] + len(a["text"])) for a in qa["answers"] if a["start"] >= 0
    )
    verdict = qa.get("verdict") or qa.get("label")
    verdict = verdict if verdict in ("yes", "no") and not qa["unanswerable"] else None
    if not spans and not verdict and not qa["unanswerable"]:
        return None
    several = bool(qa.get("multi"))
    if verdict:
        form: str | None = "yes_no"
    elif name in YES_NO:
        form = None if spans else "yes_no"  # of a question that is not answered too
    elif name in LISTS:
        form = "list" if several else None
    else:
        form = None if name in FORMLESS else FORM_OF_KIND.get(qa.get("kind", ""), "fact")
    if qa.get("kind") == "unanswerable":
        form = None
    return SequenceQuestion(qa["question"], spans, several, form, verdict, not qa["unanswerable"])


class QuestionSequences:
    """Sequences of excerpts followed by several questions with their answers, from all training
    sets.
    """

    def __init__(
        self, sets: QuestionSets, tokenizer: FileTokenizer, seed: int, length: int
    ) -> None:
        self.random = random.Random(seed)
        self.tokenizer = tokenizer
        self.length = length
        self.sets = {name: found for name in sets.shares if (found := read_set(sets, name))}
        self.weights = [sets.shares[name] for name in self.sets]
        self.by_doc: dict[str, list[SourceText]] = {}
        for sources in self.sets.values():
            for source in sources:
                self.by_doc.setdefault(source.doc, []).append(source)

    def _draw(self) -> tuple[list[tuple[SourceText, tuple[int, int]]], SourceText]:
        """Excerpts (source, span) in the order shown, and the source that most questions are
        about.
        """
        rng = self.random
        source = rng.choice(self.sets[rng.choices(list(self.sets), self.weights)[0]])
        asked = [q for q in source.questions if q.spans]
        answering: list[tuple[int, int]] = []
        if asked:
            start = rng.choice(rng.choice(asked).spans)[0]
            answering = [p for p in source.passages if p[0] <= start < p[1]]
        chosen = [(source, p) for p in (answering or [rng.choice(source.passages)])]
        siblings = self.by_doc[source.doc]
        for _ in range(rng.choice((0, 1, 2, 2, 3, 3, 4))):
            other = (
                rng.choice(siblings)
                if rng.random() < 0.75
                else rng.choice(rng.choice(list(self.by_doc.values())))
            )
            pick = (other, rng.choice(other.passages))
            if pick not in chosen:
                chosen.append(pick)
        rng.shuffle(chosen)
        return chosen, source

    def _questions(
        self, chosen: list[tuple[SourceText, tuple[int, int]]], source: SourceText
    ) -> list[Asked]:
        """Questions that the chosen excerpts answer, and about a fifth that they do not."""
        rng = self.random
        answerable: list[Asked] = []
        unanswerable: list[Asked] = []
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
                elif question.answered and not question.spans:
                    # such as yes or no: the text answers, but no words of it could be written
                    continue
                elif not any(
                    s is owner and p[0] < e and b < p[1]
                    for s, p in chosen
                    for b, e in question.spans
                ):
                    unanswerable.append((question.text, None))
        for sibling in rng.sample(self.by_doc[source.doc], min(2, len(self.by_doc[source.doc]))):
            if all(s is not sibling for s, _ in chosen):
                unanswerable += [(q.text, None) for q in sibling.questions[:4]]
        rng.shuffle(answerable)
        rng.shuffle(unanswerable)
        kept = answerable[:8] + unanswerable[: max(1, len(answerable[:8]) // 4)]
        rng.shuffle(kept)
        return kept

    def sequence(self) -> tuple[list[int], list[int]]:
        """Excerpts and questions: token ids and labels; only the tokens and the ends of answers
        have labels.
        """
        while True:
            chosen, source = self._draw()
            prompt = excerpts_prompt(
                self.tokenizer, [" ".join(s.text[a:b].split("\n")) for s, (a, b) in chosen]
            )
            if len(prompt.ids) > self.length - 48:
                continue
            if found := self._asked(prompt, chosen, source):
                return found

    def within_prose(self, texts: "TextSequences") -> tuple[list[int], list[int]]:
        """As `sequence`, with one passage that stands somewhere in prose of other documents, as in
        a long document.
        """
        while True:
            chosen, source = self._draw()
            owner, (start, end) = chosen[0]
            piece, places = self.tokenizer.encode_with_offsets(owner.text[start:end] + "\n\n")
            room = self.length - len(piece) - ROOM_TO_ASK
            if room < 0:
                continue
            around = self.random.randint(0, room)
            before = self.random.randint(0, around)
            ids = texts.some(before) + piece + texts.some(around - before)
            prompt = FocusPrompt(ids, [(before, before + len(piece))], [places])
            if found := self._asked(prompt, chosen[:1], source):
                return found

    def _asked(
        self,
        prompt: FocusPrompt,
        chosen: list[tuple[SourceText, tuple[int, int]]],
        source: SourceText,
    ) -> tuple[list[int], list[int]] | None:
        return with_questions(self.tokenizer, prompt, self._questions(chosen, source), self.length)


def with_questions(
    tokenizer: FileTokenizer, prompt: FocusPrompt, questions: Sequence[Asked], length: int
) -> tuple[list[int], list[int]] | None:
    """The prompt and as many questions as `length` has room for, ids and labels; None where none is
    left.
    """
    ids = list(prompt.ids)
    labels = [IGNORED] * len(prompt.ids)
    for text, place in questions:
        asked = tokenizer.encode(question_text(text))
        answer = tokenizer.encode(REFUSAL) if place is None else _answer(prompt, place)
        if answer is None or len(ids) + len(asked) + len(answer) >= length:
            continue
        ids += asked + answer + [END]
        labels += [IGNORED] * len(asked) + answer + [END]
    return (ids, labels) if any(label != IGNORED for label in labels) else None


def _answer(prompt: FocusPrompt, place: tuple[int, int, int]) -> list[int] | None:
    number, start, end = place
    found = covered(prompt.offsets[number], start, end)
    if not found or len(found) > LONGEST_ANSWER_TOKENS:
        return None
    first = prompt.excerpt_ranges[number][0]
    return prompt.ids[first + found[0] : first + found[-1] + 1]


def facts_in_prose(
    tokenizer: FileTokenizer, texts: "TextSequences", rng: random.Random, length: int
) -> tuple[list[int], list[int]]:
    """Prose that hides invented facts, which are asked for after it, in any order: `length` tokens
    at most.

    One question in eight is about a fact that is not there. Raises ValueError where not one fact
    fits in.
    """
    most = MOST_FACTS
    while most:
        facts = [invent(rng) for _ in range(rng.randint(min(FEWEST_FACTS, most), most))]
        pieces = [tokenizer.encode_with_offsets(" " + fact.sentence) for fact in facts]
        asked: list[Asked] = [
            (fact.question, (number, fact.start, fact.end))
            if rng.random() > 1 / 8
            else (invent(rng).question, None)
            for number, fact in enumerate(facts)
        ]
        rng.shuffle(asked)
        asking = sum(
            len(tokenizer.encode(question_text(question))) + ROOM_FOR_ANSWER
            for question, _ in asked
        )
        room = length - asking - sum(len(piece) for piece, _ in pieces)
        if room < LEAST_PROSE:
            most -= 1
            continue
        if found := with_questions(
            tokenizer, _hidden(pieces, texts.plain(room), tokenizer, rng), asked, length
        ):
            return found
    raise ValueError(
        f"rows of {length} tokens are too short for a fact and its question; give more"
    )


def _hidden(
    pieces: Sequence[tuple[list[int], list[tuple[int, int]]]],
    prose: list[int],
    tokenizer: FileTokenizer,
    rng: random.Random,
) -> FocusPrompt:
    """Prose with sentences (ids, offsets) after some of its own; each is an excerpt of the
    prompt.
    """
    ends = set(tokenizer.encode("."))
    after = [number + 1 for number, token in enumerate(prose) if token in ends] or [len(prose)]
    prompt = FocusPrompt([], [], [])
    begun = 0
    for at, (piece, places) in zip(sorted(rng.choices(after, k=len(pieces))), pieces, strict=True):
        prompt.ids.extend(prose[begun:at])
        prompt.excerpt_ranges.append((len(prompt.ids), len(prompt.ids) + len(piece)))
        prompt.offsets.append([(max(start - 1, 0), end - 1) for start, end in places])
        prompt.ids.extend(piece)
        begun = at
    prompt.ids.extend(prose[begun:])
    return prompt


class TextSequences:
    """Slices of prose, plain or repeated once."""

    def __init__(self, files: Sequence[Path], tokenizer: FileTokenizer, seed: int) -> None:
        self.random = random.Random(seed)
        self.tokenizer = tokenizer
        self.texts: list[str] = []
        for path in files:
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
        """A passage and the same again, with other prose before and between them so that all are
        `length` tokens.

        Half of them are the longest that there is room for: who copies over short distances only
        learns no others.
        """
        longest = length // 2
        size = (
            longest
            if self.random.random() < 0.5
            else self.random.randint(min(32, longest), longest)
        )
        between = self.random.randint(0, length - 2 * size)
        passage = self.plain(size)
        before = length - 2 * size - between
        return self.some(before) + passage + self.some(between) + passage

    def some(self, length: int) -> list[int]:
        """As `plain`; nothing where `length` is 0."""
        return self.plain(length) if length else []


def pad(sequences: list[list[int]], value: int) -> Tensor:
    """Sequences to one [batch, longest] tensor, filled on the right; a causal model does not see
    the padding.
    """
    longest = max(map(len, sequences))
    return torch.tensor([s + [value] * (longest - len(s)) for s in sequences])


def mixed_batches(
    options: argparse.Namespace, tokenizer: FileTokenizer, seed: int, mixture: Sequence[float]
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Endless (ids, labels, asked) of [options.batch, one of options.lengths] from options.data and
    options.sets.

    `mixture` has the shares of questions (LAYOUTS), of passages repeated once and of prose.
    `labels` are set on answers only; `asked` marks the rows of questions, so that losses can tell
    rows apart.
    """
    rng = random.Random(seed)
    questions = QuestionSequences(options.sets, tokenizer, seed + 1, options.lengths[0])
    texts = TextSequences(text_files(options.data), tokenizer, seed + 2)
    while True:
        rows = []
        labels = []
        asked = []
        questions.length = length = rng.choice(options.lengths)
        for _ in range(options.batch):
            kind = rng.choices(("questions", "twice", "plain"), mixture)[0]
            if kind == "questions":
                layout = rng.choices(list(LAYOUTS), list(LAYOUTS.values()))[0]
                if layout == "facts":
                    ids, label = facts_in_prose(tokenizer, texts, rng, length)
                else:
                    ids, label = (
                        questions.within_prose(texts) if layout == "prose" else questions.sequence()
                    )
            else:
                ids = texts.twice(length) if kind == "twice" else texts.plain(length)
                label = [IGNORED] * len(ids)
            rows.append(ids)
            labels.append(label)
            asked.append(kind == "questions")
        yield pad(rows, END), pad(labels, IGNORED), torch.tensor(asked)
