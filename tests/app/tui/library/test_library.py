"""The library, and whole sessions with the tiny checkpoint: open, ask, follow, quit, come back."""

import os
import pty
import queue
import select
import signal
import subprocess
import sys
import time
import zipfile
from typing import Any

import pytest

from docqa.app import cli
from docqa.app.options import Options
from docqa.app.storage.store import Store
from docqa.app.tui import stored_turns
from docqa.app.tui.bridge import DocumentJobs, JobEnded, SessionBridge
from docqa.app.tui.library.opener import SessionOpener, list_documents
from docqa.app.tui.library.recents import recent_documents
from docqa.app.tui.stored_turns import ShownTurn
from docqa.ingest.errors import NoDocuments

from .. import conftest as tui


async def test_the_library_names_fifty_documents_at_once(running, tmp_path):
    for number in range(50):
        (tmp_path / f"paper_{number:02}.txt").write_text("A keeper pays.", encoding="utf-8")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")

    async with running(str(tmp_path)) as pilot:
        await tui.sees(pilot, "50 documents", 3.0)
        text = tui.screen_text(pilot)
        assert "paper_00.txt" in text
        assert "picture.png" not in text


async def test_enter_opens_a_document_and_l_comes_back_to_its_row(interface, session, tmp_path):
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_text("A keeper pays.", encoding="utf-8")
    asked: list[str] = []

    def opener(path: str, on_page: Any, password: Any = None, *_: Any) -> Any:
        asked.append(path)
        return session

    app = interface(str(tmp_path), opener)
    async with app.run_test(size=(120, 40)) as pilot:
        await tui.sees(pilot, "3 documents")
        await pilot.press("down", "enter")
        await tui.opened(pilot)
        assert asked == [str(tmp_path / "b.txt")]
        await pilot.resize_terminal(130, 40)
        await pilot.press("escape", "ctrl+l")
        await tui.sees(pilot, "3 documents")
        assert pilot.app.screen.query_one("#library").cursor_row == 1
        (tmp_path / "d.txt").write_text("A keeper pays.", encoding="utf-8")
        await pilot.press("f5")
        await tui.sees(pilot, "4 documents")
        await pilot.press("f1")
        await pilot.pause()
        assert "open the document" in tui.screen_text(pilot)
        await pilot.press("escape", "ctrl+q")
    assert (app.return_code or 0) == 0


async def test_a_click_on_the_chosen_row_opens_its_document(running, tmp_path):
    (tmp_path / "a.txt").write_text("A keeper pays.", encoding="utf-8")

    async with running(str(tmp_path)) as pilot:
        await tui.sees(pilot, "1 document")
        await pilot.click("#library", offset=(2, 1))
        await tui.opened(pilot)


def test_a_document_without_questions_is_listed_as_opened(lease_document, store):
    stored_turns.save(store, [lease_document], [], (3, 0))
    assert [(one.path, one.kept) for one in recent_documents(store)] == [
        (os.path.abspath("lease.pdf"), "opened")
    ]
    stored_turns.save(store, [lease_document], [ShownTurn("who?", "failed")], (3, 0))
    assert [one.kept for one in recent_documents(store)] == ["1 question"]


async def test_a_folder_without_documents_says_so(running, tmp_path):
    async with running(str(tmp_path)) as pilot:
        await tui.sees(pilot, "no documents here")
        await pilot.press("enter")  # there is the manual to try it on
        await tui.sees(pilot, "terminal.md")
        await pilot.press("escape")
        await tui.sees(pilot, "no documents here")


def test_a_document_inside_an_archive_opens_alone(tmp_path):
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("one.txt", "The first keeper pays 17 dollars.")
        archive.writestr("two.txt", "The second keeper pays 34 dollars.")
    session = SessionOpener(Options(store=False))(str(tmp_path / "two.zip" / "two.txt"))
    assert [document.path for document in session.documents] == [
        str(tmp_path / "two.zip" / "two.txt")
    ]
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoDocuments):
        SessionOpener(Options(store=False))(str(tmp_path / "empty"))


def test_the_model_is_loaded_once_for_all_documents(checkpoint, lease_of, tmp_path):
    bridge = SessionBridge(SessionOpener(Options(model=str(checkpoint), store=False)))
    ended: queue.SimpleQueue[JobEnded] = queue.SimpleQueue()

    def post(message: object) -> None:
        if isinstance(message, JobEnded):
            ended.put(message)

    models = []
    for name in ("one.txt", "two.txt"):
        document = DocumentJobs(bridge, post)
        document.open(str(lease_of(tmp_path / name, 3)))
        assert ended.get(timeout=60).outcome == "finished"
        document.read()
        assert ended.get(timeout=60).outcome == "finished"
        models.append(document.session.loaded_model)
    assert models[0] is models[1] is not None
    assert bridge.close(60)


