"""The terminal interface. Nothing here is imported before `docqa tui` runs; only `kept_turns` is free of Textual."""

__all__ = ["app", "bridge", "kept_turns", "keymap", "settings"]
