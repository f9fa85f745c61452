"""A conversation on a terminal: broken between words, with colours where wanted."""

import io
import re
import sys
from dataclasses import replace

import pytest

from docqa.app.answer.answer import Answer, Cite, CoverageReport, Quote, Usage
from docqa.app.answer.grades import Grade, Place, Status
from docqa.app.chat.terminal import TerminalText, wrapped
from docqa.app.output.render import answer_text


class Screen(io.StringIO):
    """A terminal, as far as it says that it is one."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def answer() -> Answer:
    cite = Cite("act.txt", 1, "1", None, 0, 9)
    words = (
        'The term "marriage" means what the law of the place where it was made understands by it.'
    )
    quote = Quote(words, None, None, Grade.EXACT, Place.AS_CITED, (cite,))
    coverage = CoverageReport(tokens=9, tokens_read=9, pages=1)
    usage = Usage(9, 0, 1.0, False)
    return Answer(
        Status.ANSWERED, "What is it?", "the law's term", False, 0.93, (quote,), (), coverage, usage
    )


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)


def test_lines_break_between_words_below_where_they_began():
    assert wrapped('  1. "one two three four"', 16) == '  1. "one two\n     three four"'
    assert (
        wrapped("- an-uncommonly-long-word and more", 12)
        == "-\n  an-uncommonly-long-word\n  and more"
    )
    assert wrapped("short", 40) == "short"


def test_a_terminal_gets_the_head_first_and_colours(answer, monkeypatch):
    monkeypatch.setattr(sys, "stdout", Screen())
    shown = TerminalText().answer(answer_text(answer, first_quote=1, judged=False), answer)
    assert shown.startswith("\x1b[36m●\x1b[0m Answer · \x1b[36m███████░\x1b[0m 93 % very likely")
    assert "\x1b[1mthe law's term\x1b[0m" in shown
    plain = re.sub("\x1b\\[[0-9;]*m", "", shown)
    assert max(map(len, plain.splitlines())) <= 39
    assert '“The term "marriage" means' in plain
    assert '""' not in plain
    assert "confidence" not in plain


def test_words_have_no_colour_of_their_own(answer, monkeypatch):
    monkeypatch.setattr(sys, "stdout", Screen())
    refused = replace(answer, status=Status.NOT_FOUND, answer=None, refused=True, quotes=())
    shown = TerminalText().answer(answer_text(refused, judged=False), refused)
    assert shown.startswith("\x1b[31m○\x1b[0m \x1b[1mNot found.\x1b[0m")
    for coloured in re.findall("\x1b\\[3\\d(?:;\\d+)*m([^\x1b]*)", shown):
        assert not any(map(str.isalnum, coloured))


def test_no_color_and_a_pipe_get_no_colours(answer, monkeypatch):
    text = answer_text(answer, judged=False)
    monkeypatch.setattr(sys, "stdout", Screen())
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in TerminalText().answer(text, answer)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert TerminalText().answer(text, answer).endswith(text)
