"""Every other key of an open document: scrolling, search, places, export, outline, panes, palette,
help, themes.
"""

import sys
import webbrowser

import pytest
from textual.events import AppFocus

from docqa.app.tui.keymap import DOCUMENT
from docqa.app.tui.screens.choice_screen import HelpScreen

from .. import conftest as tui


async def test_page_keys_scroll_from_the_prompt_and_arrows_in_the_pane(running, session):
    async with running() as pilot:
        panes = await tui.opened(pilot)
        page = panes.page
        await pilot.press("pagedown")
        assert round(page.scroll_y) == page.size.height
        await pilot.press("home", "alt+t")
        for key, lines in (("down", 1), ("down", 2), ("up", 1)):
            await pilot.press(key)
            assert round(page.scroll_y) == lines
        await pilot.press("escape", "end")
        assert round(page.scroll_y) == page.max_scroll_y
        await pilot.press("alt+t", "home", "x")
        assert page.place == (1, 0)
        assert panes.prompt.line.value == "x"


async def test_keys_that_have_nothing_to_do_say_so(running, session):
    async with running() as pilot:
        panes = await tui.opened(pilot)
        await pilot.press("escape")
        keys = {
            "alt+n": "no cites yet",
            "ctrl+y": "no quote to copy",
            "alt+left": "no earlier place",
            "f3": "no search yet",
        }
        for key, said in keys.items():
            await pilot.press(key)
            assert said in tui.notices(pilot)
        place = panes.page.place
        await pilot.press("alt+3", "alt+down", "alt+up")
        assert panes.page.place == place


async def test_search_finds_while_one_types_and_enter_leaves_the_line(running, session):
    async with running() as pilot:
        panes = await tui.opened(pilot)
        await pilot.press("escape", "ctrl+f", *"FEE")
        await tui.sees(pilot, "hit 1 of 10")
        await pilot.press("down")
        assert "hit 2 of 10" in tui.screen_text(pilot)
        await pilot.press("enter")
        assert panes.prompt.mode == "ask"
        await pilot.press("f3")
        assert "hit 3 of 10" in tui.screen_text(pilot)
        assert tui.screen_text(pilot).count("━") == 10
        assert "fee of part 3" in tui.shown(panes.page)
        await pilot.press("f2", "f2", "f2")
        assert "hit 10 of 10" in tui.screen_text(pilot)
        await pilot.press("ctrl+f", *"zeppelin", "enter")
        assert "is not in this document" in tui.notices(pilot)
        assert panes.prompt.line.value == "zeppelin"


async def test_a_search_that_is_given_up_returns_to_where_it_began(running, session):
    async with running() as pilot:
        panes = await tui.opened(pilot)
        await pilot.press("escape", "ctrl+f", *"part 9 is")
        await tui.until(pilot, lambda: panes.page.place[0] > 5)
        await pilot.press("escape")
        assert panes.page.place == (1, 0)
        await pilot.press("ctrl+f", *"part 9 is", "enter", "alt+left")
        assert panes.page.place == (1, 0)


async def test_enter_goes_on_to_the_next_hit_and_escape_back(running, session):
    async with running() as pilot:
        panes = await tui.opened(pilot)
        await pilot.press("escape", "ctrl+f", *"fee of", "enter", "enter", "enter")
        assert "hit 3 of 10" in tui.screen_text(pilot)
        await pilot.press("shift+enter")
        assert "hit 2 of 10" in tui.screen_text(pilot)
        await pilot.press("escape")
        assert panes.page.place == (1, 0)
        assert "hit" not in tui.screen_text(pilot)
        await pilot.press("enter")
        assert "the question is empty" in tui.notices(pilot)


