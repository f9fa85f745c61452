"""Session: documents read once, asked many times. Mutable: it holds the state, the word index and the vectors."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import TracebackType
from typing import Any

import numpy as np

from docqa.app.answer.answer import Answer, CoverageReport, Quote, Usage
from docqa.app.answer.events import Event, Finished, Notice, Preview
from docqa.app.answerers import compose
from docqa.app.context.context import Context, lay_out
from docqa.app.context.prefill import Prefiller
from docqa.app.context.provenance import Profile, answer_provenance, profile_of
from docqa.app.errors import UsageError
from docqa.app.evidence.ranking import Ranked, WordIndex, rank
from docqa.app.evidence.terms import terms
from docqa.app.quotes.verifier import Verifier
from docqa.app.reading import answerability as refusal
from docqa.app.reading.chat_prompting import PromptState, begin, begin_silently
from docqa.app.reading.copying import Candidates, Excerpt, excerpt, read_focus
from docqa.app.reading.shown import ShownAnswers
from docqa.app.reading.spans import QuestionVectors, Rows, rank_few, read_by_spans, read_passages_alone, read_question
from docqa.app.session.engine import Options, load_model
from docqa.app.storage.store import Store
from docqa.ingest.types import Document

PREVIEW_FROM_SECONDS = 30.0
PREVIEW_PASSAGES = 16  # found by their words, ranked and read again by the model before the documents are
_QUESTION_TOKENS = 1_024  # room for a question behind the documents when the YaRN factor is chosen


@dataclass(frozen=True)
class Plan:
    """What reading takes on this machine; sizes in bytes, `seconds` for the tokens that are not reused."""

    tokens: int
    seconds: float
    memory_bytes: int
    disk_bytes: int
    yarn_factor: float
    tokens_reused: int


class Session:
    """One context of documents, in the order given; close it, or use it in a `with`."""

    def __init__(
        self,
        documents: list[Document],
        options: Options,
        *,
        store: Store | None = None,
        warnings: list[str] | None = None,
        notices: list[str] | None = None,
        model: Any = None,
    ) -> None:
        self.documents = tuple(documents)
        self.options = options
        self.store = store
        self.warnings = list(warnings or [])
        self.notices = list(notices or [])
        self._told = False
        self._given_model = model
        self._charged = False
        self._looked: tuple[str, list[Ranked], Candidates | None] | None = None
        self._question: tuple[str, QuestionVectors] | None = None
        self._begun: tuple[tuple[str, list[Excerpt]], PromptState] | None = None

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Keep the whole blocks of a read that was left, and let other processes evict what this session used."""
        if "reader" in self.__dict__:
            self.reader.keep_progress()
        if self.store is not None:
            self.store.unpin()

    # What is made once, when it is first needed

    @cached_property
    def model(self) -> Any:
        return self._given_model if self._given_model is not None else load_model(self.options)

    @cached_property
    def context(self) -> Context:
        return lay_out(list(self.documents), self.model.tokenizer)

    @cached_property
    def chat_template(self) -> Any:
        """How the checkpoint wants to be asked; None where it has no template, or a head of its own that answers."""
        from docqa.model.prompts.chat_template import ChatTemplate

        return ChatTemplate.load(self.model.folder) if self.model.heads.span is None else None

    @cached_property
    def yarn_factor(self) -> float:
        from docqa.model.cost.plan import yarn_factor_for

        return float(yarn_factor_for(self.model.config, len(self.context) + _QUESTION_TOKENS))

    @cached_property
    def profile(self) -> Profile:
        return profile_of(self.model, self.yarn_factor)

    @cached_property
    def reader(self) -> Prefiller:
        return Prefiller(self.model, self.context, self.profile, self.store)

    @cached_property
    def index(self) -> WordIndex:
        return WordIndex.of(self.context)

    @cached_property
    def verifier(self) -> Verifier:
        return Verifier(self.documents)

    @cached_property
    def plan(self) -> Plan:
        """Estimate before anything is read into the model. Raises ContextTooLong, with the numbers, past the limit."""
        reused = 0 if self.reader.state is not None else self.reader.reusable_tokens()
        return make_plan(self.model, self.yarn_factor, len(self.context), reused)

    # Reading and asking

    def read(self) -> Iterator[Event]:
        """Read all documents into the model, or take up what is kept. Closing the generator keeps whole blocks."""
        yield from self._tell()
        yield from self.reader.read()

    def ask(self, question: str) -> Iterator[Event]:
        """Answer `question`: a preview first where reading takes long, then reading, quotes, and Finished.

        Raises UsageError for an empty question.
        """
        asked = self._checked(question)
        yield from self._tell()
        if self.options.quick:
            yield Finished(self.preview(asked))
            return
        if self.options.preview and self.reader.state is None and self.plan.seconds > PREVIEW_FROM_SECONDS:
            yield Preview(self.preview(asked))
        started = time.monotonic()
        yield from self.reader.read()
        yield from self._think(asked)
        yield Finished(self._answer(asked, started))

    def preview(self, question: str) -> Answer:
        """A preliminary answer from the passages that literal words find; status `partial`, no document state used."""
        asked = self._checked(question)
        started = time.monotonic()
        ranked, reading = self._preview(asked, rank(asked, self.index))
        tokens = reading.prompt_tokens if reading else 0
        usage = Usage(tokens, 0, round(time.monotonic() - started, 3), False)
        return self._compose(asked, ranked, reading, usage, preliminary=True)

    def ask_again(self, question: str, without: Sequence[Quote], nearest: int = 0) -> Answer:
        """The answer of the candidates that are left when those in `without` are passed over; nothing is read anew.

        `nearest`: how many passages of the ranking `evidence` passes over. After an answer to the same question.
        """
        asked = self._checked(question)
        started = time.monotonic()
        quick = self.options.quick
        ranked, reading = self._preview(asked, rank(asked, self.index)) if quick else self._look(asked)
        if reading is not None:
            places = ShownAnswers.of(without)
            left = tuple(candidate for candidate in reading.candidates if not places.hold(candidate, self.documents))
            reading = replace(reading, candidates=left)
        usage = Usage(0, len(self.context), round(time.monotonic() - started, 3), True)
        return self._compose(asked, ranked, reading, usage, preliminary=quick, nearest=nearest)

    def rank(self, question: str) -> list[Ranked]:
        """All passages for `question`, best first, after `read`."""
        return self._look(question)[0]

    def vector_scores(self, question: str) -> np.ndarray | None:
        """The evidence head's score of every passage, [passages]; None without that head."""
        head = self.model.heads.evidence
        if head is None:
            return None
        rows = self.model.heads.evidence_rows(self.reader.vectors.rows(len(self.context)))
        spans = [(placed.token_start, placed.token_end) for placed in self.context.passages]
        return np.asarray(head.scores(self._asked(question).vectors, rows, spans), dtype=np.float64)

    def read_answer(self, question: str, ranked: list[Ranked]) -> tuple[list[Ranked], Candidates | None]:
        """The passages in the reader's order, and its reading of the best: by the span head, or by focus without one.

        The reading is None when there is no passage at all; with the model's scores off the order stays.
        """
        if self.model.heads.span is None or not ranked:
            return ranked, self._focus(question, ranked)
        return self._read_spans(question, ranked, self._kept_rows())

    def _read_spans(self, question: str, ranked: list[Ranked], rows: Rows) -> tuple[list[Ranked], Candidates]:
        return read_by_spans(
            self.model, question, self._asked(question), self.context, ranked, rows, self.index,
            reorder=self.options.model_scores,
        )  # fmt: skip

    # Parts

    def _checked(self, question: str) -> str:
        asked = question.strip()
        if not asked:
            raise UsageError(
                "the question is empty", hint='write it in quotation marks: docqa ask file.pdf "When does it end?"'
            )
        return asked

    def _tell(self) -> Iterator[Event]:
        if not self._told:
            self._told = True
            yield from (Notice(message) for message in [*self.warnings, *self.notices])

    def _look(self, question: str) -> tuple[list[Ranked], Candidates | None]:
        """Ranking and reading of the last question, made once."""
        if self._looked is None or self._looked[0] != question:
            self._looked = (question, *self.read_answer(question, self._rank(question)))
        return self._looked[1], self._looked[2]

    def _rank(self, question: str) -> list[Ranked]:
        weights = self.model.calibration.get("evidence_weights")
        if not weights:
            return rank(question, self.index)
        vector = self.vector_scores(question) if weights.get("vector") else None
        # Without the model's scores words alone rank; whether the documents answer is calibrated with the vectors too.
        return rank(question, self.index, vector=vector, weights=weights if self.options.model_scores else None)

    def _preview(self, question: str, ranked: list[Ranked]) -> tuple[list[Ranked], Candidates | None]:
        """Rank and read the few passages that words find, without the state of the documents."""
        few = ranked[:PREVIEW_PASSAGES]
        if self.model.heads.span is None or not few:
            return ranked, self._focus(question, ranked)
        rows = read_passages_alone(self.model, self.context, [item.index for item in few])
        weights = self.model.calibration.get("evidence_weights", {})
        scored = rank_few(self.model, few, self._asked(question), rows, weights)
        if self.options.model_scores:
            few = scored
        else:
            vectors = {item.index: item.vector for item in scored}
            few = [replace(item, vector=vectors[item.index]) for item in few]
        return self._read_spans(question, few, rows)

    @property
    def _preview_passages(self) -> int:
        return min(
            PREVIEW_PASSAGES if self.model.heads.span is not None else self.options.k, len(self.context.passages)
        )

    def _kept_rows(self) -> Rows:
        rows: Any = self.reader.vectors.rows(len(self.context))
        placed = self.context.passages
        return lambda index: rows[placed[index].token_start : placed[index].token_end]

    def _asked(self, question: str) -> QuestionVectors:
        """The question as the model's heads see it."""
        if self._question is None or self._question[0] != question:
            self._question = (question, read_question(self.model, question))
        return self._question[1]

    def _focus(self, question: str, ranked: list[Ranked]) -> Candidates | None:
        top = ranked[: self.options.k]
        if not top:
            return None
        excerpts = self._excerpts(question, top)
        asked = self._asked(question).vectors if self._observed else None
        begun: PromptState | None = None
        if self.chat_template is not None:
            kept = self._begun
            if kept is not None and kept[0] == (question, excerpts):
                begun = kept[1]
            else:
                texts = [item.text for item in excerpts]
                begun = begin_silently(self.model, self.chat_template, texts, question, observed=self._observed)
        return read_focus(self.model, question, excerpts, top, self.index, asked, begun)

    def _think(self, question: str) -> Iterator[Event]:
        """Let a checkpoint that thinks do so about the best passages; its answer will follow from there."""
        template = self.chat_template
        if template is None or not template.thinks(self.options.think):
            return
        if self._looked is not None and self._looked[0] == question:
            return
        excerpts = self._excerpts(question, self._rank(question)[: self.options.k])
        if excerpts:
            texts = [item.text for item in excerpts]
            begun = yield from begin(self.model, template, texts, question, think=True, observed=self._observed)
            self._begun = ((question, excerpts), begun)

    def _excerpts(self, question: str, top: list[Ranked]) -> list[Excerpt]:
        wanted = set(terms(question))
        return [excerpt(self.context, item.index, wanted, self.index) for item in top]

    @property
    def _observed(self) -> bool:
        """Whether the evidence head sees the excerpts, to compare their sentences with the question."""
        return bool(self.options.model_scores and self.model.heads)

    def _answer(self, question: str, started: float) -> Answer:
        ranked, reading = self._look(question)
        reused = self.reader.tokens_reused if not self._charged else len(self.context)
        self._charged = True
        total = len(self.context)
        usage = Usage(total - reused, reused, round(time.monotonic() - started, 3), reused == total)
        return self._compose(question, ranked, reading, usage, preliminary=False)

    def _compose(
        self, question: str, ranked: list[Ranked], reading: Candidates | None, usage: Usage, *,
        preliminary: bool, nearest: int = 0,
    ) -> Answer:  # fmt: skip
        from docqa.model.state.state import attention_kind

        calibration = self.model.calibration.get("refusal") or (refusal.CHAT if self.chat_template else None)
        values = refusal.features(question, self.context, self.index, ranked, reading)
        likely = refusal.probability(values, calibration)
        empty = self.model.new_state(self.yarn_factor, layers=self.profile.layers)
        attention = attention_kind(empty, len(self.context))
        found = compose.AnswerDraft(
            question=question,
            ranked=ranked[nearest : nearest + max(self.options.k, 3)],
            reading=reading,
            probability=likely,
            refused=refusal.refused(likely, calibration) or reading is None or not reading.candidates,
            preliminary=preliminary,
            coverage=self._coverage(preliminary),
            usage=usage,
            provenance=answer_provenance(self.profile, self.documents, self.options.recorded(), attention),
        )
        return compose.compose(found, self.context, self.verifier)

    def _coverage(self, preliminary: bool) -> CoverageReport:
        several = len(self.documents) > 1
        parts = [document.coverage for document in self.documents]
        warnings = [
            f"{document.path}: {warning}" if several else warning
            for document in self.documents
            for warning in document.coverage.warnings
        ]
        total = len(self.context)
        if preliminary:
            few = self._preview_passages
            warnings.append(f"preliminary: from the {few} best passages by their words; {total:,} tokens not read")
        return CoverageReport(
            tokens=total,
            tokens_read=0 if preliminary else total,
            pages=sum(part.pages for part in parts),
            pages_without_text=tuple(page for part in parts for page in part.pages_without_text),
            ocr_pages=tuple(page for part in parts for page in part.ocr_pages),
            hidden_spans=sum(part.hidden_spans for part in parts),
            warnings=(*self.warnings, *warnings),
        )


