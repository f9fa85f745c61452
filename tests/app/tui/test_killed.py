"""A process that is killed while it reads or answers: all but the answer in flight is there when it
comes back.
"""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from docqa.app.history.history import History, open_if_stored
from docqa.app.history.records import StoredTurn
from docqa.app.storage.store import Store

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
SLOW_BLOCKS = "import time, docqa.model.load as m; p = m.NetworkModel.prefill\n" + (
    "def slow(self, *a, **k):\n    time.sleep(0.15)\n    return p(self, *a, **k)\nm.NetworkModel.prefill = slow\n"
)
"""The tiny model reads faster than anybody can kill it."""
SIZES = (60, 20), (140, 45), (110, 30)
SLOW_ANSWERS = """
import time, docqa.app.answerers.extractive as e
answer = e.ExtractiveAnswerer._answer
e.ExtractiveAnswerer._answer = lambda *a, **k: time.sleep(0.3) or answer(*a, **k)
"""


class InTerminal:
    """docqa in a terminal of its own; what it drew is `seen`."""

    def __init__(self, arguments: list[str], environment: dict[str, str], before: str = "") -> None:
        self.seen = b""
        self.child, self._terminal = pty.fork()
        if self.child == 0:
            os.environ.update({"TERM": "xterm-256color", **environment})
            for name in ("COLUMNS", "LINES"):
                os.environ.pop(name, None)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 110, 0, 0))
            code = (
                f"{before}from docqa.app.cli import run; import sys; sys.exit(run({arguments!r}))"
            )
            os.execv(sys.executable, [sys.executable, "-c", code])

    def until(self, shown: Callable[[bytes], object], seconds: float = 240.0) -> None:
        """Read until `shown` holds of what was drawn since the last call."""
        seen = b""
        end = time.monotonic() + seconds
        while not shown(seen):
            assert time.monotonic() < end, self.seen[-2_000:]
            if select.select([self._terminal], [], [], 0.2)[0]:
                try:
                    seen += os.read(self._terminal, 65_536)
                except OSError as error:
                    raise AssertionError(f"it ended: {self.seen[-2_000:]!r}") from error
            self.seen += seen[-65_536:]

    def send(self, keys: bytes) -> None:
        os.write(self._terminal, keys)

    def resize(self, columns: int, lines: int) -> None:
        """As when somebody drags the window; the kernel tells the process."""
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def kill(self) -> None:
        os.kill(self.child, signal.SIGKILL)
        _, status = os.waitpid(self.child, 0)
        os.close(self._terminal)
        assert os.WIFSIGNALED(status)

    def leave(self) -> int:
        self.send(b"\x11")
        end = time.monotonic() + 60
        while (done := os.waitpid(self.child, os.WNOHANG))[0] == 0:
            assert time.monotonic() < end
            if select.select([self._terminal], [], [], 0.1)[0]:
                try:
                    os.read(self._terminal, 65_536)
                except OSError:
                    break
        status = done[1] if done[0] else os.waitpid(self.child, 0)[1]
        os.close(self._terminal)
        return os.waitstatus_to_exitcode(status)


@pytest.fixture
def environment(checkpoint: Path, own_folders: Path) -> dict[str, str]:
    return {"DOCQA_MODEL": str(checkpoint), "DOCQA_DTYPE": "float32", "DOCQA_THREADS": "1"}


def _kept_tokens(store: Store) -> int:
    return max(
        (e.details.get("position", 0) for e in store.entries() if e.kind == "state"), default=0
    )


def test_killed_while_it_reads_what_was_saved_is_taken_up_again(
    lease_of, tmp_path, environment, own_folders
):
    path = lease_of(tmp_path / "lease.txt", 300)
    store = Store(own_folders)
    first = InTerminal(["tui", str(path)], environment, SLOW_BLOCKS)
    first.until(lambda seen: b"question about" in seen)
    first.send(b"Who pays?\r")
    first.until(lambda seen: _kept_tokens(store))
    first.kill()
    kept = _kept_tokens(store)
    assert kept > 0
    again = InTerminal(["tui", str(path)], environment, SLOW_BLOCKS)
    again.until(lambda seen: b"Left before it was answered" in seen)
    again.send(b"Who pays now?\r")
    again.until(lambda seen: len(_answered(store)) == 1)
    assert again.leave() == 0
    (turn,) = _answered(store)
    assert turn.answer is not None and turn.answer.usage.tokens_reused >= kept


