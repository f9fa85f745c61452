"""Theme and keys from config.toml: checked with a message that says what to change, and shown as
they hold.
"""

import pytest

from docqa.app import cli
from docqa.app.answer.events import Finished
from docqa.app.errors import UsageError
from docqa.app.tui import keymap
from docqa.app.tui.screens.annotations import Annotations
from docqa.app.tui.screens.navigation import Navigation
from docqa.app.tui.screens.panes import Panes
from docqa.app.tui.screens.questions import Questions
from docqa.app.tui.settings import TuiSettings, from_table

from . import conftest as tui


def test_settings_of_the_file_apply_and_the_rest_is_default():
    settings = from_table(
        {"theme": "nord", "keys": {"next_cite": "f6", "find": "alt+u"}}, "config.toml"
    )
    assert settings.theme == "nord"
    assert settings.pictures == "auto"
    shown = {key.name: key.shown for key in settings.apply(keymap.DOCUMENT)}
    assert (shown["next_cite"], shown["find"], shown["previous_cite"]) == ("F6", "Alt+U", "Alt+P")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"theem": "nord"}, r"unknown key 'tui.theem' \(did you mean 'theme'\?\)"),
        ({"theme": "nrod"}, r"tui.theme 'nrod' is not known \(did you mean 'nord'\?\)"),
        ({"theme": 3}, "tui.theme 3 is not known"),
        ({"pictures": "ascii"}, "tui.pictures 'ascii' is not known"),
        ({"keys": "x"}, 'tui.keys must have lines of the form action = "key"'),
        (
            {"keys": {"next_cyte": "x"}},
            r"unknown action 'next_cyte' \(did you mean 'next_cite'\?\)",
        ),
        ({"keys": {"find": "xx"}}, "tui.keys.find: 'xx' is not a key"),
        ({"keys": {"find": ""}}, "tui.keys.find: '' is not a key"),
        ({"keys": {"find": "shift+a"}}, "tui.keys.find: 'shift\\+a' is not a key"),
        ({"keys": {"find": 7}}, "tui.keys.find: 7 is not a key"),
        ({"keys": {"find": "ctrl+q"}}, "ctrl\\+q quits and cannot be reassigned"),
        ({"keys": {"find": "enter"}}, "enter chooses in lists"),
        ({"keys": {"find": "n"}}, "tui.keys.find: 'n' is not a key"),
        (
            {"keys": {"find": "alt+n"}},
            "'alt\\+n' is both next_cite and find on the document screen",
        ),
        (
            {"keys": {"refresh": "ctrl+o"}},
            "'ctrl\\+o' is both recent and refresh on the library screen",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(table, said):
    with pytest.raises(UsageError, match=rf"config\.toml: .*{said}"):
        from_table(table, "config.toml")


def test_two_actions_can_swap_their_keys():
    settings = from_table({"keys": {"next_cite": "alt+p", "previous_cite": "alt+n"}}, "config.toml")
    keys = {key.name: key.key for key in settings.apply(keymap.DOCUMENT)}
    assert (keys["next_cite"], keys["previous_cite"]) == ("alt+p", "alt+n")


def test_every_method_that_a_key_calls_is_there():
    parts = {
        "annotations": Annotations,
        "navigation": Navigation,
        "panes": Panes,
        "questions": Questions,
    }
    calls = [key.action.split("'") for key in keymap.DOCUMENT if key.action.startswith("call(")]
    assert len(calls) > 20
    assert all(callable(getattr(parts[part], method)) for _, part, _, method, *_ in calls)


def test_no_key_is_used_twice_on_a_screen():
    for keys in keymap.SCREENS.values():
        assert len({key.key for key in keys}) == len(keys)
        assert len({key.name for key in keys}) == len(keys)
    assert from_table({}, "config.toml") == TuiSettings(origin="config.toml")


@pytest.mark.parametrize(
    ("key", "shown"),
    [("escape", "Esc"), ("ctrl+p", "Ctrl+P"), ("/", "/"), ("f3", "F3"), ("alt+left", "Alt+Left")],
)
def test_a_key_is_written_as_people_write_it(key, shown):
    assert keymap.key_text(key) == shown


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Please compare the notice periods", "ask_each"),
        ("compare", "ask_each"),
        ("Compared with 2021, what has changed?", None),
        ("What does it summarize?", None),
    ],
)
def test_whole_words_at_the_beginning_request_a_key(words, name):
    key = keymap.requested_key(keymap.DOCUMENT, words)
    assert (key.name if key else None) == name


def test_doctor_lists_every_key_with_its_origin(docqa, checkpoint, tmp_path, monkeypatch):
    file = tmp_path / "config.toml"
    file.write_text('[tui]\ntheme = "ansi-dark"\n[tui.keys]\nnext_cite = "f6"\n', encoding="utf-8")
    monkeypatch.setenv("DOCQA_CONFIG", str(file))
    monkeypatch.setenv("DOCQA_MODEL", str(checkpoint))
    code, out, _ = docqa("doctor")
    assert code == 0
    assert f"theme = ansi-dark  [{file}]" in out
    assert f"keys.next_cite = f6  [{file}]" in out
    assert "keys.previous_cite = alt+p  [default]" in out
    for name in keymap.keys_by_name():
        assert f"keys.{name} = " in out


def test_a_table_that_is_wrong_costs_only_the_commands_that_use_it(
    docqa, tmp_path, monkeypatch, capsys
):
    file = tmp_path / "config.toml"
    file.write_text("[tui.keys]\nnext_cyte = 'x'\n", encoding="utf-8")
    monkeypatch.setenv("DOCQA_CONFIG", str(file))
    assert docqa("cache", "list")[0] == 0
    code, _, err = docqa("doctor")
    assert code == 2
    assert "unknown action 'next_cyte' (did you mean 'next_cite'?)" in err
    file.write_text("tui = 3\n", encoding="utf-8")
    assert cli.run(["doctor"]) == 2
    assert "tui must be a table" in capsys.readouterr().err


async def test_keys_and_theme_of_the_file_work_and_are_shown(running, session):
    session.script[:] = [Finished(tui.answer_of(session.documents[0]))]
    keys = {"next_cite": "alt+p", "previous_cite": "f6", "text": "ctrl+x", "find": "f10"}
    settings = from_table({"theme": "ansi-light", "keys": keys}, "config.toml")

    async with running(settings=settings, size=(120, 50)) as pilot:
        panes = await tui.ask(pilot)
        assert pilot.app.theme == "ansi-light"
        await tui.until(pilot, lambda: "F10 Find" in tui.screen_text(pilot).split("\n")[-1])
        card = panes.answers.cards[0]
        await pilot.press("alt+p")
        assert card.current == 0
        await pilot.press("alt+n")  # nobody's key now
        assert card.current == 0
        await pilot.press("f6")
        assert card.current == card.shown_stop_count - 1
        await pilot.press("alt+a", "ctrl+x")
        assert panes.page.has_focus
        await pilot.press("f1")
        lines = [" ".join(line.split()) for line in tui.screen_text(pilot).split("\n")]
        assert any("Alt+P go to the next cite of this answer" in line for line in lines)
        assert any("F6 go to the previous cite" in line for line in lines)
        await pilot.press("escape", *"/find")
        await tui.sees(pilot, "(F10)")
