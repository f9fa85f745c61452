"""The themes of docqa, dark and light; a terminal of sixteen colours gets one of Textual's own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.theme import Theme

_LIGHT_COLOURS = ("7", "15")
AUTO = "auto"
DARK = "docqa-dark"
LIGHT = "docqa-light"
SIXTEEN = {DARK: "ansi-dark", LIGHT: "ansi-light"}
"""Textual's, shown instead where a terminal has sixteen colours of its own."""
FORMER = {f"{name}-16": instead for name, instead in SIXTEEN.items()}
"""Names that a config.toml may still have, and what is shown for them."""


def themes() -> list[Theme]:
    from textual.theme import Theme

    # Every text has a contrast of 4.5 to 1 or more with its ground (WCAG AA).
    return [
        Theme(
            DARK,
            primary="#8AB0FF",
            secondary="#A9B8D4",
            accent="#F2B866",
            warning="#E8C478",
            error="#FF9C93",
            success="#A6D189",
            foreground="#DDE1E8",
            background="#15171C",
            surface="#1C1F26",
            panel="#272B35",
            dark=True,
            variables={"text-muted": "#A2A9B6"},
        ),
        Theme(
            LIGHT,
            primary="#1F4E9E",
            secondary="#4A5A78",
            accent="#5F3A00",
            warning="#7A5200",
            error="#A3231C",
            success="#2B6329",
            foreground="#1E222A",
            background="#FBFAF7",
            surface="#F2F0EA",
            panel="#E6E3DA",
            dark=False,
            variables={"text-muted": "#565D6B"},
        ),
    ]


def names() -> tuple[str, ...]:
    from textual.theme import BUILTIN_THEMES

    return (AUTO, DARK, LIGHT, *FORMER, *BUILTIN_THEMES)


def choose(setting: str, *, light: bool, colours: str | None) -> str:
    """The theme to begin with: `setting` of config.toml, else docqa's for the background; in
    sixteen `colours` (`standard`, to Rich) Textual's for docqa's."""
    theme = setting
    if setting == AUTO:
        theme = LIGHT if light else DARK
    theme = FORMER.get(theme, theme)
    return SIXTEEN.get(theme, theme) if colours == "standard" else theme


def is_light() -> bool:
    """Whether the terminal says in COLORFGBG that its background is light."""
    return os.environ.get("COLORFGBG", "").rpartition(";")[2] in _LIGHT_COLOURS
