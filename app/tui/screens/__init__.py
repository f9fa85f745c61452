"""The screens of the terminal interface."""

__all__ = ["confirm_screen", "document_screen", "help_screen", "prompt_screen"]
