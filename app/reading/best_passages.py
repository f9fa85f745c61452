"""The best passages read with the question in mind: excerpts, by the reader (rereading.py), which
orders the evidence anew, and proposes spans of page characters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from docqa.app.answer.confidence import LEAST_PASSAGE, READER_WEIGHTS
from docqa.app.context.context import Context
from docqa.app.context.passage_vectors import similarities_to_question, text_below_headings
from docqa.app.evidence.ranking import PassageNumber, RankedPassage, WordIndex
from docqa.ingest.structure.page_breaks import sentence_over_break
from docqa.model.heads.excerpt_reading import ExcerptReader
from docqa.model.heads.shown_text import Insertion, show_with_insertions
from docqa.model.protocol import Model

from .candidates import (
    AnswerRequirements,
    CandidateSet,
    Excerpt,
    ScoredExcerpts,
    ScoredSentence,
    scored_sentences,
    whole_passage,
)
from .decision import decide_answer
from .rereading import ExcerptReadResult, choose_excerpts, read_excerpts, read_sentences_separately
from .words_before import words_shown_before

COMPARED_SPANS = 12  # likeliest ones, whose sentences are compared with the question
_MOST_REST_WORDS = 60


@dataclass(frozen=True)
class PassageReader:
    """`reader`, that of `model`, over the passages of one Context."""

    model: Model
    reader: ExcerptReader
    context: Context
    words: WordIndex

    def read_best_passages(
        self,
        question: str,
        ranked: list[RankedPassage],
        *,
        reorder: bool,
        passages: int | None = None,
        always_read: Sequence[PassageNumber] = (),
        part_count: int = 1,
        wanted: AnswerRequirements,
    ) -> tuple[list[RankedPassage], CandidateSet]:
        """(all of `ranked` in the reader's order, what it read in the first of them).

        `reorder` False keeps the order, for measuring. `passages`: how many of the first are read,
        by default as calibrated. `always_read`: passages that are read before all others. `part_count`: of
        how many parts of a question this is one; together they read as many excerpts as a question
        does. `wanted`: what the answer has to be.
        """
        weights = {**READER_WEIGHTS, **self.model.calibration.get("span_reader", {})}
        numbers = self._passages_to_read(ranked, passages or int(weights["passages"]), always_read)
        if not numbers:
            return ranked, CandidateSet()
        excerpts = [whole_passage(self.context, number) for number in numbers]
        above = [self._headings_above(number) for number in numbers]
        order = [numbers.index(number) for number in always_read if number in numbers]
        order += [slot for slot, number in enumerate(numbers) if number not in always_read]
        most = min(passages or len(numbers), int(weights["excerpts"]) // part_count or 1)
        most += len(set(always_read) & set(numbers))
        reading = self._read_excerpts(
            question, excerpts, above, order, most, int(weights["max_tokens"])
        )
        likely = {numbers[slot]: value for slot, value in reading.passages.items()}
        ordered = _reorder_by_reader(ranked, likely, weights["again_weight"] if reorder else 0.0)
        scores = {item.passage_number: item.score for item in ordered}
        behind = [scores[number] - ordered[0].score for number in numbers]
        sentences = [scored_sentences(item.text, question, self.words) for item in excerpts]
        if weights["vector_weight"]:
            sentences = self._add_question_similarities(question, excerpts, sentences, reading)
        places = ScoredExcerpts(excerpts, sentences, behind, weights)
        alone = partial(read_sentences_separately, self.reader, question, above)
        documents = self.context.documents
        return ordered, decide_answer(reading, places, documents, question, above, alone, wanted)

    def _passages_to_read(
        self, ranked: Sequence[RankedPassage], count: int, always_read: Sequence[PassageNumber]
    ) -> list[PassageNumber]:
        """The first `count` passages that have words, and those of `always_read`, in the order of
        `ranked`.
        """
        with_words: list[PassageNumber] = []
        for item in ranked:
            placed = self.context.passages[item.passage_number]
            if placed.token_end > placed.token_start:
                with_words.append(item.passage_number)
        return with_words[:count] + [
            number for number in with_words[count:] if number in always_read
        ]

    def _headings_above(self, number: PassageNumber) -> str:
        placed = self.context.passages[number]
        title = self.context.documents[placed.document].title
        return " > ".join(filter(None, (title, *placed.passage.section)))

    def _read_excerpts(
        self,
        question: str,
        excerpts: Sequence[Excerpt],
        headings: Sequence[str],
        order: Sequence[int],
        max_excerpts: int,
        max_span_tokens: int,
    ) -> ExcerptReadResult:
        """What the reader makes of the first `max_excerpts` pieces of `excerpts` in `order`. It sees the
        whole of a sentence over a page break; its answer begins on the passage's page."""
        texts = [excerpt.text + self._rest_of_sentence(excerpt) for excerpt in excerpts]
        inserted = [self._words_before(e, 0, len(e.text)) for e in excerpts]
        pieces = choose_excerpts(texts, order, max_excerpts, inserted)
        shown = [
            show_with_insertions(
                texts[p.slot], p.start, p.end, self._words_before(excerpts[p.slot], p.start, p.end)
            )
            for p in pieces
        ]
        reading = read_excerpts(
            self.reader, question, headings, pieces, shown, max_span_tokens=max_span_tokens
        )
        return replace(
            reading,
            spans=tuple(
                span for span in reading.spans if span.start < len(excerpts[span.slot].text)
            ),
        )

    def _words_before(self, excerpt: Excerpt, start: int, end: int) -> list[Insertion]:
        """What the characters `start:end` of an excerpt are shown with."""
        document = self.context.documents[excerpt.document]
        first = excerpt.start
        before = words_shown_before(document, excerpt.page, first + start, first + end)
        return [(offset - first, words) for offset, words in before]

    def _rest_of_sentence(self, excerpt: Excerpt) -> str:
        """What the next page has of the sentence in which a passage ends, after a space; mostly
        nothing.
        """
        document = self.context.documents[excerpt.document]
        broken = sentence_over_break(document, excerpt.page)
        if not broken or broken[0].end != excerpt.end:
            return ""
        rest = broken[1].of(document.pages[excerpt.page].text)
        return f" {rest}" if rest.count(" ") < _MOST_REST_WORDS else ""

    def _add_question_similarities(
        self,
        question: str,
        excerpts: Sequence[Excerpt],
        sentences: list[list[ScoredSentence]],
        reading: ExcerptReadResult,
    ) -> list[list[ScoredSentence]]:
        """`sentences` of each excerpt; those of the likeliest spans with their likeness to the
        question, by the passage encoder.
        """
        texts: dict[tuple[int, int], str] = {}
        for span in reading.spans[:COMPARED_SPANS]:
            excerpt = excerpts[span.slot]
            above = self.context.passages[excerpt.passage_number].passage.section
            for sentence in sentences[span.slot]:
                if sentence.start < span.end and span.start < sentence.end:
                    text = excerpt.text[sentence.start : sentence.end]
                    texts[span.slot, sentence.start] = text_below_headings(above, text)
        if not self.model.passage_encoder or not texts:
            return sentences
        values = similarities_to_question(
            self.model.passage_encoder, question, list(texts.values())
        ).tolist()
        likeness = dict(zip(texts, values, strict=True))
        return [
            [replace(each, similarity=likeness.get((slot, each.start), 0.0)) for each in of_excerpt]
            for slot, of_excerpt in enumerate(sentences)
        ]


def _reorder_by_reader(
    ranked: Sequence[RankedPassage], passage_logprobs: Mapping[PassageNumber, float], weight: float
) -> list[RankedPassage]:
    """`ranked` by their scores and the log-probabilities of those that the reader read."""
    ordered: list[RankedPassage] = []
    for item in ranked:
        logprob = passage_logprobs.get(item.passage_number)
        bounded = LEAST_PASSAGE if logprob is None else max(logprob, LEAST_PASSAGE)
        ordered.append(replace(item, score=item.score + weight * bounded, reader=logprob))
    ordered.sort(key=lambda item: -item.score)
    return ordered
