"""The themes of docqa, dark and light, each for many colours and for sixteen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docqa.app.storage.remembered import remembered

if TYPE_CHECKING:
    from textual.theme import Theme

    from docqa.app.storage.store import Store

AUTO = "auto"
DARK = "docqa-dark"
LIGHT = "docqa-light"
SIXTEEN = {DARK: "docqa-dark-16", LIGHT: "docqa-light-16"}
"""Shown instead where a terminal has sixteen colours of its own."""
OWN = (DARK, LIGHT, *SIXTEEN.values())


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
        _of_sixteen(
            DARK,
            primary="ansi_bright_cyan",
            accent="ansi_bright_yellow",
            warning="ansi_bright_yellow",
            error="ansi_bright_red",
            success="ansi_bright_green",
            ground="ansi_black",
            text="ansi_bright_white",
        ),
        _of_sixteen(
            LIGHT,
            primary="ansi_blue",
            accent="ansi_blue",
            warning="ansi_red",
            error="ansi_red",
            success="ansi_blue",
            ground="ansi_bright_white",
            text="ansi_black",
        ),
    ]


def _of_sixteen(
    name: str,
    *,
    primary: str,
    accent: str,
    warning: str,
    error: str,
    success: str,
    ground: str,
    text: str,
) -> Theme:
    """Text in the terminal's own colours, blocks in `text` with words in `ground`."""
    from textual.theme import Theme

    blocks = ("block-cursor", "input-selection", "screen-selection")
    own = "ansi_default"
    variables = {
        **{f"{block}-background": text for block in blocks},
        **{f"{block}-foreground": ground for block in blocks},
        "block-cursor-blurred-background": own,
        "block-cursor-blurred-foreground": own,
        "link-color": own,
        "text-muted": own,
        "ansi-background": ground,
        "ansi-foreground": text,
        "input-cursor-text-style": "reverse",
        "footer-key-foreground": accent,
        "border": accent,
        **dict.fromkeys(
            (f"scrollbar-background{state}" for state in ("", "-hover", "-active")), own
        ),
    }
    return Theme(
        SIXTEEN[name],
        ansi=True,
        dark=name == DARK,
        primary=primary,
        secondary=primary,
        accent=accent,
        warning=warning,
        error=error,
        success=success,
        foreground=own,
        background=own,
        surface=own,
        panel=own,
        boost=own,
        variables=variables,
    )


def names() -> tuple[str, ...]:
    from textual.theme import BUILTIN_THEMES

    return (AUTO, *OWN, *BUILTIN_THEMES)


def choose(setting: str, chosen_last: str, *, light: bool, colours: str | None) -> str:
    """The theme to begin with: `setting` of config.toml, else the last one chosen, else docqa's for
    the background; in sixteen `colours` (`standard`, to Rich) docqa's own."""
    theme = setting
    if setting == AUTO:
        known = chosen_last in names() and chosen_last != AUTO
        theme = chosen_last if known else LIGHT if light else DARK
    return SIXTEEN.get(theme, theme) if colours == "standard" else theme


def last_chosen(store: Store | None) -> str:
    """The theme that was chosen last; empty where none was."""
    theme = remembered(store).get("theme")
    return theme if isinstance(theme, str) else ""
