"""Asking a checkpoint the way it wants to be asked: through its chat template, with thought where it thinks.

The thought is drawn as the checkpoint's generation_config.json says, from a fixed seed. What follows it is copied from
the excerpts (focus.py), so a thought can change which words are the answer, and never what they are.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

from docqa.app.answer.events import Token

MOST_THOUGHT = 4_096
"""Tokens of a thought; a longer one is ended there, and the answer follows."""
SEED = 0


@dataclass(frozen=True)
class PromptState:
    """A state that stands where the answer begins, the `logits` [vocab] of its first token, the prompt before it.

    `seen` is what the evidence layer put out for the prompt, where that was asked for.
    """

    prompt: Any
    state: Any
    logits: Any
    seen: list[Any] = field(default_factory=list)


def begin(
    model: Any, template: Any, excerpts: list[str], question: str, *, think: bool, observed: bool
) -> Generator[Token, None, PromptState]:
    """Ask `question` in a fresh state through the chat template; yields what the model thinks, and returns Begun."""
    prompt = template.focus_prompt(model.tokenizer, excerpts, question, think=think)
    state, seen = model.new_state(), []
    observe = (lambda _, hidden: seen.append(model.heads.evidence.token_vectors(hidden))) if observed else None
    hidden = model.prefill(prompt.ids, state, observe=observe)
    if think:
        hidden = yield from _thought(model, state)
    return PromptState(prompt, state, model.logits(hidden), seen)


def begin_silently(model: Any, template: Any, excerpts: list[str], question: str, *, observed: bool) -> PromptState:
    """`begin` without thought."""
    steps = begin(model, template, excerpts, question, think=False, observed=observed)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            begun: PromptState = done.value
            return begun


def _thought(model: Any, state: Any) -> Generator[Token, None, Any]:
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
