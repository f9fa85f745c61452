"""References and footnote marks in the text: shown as links, followed by clicks and keys, and come
back from.
"""

from dataclasses import replace
from typing import Any

import pytest

from docqa.app.answer.events import Finished
from docqa.app.tui.page.links import Links
from docqa.ingest.structure.notes import find_notes
from docqa.ingest.structure.references import find_references
from docqa.ingest.types import Block, Document

from .. import conftest as tui

REFERRING = "As Section 7 says,1 not as Section 9."
NOTE = "1 Nothing is paid on Sundays."


@pytest.fixture
def referring(lease_document: Document) -> Document:
    """The lease; its third page refers to sections 7 and 9 and has a footnote, the ninth refers
    back to section 3.
    """
    pages = list(lease_document.pages)
    third = pages[2].text.replace(
        "The keeper of part 3 writes line 2", f"{REFERRING}\nThe keeper of part 3 writes line 2"
    )
    text = f"{third}\n{NOTE}"
    blocks = (Block(0, text.find("\n"), "heading"), Block(text.find("\n") + 1, len(third), "para"))
    pages[2] = replace(
        pages[2], text=text, blocks=(*blocks, Block(len(third) + 1, len(text), "para"))
    )
    pages[8] = replace(pages[8], text=f"{pages[8].text}\nAs in Section 3, so here.")
    document = replace(lease_document, pages=tuple(pages))
    return replace(
        document,
        references=tuple(find_references(document)),
        notes=tuple(find_notes(document.pages, paged=True)),
    )


@pytest.fixture
def session(referring: Document) -> Any:
    """A session of the document with references."""
    return tui.FakeSession((referring,))


def _underlined(page: Any) -> list[str]:
    lines = [page.render_line(y) for y in range(page.size.height)]
    return [part.text for line in lines for part in line if part.style and part.style.underline]


def _line(page: Any, words: str) -> int:
    (row,) = [y for y in range(page.size.height) if words in page.render_line(y).text]
    return row


def _marked(page: Any) -> list[str]:
    """The lines beside which an arrow stands."""
    lines = [page.render_line(y).text for y in range(page.size.height)]
    return [line.removeprefix("→ ").strip() for line in lines if line.startswith("→ ")]


async def _on_third_page(pilot: Any) -> Any:
    panes = await tui.opened(pilot)
    await pilot.press("escape")
    panes.page.go(3, 0, above=0)
    await pilot.pause()
    return panes


def test_links_are_in_document_order_and_point_to_lines_and_notes(referring):
    links = Links(referring)
    text = referring.pages[2].text
    found = links.within(3, 0, len(text))
    assert [text[link.start : link.end] for link in found] == ["Section 7", "1", "Section 9"]
    seventh, note, _ = found
    heading = referring.pages[6].text[seventh.target.start : seventh.target.end]
    assert (seventh.target.page, heading) == (7, "7. Duties of keeper 7")
    assert text[note.target.start : note.target.end] == NOTE
    assert links.at(3, seventh.start + 2) == seventh
    assert links.at(3, seventh.end) is None
    assert links.first((3, seventh.end), 1) == note
    assert links.first((3, seventh.end), -1) == seventh
    assert links.first((9, 10_000), 1) == seventh


def test_a_document_without_references_has_no_links(lease_document):
    assert Links(lease_document).first((1, 0), 1) is None
    assert Links(lease_document).within(1, 0, 10_000) == []


def test_brackets_of_a_note_mark_belong_to_its_link(document):
    text = "Keepers are paid.[1] They sleep.\n\n[1] Not on Sundays."
    made = document(text, paged=False)
    page = replace(made.pages[0], blocks=(Block(0, 32, "para"), Block(34, len(text), "para")))
    made = replace(made, pages=(page,), notes=tuple(find_notes((page,), paged=False)))
    (link,) = Links(made).within(1, 0, len(text))
    assert (text[link.start : link.end], text[link.target.start : link.target.end]) == (
        "[1]",
        "[1] Not on Sundays.",
    )


async def test_references_and_footnote_marks_are_underlined_and_nothing_else_is(running):
    async with running() as pilot:
        panes = await _on_third_page(pilot)
        assert _underlined(panes.page) == ["Section 7", "1", "Section 9"]