async def test_hits_are_listed_with_their_lines_and_gone_to(running, session):
    async with running() as pilot:
        panes = await tui.opened(pilot)
        await pilot.press("alt+g")
        assert "no search yet" in tui.notices(pilot)
        await pilot.press("ctrl+f", *"fee of", "alt+g")
        await tui.sees(pilot, "10 Duties of keeper 10")
        await pilot.press(*"119", "enter")
        await tui.sees(pilot, "hit 7 of 10")
        assert "119 dollars" in tui.shown(panes.page)
        assert panes.prompt.mode == "ask"


async def test_ctrl_c_says_how_to_leave_and_then_leaves(interface, session):
    app = interface()
    async with app.run_test() as pilot:
        await tui.opened(pilot)
        await pilot.press("ctrl+c")
        assert "Ctrl+Q leaves" in tui.notices(pilot)
        assert app.is_running
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert app._exit


@pytest.mark.parametrize("typed", [":q", "/exit", "/quit"])
async def test_words_of_other_programs_leave(interface, session, typed):
    app = interface()
    async with app.run_test() as pilot:
        await tui.opened(pilot)
        await pilot.press(*typed, "enter")
        await pilot.pause()
        assert app._exit


async def test_a_request_names_its_key_and_a_second_enter_asks(running, answered):
    async with running() as pilot:
        panes = await tui.opened(pilot)
        await pilot.press(*"Summarise this", "enter")
        assert "Alt+K: summarize the document" in tui.notices(pilot)
        assert not answered.asked
        await pilot.press("enter")
        await tui.until(pilot, lambda: answered.asked == ["Summarise this"])
        assert panes.prompt.line.value == ""


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light"])
async def test_the_current_hit_differs_from_the_others_by_colour_and_sign(running, session, theme):
    async with running() as pilot:
        panes = await tui.opened(pilot)
        pilot.app.theme = theme
        await pilot.press("escape", "ctrl+f", *"keeper", "enter")
        await pilot.pause()
        lines = [panes.page.render_line(y) for y in range(panes.page.size.height)]
        found = [part for line in lines for part in line if part.text.casefold() == "keeper"]
        assert found[0].style.bgcolor != found[1].style.bgcolor
        assert tui.contrast(found[0].style.color, found[0].style.bgcolor) >= 4.5
        assert tui.contrast(found[1].style.color, found[1].style.bgcolor) >= 4.5
        assert [line.text[:2] for line in lines if "eeper" in line.text][:2] == ["▶ ", "· "]


async def test_g_goes_to_a_printed_label_a_physical_page_or_a_heading(running, session):
    async with running() as pilot:
        panes = await tui.opened(pilot)
        await pilot.press("escape")
        for wanted, page in (
            ("ii", 2),
            ("1", 3),
            ("PDF 6", 6),
            ("p. 8", 10),
            ("Duties of keeper 6", 6),
        ):
            await pilot.press("ctrl+g")
            panes.prompt.line.value = wanted
            await pilot.press("enter")
            assert f"{page}. Duties of keeper {page}" in tui.shown(panes.page)
        await pilot.press(*["alt+left"] * 5)
        assert panes.page.place == (1, 0)
        await pilot.press("ctrl+g", *"keeper duties", "enter", *"10", "enter")
        assert "10. Duties of keeper 10" in tui.shown(panes.page)
        await pilot.press("ctrl+g", *"xcix", "enter")
        assert "no page or section" in tui.notices(pilot)


async def test_e_exports_the_session_and_never_replaces_a_file(
    running, answered, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)

    async with running() as pilot:
        panes = await tui.ask(pilot)
        await pilot.press("ctrl+s", "enter")
        assert str(tmp_path / "lease.docqa.md") in tui.notices(pilot)
        assert list(tmp_path.iterdir()) == []
        await pilot.press("enter")
        text = (tmp_path / "lease.docqa.md").read_text(encoding="utf-8")
        assert f"## {tui.QUESTION}" in text
        assert "> “**The** fee of part 5 is 85 dollars, payable in March.”" in text
        assert "(quote found)" in text
        await pilot.press("ctrl+s")
        assert panes.prompt.line.value == "lease.docqa-2.md"
        panes.prompt.line.value = "lease.docqa.md"
        await pilot.press("enter")
        assert "there is such a file already" in tui.notices(pilot)
        panes.prompt.line.value = "lease.mdx"
        await pilot.press("enter")
        assert "it has to end in" in tui.notices(pilot)
        assert [path.name for path in tmp_path.glob("*.md")] == ["lease.docqa.md"]
        assert list(tmp_path.glob(".docqa-*")) == []


