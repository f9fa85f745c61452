"""Words that the reader highlights, and notes on them: made, marked, listed, gone to, changed, kept
and exported.
"""

from typing import Any

import pytest

from docqa.app.history.history import History
from docqa.app.tui import stored_turns
from docqa.app.tui.screens.annotations import AnnotationsScreen

from .. import conftest as tui

FEE = "The fee of part 5 is 85 dollars, payable in March."
FIRST = "1. Duties of keeper 1"
SECOND = "The keeper of part 1 writes line 1 of the register before noon."


def marked(page: Any) -> str:
    """The words that are shown as the reader's own."""
    grounds = {
        page.get_component_rich_style(f"text-pane--{kind}").bgcolor
        for kind in ("highlight", "note")
    }
    lines = []
    for y in range(page.size.height):
        lines.append(
            "".join(s.text for s in page.render_line(y) if s.style and s.style.bgcolor in grounds)
        )
    return " ".join(" ".join(lines).split())


def signs(page: Any) -> list[str]:
    """What stands beside the lines of the view."""
    return [page.render_line(y).text[:1] for y in range(page.size.height)]


async def fee_selected(pilot: Any) -> Any:
    """The document, with the sentence about the fee of page 5 selected by keys."""
    panes = await tui.opened(pilot)
    await pilot.press("escape", "ctrl+f")
    panes.prompt.line.value = "part 5 is"
    await pilot.press("enter", "alt+s")
    await pilot.pause()
    return panes


async def test_keys_select_sentences_one_after_another(running, session):
    async with running() as pilot:
        panes = await tui.opened(pilot)
        await pilot.press("escape", "alt+s", "ctrl+y")
        assert pilot.app.clipboard == f"“{FIRST}” (lease.pdf, section 1 · p. i (PDF 1))"
        await pilot.press("alt+s", "ctrl+y")
        assert f"“{SECOND}”" in pilot.app.clipboard
        await pilot.press("alt+m", "ctrl+y")
        assert (
            "line 1 of the register before noon.\nThe keeper of part 1 writes line 2"
            in pilot.app.clipboard
        )
        assert [(span.page, span.start) for span in panes.page.selected] == [(1, len(FIRST) + 1)]


async def test_h_highlights_the_selection_and_h_again_removes_it(running, session, store):
    async with running() as pilot:
        panes = await fee_selected(pilot)
        await pilot.press("alt+h")
        assert panes.page.text_selection is None
        await pilot.press("ctrl+f", *"zz", "escape")  # what is searched is marked above it
        await tui.until(pilot, lambda: marked(panes.page) == FEE)
        assert "▒" in signs(panes.page)
        (kept,) = stored_turns.annotations_of(store, session.documents[0])
        assert (kept.text, kept.place, kept.note) == (FEE, "section 5 · p. 3 (PDF 5)", "")
        await pilot.press("alt+l", "enter")
        await tui.sees(pilot, "1 of 1: highlight")
        await pilot.press("alt+h")
        assert stored_turns.annotations_of(store, session.documents[0]) == []
        assert marked(panes.page) == ""


async def test_a_note_is_there_again_after_a_kill(running, session, store):
    async with running() as pilot:
        await fee_selected(pilot)
        await pilot.press("alt+w", *"ask Ada", "enter")
        assert [each.note for each in stored_turns.annotations_of(store, session.documents[0])] == [
            "ask Ada"
        ]
        pilot.app.screen.questions.keep = lambda: (
            None
        )  # as after a kill: nothing is written at the end
    async with running() as pilot:
        panes = await tui.opened(pilot)
        await pilot.press("escape", "alt+l")
        await tui.sees(pilot, "✎ ask Ada")
        await pilot.press("enter")
        await tui.sees(pilot, "1 of 1: ask Ada")
        assert marked(panes.page) == FEE
        assert "✎" in signs(panes.page)
        await pilot.press("alt+w", "exclamation_mark", "enter")
        (kept,) = stored_turns.annotations_of(store, session.documents[0])
        assert kept.note == "ask Ada!"
        await pilot.press("alt+h")
        assert "it has a note" in tui.notices(pilot)


async def test_a_cite_that_is_followed_is_highlighted_without_selecting(running, answered):
    async with running() as pilot:
        await tui.ask(pilot)
        await pilot.press("alt+h")
        assert "select words first" in tui.notices(pilot)
        await pilot.press("alt+2", "alt+h")
        (made,) = pilot.app.screen.annotations.made
        assert made.text == "The fee of part 9 is 153 dollars"


async def test_a_click_on_highlighted_words_says_their_note(running, session):
    async with running() as pilot:
        panes = await fee_selected(pilot)
        await pilot.press("alt+w", *"ask Ada", "enter", "escape")
        row = next(
            y
            for y in range(panes.page.size.height)
            if "The fee of part 5" in panes.page.render_line(y).text
        )
        panes.show_status("")
        await pilot.click(panes.page, offset=(6, row + 1))
        await tui.sees(pilot, "1 of 1: ask Ada")


async def test_the_list_deletes_and_is_closed_by_the_last(running, session, store):
    async with running(size=(40, 20)) as pilot:
        await tui.opened(pilot)
        await pilot.press("escape", "alt+l")
        assert "no notes yet" in tui.notices(pilot)
        await pilot.press("alt+s", "alt+h", "alt+s", "alt+h", "alt+l")
        assert [each.text for each in pilot.app.screen._annotations.made] == [FIRST, SECOND]
        assert isinstance(pilot.app.screen, AnnotationsScreen)
        await pilot.press("delete")
        await tui.until(pilot, lambda: FIRST not in tui.screen_text(pilot).split("Your notes")[1])
        await pilot.press("delete")
        await tui.until(pilot, lambda: not isinstance(pilot.app.screen, AnnotationsScreen))
        assert stored_turns.annotations_of(store, session.documents[0]) == []


async def test_forgetting_the_document_forgets_the_notes(running, session, store):
    document = session.documents[0]

    async with running() as pilot:
        await fee_selected(pilot)
        await pilot.press("alt+h")
        store.forget([document.id], "")
        with History(store) as history:
            history.forget([document.id], document.path)
        await pilot.press("alt+s", "alt+h")
        assert stored_turns.annotations_of(store, document) == []


@pytest.mark.parametrize("name", ["notes.md", "notes.html"])
async def test_notes_are_exported_with_the_answers(running, answered, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)

    async with running() as pilot:
        panes = await tui.ask(pilot)
        await pilot.press("escape", "alt+2", "alt+w", *"ask Ada", "enter", "ctrl+s")
        panes.prompt.line.value = name
        await pilot.press("enter", "enter")
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert ("<!DOCTYPE html>" in text) == name.endswith("html")
        assert text.index(tui.QUESTION) < text.index("Notes and highlights") < text.index("ask Ada")
