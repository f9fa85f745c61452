"""A text that a model writes on this machine, token by token: its thought, then prose, with the
documents' own words between quotation marks."""

from collections.abc import Generator
from typing import TYPE_CHECKING

from docqa.app.answer.events import Token

from ..answerer import Reply, Stopped
from .replies import STOPPED, is_repeating_itself

if TYPE_CHECKING:
    from docqa.model.decode.quotation import QuotableText
    from docqa.model.protocol import Tokenizer, WritingModel
    from docqa.model.state.state import State

MOST_WRITTEN = 512  # tokens of an answer; a longer one is cut there, which its notes say
MOST_THOUGHT = 4_096  # tokens of a thought; a longer one is ended there, and the answer follows
SEED = 0
_TURN_TOKENS = (
    "<|im_end|>",
    "<|im_start|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<|end_of_text|>",
    "<end_of_turn>",
    "</s>",
)


def write_reply(
    model: "WritingModel", state: "State", quotable: "QuotableText", stopped: Stopped
) -> Generator[Token, None, Reply]:
    """Write from the end of `state`, which is not moved: the most probable tokens, quotations from
    `quotable` alone, piece by piece. Ends at the checkpoint's end of a turn, when the text goes
    round in circles, after MOST_WRITTEN tokens, or when `stopped`."""
    from docqa.model.decode.generate import generate
    from docqa.model.decode.quotation import QuotingRule

    ends = turn_end_tokens(model.tokenizer)
    rule = QuotingRule(quotable, model.tokenizer, ends)
    written: list[int] = []
    notes: tuple[str, ...] = ()
    text = ""
    for piece in generate(model, state, max_tokens=MOST_WRITTEN, rule=rule, stop_ids=sorted(ends)):
        if piece.token not in ends:
            written.append(piece.token)
        if piece.text:
            yield Token(piece.text)
        text += piece.text
        if is_repeating_itself(text, piece.text):
            break
        if stopped():
            notes = (STOPPED,)
            break
        if piece.finish == "length":
            notes = (f"the answer was cut after {MOST_WRITTEN} tokens",)
            break
    return Reply(model.tokenizer.decode(written), notes)


def think_before_reply(
    model: "WritingModel", state: "State", stopped: Stopped
) -> Generator[Token, None, None]:
    """Let the model think in `state`, which is moved after the thought; yields what it thinks,
    drawn as the checkpoint's generation_config.json says, from a fixed seed."""
    from docqa.model.decode.generate import generate
    from docqa.model.decode.sample import load_sampling_defaults
    from docqa.model.prompts.thinking import CLOSING

    rules = load_sampling_defaults(model.folder, SEED)
    marked = model.tokenizer.token_id(CLOSING)
    ends = [*model.tokenizer.eos_ids, *([marked] if marked is not None else [])]
    written: list[int] = []
    stops = () if marked is not None else (CLOSING,)
    for piece in generate(
        model, state, max_tokens=MOST_THOUGHT, sampling=rules, stop=stops, stop_ids=ends
    ):
        if piece.token not in ends:
            written.append(piece.token)
        if piece.text:
            yield Token(piece.text, thought=True)
        if stopped():
            break
    # A mark in several tokens was written by then, as far as it is text; closing it again does no
    # harm.
    model.prefill([*written, *model.tokenizer.encode_template(f"\n{CLOSING}\n\n")], state)


def turn_end_tokens(tokenizer: "Tokenizer") -> frozenset[int]:
    """The tokens that end what a model writes: its own end, and any that opens or closes a turn."""
    named = (tokenizer.token_id(name) for name in _TURN_TOKENS)
    return frozenset([*tokenizer.eos_ids, *(token for token in named if token is not None)])
