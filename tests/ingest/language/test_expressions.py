"""Expressions that are compiled when they are first used."""

import re

import pytest

from docqa.ingest.language import expressions
from docqa.ingest.language.expressions import lazily


def test_an_expression_is_compiled_with_its_first_use_and_only_then(monkeypatch):
    made: list[str] = []
    compile_now = re.compile

    def noted(pattern: str, flags: int = 0) -> re.Pattern[str]:
        made.append(pattern)
        return compile_now(pattern, flags)

    monkeypatch.setattr(expressions.re, "compile", noted)
    word = lazily(r"(\w)x", re.IGNORECASE)
    assert not made
    assert [match[1] for match in word.finditer("aX bx")] == ["a", "b"]
    assert (word.sub("", "aX-"), word.search("y"), word.groups, word.pattern) == (
        "-",
        None,
        1,
        r"(\w)x",
    )
    word.finditer("cx")
    assert made == [r"(\w)x"]


def test_what_an_expression_does_not_have_is_an_error():
    with pytest.raises(AttributeError):
        lazily("a").nothing  # type: ignore[attr-defined]  # noqa: B018