def test_killed_while_it_answers_only_that_answer_is_lost(
    lease_of, tmp_path, environment, own_folders
):
    path = lease_of(tmp_path / "lease.txt", 30)
    store = Store(own_folders)
    first = InTerminal(["tui", str(path)], environment)
    first.until(lambda seen: b"question about" in seen)
    first.send(b"What does the tenant of unit 7 pay?\r")
    slow = (
        "import time, docqa.app.answerers.extractive as e; e.ExtractiveAnswerer._answer = "
        "lambda *a: time.sleep(600)\n"
    )
    first.until(lambda seen: any(turn.state == "done" for turn in _turns(store)))
    first.kill()
    second = InTerminal(["tui", str(path)], environment, slow)
    second.until(lambda seen: b"unit 7" in seen)
    second.send(b"And of unit 9?\r")
    second.until(lambda seen: len(_turns(store)) == 2)
    second.kill()
    answered, in_flight = _turns(store)
    assert answered.answer is not None
    assert (in_flight.question, in_flight.state, in_flight.answer) == (
        "And of unit 9?",
        "stopped",
        None,
    )
    third = InTerminal(["tui", str(path)], environment)
    third.until(lambda seen: b"unit 9" in seen and b"Left before it was answered" in seen)
    assert third.leave() == 0


def test_fifty_questions_two_resizes_a_kill_and_a_reopening_lose_nothing(
    lease_of, tmp_path, environment, own_folders
):
    folder = tmp_path / "leases"
    store = Store(own_folders)
    folder.mkdir()
    names = ["a.txt", "b.txt", "c.txt"]
    for number, name in enumerate(names):
        lease_of(folder / name, 12 + 6 * number)
    asked = [
        (names[min(n // 17, 2)], f"What does the tenant of unit {n % 17} pay, {n}?")
        for n in range(50)
    ]
    session = InTerminal(["tui", str(folder)], environment, SLOW_ANSWERS)
    session.until(lambda seen: b"3 documents" in seen)
    for number, name in enumerate(names):
        mine = [question for file, question in asked if file == name]
        session.send(b"\x1b[B" * min(number, 1) + b"\r")  # the list remembers its row
        session.until(lambda seen: b"Outline" in seen)
        session.send(b"".join(question.encode() + b"\r" for question in mine[:9]))
        session.until(lambda seen: b"waits for the questions before it" in seen)
        session.resize(*SIZES[number])
        session.send(b"".join(question.encode() + b"\r" for question in mine[9:]))
        if name != names[-1]:
            session.until(lambda seen, done=17 * (number + 1): len(_answered(store)) == done)
            session.send(b"\x0c")  # Ctrl+L
            session.until(lambda seen: b"3 documents" in seen)
    session.until(lambda seen: len(_answered(store)) > 40 and len(_turns(store)) == 50)
    before = {turn.question: turn.answer for turn in _answered(store)}
    session.kill()
    after = {turn.question: turn.answer for turn in _turns(store)}
    assert sorted(after) == sorted(question for _, question in asked)
    assert {question: after[question] for question in before} == before
    again = InTerminal(["tui", str(folder / names[-1])], environment)
    again.until(lambda seen: b", 49?" in seen and b"question about" in seen)
    again.send(b"\x12")  # Ctrl+R
    again.until(lambda seen: asked[-1][1] in [turn.question for turn in _answered(store)])
    assert again.leave() == 0
    kept = [turn.question for turn in _turns(store)]
    assert sorted(kept) == sorted(question for _, question in asked)
    assert [
        question for question in kept if question in [q for f, q in asked if f == names[-1]]
    ] == [question for file, question in asked if file == names[-1]]


def _answered(store: Store) -> list[StoredTurn]:
    return [turn for turn in _turns(store) if turn.state == "done"]


def test_killed_right_after_a_note_the_note_is_there_again(
    lease_of, tmp_path, environment, own_folders
):
    path = lease_of(tmp_path / "lease.txt", 30)
    store = Store(own_folders)
    first = InTerminal(["tui", str(path)], environment)
    first.until(lambda seen: b"Outline" in seen)
    first.send(b"\x1bs\x1bw")  # Alt+S, Alt+W
    first.until(lambda seen: b"note on these words" in seen)
    first.send(b"ask Ada\r")
    first.until(lambda seen: _notes(store))
    first.kill()
    again = InTerminal(["tui", str(path)], environment)
    again.until(lambda seen: b"Outline" in seen)
    again.send(b"\x1bl")  # Alt+L
    again.until(lambda seen: b"ask Ada" in seen)
    assert again.leave() == 0


def _notes(store: Store) -> list[str]:
    return [each.note for each in _kept(store, History.annotations)]


def _turns(store: Store) -> list[StoredTurn]:
    return _kept(store, History.turns)


def _kept(store: Store, read: Callable[[History, int], Any]) -> list[Any]:
    history = open_if_stored(store)
    if history is None:
        return []
    with history:
        return [each for session in history.sessions() for each in read(history, session.id)]
