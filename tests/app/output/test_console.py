"""What comes while a model thinks and writes: on a terminal alone, and never what a terminal would
obey.
"""

import io
import sys

import pytest

from docqa.app.output.console import LiveDraft, Thoughts


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _make_screen(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Standard error, which is a terminal, as standard output is."""
    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("LINES", "10")
    return shown


def test_a_thought_cannot_move_the_cursor_and_is_dim_on_a_terminal(monkeypatch):
    screen = _make_screen(monkeypatch)
    thoughts = Thoughts()
    thoughts.show("\n\nhm\x1b[2J,\n")
    thoughts.show("so")
    thoughts.end()
    assert screen.getvalue() == "\x1b[2mhm[2J,\n\x1b[0m\x1b[2mso\x1b[0m\n"


def test_what_is_written_is_taken_from_the_screen_before_the_answer(monkeypatch):
    screen = _make_screen(monkeypatch)
    draft = LiveDraft()
    draft.show("\nThe term ends\x1b[2J")
    draft.show(" in May.\n- It")  # 24 columns of text in 20, and a second line
    draft.end(erase=True)
    assert screen.getvalue() == "The term ends[2J in May.\n- It\r\x1b[2A\x1b[J"


@pytest.mark.parametrize(("text", "erase"), [("long " * 60, True), ("The term", False)])
def test_what_is_written_stays_where_it_does_not_fit_or_was_stopped(monkeypatch, text, erase):
    screen = _make_screen(monkeypatch)
    draft = LiveDraft()
    draft.show(text)
    draft.end(erase=erase)
    assert screen.getvalue() == f"{text}\n"


def test_nothing_is_written_where_there_is_no_terminal(monkeypatch):
    screen = _make_screen(monkeypatch)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    draft = LiveDraft()
    draft.show("The term ends in May.")
    draft.end(erase=True)
    assert screen.getvalue() == ""