async def test_a_whole_session_with_a_model_by_keys_alone(
    interface, checkpoint, lease, own_folders
):
    """Open a folder, read, ask, follow the third cite, go back, search, copy, quit, come back and
    find it.
    """
    options = Options(model=str(checkpoint), preview=False, threads=1)
    store = Store(own_folders)
    question = "Who pays Alder7?"

    def make() -> Any:
        app = interface(str(lease.parent), SessionOpener(options))
        app.store = store
        return app

    async with make().run_test(size=(120, 40)) as pilot:
        await tui.sees(pilot, "lease.txt")
        await pilot.press("enter")
        panes = await tui.opened(pilot)
        await pilot.press("ctrl+r")
        await tui.sees(pilot, "read; questions", 120)
        await pilot.press(*question, "enter")
        await tui.until(
            pilot, lambda: panes.answers.cards and not panes.answers.cards[0].turn.running, 120
        )
        card = panes.answers.cards[0]
        assert card.turn.answer is not None
        before = panes.page.place
        await pilot.press("alt+3")
        (span,) = card.stops[2].spans
        shown = tui.flat(panes.page)
        assert " ".join(panes.document.pages[0].text[span.start : span.start + 40].split()) in shown
        await pilot.press("alt+left")
        assert panes.page.place == before
        await pilot.press("ctrl+f", *"Alder9", "enter", "escape")
        assert "Alder9" in tui.flat(panes.page)
        await pilot.press("alt+1", "ctrl+y")
        assert pilot.app.clipboard == card.stops[0].copied
        await pilot.press("ctrl+q")
    async with make().run_test(size=(120, 40)) as pilot:
        await tui.sees(pilot, "read, 1 question")
        await pilot.press("ctrl+o")
        await tui.until(pilot, lambda: question in tui.screen_text(pilot))
        await pilot.press("down", "enter")
        panes = await tui.opened(pilot)
        await tui.until(pilot, lambda: panes.answers.cards)
        assert question in tui.flat(panes.answers)
        assert panes.answers.cards[0].turn.answer is not None


def test_a_library_leaves_out_what_docqa_exported(tmp_path):
    for name in (
        "act.txt",
        "act.docqa.md",
        "act.docqa-2.md",
        "act.chat.md",
        "act.chat.html",
        "docqa.md",
    ):
        (tmp_path / name).write_text("A keeper pays.", encoding="utf-8")
    assert [document.name for document in list_documents(str(tmp_path))] == ["act.txt", "docqa.md"]


def test_without_a_terminal_it_says_so(capsys):
    assert cli.run(["tui"]) == 2
    assert "needs a terminal" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["--help", "tui --help", "forget nothing.pdf"])
def test_no_other_command_imports_textual(python, command):
    code = f"import sys; from docqa.app import cli; cli.run({command.split()!r}); sys.exit('textual' in sys.modules)"
    done = subprocess.run([python, "-c", code], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0


def _in_terminal(
    arguments: list[str], keys: list[tuple[bytes, bytes]], **environment: str
) -> tuple[int, bytes]:
    """Run docqa in a pseudo-terminal; each key is sent once its text was drawn. Returns (exit code,
    all output).
    """
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(
            {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30", **environment}
        )
        os.execv(sys.executable, [sys.executable, "-m", "docqa.app", *arguments])
    seen = b""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                seen += os.read(terminal, 65536)
            except OSError:  # the child has gone, and its side of the terminal with it
                break
        if keys and keys[0][0] in seen:
            os.write(terminal, keys.pop(0)[1])
    else:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), seen


@pytest.mark.parametrize("read_first", [False, True])
def test_ctrl_q_in_a_terminal_is_status_0_also_while_reading(
    checkpoint, lease_of, tmp_path, read_first
):
    path = lease_of(tmp_path / "lease.txt", 400 if read_first else 5)
    keys = (
        [(b"question about", b"x\r"), (b"tokens", b"\x11")]
        if read_first
        else [(b"lease.txt", b"\x11")]
    )
    environment = {"DOCQA_MODEL": str(checkpoint), "DOCQA_DTYPE": "float32", "DOCQA_THREADS": "1"}
    code, seen = _in_terminal(["tui", str(path)], keys, **environment)
    assert code == 0, seen[-600:]
    assert keys == []
    assert b"Traceback" not in seen


def test_a_path_that_is_not_there_is_status_3(tmp_path):
    code, seen = _in_terminal(["tui", str(tmp_path / "none.pdf")], [])
    assert code == 3
    assert b"no such file" in seen
