"""The best passages read again with the question in mind. The reader
(model/heads/excerpt_reading.py) says where the answer is, how likely each passage and none has it,
what form of answer is wanted, and which words are items of a list; then whether each of the best
sentences answers, and yes or no."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from docqa.app.answer.confidence import chance_from_log_odds
from docqa.ingest.language.sentences import sentences
from docqa.model.heads.excerpt_reading import ExcerptReader, predict_spans, reader_inputs
from docqa.model.heads.reader_text import FORMS
from docqa.model.heads.shown_text import Insertion, ShownText, show_with_insertions

from .candidates import AnswerForm

WORDS = 150  # of an excerpt, as it is shown: a longer passage is read in parts
_LONG = 200  # words: a longer sentence, as a table, is cut
_WORD = re.compile(r"\S+")


@dataclass(frozen=True)
class ExcerptPlace:
    """Characters `start:end` of the passage number `slot` of those that are read."""

    slot: int
    start: int
    end: int


@dataclass(frozen=True)
class ExcerptSpan(ExcerptPlace):
    """Words of excerpt number `excerpt` that may be the answer or an item; `logprob`: of start plus
    end, or an item; `said`: the same by another reader."""

    excerpt: int
    logprob: float
    said: float | None = None


class SentenceOdds(NamedTuple):
    """Log-odds, by one sentence alone, that it answers, and of yes: its sign is right for 80 % of
    605 held-out questions, for 77 % with the excerpt around it."""

    answers: float
    yes: float

    @property
    def chance(self) -> float:
        return chance_from_log_odds(self.answers)


@dataclass(frozen=True)
class ExcerptReadResult:
    """What was read, by the number of the excerpt unless said otherwise.

    `spans` best first; `items` of a list in the order of the text; `likely`: the log-probability
    that the answer is in an excerpt, `none` that it is in none, `passages` the same by passage;
    `answers`: log-odds that an excerpt answers by itself; `forms`: probabilities; `tokens` read.
    """

    excerpts: tuple[ExcerptPlace, ...]
    spans: tuple[ExcerptSpan, ...]
    items: tuple[ExcerptSpan, ...]
    likely: tuple[float, ...]
    none: float
    answers: tuple[float, ...]
    forms: dict[AnswerForm, float]
    tokens: int

    @property
    def passages(self) -> dict[int, float]:
        found: dict[int, float] = {}
        for place, value in zip(self.excerpts, self.likely, strict=True):
            found[place.slot] = max(value, found.get(place.slot, value))
        return found


def choose_excerpts(
    texts: Sequence[str],
    order: Sequence[int],
    max_excerpts: int,
    insertions: Sequence[Sequence[Insertion]] = (),
) -> list[ExcerptPlace]:
    """The first `max_excerpts` excerpts of the passages `texts` in `order`, the best first;
    `insertions`: what each passage is shown with.
    """
    found: list[ExcerptPlace] = []
    for passage in order:
        inserted = insertions[passage] if insertions else ()
        found += split_passage_into_excerpts(texts[passage], passage, inserted)
        if len(found) >= max_excerpts:
            break
    return found[:max_excerpts]


def split_passage_into_excerpts(
    text: str, passage: int, insertions: Sequence[Insertion]
) -> list[ExcerptPlace]:
    """Whole sentences of a passage in runs of at most `WORDS` words; one that is much longer, as a
    table, in parts.
    """
    found: list[ExcerptPlace] = []
    words = 0
    for start, end in (
        part
        for span in sentences(text)
        for part in _split_long_sentence(text, span.start, span.end)
    ):
        count = len(show_with_insertions(text, start, end, insertions).text.split())
        if found and words + count <= WORDS:
            found[-1] = replace(found[-1], end=end)
            words += count
        else:
            found.append(ExcerptPlace(passage, start, end))
            words = count
    return found


def _split_long_sentence(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """A sentence, or runs of `WORDS` words of a longer one."""
    words = [
        (start + match.start(), start + match.end()) for match in _WORD.finditer(text[start:end])
    ]
    if len(words) <= _LONG:
        return [(start, end)]
    return [
        (run[0][0], run[-1][1])
        for run in (words[at : at + WORDS] for at in range(0, len(words), WORDS))
    ]


def read_excerpts(
    reader: ExcerptReader,
    question: str,
    headings: Sequence[str],
    excerpts: Sequence[ExcerptPlace],
    shown: Sequence[ShownText],
    *,
    max_span_tokens: int,
) -> ExcerptReadResult:
    """Read `excerpts` (at least one) of passages below `headings`, each as it is `shown`; spans
    begin in words of the passage and have at most `max_span_tokens` tokens.
    """
    found = predict_spans(
        reader,
        question,
        [each.text for each in shown],
        [headings[excerpt.slot] for excerpt in excerpts],
        longest=max_span_tokens,
    )

    def place(
        number: int, first: int, last: int, logprob: float, said: float | None = None
    ) -> Iterator[ExcerptSpan]:
        places = found.places[number]
        span = shown[number].source_span(places[first][0], places[last][1])
        if span:
            yield ExcerptSpan(excerpts[number].slot, *span, number, logprob, said)

    return ExcerptReadResult(
        tuple(excerpts),
        tuple(
            placed
            for span in found.spans.spans
            for placed in place(span.passage, span.first, span.last, span.score, span.said)
        ),
        tuple(
            placed
            for number, items in enumerate(found.items)
            for item in items
            for placed in place(number, item.first, item.last, item.chance)
        ),
        tuple(found.spans.passages.tolist()),
        found.spans.none,
        tuple(found.answers),
        {AnswerForm(name): chance for name, chance in zip(FORMS, found.forms, strict=True)},
        sum(map(len, found.places)),
    )


def read_sentences_separately(
    reader: ExcerptReader,
    question: str,
    headings: Sequence[str],
    passage_sentences: Sequence[tuple[int, str]],
) -> list[SentenceOdds]:
    """Read sentences by themselves: (number of the passage, by which `headings` go; text) of
    each.
    """
    texts = [reader.tokenizer.encode(text) for _, text in passage_sentences]
    read = reader.excerpt_logits(
        reader_inputs(
            reader.tokenizer,
            question,
            texts,
            [headings[passage] for passage, _ in passage_sentences],
        )
    )
    return [SentenceOdds(each.answers, each.yes) for each in read]
