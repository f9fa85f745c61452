"""Flags win over the environment, that over config.toml, that over the default; each value knows
its origin.
"""

from collections.abc import Callable

import pytest

from docqa.app import cli, config
from docqa.app.errors import UsageError


@pytest.fixture
def configured(tmp_path, monkeypatch) -> Callable[..., None]:
    """Function(text of config.toml, variables of the environment)."""

    def configure(text: str = "", **variables: str) -> None:
        file = tmp_path / "config.toml"
        file.write_text(text)
        for name, value in {"DOCQA_CONFIG": str(file), **variables}.items():
            monkeypatch.setenv(name, value)

    return configure


def test_a_flag_wins_over_the_environment_and_that_over_the_file(configured, tmp_path):
    configured("k = 3\nthreads = 4\npreview = false", DOCQA_K="7", DOCQA_THREADS="2")
    settings = config.resolve_settings({"k": 9, "threads": None})
    assert (settings["k"], settings.values["k"].origin) == (9, "flag --k")
    assert (settings["threads"], settings.values["threads"].origin) == (2, "DOCQA_THREADS")
    assert (settings["preview"], settings.values["preview"].origin) == (
        False,
        str(tmp_path / "config.toml"),
    )
    assert (settings["store"], settings.values["store"].origin) == (True, "default")


def test_an_unknown_key_is_named_with_the_nearest_known_one(configured):
    configured("modle = 'x'")
    with pytest.raises(
        UsageError, match=r"config\.toml: unknown key 'modle' \(did you mean 'model'\?\)"
    ):
        config.resolve_settings()


@pytest.mark.parametrize(
    ("text", "said"), [("k = 'many'", "whole number"), ("store = 'so-so'", "true or false")]
)
def test_a_value_of_the_wrong_kind_says_what_is_wanted_and_where(configured, text, said):
    configured(text)
    with pytest.raises(UsageError, match=rf"config\.toml: .*{said}"):
        config.resolve_settings()


def test_a_variable_of_the_wrong_kind_names_the_variable(configured):
    configured(DOCQA_THREADS="all")
    with pytest.raises(
        UsageError, match="DOCQA_THREADS: threads must be a whole number from 1, not 'all'"
    ):
        config.resolve_settings()


def test_a_config_file_that_is_not_toml_is_a_usage_error(configured):
    configured("k = = 3")
    with pytest.raises(UsageError, match="not valid TOML"):
        config.resolve_settings()


def test_a_variable_that_sets_nothing_is_named_with_the_nearest(configured):
    configured(DOCQA_MODLE="x", DOCQA_MODEL="y")
    found = config.unknown_variables()
    assert "DOCQA_MODLE sets nothing; did you mean 'DOCQA_MODEL'?" in found
    assert not any(each.startswith("DOCQA_MODEL ") for each in found)


def test_doctor_prints_every_setting_with_its_origin(capsys, monkeypatch, checkpoint):
    monkeypatch.setenv("DOCQA_MODEL", str(checkpoint))
    monkeypatch.setenv("DOCQA_STROE", "no")
    monkeypatch.setenv("DOCQA_API_KEY", "sk-secret")
    assert cli.run(["doctor"]) == 0
    out, err = capsys.readouterr()
    assert f"model = {checkpoint}  [DOCQA_MODEL]" in out
    assert "store = True  [default]" in out
    for name in config.KNOWN:
        assert f"{name} = " in out
    assert "fingerprint" in out
    assert "DOCQA_STROE sets nothing" in err
    assert "DOCQA_API_KEY is set, not shown" in out and "sk-secret" not in out + err
