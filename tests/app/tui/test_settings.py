"""`[tui]` of config.toml: checked with a message that says what to change, and shown as it holds."""

import pytest

from docqa.app import cli
from docqa.app.errors import UsageError
from docqa.app.tui import keymap
from docqa.app.tui.screens.annotations import Annotations
from docqa.app.tui.screens.navigation import Navigation
from docqa.app.tui.screens.panes import Panes
from docqa.app.tui.screens.questions import Questions
from docqa.app.tui.settings import TuiSettings, from_table


def test_settings_of_the_file_apply_and_the_rest_is_default():
    settings = from_table({"theme": "nord"}, "config.toml")
    assert (settings.theme, settings.pictures) == ("nord", "auto")
    assert keymap.shown_key("previous_cite") == "Alt+P"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"theem": "nord"}, r"unknown key 'tui.theem' \(did you mean 'theme'\?\)"),
        ({"theme": "nrod"}, r"tui.theme 'nrod' is not known \(did you mean 'nord'\?\)"),
        ({"theme": 3}, "tui.theme 3 is not known"),
        ({"pictures": "ascii"}, "tui.pictures 'ascii' is not known"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(table, said):
    with pytest.raises(UsageError, match=rf"config\.toml: .*{said}"):
        from_table(table, "config.toml")


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


def test_doctor_lists_settings_with_their_origin_and_names_unread_keys(
    docqa, checkpoint, tmp_path, monkeypatch
):
    file = tmp_path / "config.toml"
    file.write_text('[tui]\ntheme = "ansi-dark"\n[tui.keys]\nnext_cite = "f6"\n', encoding="utf-8")
    monkeypatch.setenv("DOCQA_CONFIG", str(file))
    monkeypatch.setenv("DOCQA_MODEL", str(checkpoint))
    code, out, err = docqa("doctor")
    assert code == 0
    assert f"theme = ansi-dark  [{file}]" in out
    assert "pictures = auto  [default]" in out
    assert f"{file}: [tui.keys] is not read any more" in err


def test_a_table_that_is_wrong_costs_only_the_commands_that_use_it(
    docqa, tmp_path, monkeypatch, capsys
):
    file = tmp_path / "config.toml"
    file.write_text("[tui]\ntheem = 'nord'\n", encoding="utf-8")
    monkeypatch.setenv("DOCQA_CONFIG", str(file))
    assert docqa("cache", "list")[0] == 0
    code, _, err = docqa("doctor")
    assert code == 2
    assert "unknown key 'tui.theem' (did you mean 'theme'?)" in err
    file.write_text("tui = 3\n", encoding="utf-8")
    assert cli.run(["doctor"]) == 2
    assert "tui must be a table" in capsys.readouterr().err
