"""One question and all that was made for it, each part once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from docqa.app.evidence.ranking import Ranked
from docqa.app.reading.candidates import Candidates
from docqa.app.reading.chat_prompting import PromptState
from docqa.app.reading.spans import QuestionEncoding, read_question

if TYPE_CHECKING:
    from docqa.model.protocol import Model


@dataclass
class AskedQuestion:
    """Mutable: filled as the question is answered, so that asking again costs nothing.

    `by_signals`: all passages as words and vectors rank them. `found`: after the model has read the best of them, in
    its order, with its candidates. `prompt`: the excerpts that it was shown, and its state behind them and the
    question, where it was asked through its chat template.
    """

    text: str
    by_signals: list[Ranked] | None = None
    found: tuple[list[Ranked], Candidates | None] | None = None
    prompt: tuple[list[str], PromptState] | None = None
    _vectors: QuestionEncoding | None = None

    def vectors(self, model: Model) -> QuestionEncoding:
        """The question as the heads of `model` see it."""
        if self._vectors is None:
            self._vectors = read_question(model, self.text)
        return self._vectors
