"""The terminal interface. Nothing here is imported before `docqa tui` runs; only `kept_turns` is free of Textual."""
