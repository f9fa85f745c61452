"""Text that stands as it is: plain text and USLM XML."""

__all__ = ["text", "uslm"]
