"""A checkpoint with a chat template: asked through it, thought shown apart, words still copied from the document."""

from __future__ import annotations

import io
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

QUESTION = "What does the tenant of unit 7 pay to the keeper named Alder7?"
TEMPLATE = """{%- for message in messages %}{{- message.role + ': ' + message.content + '\n' }}{%- endfor %}
{%- if add_generation_prompt %}{{- 'assistant: ' }}
{%- if enable_thinking is defined and not enable_thinking %}{{- '<think>\n\n</think>\n\n' }}
{%- else %}{{- '<think>\n' }}{%- endif %}{%- endif %}"""


@pytest.fixture
def thinker(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny checkpoint with a template that thinks, and few tokens to do it in."""
    from docqa.app.reading import chat_prompting as chat_reading

    folder = tmp_path / "thinker"
    shutil.copytree(checkpoint, folder)
    (folder / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")
    (folder / "generation_config.json").write_text(
        json.dumps({"do_sample": True, "temperature": 0.6, "top_k": 20, "eos_token_id": 0}), encoding="utf-8"
    )
    monkeypatch.setattr(chat_reading, "MOST_THOUGHT", 12)
    monkeypatch.setenv("DOCQA_DTYPE", "float32")
    monkeypatch.setenv("DOCQA_THREADS", "1")
    return folder


@pytest.fixture
def chat(docqa: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Function(line, *arguments) -> (exit code, stdout, stderr) of `docqa chat` with one line from a pipe."""

    def run(line: str, *arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(line.encode("utf-8"))))
        return docqa("chat", *arguments)

    return run


def test_a_thought_goes_to_standard_error_and_the_answer_is_copied(chat: Any, note: Path, thinker: Path) -> None:
    code, out, err = chat(QUESTION, note, "--model", thinker, "--think")
    assert (code, "[verified: exact]" in out) == (0, True)
    quoted = next(line.split('"')[1] for line in out.splitlines() if line.startswith('  1. "'))
    assert quoted in note.read_text(encoding="utf-8")
    assert err.strip() and "changes nothing" not in err and "\x1b" not in err
    assert chat(QUESTION, note, "--model", thinker, "--think")[1:] == (out, err)  # drawn from a fixed seed
    hidden = chat(QUESTION, note, "--model", thinker, "--think", "--hide-thoughts")
    assert hidden == (0, out, "")


def test_without_being_asked_to_it_does_not_think(chat: Any, note: Path, thinker: Path) -> None:
    code, out, err = chat(QUESTION, note, "--model", thinker)
    assert (code, "[verified: exact]" in out, err) == (0, True, "")
    assert chat(QUESTION, note, "--model", thinker, "--no-think")[1:] == (out, err)


def test_a_thought_cannot_move_the_cursor_and_is_dim_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    from docqa.app.output.console import Thoughts

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    screen = Terminal()
    thoughts = Thoughts(screen)
    thoughts.show("\n\nhm\x1b[2J,\n")
    thoughts.show("so")
    thoughts.end()
    assert screen.getvalue() == "\x1b[2mhm[2J,\n\x1b[0m\x1b[2mso\x1b[0m\n"