async def test_the_outline_goes_to_a_heading_and_opens_with_arrows(running, session):
    async with running() as pilot:
        panes = await tui.opened(pilot)
        await pilot.press("escape", "alt+o", "home", "down", "down", "down", "enter")
        await pilot.pause()
        assert "3. Duties of keeper 3" in tui.shown(panes.page)
        await pilot.press("alt+o", "home", "left")
        await pilot.pause()
        assert "1 Duties of keeper 1" not in tui.shown(panes.query_one("#outline"))


async def test_the_outline_has_pages_and_follows_the_reading(running, session):
    async with running() as pilot:
        panes = await tui.opened(pilot)
        await pilot.press("escape")
        panes.page.go(6, 0, above=0)
        await tui.until(pilot, lambda: "◂4" in tui.shown(panes.outline))
        lines = [line.rstrip() for line in tui.shown(panes.outline).split("\n") if "keeper" in line]
        assert [line.split()[-1].lstrip("◂") for line in lines] == ["i", "ii", *"12345678"]
        assert panes.outline.cursor_node.data.id == "6"
        await pilot.press("ctrl+f", *"part 9 is", "enter")
        await tui.until(pilot, lambda: "◂7" in tui.shown(panes.outline))
        await pilot.press("alt+o", "down", "enter")
        await tui.until(pilot, lambda: "10. Duties of keeper 10" in tui.shown(panes.page))


async def test_a_narrow_screen_shows_one_pane_and_keys_or_clicks_change_it(running, answered):
    async with running(size=(80, 24)) as pilot:
        panes = await tui.opened(pilot)
        panes = [panes.query_one(f"#{name}") for name in ("outline", "page", "answers")]
        await pilot.press("escape")
        for key, shown in (("alt+o", 0), ("alt+a", 2), ("alt+t", 1)):
            await pilot.press(key)
            assert [pane.display for pane in panes] == [number == shown for number in range(3)]
            assert panes[shown].has_focus
        await pilot.click("#tabs", offset=(3, 0))
        await pilot.pause()
        assert panes[0].display
        await pilot.resize_terminal(120, 40)
        await pilot.pause()
        assert all(pane.display for pane in panes)


async def test_the_text_stays_where_it_was_when_the_terminal_is_resized(running, session):
    async with running() as pilot:
        panes = await tui.opened(pilot)
        pilot.app.screen.navigation.jump((6, 1))
        await pilot.press("pagedown")
        place = panes.page.place
        for size in ((100, 30), (80, 24), (140, 50), (120, 40)):
            await pilot.resize_terminal(*size)
            await tui.until(pilot, lambda: panes.page.place[0] == place[0])
        assert abs(panes.page.place[1] - place[1]) < 160


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 20)])
async def test_messages_hide_neither_status_nor_line_nor_footer(running, session, size):
    async with running(size=size, notifications=True) as pilot:
        panes = await tui.opened(pilot)
        foot = 3 if size[1] < 22 else 5
        panes.page.go(5, 0, above=0)
        await pilot.pause()
        before = tui.screen_text(pilot).split("\n")[-foot:]
        assert "p. 3 (PDF 5)" in before[0]
        for number in range(3):
            panes.message(
                f"message {number} that takes more than one line on a narrow screen, and stays",
                "warning",
            )
        await tui.sees(pilot, "message 2")
        assert tui.screen_text(pilot).split("\n")[-foot:] == before


