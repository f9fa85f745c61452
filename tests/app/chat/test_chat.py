"""`docqa chat` as a person and a pipe use it, with a tiny random model."""

import io
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from docqa.app.chat.loop import joined
from docqa.app.session.session import Session

pytestmark = pytest.mark.usefixtures("tiny_model")

QUESTION = "What does the tenant of unit 7 pay to the keeper named Alder7?"
UNDERSTOOD = (
    "And when must it be paid? (What does the tenant of unit 7 pay to the keeper named Alder7: "
)
NOWHERE = "Which zeppelin photographed Antarctica?"


@pytest.fixture
def chat(docqa: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """Function(lines, *arguments) -> (exit code, stdout, stderr) of `docqa chat`, with the lines
    from a pipe.
    """

    def run(lines: list[str], *arguments: object) -> tuple[int, str, str]:
        typed = io.TextIOWrapper(io.BytesIO("\n".join(lines).encode("utf-8")))
        monkeypatch.setattr(sys, "stdin", typed)
        return docqa("chat", *arguments)

    return run


# From a pipe


def test_every_piped_line_is_answered_and_the_worst_status_is_returned(chat, note):
    code, out, _ = chat([QUESTION, "", NOWHERE], note)
    assert code == 5
    assert re.findall("^> (.*)$", out, re.MULTILINE) == [QUESTION, NOWHERE]
    (quoted,) = re.findall('^  1\\. "(.*)"$', out, re.MULTILINE)
    assert quoted in note.read_text(encoding="utf-8")
    assert "[quote found]" in out
    assert "Not found" in out
    assert chat([QUESTION], note)[0] == 0


def test_a_follow_up_is_asked_as_it_was_understood_and_says_so(chat, docqa, note, monkeypatch):
    monkeypatch.setattr(Session, "is_follow_up", lambda self, question: question.startswith("And"))
    _, out, _ = chat([QUESTION, "And when must it be paid?"], note)
    assert f"(understood as: {UNDERSTOOD}" in out
    _, listed, _ = docqa("history", "--json")
    newest, _ = [json.loads(line) for line in listed.splitlines()]
    assert newest["question"] == "And when must it be paid?"
    assert newest["understood"].startswith(UNDERSTOOD)
    assert newest["answer"]["question"] == newest["understood"]


def test_retry_passes_over_what_was_shown(chat, note, docqa):
    _, out, _ = chat([QUESTION, "/retry", "/retry", "/retry"], note)
    assert out.count("(asked again: the next best, without what was shown before)") == 3
    _, listed, _ = docqa("history", "--json")
    answers = [json.loads(line)["answer"]["answer"] for line in reversed(listed.splitlines())]
    given = [answer for answer in answers if answer is not None]
    assert len(given) == len(set(given)) >= 1
    if None in answers:
        assert "Nothing else was found." in out


def test_retry_of_a_refusal_shows_passages_that_were_not_shown(chat, tmp_path, lease_of):
    _, out, _ = chat([NOWHERE, "/retry"], lease_of(tmp_path / "lease.txt", 12))
    first, second = out.split("Nothing else was found.")
    shown = [set(re.findall(r"Clause \d+\.", part)) for part in (first, second)]
    assert shown[0] and shown[1]
    assert shown[0].isdisjoint(shown[1])


def test_a_page_or_command_that_there_is_not_costs_nothing(chat, note):
    code, out, err = chat(
        ["/pages 99", "/quote", "/qoute", "/retry", "/quote 3", QUESTION, "/quote 77", "/HELP"],
        note,
    )
    assert code == 0
    assert "no document has a page or section 99" in err
    assert "did you mean /quote?" in err
    assert "no question to ask again" in err
    assert "there is no quote 77" in err
    assert "No quote yet." in out
    assert "/save [FILE]" in out


def test_quit_ends_a_pipe_too(chat, note):
    code, out, _ = chat([QUESTION, "/quit", NOWHERE], note)
    assert code == 0
    assert NOWHERE not in out


def test_save_writes_the_conversation_and_never_over_a_file(chat, note, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "answers.html"
    _, _, err = chat([QUESTION, "/save", "/save", f"/save {page}", f"/save {note}"], note)
    assert "wrote note.chat.md" in err and "wrote note.chat-2.md" in err
    text = (tmp_path / "note.chat.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {QUESTION}") and "> “" in text
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert "exists already" in err
    assert note.read_text(encoding="utf-8").startswith("The tenant")
    assert not list(tmp_path.glob(".docqa-*"))


def test_no_store_talks_and_keeps_nothing(chat, docqa, note, own_folders):
    code, out, _ = chat([QUESTION, "/retry", "/quote 1"], note, "--no-store")
    assert code == 0
    first = re.search(r'^  1\. "(.*)"\n  (paragraph \d)', out, re.MULTILINE)
    assert first is not None and f"“{first[1]}” (note.txt, {first[2]})" in out
    assert not own_folders.exists()


def test_a_conversation_goes_on_where_it_was_left(chat, docqa, note, monkeypatch):
    monkeypatch.setattr(Session, "is_follow_up", lambda self, question: question.startswith("And"))
    chat([QUESTION], note)
    monkeypatch.chdir("/")
    code, out, _ = chat(["/quote", "And when must it be paid?"], "--resume", 1)
    assert code in (0, 5)
    assert re.search(r"^“.*” \(note\.txt, paragraph", out, re.MULTILINE)
    assert f"(understood as: {UNDERSTOOD}" in out
    _, listed, _ = docqa("history")
    assert [line.split()[0] for line in listed.splitlines()] == ["1.2", "1.1"]


def test_a_document_that_has_changed_since_is_named(chat, note):
    chat([QUESTION], note)
    note.write_text(note.read_text(encoding="utf-8").replace("119", "120"), encoding="utf-8")
    _, _, err = chat(["/pages"], "--resume", 1)
    assert "has changed" in err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "no document to ask about"),
        (["-"], 2, "standard input has the questions"),
        (["nowhere.pdf"], 3, "nowhere.pdf"),
        (["--resume", "5"], 3, "no kept session"),
        (["note.txt", "--resume", "0"], 2, "--resume"),
    ],
)
def test_documents_that_cannot_be_used_are_reported(chat, note, monkeypatch, arguments, code, said):
    monkeypatch.chdir(note.parent)
    done, out, err = chat([QUESTION], *arguments)
    assert (done, out) == (code, "")
    assert said in err


