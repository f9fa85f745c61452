"""The terminal interface. Nothing here is imported before `docqa tui` runs; only `kept_…` and `suggestions` know no
Textual."""

__all__ = ["app", "background", "bridge", "kept_turns", "keymap", "settings", "suggestions", "themes", "typing_screen"]
