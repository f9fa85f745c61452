"""A server's refusal of what is longer than its model's context, in the words of vLLM, SGLang, llama.cpp and OpenAI."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ABOUT_CONTEXT = re.compile(
    r"context[ _](?:length|size|window)|exceed_context_size|max_model_len|"
    r"maximum (?:context|input|sequence|model) length|"
    r"(?:input|prompt|request)[^.]{0,60} (?:is )?too (?:long|large)|longer than the (?:model|maximum)|"
    r"exceeds? (?:the )?(?:available |maximum |model['’]?s? )*(?:context|input|number of tokens)|"
    r"too many (?:input )?tokens|"
    r"maximum allowed length|string_above_max_length|reduce the length",
    re.IGNORECASE,
)
# Each with the tokens of the context, of the prompt, or both; the first that says a number is believed.
_CONTEXTS = (
    r"\"?n_ctx\"?\s*[:=]\s*(\d+)",
    r"(?:maximum|max|available)?\s*(?:context|model)(?: length| size| window)?(?: of the model)?(?: is| of|:|=)?"
    r"(?: only)?(?: \()?\s*(\d[\d,]*)",
    r"(?:context (?:size|length|window)|max_model_len|maximum (?:input |allowed )?length)\D{0,24}(\d[\d,]*)",
)
_PROMPTS = (
    r"\"?n_prompt_tokens\"?\s*[:=]\s*(\d+)",
    r"request \((\d[\d,]*) tokens\)",
    r"\((\d[\d,]*) in the messages",
    r":\s*(\d[\d,]*) tokens? from the input",
    r"(?:decoder )?(?:prompt|input) (?:length )?\(?(?:length )?(\d[\d,]*)",
    r"(?:messages|prompt|input|request)\s+(?:resulted in|contains?(?: at least)?|has|is|of|\()\s*\(?(\d[\d,]*)",
    r"(?:passed|requested|your request has)\s+(\d[\d,]*) (?:input )?tokens?",
)


LEAST_REPLY = 256
"""Tokens of a reply that a server's context must leave room for; else less is sent."""
_ROOM_FOR_REPLY = 0.25
"""Share of a context that is left for the reply, where it is more than LEAST_REPLY."""
_SAFE = 0.9  # servers count other tokens than docqa


@dataclass(frozen=True)
class ContextLimit:
    """Tokens of the server's context and of the prompt that it counted; None where its refusal does not say."""

    context: int | None
    prompt: int | None

    def fewer_tokens(self, sent: int) -> int:
        """How many of `sent` tokens of passages there is room for, by the numbers that the server says or else half."""
        wanted = sent // 2
        if self.context and self.prompt:
            room = self.context - max(LEAST_REPLY, int(self.context * _ROOM_FOR_REPLY))
            wanted = int(sent * _SAFE * room / self.prompt)
        return min(wanted, int(sent * _SAFE))


def context_limit(text: str) -> ContextLimit | None:
    """What a refusal says of the context; None where it is about something else."""
    if _ABOUT_CONTEXT.search(text) is None:
        return None
    context, prompt = _first(_CONTEXTS, text), _first(_PROMPTS, text)
    return ContextLimit(context, prompt)


def _first(patterns: tuple[str, ...], text: str) -> int | None:
    for pattern in patterns:
        match = re.search(pattern, text, re.IGNORECASE)
        if match is not None:
            return int(match[1].replace(",", ""))
    return None
