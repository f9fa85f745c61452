"""A reply that is JSON as the text that it means: sentences with their cites behind them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_FENCED = re.compile(r"\A\s*+(?:```|~~~)\w*+(?>\s*\n)(.*?)(?:(?<!\s)\s++)?(?:```|~~~)\s*+\Z", re.DOTALL)
_LISTS = ("sentences", "statements", "answer", "answers", "claims", "items", "response", "result")
_TEXTS = ("text", "sentence", "statement", "claim", "answer", "content", "value")
_CITES = ("cites", "cite", "citations", "citation", "sources", "source", "evidence", "refs", "references", "ids", "id")
_QUOTES = ("quotes", "quote", "quotation", "quotations")


def plain_of_json(reply: str) -> str | None:
    """`[{"text": "The rent is 5.", "cites": [3]}]` as `The rent is 5. [3]`, a line each; None for what is no JSON of
    sentences."""
    fenced = _FENCED.match(reply)
    content = (fenced[1] if fenced else reply).strip()
    if not content.startswith(("{", "[{", '["', "[\n")):
        return None
    try:
        value = json.loads(content)
    except ValueError:
        return None
    lines = list(_lines(value))
    return "\n".join(lines) if lines else None


def _lines(value: object) -> Iterator[str]:
    if isinstance(value, str):
        if value.strip():
            yield value.strip()
    elif isinstance(value, list):
        for item in value:
            yield from _lines(item)
    elif isinstance(value, dict):
        inner = next((value[name] for name in _LISTS if isinstance(value.get(name), list)), None)
        if inner is not None:
            yield from _lines(inner)
        else:
            yield from _sentence(value)


def _sentence(value: dict[str, object]) -> Iterator[str]:
    text = next((value[name] for name in _TEXTS if isinstance(value.get(name), str)), None)
    if not isinstance(text, str) or not text.strip():
        return
    cited = [str(each) for name in _CITES for each in _several(value.get(name))]
    numbers = [number for each in cited for number in re.findall(r"\d{1,4}", each) if len(each) < 16]
    quotes = [str(each) for name in _QUOTES for each in _several(value.get(name))]
    quotes += [each for each in cited if len(each) >= 16]
    yield text.strip() + "".join(f" [{number}]" for number in numbers)
    yield from (f'"{quote.strip()}"' for quote in quotes if quote.strip())


def _several(value: object) -> list[object]:
    if isinstance(value, list):
        return [each.get("number", each.get("id", "")) if isinstance(each, dict) else each for each in value]
    return [] if value is None else [value]
