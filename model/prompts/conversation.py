"""Documents and questions as one conversation in a checkpoint's chat template. No torch.

The user's first message begins with the documents and ends in the first question, so that a State
that has read them can be forked for each question. The template gets marks in the place of the
messages, whose text is tokenized as plain text between its parts: words of a document that look
like a control token stay words.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from docqa.model.errors import ConfigUnsupported
from docqa.model.protocol import Tokenizer

from .chat_template import ChatTemplate
from .written_prompt import (
    BEFORE,
    BEHIND,
    INSTRUCTIONS,
    KNOWING,
    VALUE_SCHEMA,
    PromptQuestion,
    numbered_question_prompt,
    numbered_repair_prompt,
    text_question_prompt,
    text_repair_prompt,
    value_question_prompt,
)

CONVERSATION_LAYOUT = 103
"""Raised when the documents are laid out in another way (app/context/context.py), or what stands
before them. Numbers of its own: prompt.LAYOUT_VERSION counts the layouts of the bundled model."""


@dataclass(frozen=True)
class PromptForm:
    """How a model is asked: `instructions`, the words `before` and `behind` the documents, how a
    question is `asked`, and how it is asked to `mend` the weak sentences of an answer; `schema`: of
    the JSON that a server is asked to have it write, `numbered`: sentences have the numbers that
    it cites."""

    instructions: str
    before: str
    behind: str
    asked: Callable[[PromptQuestion], str]
    mend: Callable[[PromptQuestion, Sequence[str]], str]
    schema: Mapping[str, object] | None = None
    numbered: bool = True


WHOLE = PromptForm(
    KNOWING,
    "",
    "\nThat was the text of the documents.\n\n",
    text_question_prompt,
    text_repair_prompt,
    numbered=False,
)
"""For a model that has read the whole documents; what bears its words out is found afterwards."""
PASSAGES = PromptForm(
    INSTRUCTIONS, BEFORE, BEHIND, numbered_question_prompt, numbered_repair_prompt
)
"""For a model that is given numbered sentences: it cites by their numbers."""
EXCERPTS = PromptForm(
    KNOWING, "Text:\n\n", BEHIND, text_question_prompt, text_repair_prompt, numbered=False
)
"""For a model that runs here: asked to cite by numbers, a small one writes the numbers in the place
of words.
"""
VALUE = replace(PASSAGES, asked=value_question_prompt, schema=VALUE_SCHEMA)
"""The same for a value, in JSON."""
_MARK = re.compile("\ue000docqa (\\d+)\ue001")


def chat_messages(form: PromptForm, given: str, said: Sequence[str]) -> list[dict[str, str]]:
    """The chat for a server, [{"role", "content"}]: what was `said` in turn about what is
    `given`.
    """
    first, *rest = said
    return _messages_in_turn(
        [form.instructions], [f"{form.before}{given}{form.behind}{first}", *rest]
    )


def _messages_in_turn(system: Sequence[str], said: Sequence[str]) -> list[dict[str, str]]:
    """Messages of the system, if any, and what user and model `said` in turn after them."""
    roles = (*("system" for _ in system), *("user", "assistant") * len(said))
    spoken = (*system, *said)
    return [{"role": role, "content": words} for role, words in zip(roles, spoken, strict=False)]


class TemplateConversation:
    """The chat of one checkpoint over some documents. Raises ConfigUnsupported where the template
    does not print the messages as they are."""

    def __init__(
        self, template: ChatTemplate, tokenizer: Tokenizer, form: PromptForm = WHOLE
    ) -> None:
        self.template = template
        self._tokenizer = tokenizer
        self.form = form
        self._system = self._has_system_message()

    def opening_ids(self) -> list[int]:
        """The ids before the documents: the system message and the head of the user's."""
        return self._ids_around_documents([""], think=False)[0]

    def ids(self, said: Sequence[str], *, think: bool = False) -> list[int]:
        """The ids after the documents, where user and model `said` this in turn, the user first
        and last.
        """
        first, *rest = said
        return self._ids_around_documents([self.form.behind + first, *rest], think=think)[1]

    def _ids_around_documents(self, said: list[str], *, think: bool) -> tuple[list[int], list[int]]:
        """(ids before the documents, ids after them) where this was said in turn after the
        documents.
        """
        contents = [self.form.instructions, self.form.before, *said]
        marks = [f"\ue000docqa {number}\ue001" for number in range(len(contents))]
        parts = _MARK.split(self.template.render(self._messages_with_marks(marks), think=think))
        if parts[1::2] != [str(number) for number in range(len(contents))]:
            raise ConfigUnsupported(
                f"{self.template.where}: the chat template does not print all messages in order"
            )
        pieces = [self._tokenizer.encode_template(text) if text else [] for text in parts[::2]]
        pieces[-1] = self.template.ending_ids(self._tokenizer, parts[-1], think)
        words = [self._tokenizer.encode(text) if text else [] for text in contents]
        before = pieces[0] + words[0] + pieces[1] + words[1]
        behind = [ids for pair in zip(pieces[2:-1], words[2:], strict=True) for ids in pair]
        return before, [token for ids in (*behind, pieces[-1]) for token in ids]

    def _messages_with_marks(self, marks: list[str]) -> list[dict[str, str]]:
        """Instructions, documents and first question, and what was said in turn."""
        system, documents, first, *rest = marks
        if self._system:
            return _messages_in_turn([system], [f"{documents}{first}", *rest])
        return _messages_in_turn([], [f"{system}\n\n{documents}{first}", *rest])

    def _has_system_message(self) -> bool:
        """Whether the template has a system message; without, the user's begins with it."""
        probe = _messages_in_turn(["\ue000docqa 0\ue001"], ["?"])
        try:
            return _MARK.search(self.template.render(probe)) is not None
        except ConfigUnsupported:
            return False
