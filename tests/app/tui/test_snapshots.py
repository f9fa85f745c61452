"""The screens that people meet, each at 80 columns, compared with images that somebody has looked
at.

`UPDATE_SCREENS=1 pytest -m '' tests/app/tui -k snapshots` draws them anew; look at them before they
are committed. They belong to one version of Textual (snapshots/textual.txt), with another one they
are not compared.
"""

import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import textual

from docqa.app.answer.answer import Answer, CoverageReport, Usage
from docqa.app.answer.events import Finished, Preview, ReadProgress
from docqa.app.history.records import StoredTurn
from docqa.app.tui.library import library
from docqa.app.tui.library.recents import LibraryRow, PastQuestion
from docqa.app.tui.settings import TuiSettings
from docqa.ingest.errors import Encrypted

from . import conftest as tui
from .compact_svg import compact

SNAPSHOTS = Path(__file__).parent / "snapshots"
UPDATE = bool(os.environ.get("UPDATE_SCREENS"))
NARROW = (80, 24)
WIDE = (120, 40)
DARK = TuiSettings("docqa-dark")


def compare(app: Any, name: str) -> None:
    """Compare what is on the screen with the image of that name, or draw it anew."""
    drawn = compact(app.export_screenshot(title="docqa tui"))
    path = SNAPSHOTS / f"{name}.svg"
    version = SNAPSHOTS / "textual.txt"
    if UPDATE:
        SNAPSHOTS.mkdir(exist_ok=True)
        path.write_text(drawn, encoding="utf-8")
        version.write_text(textual.__version__ + "\n", encoding="utf-8")
        return
    if version.read_text(encoding="utf-8").strip() != textual.__version__:
        pytest.skip(f"the images are of Textual {version.read_text(encoding='utf-8').strip()}")
    assert drawn == path.read_text(encoding="utf-8"), (
        f"{path.name} differs; UPDATE_SCREENS=1 draws it anew"
    )


async def test_an_answer_whose_cite_is_followed(running, session):
    answer = tui.answer_of(session.documents[0])
    session.script[:] = [ReadProgress(4000, 4000), Finished(answer)]

    async with running(settings=DARK, size=NARROW) as pilot:
        await tui.ask(pilot)
        await pilot.press("alt+a")
        await pilot.pause()
        compare(pilot.app, "answer_narrow_docqa-dark")
        await pilot.press("alt+1")
        await pilot.pause()
        compare(pilot.app, "cite_narrow_docqa-dark")


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["ansi-dark", "no-color"])
async def test_a_cite_in_few_colours(running, answered, monkeypatch, theme):
    if theme == "no-color":
        monkeypatch.setenv("NO_COLOR", "1")

    settings = DARK if theme == "no-color" else TuiSettings(theme)
    async with running(settings=settings, size=WIDE) as pilot:
        await tui.ask(pilot)
        await pilot.press("alt+1")
        await pilot.pause()
        compare(pilot.app, f"cite_wide_{theme}")


async def test_a_search(running, session):
    async with running(settings=DARK, size=NARROW) as pilot:
        await tui.opened(pilot)
        await pilot.press("ctrl+f", *"noon")
        await tui.sees(pilot, "hit 1 of")
        compare(pilot.app, "search_narrow_docqa-dark")


async def test_the_documents_of_a_folder(running, monkeypatch, tmp_path):
    for name in (
        "annex 3 - keepers of the register and their deputies, consolidated.pdf",
        "lease.pdf",
        "notes.md",
    ):
        (tmp_path / name).write_bytes(b"%PDF-1.4 1 0 obj /Font " * 4_000)
    (tmp_path / "broken.docx").write_bytes(b"no document")
    os.truncate(tmp_path / "notes.md", 812)
    monkeypatch.setattr(library, "_REST_S", 300)  # no preview, however busy the machine is
    recent = [LibraryRow("", str(tmp_path / "lease.pdf"), used=0.0, kept="read, 3 questions")]
    monkeypatch.setattr(library, "recent_documents", lambda store, notices=None: recent)

    async with running(str(tmp_path), settings=DARK, size=NARROW) as pilot:
        await tui.sees(pilot, "4 documents")
        pilot.app.screen.query_one("#title").update(
            "/home/ada/contracts"
        )  # not the folder of this run
        compare(pilot.app, "library_narrow_docqa-dark")