async def test_commands_are_offered_completed_and_run_with_their_words(running, answered):
    async with running() as pilot:
        panes = await tui.ask(pilot)
        await pilot.press(*"/g")
        await tui.sees(pilot, "/go-to")
        await pilot.press("tab", *"PDF 8", "enter")
        assert "8. Duties of keeper 8" in tui.shown(panes.page)
        await pilot.press(*"/fin part 9 is", "enter")
        assert "part 9 is" in tui.shown(panes.page)
        assert (panes.prompt.mode, panes.prompt.line.value) == ("ask", "")
        await pilot.press(*"/zzz", "enter")
        assert "there is no command /zzz" in tui.notices(pilot)
        await pilot.press("escape")
        assert panes.prompt.line.value == ""


async def test_help_filters_what_is_typed_and_runs_what_is_chosen(running, answered):
    async with running() as pilot:
        panes = await tui.ask(pilot)
        await pilot.press("question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)
        await pilot.press(*"next cite", "enter")
        assert not isinstance(pilot.app.screen, HelpScreen)
        await tui.until(pilot, lambda: "The fee of part 5" in tui.reversed_text(panes.page))
        assert panes.prompt.line.value == ""


async def test_help_lists_every_key_also_on_a_narrow_screen_and_goes_away(running, session):
    async with running(size=(40, 20)) as pilot:
        await tui.opened(pilot)
        await pilot.press("escape", "f1")
        await pilot.pause()
        shown = pilot.app.screen.query_one("#choices")
        seen: list[str] = []
        for top in range(0, shown.virtual_size.height, shown.size.height):
            shown.scroll_to(y=top, animate=False)
            await pilot.pause()
            seen += [shown.render_line(y).text for y in range(shown.size.height)]
        words = " ".join(line[11:].strip() for line in seen)
        assert [key.help for key in DOCUMENT if key.help not in words] == []
        topics = [
            "Questions and answers",
            "Moving in the text",
            "Notes and copying",
            "Panes",
            "General",
            "Marks",
        ]
        assert (
            list(dict.fromkeys(line.strip() for line in seen if line.strip() in topics)) == topics
        )
        shown.scroll_end(animate=False)
        await tui.sees(pilot, "underlined")
        await pilot.press("escape")
        assert not isinstance(pilot.app.screen, HelpScreen)


async def test_a_theme_can_be_chosen_and_nothing_breaks(running, answered):
    async with running() as pilot:
        await tui.ask(pilot)
        for theme in ("textual-light", "nord", "ansi-dark"):
            pilot.app.theme = theme
            await pilot.pause()
            assert "85 dollars" in tui.screen_text(pilot)


@pytest.mark.parametrize(("display", "opened"), [("", 0), (":0", 1)])
async def test_the_page_is_opened_in_the_viewer(running, session, monkeypatch, display, opened):
    pages = list[str]()
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(webbrowser, "open", lambda page: pages.append(page) or True)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("DISPLAY", raising=False)
    if display:
        monkeypatch.setenv("DISPLAY", display)
    async with running() as pilot:
        panes = await tui.opened(pilot)
        panes.page.go(4, 0, above=0)
        await pilot.press("alt+y")
        assert len(pages) == opened
        assert all(page.endswith("lease.pdf#page=4") for page in pages)
        assert ("no viewer" in tui.notices(pilot)) is not opened


async def test_another_window_is_told_in_the_title(running, answered):
    async with running() as pilot:
        await tui.opened(pilot)
        sent = list[str]()
        pilot.app.send = sent.append
        await tui.ask(pilot)
        assert sent == []
        pilot.app.app_focus = False
        await pilot.press("x")
        pilot.app.app_focus = False
        pilot.app.work_done(pilot.app.screen)
        assert "lease.pdf: done" in sent[-1]
        pilot.app.post_message(AppFocus())
        await tui.until(pilot, lambda: "23;2t" in sent[-1])