def test_think_says_that_the_model_does_not(chat, note, checkpoint):
    _, _, err = chat([QUESTION], note, "--think")
    assert f"{checkpoint} cannot think before it answers" in err
    assert "think" not in chat([QUESTION], note, "--no-think")[2]


def test_an_unusable_model_fails_the_question_and_not_the_rest(chat, note, tmp_path, monkeypatch):
    monkeypatch.setenv("DOCQA_MODEL", str(tmp_path / "none"))
    code, _, err = chat([QUESTION, "/help"], note)
    assert code == 4
    assert "none" in err


def test_a_line_that_ends_in_a_backslash_goes_on_in_the_next():
    assert list(joined(["  When does \\", "it end?  ", "", "Why? \\"])) == [
        "When does it end?",
        "",
        "Why?",
    ]


# At a terminal


class Terminal:
    """`docqa chat` after a terminal of its own."""

    def __init__(self, arguments: list[str]) -> None:
        self.text = ""
        # a test run may ignore them
        interrupts = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
        code = f"import sys; {interrupts}; from docqa.app import cli; sys.exit(cli.main())"
        self._master, slave = pty.openpty()
        environment = {**os.environ, "TERM": "dumb"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, "chat", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
            preexec_fn=_own_terminal,
        )
        os.close(slave)

    def until(self, wanted: str, seconds: float = 60.0) -> str:
        """Everything that was written up to `wanted`, which is taken."""
        end = time.monotonic() + seconds
        while wanted not in self.text:
            if not select.select([self._master], [], [], max(end - time.monotonic(), 0))[0]:
                raise AssertionError(f"{wanted!r} did not come: {self.text[-2000:]}")
            self.text += (
                os.read(self._master, 65536).decode("utf-8", "replace").replace("\r\n", "\n")
            )
        before, _, self.text = self.text.partition(wanted)
        return before

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode("utf-8"))

    def close(self) -> int:
        code = self.process.wait(timeout=60)
        os.close(self._master)
        return code


def _own_terminal() -> None:
    """Make the terminal the controlling one, so that Ctrl+C typed into it is an interrupt."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    started: list[Terminal] = []

    def start(*arguments: object) -> Terminal:
        started.append(Terminal([str(argument) for argument in arguments]))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.send_signal(signal.SIGKILL)
            one.process.wait()


@pytest.mark.slow
def test_a_person_asks_stops_goes_on_and_quits(terminal, docqa, tmp_path, lease_of):
    screen = terminal(lease_of(tmp_path / "lease.txt", 20))
    assert "lease.txt" in screen.until("Ctrl+D quits.")
    screen.until("> ")
    screen.type("half a line\x03")
    screen.until("(Ctrl+D quits)")
    screen.until("> ")
    screen.type(f"{QUESTION}\n")
    time.sleep(0.5)  # the line is taken; the model is still being loaded
    screen.type("\x03")
    screen.until("stopping")
    screen.until("/retry continues")
    screen.until("> ")
    screen.type("/retry\n")
    screen.until("quote found")
    screen.until("> ")
    screen.type("And when must it be paid?\n")
    screen.until("quote found")
    screen.until("> ")
    screen.type("\x04")
    screen.until("docqa chat --resume 1")
    assert screen.close() == 0
    _, listed, _ = docqa("history")
    assert [line.split()[3] for line in listed.splitlines()][1:] == ["answered", "stopped"]


@pytest.mark.slow
def test_ctrl_c_twice_quits_with_status_130_and_the_question_is_kept(
    terminal, docqa, tmp_path, lease_of
):
    screen = terminal(lease_of(tmp_path / "lease.txt", 20))
    screen.until("Ctrl+D quits.")
    screen.until("> ")
    screen.type(f"{QUESTION}\n")
    time.sleep(0.5)  # the line is taken; the model is still being loaded
    screen.type("\x03")
    screen.until("stopping (Ctrl+C again quits)")
    screen.type("\x03")
    screen.until("interrupted")
    assert screen.close() == 130
    assert "Traceback" not in screen.text
    _, listed, _ = docqa("history")
    assert QUESTION[:20] in listed