async def test_a_preliminary_answer_while_the_document_is_read(running, session):
    go = threading.Event()
    early = tui.answer_of(session.documents[0], status="partial")
    session.script[:] = [Preview(early), ReadProgress(1360, 4000, 512.0, 5.2), go]

    async with running(settings=DARK, size=NARROW) as pilot:
        await tui.opened(pilot)
        await pilot.press("W", "h", "o", "question_mark", "enter")
        await tui.until(pilot, lambda: pilot.app.screen.panes.progress)
        await pilot.pause()
        compare(pilot.app, "reading_narrow_docqa-dark")
        go.set()


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_what_was_read_before(running, session, monkeypatch, size):
    now = time.time()
    documents = [
        LibraryRow("", "/home/ada/contracts/lease.pdf", used=now - 30, kept="read, 3 questions"),
        LibraryRow(
            "",
            "/home/ada/papers/register of keepers.pdf",
            used=now - 3_900,
            kept="read",
            health="scan",
        ),
        LibraryRow("", "/home/ada/lost/annex.docx", used=now - 90_000, kept="opened"),
    ]
    questions = [
        _asked(documents[0].path, "What is the fee of page 5?", "answered", now - 40),
        _asked(documents[1].path, "Who writes the register before noon?", "answered", now - 3_950),
        _asked(documents[0].path, "May the keeper sublet?", "not_found", now - 90_100),
    ]
    monkeypatch.setattr(library, "recent_documents", lambda store, notices=None: documents)
    monkeypatch.setattr(library, "past_questions", lambda store: questions)
    monkeypatch.setattr(LibraryRow, "there", property(lambda recent: "lost" not in recent.path))
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setattr(
        library, "_REST_S", 300 if size == NARROW else 0.1
    )  # there a preview takes the status

    async with running(settings=DARK, size=size) as pilot:
        pilot.app.push_screen(library.LibraryScreen("none", pilot.app.store, everywhere=True))
        await tui.sees(pilot, "3 questions ·")
        await tui.until(
            pilot, lambda: size == NARROW or "· read, 3 questions" in tui.screen_text(pilot)
        )
        pilot.app.screen.query_one("#title").update("What you read and asked before")
        compare(pilot.app, f"recent_{'wide' if size == WIDE else 'narrow'}_docqa-dark")


def _asked(path: str, question: str, status: str, when: float) -> PastQuestion:
    coverage = CoverageReport(tokens=4000, tokens_read=4000, pages=10)
    text = "85 dollars" if status == "answered" else None
    answer = Answer(
        status, question, text, text is None, 0.9, (), (), coverage, Usage(4000, 0, 1.0, False)
    )
    return PastQuestion(path, StoredTurn(question, when, answer))


@pytest.mark.parametrize(
    ("size", "name", "theme"), [(NARROW, "narrow", "docqa-dark"), (WIDE, "wide", "docqa-light")]
)
async def test_the_page_of_help(running, session, size, name, theme):
    async with running(settings=TuiSettings(theme), size=size) as pilot:
        await tui.opened(pilot)
        await pilot.press("escape", "f1")
        await pilot.pause()
        compare(pilot.app, f"help_{name}_{theme}")
        await pilot.press("escape", "f9")
        await pilot.pause()
        compare(pilot.app, f"themes_{name}_{theme}")


async def test_a_document_that_cannot_be_opened(running):
    def opener(path: str, on_page: Any, password: Any = None, *_: Any) -> Any:
        raise Encrypted(
            "it needs a password", where="lease.pdf", hint="Pass it with --password-file"
        )

    async with running(opener=opener, settings=DARK, size=NARROW) as pilot:
        pilot.app.screen.panes._title.update("lease.pdf")  # not the folder of this run
        await tui.until(
            pilot, lambda: "its password below" in tui.flat(pilot.app.screen.panes._problem)
        )
        compare(pilot.app, "error_narrow_docqa-dark")


async def test_a_image_names_no_address_and_keeps_what_is_drawn(running, session):
    async with running() as pilot:
        await tui.opened(pilot)
        full = pilot.app.export_screenshot(title="docqa tui")
        small = compact(full)
        assert "http" not in small.replace("http://www.w3.org/2000/svg", "")
        assert len(small) < len(full) / 2
        assert "keeper" in small
