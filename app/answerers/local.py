"""Documents read into the state of a model that runs here, once."""

import time
from collections.abc import Iterator
from functools import cached_property

from docqa.app.answer.answer import Usage
from docqa.app.answer.events import Event
from docqa.app.context import plan
from docqa.app.context.plan import Plan, make_plan
from docqa.app.context.prefill import Prefiller
from docqa.app.context.provenance import Profile, make_state_profile
from docqa.app.storage.store import Store
from docqa.model.cost.plan import yarn_factor_for
from docqa.model.protocol import Model

from .corpus import Corpus


class LocalPrefill:
    """Mutable: it has the state of the documents. `room`: tokens for what comes after them;
    `layout`: of the Context, if not the bundled model's."""

    def __init__(
        self,
        corpus: Corpus,
        model: Model,
        store: Store | None,
        room: int = plan.QUESTION_TOKENS,
        layout: int | None = None,
    ) -> None:
        self.corpus = corpus
        self.model = model
        self._store = store
        self._room = room
        self._layout = layout
        self._charged = False  # the documents count as read for the first answer only

    @cached_property
    def yarn_factor(self) -> float:
        return yarn_factor_for(self.model.config, len(self.corpus.context) + self._room)

    @cached_property
    def profile(self) -> Profile:
        return make_state_profile(self.model, self.yarn_factor, self._layout)

    @cached_property
    def prefiller(self) -> Prefiller:
        return Prefiller(self.model, self.corpus.context, self.profile, self._store)

    @cached_property
    def plan(self) -> Plan:
        """Estimate before anything is read into the model. Raises ContextTooLong, with the numbers,
        past the limit.
        """
        reused = 0 if self.prefiller.finished else self.prefiller.reusable_tokens()
        return make_plan(self.model, self.yarn_factor, len(self.corpus.context), reused)

    @property
    def is_prefill_slow(self) -> bool:
        """Whether a preliminary answer is wanted before the documents are read."""
        return not self.prefiller.finished and self.plan.seconds > plan.PREVIEW_FROM_SECONDS

    def prefill_documents(self) -> Iterator[Event]:
        """Read all documents into the model, or load what is cached. Closing the generator keeps
        whole blocks.
        """
        yield from self.prefiller.prefill_remaining_tokens()

    def close(self) -> None:
        """Keep the whole blocks of a read that was left."""
        if "prefiller" in self.__dict__:
            self.prefiller.save_interrupted_prefill()

    def usage_since_start(self, start_time: float, *, includes_prefill: bool = True) -> Usage:
        """What an answer took since `start_time`; the first one from the state is charged with the
        read of it.
        """
        total = len(self.corpus.context) if includes_prefill else 0
        reused = total if self._charged or not includes_prefill else self.prefiller.tokens_reused
        self._charged |= includes_prefill
        return Usage(
            total - reused,
            reused,
            round(time.monotonic() - start_time, 3),
            includes_prefill and reused == total,
        )
