"""The screens of the terminal interface."""

__all__ = ["document_screen", "help_screen"]
