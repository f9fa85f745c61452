"""Documents prefilled into states of a model that runs here, once: each by itself, or all as one
context."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from docqa.app.answer.answer import Usage
from docqa.app.answer.events import Event, Notice, ReadProgress
from docqa.app.context import plan
from docqa.app.context.plan import Plan, make_plan
from docqa.app.context.prefill import Prefiller
from docqa.app.context.provenance import Profile, make_state_profile
from docqa.app.storage.store import Store, StoreEntry
from docqa.model.cost.plan import yarn_factor_for
from docqa.model.protocol import Model

from .corpus import Corpus


@dataclass(eq=False)
class LocalPrefill:
    """The prefill of a Corpus: all as one context, or `separate`: each document by itself, so that
    another question over other documents finds it cached. Mutable: it has the states. `room`:
    tokens for what comes after them; `layout`: of the Context, if not the bundled model's."""

    corpus: Corpus
    model: Model
    store: Store | None
    room: int = plan.QUESTION_TOKENS
    layout: int | None = None
    separate: bool = False

    def __post_init__(self) -> None:
        self.separate = self.separate and len(self.corpus.documents) > 1

    @cached_property
    def parts(self) -> Sequence["LocalPrefill"]:
        """The prefill of each document by itself; of a joint context its only one."""
        if not self.separate:
            return (self,)
        return tuple(
            replace(self, corpus=corpus, separate=False) for corpus in self.corpus.single_documents
        )

    @cached_property
    def yarn_factor(self) -> float:
        return yarn_factor_for(self.model.config, self.longest_context + self.room)

    @property
    def longest_context(self) -> int:
        """Tokens of the longest context."""
        return max(len(part.corpus.context) for part in self.parts)

    @property
    def total_tokens(self) -> int:
        return sum(len(part.corpus.context) for part in self.parts)

    @cached_property
    def profile(self) -> Profile:
        """The profile of the states, where there are several of that of the longest."""
        return make_state_profile(self.model, self.yarn_factor, self.layout)

    @cached_property
    def prefillers(self) -> list[Prefiller]:
        if self.separate:
            return [part.prefiller for part in self.parts]
        return [Prefiller(self.model, self.corpus.context, self.profile, self.store)]

    @property
    def prefiller(self) -> Prefiller:
        """The only one of a joint context."""
        return self.prefillers[0]

    @cached_property
    def plan(self) -> Plan:
        """Estimate before anything is prefilled. Raises ContextTooLong, with the numbers, past the
        limit.
        """
        sizes = [
            (each.total_tokens, 0 if each.finished else each.reusable_tokens())
            for each in self.prefillers
        ]
        return make_plan(self.model, self.yarn_factor, sizes)

    @property
    def is_prefill_slow(self) -> bool:
        """Whether a preliminary answer is wanted before the documents are prefilled."""
        finished = all(each.finished for each in self.prefillers)
        return not finished and self.plan.seconds > plan.PREVIEW_FROM_SECONDS

    @property
    def tokens_reused(self) -> int:
        return sum(each.tokens_reused for each in self.prefillers)

    def prefill_documents(self) -> Iterator[Event]:
        """Prefill all documents, or load what is cached. Closing the generator keeps whole
        blocks.
        """
        before = 0
        total = self.total_tokens
        for prefiller in sorted(self.prefillers, key=lambda each: not each.finished):
            for event in prefiller.prefill_remaining_tokens():
                yield progress_over_all(event, before, total)
            before += prefiller.total_tokens
        saved = [each for each in self.prefillers if each.has_saved]
        if self.store and saved:
            yield from self._prune_cache(self.store)
        for each in saved:
            each.has_saved = False

    def _prune_cache(self, store: Store) -> Iterator[Event]:
        """Evict what is over the budget, and states of several documents that a model with a reader
        had before each document was prefilled by itself."""

        def is_joint(entry: StoreEntry) -> bool:
            details = entry.details
            model = details.get("profile", {}).get("model")
            several = len(details.get("documents", ())) > 1
            return several and self.model.has_reader and model == self.model.fingerprint

        for gone in store.prune(damaged=False, is_outdated=is_joint):
            names = ", ".join(gone.files) or gone.key[:12]
            if not is_joint(gone):
                yield Notice(f"deleted from the cache, which is over its budget: {names}")

    def close(self) -> None:
        """Keep the whole blocks of a prefill that was interrupted."""
        for prefiller in vars(self).get("prefillers", ()):
            prefiller.save_interrupted_prefill()

    def usage_since_start(self, start_time: float, *, includes_prefill: bool = True) -> Usage:
        """What an answer took since `start_time`; the first one from a state is charged with its
        prefill.
        """
        charged = self.prefillers if includes_prefill else []
        total = sum(each.total_tokens for each in charged)
        reused = sum(
            each.total_tokens if each.is_charged else each.tokens_reused for each in charged
        )
        for each in charged:
            each.is_charged = True
        seconds = seconds_since(start_time)
        return Usage(total - reused, reused, seconds, includes_prefill and reused == total)


def seconds_since(started: float) -> float:
    """The seconds, as `usage` has them, since a time of `time.monotonic`."""
    return round(time.monotonic() - started, 3)


def progress_over_all(event: Event, tokens_before: int, total: int) -> Event:
    """Progress of one document as progress over all, of `total` tokens; other events as they
    are.
    """
    if not isinstance(event, ReadProgress) or event.total == total:
        return event
    done = tokens_before + event.done
    if event.done == event.total and done < total:
        done -= 1  # only the last document ends it
    speed = event.tokens_per_second
    eta = (total - done) / speed if speed else None
    return replace(event, done=done, total=total, eta_seconds=eta)
