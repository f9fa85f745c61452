"""The terminal interface. Nothing here is imported before `docqa tui` runs; only `kept_…` knows no
Textual.
"""

__all__ = [
    "app",
    "bridge",
    "stored_turns",
    "keymap",
    "settings",
    "themes",
    "typing_screen",
]
