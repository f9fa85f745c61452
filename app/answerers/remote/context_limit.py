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
_CONTEXT = re.compile(
    r"(?:(?:context (?:length|size|window)|maximum (?:\w+ )?length|max_model_len)[^\d\"]{0,24}|n_ctx\W{1,4})(\d[\d,]*)",
    re.IGNORECASE,
)
_OF_MESSAGES = re.compile(r"(?<![\d,])(\d[\d,]*+) (?:tokens? )?(?:in the messages|from the input)", re.IGNORECASE)
_PROMPT = re.compile(r"(?:n_prompt_tokens|request(?:ed)?|prompt|input|messages|passed)\b[^\d.]{0,30}(\d[\d,]*)", re.I)

@dataclass(frozen=True)
class ContextLimit:
    """Tokens of the server's context and of the prompt that it counted; None where its refusal does not say."""

    context: int | None
    prompt: int | None


def context_limit(text: str) -> ContextLimit | None:
    """What a refusal says of the context; None where it is about something else."""
    if _ABOUT_CONTEXT.search(text) is None:
        return None
    context, prompt = _CONTEXT.search(text), _OF_MESSAGES.search(text) or _PROMPT.search(text)
    return ContextLimit(*(int(found[1].replace(",", "")) if found else None for found in (context, prompt)))
