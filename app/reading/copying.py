"""Focus: the best passages are read again right before the question, and the answer is copied out of them.

A small model answers from what is near. The excerpts (whole sentences, at most 160 words each) go into a short state
of their own; constrained decoding proposes spans of them; every span leads back to exact characters of a page.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from docqa.app.context.context import Context
from docqa.app.evidence.ranking import Ranked, WordIndex
from docqa.app.evidence.terms import terms
from docqa.app.quotes.align import find_whole
from docqa.app.reading.chat_prompting import PromptState
from docqa.ingest.structure.sentences import sentences

EXCERPT_WORDS = 160
DEFAULT_READER = {
    "reader_weight": 1.0,
    "evidence_weight": 0.25,
    "sentence_weight": 0.5,
    "vector_weight": 0.0,
    "length_weight": 1.0,
    "beams": 6,
    "max_tokens": 48,
    "sentences": 3,
}
_TRIM = " \t\r\n\u00a0,;:.!?…"
_OPENING, _CLOSING = "([{“‘\"'«", ")]}”’\"'»"


@dataclass(frozen=True)
class Excerpt:
    """Characters `start:end` of a page, as shown to the model; `text` has the same length, line breaks as spaces."""

    passage: int
    document: int
    page: int
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Candidate:
    """A span that the model would answer with: characters `start:end` of `page`.

    `logprob` is the sum over its `token_count` tokens and its end; `score` orders candidates of one question. What
    speaks for the place: `coverage` of the question's words in its sentence, `similarity` of the sentence to the
    question by the evidence head (0 without one), and how far its passage is `behind` the first one (at most 0).
    `pointed`: the span head's log-probability of the place where the reader read it again (0 where nothing was).
    """

    excerpt: int
    document: int
    page: int
    start: int
    end: int
    logprob: float
    token_count: int
    score: float
    coverage: float = 0.0
    similarity: float = 0.0
    behind: float = 0.0
    pointed: float = 0.0

    @property
    def mean_logprob(self) -> float:
        return self.logprob / max(self.token_count, 1)


@dataclass(frozen=True)
class Candidates:
    """What the model made of the excerpts; candidates best first; `refusal_logprob` of saying that nothing answers.

    `pointed_none`: the span head's log-probability of "no answer", where the excerpts were read again.
    """

    excerpts: tuple[Excerpt, ...]
    candidates: tuple[Candidate, ...]
    refusal_logprob: float | None
    prompt_tokens: int
    pointed_none: float | None = None


def excerpt(context: Context, index: int, question_terms: set[str], words: WordIndex) -> Excerpt:
    """The part of a passage that is shown: all of it, or the run of sentences within 160 words that fits best."""
    placed = context.passages[index]
    whole = context.text_of(placed)
    start, end = _best_run(whole, question_terms, words)
    text = whole[start:end]
    shown = "".join(" " if character.isspace() else character for character in text)
    return Excerpt(
        index, placed.document, placed.passage.page, placed.passage.start + start, placed.passage.start + end, shown
    )


def _best_run(text: str, question_terms: set[str], words: WordIndex) -> tuple[int, int]:
    spans = [(span.start, span.end) for span in sentences(text)]
    counts = [len(text[start:end].split()) for start, end in spans]
    if sum(counts) <= EXCERPT_WORDS or not spans:
        return 0, len(text)
    worth = [words.coverage(question_terms, set(terms(text[start:end]))) for start, end in spans]
    first, last = 0, len(spans)
    while last - first > 1 and sum(counts[first:last]) > EXCERPT_WORDS:
        # Of the two ends the one with less of the question goes; on a tie the later one.
        if worth[first] < worth[last - 1]:
            first += 1
        else:
            last -= 1
    start, end = spans[first][0], spans[last - 1][1]
    if counts[first] > EXCERPT_WORDS and last - first == 1:
        end = start + _length_of_words(text[start:end], EXCERPT_WORDS)
    return start, end


def _length_of_words(text: str, count: int) -> int:
    position = 0
    for _ in range(count):
        while position < len(text) and text[position].isspace():
            position += 1
        while position < len(text) and not text[position].isspace():
            position += 1
    return position


def read_focus(
    model: Any,
    question: str,
    excerpts: list[Excerpt],
    ranked: list[Ranked],
    words: WordIndex,
    asked: Any = None,
    begun: PromptState | None = None,
) -> Candidates:
    """Read `excerpts` and the question in a fresh state and propose spans; `ranked[i]` belongs to `excerpts[i]`.

    Spans are copied from anywhere, and again from the few sentences that the question is most like, so that a reader
    which is drawn elsewhere still says what it would answer there. `asked`: the question's vectors, if there are any.
    `begun`: the excerpts and the question were read already, through a chat template.
    """
    from docqa.model.decode.copy import copy_spans
    from docqa.model.prompts.prompt import REFUSAL, focus_prompt

    reader = {**DEFAULT_READER, **model.calibration.get("reader", {})}
    if begun is not None:
        prompt, state, seen, logits = begun.prompt, begun.state, begun.seen, begun.logits
    else:
        prompt = focus_prompt(model.tokenizer, [item.text for item in excerpts], question)
        state, seen = model.new_state(), []
        observe = None if asked is None else lambda _, hidden: seen.append(model.heads.evidence.token_vectors(hidden))
        logits = model.logits(model.prefill(prompt.ids, state, observe=observe))
    refusing = [*model.tokenizer.encode(REFUSAL), model.tokenizer.eos_id]
    refusal = continuation_logprob(model, state.fork(), logits, refusing)
    places = _Places(excerpts, ranked, set(terms(question)), words, reader)
    if asked is not None:
        places.compare(model.heads.evidence, asked, seen, prompt)
    spans = copy_spans(
        model, state, logits, prompt.ids, prompt.excerpt_ranges,
        also=places.best_sentences(prompt), beams=int(reader["beams"]), max_tokens=int(reader["max_tokens"]),
    )  # fmt: skip
    kept: dict[tuple[int, int, int], Candidate] = {}
    for span in spans:
        candidate = places.candidate(span, prompt)
        if candidate is not None:
            key = (candidate.excerpt, candidate.start, candidate.end)
            if key not in kept or kept[key].score < candidate.score:
                kept[key] = candidate
    ordered = sorted(kept.values(), key=lambda c: (-c.score, c.excerpt, c.start, c.end))
    return Candidates(tuple(excerpts), tuple(ordered), refusal, len(prompt.ids))


def continuation_logprob(model: Any, state: Any, logits: Any, ids: list[int]) -> float:
    """Sum of the log-probabilities of `ids` after `state`, whose next-token logits are `logits`; `state` is used up."""
    total = 0.0
    for position, token in enumerate(ids):
        total += float(logits.float().log_softmax(-1)[token])
        if position + 1 < len(ids):
            logits = model.logits(model.prefill([token], state))
    return total


def candidate_score(candidate: Candidate, reader: dict[str, Any]) -> float:
    """What orders candidates: the model's own probability of the words, and what speaks for their place.

    The log-probability is divided by a power of the length (`length_weight`), or long answers would never win.
    """
    likely = candidate.logprob / candidate.token_count ** float(reader["length_weight"])
    place = (candidate.coverage, candidate.similarity, candidate.behind)
    pointed = float(reader.get("pointed_weight", 0.0)) * candidate.pointed
    return float(reader["reader_weight"]) * likely + pointed + place_score(place, reader)


def place_score(place: tuple[float, float, float], reader: dict[str, Any]) -> float:
    """Weighted sum of (coverage, similarity, behind)."""
    names = ("sentence_weight", "vector_weight", "evidence_weight")
    return sum(float(reader[name]) * value for name, value in zip(names, place, strict=True))


@dataclass
class _Sentence:
    start: int
    end: int
    coverage: float
    similarity: float = 0.0


class _Places:
    """Leads a copied span to the place that it most likely means: the same words may stand in several sentences."""

    def __init__(
        self,
        excerpts: list[Excerpt],
        ranked: list[Ranked],
        wanted: set[str],
        words: WordIndex,
        reader: dict[str, Any],
    ) -> None:
        self.excerpts, self.ranked, self.reader = excerpts, ranked, reader
        self.sentences = [
            [
                _Sentence(s.start, s.end, words.coverage(wanted, set(terms(item.text[s.start : s.end]))))
                for s in sentences(item.text)
            ]
            for item in excerpts
        ]

    def compare(self, head: Any, asked: Any, seen: list[Any], prompt: Any) -> None:
        """Note how like the question every sentence is, by the vectors of the prompt's tokens."""
        import torch

        flat = [(number, sentence) for number, found in enumerate(self.sentences) for sentence in found]
        ranges = [self._tokens(number, sentence, prompt) for number, sentence in flat]
        for (_, sentence), value in zip(flat, head.scores(asked, torch.cat(seen), ranges).tolist(), strict=True):
            sentence.similarity = value

    def best_sentences(self, prompt: Any) -> list[tuple[int, int]]:
        """Token ranges of the sentences whose place alone speaks most for them, in reading order."""
        flat = [(number, sentence) for number, found in enumerate(self.sentences) for sentence in found]
        flat.sort(key=lambda pair: -place_score(self._signals(*pair), self.reader))
        best = [self._tokens(number, sentence, prompt) for number, sentence in flat[: int(self.reader["sentences"])]]
        return sorted((start, end) for start, end in best if start < end)

    def candidate(self, span: Any, prompt: Any) -> Candidate | None:
        """Candidate of a CopySpan; None when nothing but punctuation was copied."""
        number = next((i for i, (a, b) in enumerate(prompt.excerpt_ranges) if a <= span.start_token < b), None)
        if number is None:
            return None
        base, offsets, text = prompt.excerpt_ranges[number][0], prompt.offsets[number], self.excerpts[number].text
        start, end = offsets[span.start_token - base][0], min(offsets[span.end_token - 1 - base][1], len(text))
        start, end = trim(text, start, end)
        if start >= end:
            return None
        here = (number, start, end)
        found = [
            (other, match.start, match.end)
            for other, item in enumerate(self.excerpts)
            for match in find_whole(item.text, text[start:end])
        ]

        def worth(place: tuple[int, int, int]) -> tuple[float, int, int]:
            return place_score(self._at(*place), self.reader), -place[0], -place[1]

        number, start, end = max([here, *found], key=worth)
        shown = self.excerpts[number]
        bare = Candidate(
            number, shown.document, shown.page, shown.start + start, shown.start + end,
            float(span.logprob), int(span.token_count), 0.0, *self._at(number, start, end),
        )  # fmt: skip
        return replace(bare, score=candidate_score(bare, self.reader))

    def _at(self, number: int, start: int, end: int) -> tuple[float, float, float]:
        """(coverage, similarity, behind) of characters `start:end` of an excerpt."""
        touched = [self._signals(number, s) for s in self.sentences[number] if s.start < end and start < s.end]
        none = (0.0, 0.0, self.ranked[number].score - self.ranked[0].score)
        return max(touched, key=lambda place: place_score(place, self.reader), default=none)

    def _signals(self, number: int, sentence: _Sentence) -> tuple[float, float, float]:
        return sentence.coverage, sentence.similarity, self.ranked[number].score - self.ranked[0].score

    @staticmethod
    def _tokens(number: int, sentence: _Sentence, prompt: Any) -> tuple[int, int]:
        base = prompt.excerpt_ranges[number][0]
        inside = [
            j for j, (a, b) in enumerate(prompt.offsets[number]) if a < sentence.end and max(b - 1, a) >= sentence.start
        ]
        return (base + inside[0], base + inside[-1] + 1) if inside else (base, base)


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space and punctuation at its edges; brackets and quote marks stay when both are inside.

    A stop that belongs to the last word ("Inc.", "e.g.") goes too: the quote around the answer keeps it.
    """
    while True:
        before = (start, end)
        while start < end and text[start] in _TRIM:
            start += 1
        while end > start and text[end - 1] in _TRIM:
            end -= 1
        inner = text[start:end]
        if inner and inner[0] in _OPENING and not any(mark in inner[1:] for mark in _CLOSING):
            start += 1
        elif inner and inner[-1] in _CLOSING and not any(mark in inner[:-1] for mark in _OPENING):
            end -= 1
        if (start, end) == before:
            return start, end
