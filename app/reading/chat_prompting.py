"""Asking a checkpoint in its own form: through its chat template, with a thought where it thinks.

The thought is drawn as the checkpoint's generation_config.json says, from a fixed seed. What follows it is copied from
the excerpts (copying.py), so a thought can change which words are the answer, and never what they are.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from docqa.app.answer.events import Token

if TYPE_CHECKING:
    from torch import Tensor

    from docqa.model.prompts.chat_template import ChatTemplate
    from docqa.model.prompts.prompt import FocusPrompt
    from docqa.model.protocol import Model
    from docqa.model.state.state import State

MOST_THOUGHT = 4_096
"""Tokens of a thought; a longer one is ended there, and the answer follows."""
SEED = 0


@dataclass(frozen=True)
class PromptState:
    """A state that has read `prompt` and ends where the answer begins, with the `logits` [vocab] of its first token.

    `seen`: the vectors of the evidence head for the prompt's tokens, in pieces, where they were asked for.
    """

    prompt: FocusPrompt
    state: State
    logits: Tensor
    seen: list[Tensor] = field(default_factory=list)


def begin(model: Model, template: ChatTemplate, excerpts: list[str], question: str, *, observed: bool) -> PromptState:
    """Ask `question` in a fresh state through the chat template, without thought."""
    prompt = template.focus_prompt(model.tokenizer, excerpts, question, think=False)
    return read_prompt(model, prompt, observed=observed)


def begin_with_thought(
    model: Model, template: ChatTemplate, excerpts: list[str], question: str, *, observed: bool
) -> Generator[Token, None, PromptState]:
    """`begin`, after the model has thought; yields what it thinks."""
    prompt = template.focus_prompt(model.tokenizer, excerpts, question, think=True)
    begun = read_prompt(model, prompt, observed=observed)
    hidden = yield from _thought(model, begun.state)
    return replace(begun, logits=model.logits(hidden))


def read_prompt(model: Model, prompt: FocusPrompt, *, observed: bool) -> PromptState:
    """Read `prompt` in a fresh state; `observed`: the evidence head sees its tokens."""
    state = model.new_state()
    seen: list[Tensor] = []

    head = model.heads.evidence if observed else None
    observe = (lambda _, hidden: seen.append(head.token_vectors(hidden))) if head is not None else None
    hidden = model.prefill(prompt.ids, state, on_hidden=observe)
    return PromptState(prompt, state, model.logits(hidden), seen)


def _thought(model: Model, state: State) -> Generator[Token, None, Tensor]:
    """Let the model think in `state`, which is moved behind the thought; returns the last hidden state."""
    from docqa.model.decode.generate import generate
    from docqa.model.decode.sample import sampling_defaults
    from docqa.model.prompts.chat_template import answer_head
    from docqa.model.prompts.thinking import CLOSING

    rules = sampling_defaults(model.folder, SEED)
    marked = model.tokenizer.token_id(CLOSING)
    ends = [*model.tokenizer.eos_ids, *([marked] if marked is not None else [])]
    written: list[int] = []
    stops = () if marked is not None else (CLOSING,)
    for piece in generate(model, state, max_tokens=MOST_THOUGHT, sampling=rules, stop=stops, stop_ids=ends):
        if piece.token not in ends:
            written.append(piece.token)
        if piece.text:
            yield Token(piece.text, thought=True)
    # A mark in several tokens was written by then, as far as it is text; closing it again does no harm.
    closing = model.tokenizer.encode_template(f"\n{CLOSING}\n\n") + answer_head(model.tokenizer)
    return model.prefill([*written, *closing], state)
