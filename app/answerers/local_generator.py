"""A checkpoint that writes here: from its state of the whole documents, or from numbered sentences
of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from docqa.app.answer.text import JsonObject
from docqa.app.context import plan
from docqa.app.context.provenance import answer_provenance, make_state_profile
from docqa.app.models.library import name_of
from docqa.app.options import Options
from docqa.app.storage.store import Store
from docqa.model.cost.plan import yarn_factor_for
from docqa.model.errors import ContextTooLong
from docqa.model.prompts.chat_template import ChatTemplate
from docqa.model.prompts.conversation import CONVERSATION_LAYOUT, PromptForm, TemplateConversation
from docqa.model.protocol import Model, writing_model
from docqa.model.state.long_attention import attention_kind
from docqa.model.state.state import State

from .answerer import Replying, Stopped
from .corpus import Corpus
from .local import LocalPrefill
from .third_party import options_for_provenance
from .writing.excerpts import MOST_TOKENS, Given
from .writing.generation import think_before_reply, write_reply

WHOLE_TOKENS = (
    3_072  # documents of at most so many tokens are read as a whole where nothing else is asked for
)
ROOM = 4_096  # tokens for a question, the turns before it, a thought and the answer
LEAST_TOKENS = 1_024  # tokens of passages that a model is given however short its context is


@dataclass
class LocalGenerator:
    """Mutable: it has the state that read what was given last. `reading` has that of the
    documents.
    """

    corpus: Corpus
    model: Model
    template: ChatTemplate
    options: Options
    store: Store | None
    _given: tuple[Given, State] | None = None

    def __post_init__(self) -> None:
        self.reading = LocalPrefill(self.corpus, self.model, self.store, ROOM, CONVERSATION_LAYOUT)
        self.name = name_of(self.model.folder)
        self.budget = min(MOST_TOKENS, max(self.model.config.native_context - ROOM, LEAST_TOKENS))

    @property
    def whole(self) -> bool:
        """As it is asked for; by default where the documents were read into this model before, or
        are short and fit it."""
        if self.options.source != "auto":
            return self.options.source == "whole"
        tokens = len(self.corpus.context)
        if tokens <= WHOLE_TOKENS and plan.fits_context_and_memory(self.model, tokens + ROOM):
            return True
        try:
            return (
                self.reading.prefiller.finished
                or self.reading.prefiller.reusable_tokens() == tokens
            )
        except ContextTooLong:
            return False

    def reply(
        self,
        form: PromptForm,
        given: Given,
        said: Sequence[str],
        stopped: Stopped = bool,
    ) -> Replying:
        """Write in a state of its own, after a thought where the model thinks."""
        model = self.model
        conversation = TemplateConversation(self.template, model.tokenizer, form)
        thinks = self.template.should_think(self.options.think)
        if not given.numbered:
            assert self.reading.prefiller.state
            self._given = given, self.reading.prefiller.state
        elif not self._given or self._given[0] is not given:
            text = given.text if form.numbered else given.text_without_numbers
            ids = conversation.opening_ids() + model.tokenizer.encode(text)
            read = model.new_state(yarn_factor_for(model.config, len(ids) + ROOM))
            model.prefill(ids, read)
            self._given = given, read
        state = self._given[1].fork()
        model.prefill(conversation.ids(said, think=thinks), state)
        if thinks:
            yield from think_before_reply(writing_model(model), state, stopped)
        return (
            yield from write_reply(writing_model(model), state, self.corpus.quotable_text, stopped)
        )

    def provenance(self, given: Given, tokens: int) -> JsonObject:
        whole = not given.numbered
        factor = (
            self.reading.yarn_factor if whole else yarn_factor_for(self.model.config, tokens + ROOM)
        )
        profile = make_state_profile(self.model, factor, CONVERSATION_LAYOUT)
        options = {**options_for_provenance(self.options), "from": "whole" if whole else "passages"}
        return answer_provenance(
            profile, self.corpus.documents, options, attention_kind(self.model.config, tokens)
        )