async def test_a_reference_that_is_clicked_is_followed_and_b_comes_back(running):
    async with running() as pilot:
        panes = await _on_third_page(pilot)
        before = panes.page.place
        row = _line(panes.page, "Section 7")
        at = panes.page.render_line(row).text.index("Section 7")
        await pilot.click(panes.page, offset=(at - 2, row + 1))  # one line for the border
        assert panes.page.place == before
        await pilot.click(panes.page, offset=(at + 3, row + 1))
        await tui.until(pilot, lambda: _marked(panes.page) == ["7. Duties of keeper 7"])
        assert "Section 7; Alt+Left goes back" in tui.screen_text(pilot)
        await pilot.press("alt+left")
        assert panes.page.place == before
        assert _marked(panes.page) == [REFERRING]


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_references_are_chosen_and_followed_with_the_keyboard_alone(running, size):
    async with running(size=size) as pilot:
        panes = await tui.opened(pilot)
        await pilot.press("escape", "f7")
        assert tui.reversed_text(panes.page) == "Section 7"
        assert "Alt+Right: Section 7 → 7 Duties of keeper 7 · p. 5 (PDF 7)" in tui.flat(
            panes.query_one("#status")
        )
        await pilot.press("f7")
        assert tui.reversed_text(panes.page) == "1"
        await pilot.press("f7", "shift+f7", "f7")
        assert tui.reversed_text(panes.page) == "Section 9"
        before = panes.page.place
        await pilot.press("enter")
        assert _marked(panes.page) == ["9. Duties of keeper 9"]
        await pilot.press("f7")  # the chosen one is out of view: from here on
        assert tui.reversed_text(panes.page) == "Section 3"
        await pilot.press("f7")  # round the end
        assert tui.reversed_text(panes.page) == "Section 7"
        await pilot.press("shift+f7", "enter", "alt+left", "alt+left")
        assert panes.page.place == before
        await pilot.press("escape")
        assert _marked(panes.page) == []


async def test_a_note_that_is_on_the_screen_is_marked_and_nothing_moves(running):
    async with running() as pilot:
        panes = await _on_third_page(pilot)
        before = panes.page.place
        await pilot.press("f7", "f7", "enter")
        assert _marked(panes.page) == [REFERRING, NOTE]
        assert panes.page.place == before
        await pilot.press("alt+left")
        assert _marked(panes.page) == [REFERRING]


async def test_the_keys_of_references_say_so_where_there_are_none(running, session):
    session.documents = (replace(session.documents[0], references=(), notes=()),)

    async with running() as pilot:
        await tui.opened(pilot)
        await pilot.press("escape", "f7")
        assert "no references or footnotes" in tui.notices(pilot)
        await pilot.press("alt+right")
        assert "F7 selects one" in tui.notices(pilot)


async def test_a_reference_within_a_cite_keeps_the_colours_of_the_cite(running, session):
    document = session.documents[0]
    session.script[:] = [
        Finished(tui.answer_of(document, quotes=(tui.quote_of(document, REFERRING),)))
    ]

    async with running() as pilot:
        panes = await tui.ask(pilot)
        await pilot.press("alt+1")
        parts = [part for y in range(panes.page.size.height) for part in panes.page.render_line(y)]
        cited = [
            (part.text, bool(part.style.underline))
            for part in parts
            if part.style and part.style.reverse
        ]
        assert ("Section 7", True) in cited
        assert "".join(text for text, _ in cited) == REFERRING
        await pilot.press(
            "f7", "enter", "alt+1"
        )  # a cite that is followed takes the place of the reference
        assert tui.reversed_text(panes.page).replace(" ", "") == REFERRING.replace(" ", "")


async def test_a_jump_says_where_one_came_from_and_back_shows_the_reference(running, session):
    async with running() as pilot:
        panes = await tui.opened(pilot)
        await pilot.press("escape", "f7", "enter")
        status = tui.flat(panes.query_one("#status"))
        assert "Section 7; Alt+Left goes back to p. ii (PDF 2) · 7" in status
        assert status.endswith("7 Duties of keeper 7 · p. 5 (PDF 7)")
        await pilot.press("alt+left")
        assert "back from p. 5 (PDF 7)" in tui.flat(panes.query_one("#status"))
        assert tui.reversed_text(panes.page) == "Section 7"
        await pilot.press("ctrl+g", "6", "enter")
        assert "Alt+Left goes back to" in tui.flat(panes.query_one("#status"))
