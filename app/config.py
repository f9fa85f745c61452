"""Settings: a flag wins over `DOCQA_*`, which wins over config.toml, which wins over the
default.
"""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

from docqa.model.device import DEVICES
from docqa.model.foreign.folder import ROLES

from .errors import UsageError
from .options import SOURCES


@dataclass(frozen=True)
class Setting:
    """A value and its origin: `flag --k`, `DOCQA_K`, the path of config.toml, or `default`."""

    name: str
    value: object
    origin: str


def _parse_text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("must be a text that is not empty")
    return value


def _parse_count(value: object) -> int:
    number = int(value) if isinstance(value, str | int) and not isinstance(value, bool) else 0
    if number < 1:
        raise ValueError("must be a whole number from 1")
    return number


_ON = ("1", "true", "yes", "on")
_OFF = ("0", "false", "no", "off")


def _parse_switch(value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).lower()
    if word not in (*_ON, *_OFF):
        raise ValueError("must be true or false")
    return word in _ON


def _parse_choice(value: object, names: Sequence[str] = SOURCES) -> str:
    if value not in names:
        raise ValueError(f"must be {', '.join(names[:-1])} or {names[-1]}")
    return str(value)


@dataclass(frozen=True)
class _KnownSetting:
    convert: Callable[[object], object]
    help: str
    default: object = None


KNOWN: dict[str, _KnownSetting] = {
    "model": _KnownSetting(
        _parse_text,
        "model that answers: a name, a folder, a GGUF file or openai:NAME; not set: the bundled one",
    ),
    "base_url": _KnownSetting(_parse_text, "the server of a model called openai:NAME"),
    **{
        role: _KnownSetting(_parse_text, f"another's model as {role}: a name or a folder")
        for role in ROLES
    },
    "timeout": _KnownSetting(_parse_count, "seconds that such a server may be silent", 120),
    "threads": _KnownSetting(_parse_count, "threads to compute with; not set: one a core"),
    "device": _KnownSetting(
        partial(_parse_choice, names=DEVICES),
        "where the model computes: auto (the processor), cpu, cuda or mps",
        "auto",
    ),
    "cache_dir": _KnownSetting(_parse_text, "the folder for everything that docqa keeps"),
    "k": _KnownSetting(
        _parse_count,
        "passages that are read for a question and listed; by default what the model reads best",
    ),
    "from": _KnownSetting(
        _parse_choice,
        "what a model that writes is given: auto, the whole documents, or passages",
        "auto",
    ),
    "preview": _KnownSetting(
        _parse_switch, "a preliminary answer first if reading takes long", True
    ),
    "store": _KnownSetting(
        _parse_switch,
        "keep what was read on disk; where it is set to true also what was opened with a password",
        True,
    ),
    "include_hidden": _KnownSetting(
        _parse_switch, "also use text that is not visible on the page", False
    ),
}

# Tables of config.toml that a front end reads for itself.
TABLES = ("tui",)

# No settings: where config.toml is, and switches for whoever looks into docqa itself.
SWITCHES = {
    "DOCQA_CONFIG": "another config.toml",
    "DOCQA_DEBUG": "show the traceback of a bug",
    "DOCQA_DTYPE": "float32 or bfloat16, instead of what suits the processor",
    "DOCQA_KERNELS": "torch (no native kernels), reference (plain and slow) or triton, instead of the fastest",
}
# Never in config.toml, and never printed.
SECRETS = {"DOCQA_API_KEY": "the key of the server of a model called openai:NAME"}
_FLAGS = {"preview": "--no-preview", "store": "--no-store"}


@dataclass(frozen=True)
class Settings:
    values: Mapping[str, Setting]

    def __getitem__(self, name: str) -> object:
        return self.values[name].value

    def text_value(self, name: str) -> str | None:
        """A setting that is a text, or None."""
        value = self[name]
        return None if value is None else str(value)

    def count_value(self, name: str) -> int | None:
        """A setting that is a whole number, or None."""
        value = self[name]
        return value if isinstance(value, int) else None

    def is_on(self, name: str) -> bool:
        return bool(self[name])

    @property
    def cache_dir(self) -> Path:
        return Path(str(self["cache_dir"])).expanduser()


def config_path() -> Path:
    """DOCQA_CONFIG, else config.toml in the user's configuration folder."""
    if named := os.environ.get("DOCQA_CONFIG"):
        return Path(named)
    from platformdirs import user_config_path

    return user_config_path("docqa", appauthor=False) / "config.toml"


def resolve_settings(flags: Mapping[str, object] = MappingProxyType({})) -> Settings:
    """All settings; None in `flags` means not given. Raises UsageError for what is unknown, wrong
    or unreadable.
    """
    path = config_path()
    from_file = _load_config_file(path)
    values: dict[str, Setting] = {}
    for name in KNOWN:
        variable = f"DOCQA_{name.upper()}"
        if flags.get(name) is not None:
            values[name] = make_setting(
                name, flags[name], f"flag {_FLAGS.get(name, '--' + name.replace('_', '-'))}"
            )
        elif os.environ.get(variable):
            values[name] = make_setting(name, os.environ[variable], variable)
        elif name in from_file:
            values[name] = make_setting(name, from_file[name], str(path))
        else:
            from .storage.store import default_root

            default = str(default_root()) if name == "cache_dir" else KNOWN[name].default
            values[name] = Setting(name, default, "default")
    return Settings(values)


def make_setting(name: str, value: object, origin: str) -> Setting:
    """The setting `name` with `value`, or with what its words say. Raises UsageError."""
    try:
        return Setting(name, KNOWN[name].convert(value), origin)
    except ValueError as error:
        reason = str(error) if str(error).startswith("must") else "must be a whole number from 1"
        raise UsageError(f"{name} {reason}, not {value!r}", where=origin) from error


def _load_config_file(path: Path) -> dict[str, object]:
    if not path.is_file():
        return {}
    import tomllib

    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f"is not valid TOML: {error}", where=str(path), hint="correct it or move it away"
        ) from error
    for key in values:
        if key not in KNOWN and key not in TABLES:
            raise UsageError(
                f"unknown key {key!r}",
                where=str(path),
                hint=nearest_name_hint(key, (*KNOWN, *TABLES)),
            )
    return values


def load_table(name: str) -> dict[str, object]:
    """The table `[name]` of config.toml, empty where there is none. Raises UsageError as `resolve_settings`
    does.
    """
    path = config_path()
    value = _load_config_file(path).get(name, {})
    if not isinstance(value, dict):
        raise UsageError(
            f"{name} must be a table, [{name}]", where=str(path), hint="correct or remove it"
        )
    return value


def nearest_name_hint(key: str, known: Collection[str]) -> str:
    """A hint: the known name closest to `key`, or all."""
    from difflib import get_close_matches

    close = get_close_matches(key, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else "known: " + ", ".join(known)


def unknown_variables() -> list[str]:
    """`DOCQA_*` variables that set nothing, each with the nearest that does."""
    named = {f"DOCQA_{name.upper()}": None for name in KNOWN} | SWITCHES | SECRETS
    spare = sorted(name for name in os.environ if name.startswith("DOCQA_") and name not in named)
    return [f"{name} sets nothing; {nearest_name_hint(name, named)}" for name in spare]
