"""The screens of the terminal interface."""

__all__ = ["choice_screen", "document_screen", "grid_screen", "prompt_screen", "settings_screen"]