def make_plan(model: Any, yarn_factor: float, tokens: int, reused: int) -> Plan:
    """Plan of reading `tokens` of which `reused` are kept; a long one is timed on a short trial first."""
    from docqa.model.checkpoints.experts import pool_bytes
    from docqa.model.checkpoints.weights import weight_files
    from docqa.model.cost.plan import estimate, parameters
    from docqa.model.cost.speed import measured_speed

    item, config = int(model.dtype.itemsize), model.config.first_layers(model.answer_layers)
    on_disk = sum(path.stat().st_size for path in weight_files(model.folder))
    on_disk = on_disk * parameters(config)["total"] // parameters(model.config)["total"]
    packed, pool = bool(model.lower.held()), pool_bytes(model.lower)
    guess = estimate(config, tokens, item=item, weights_on_disk=on_disk, packed=packed, expert_bytes=pool)
    if guess.seconds > PREVIEW_FROM_SECONDS / 3 and reused < tokens:
        speed = measured_speed(model, config.num_hidden_layers)
        guess = estimate(
            config, tokens, item=item, weights_on_disk=on_disk, packed=packed, expert_bytes=pool, speed=speed
        )
    share = (tokens - reused) / tokens if tokens else 0.0
    return Plan(tokens, guess.seconds * share, guess.memory_bytes, guess.disk_bytes, yarn_factor, reused)
